"""Who relies on a clause, and who has left: consumers away for longer than the policy lets them stay.

What they did is kept and told, with a mark: it blocks nothing any more, and is no proof that nobody needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contract.claim import Consumer, Dependence, Level
from contract.operation import SEND, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.claim import Claim
    from contract.policy import EvidencePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftConsumer(Consumer):
    """A consumer that has left; `left` says since when, in words."""

    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftDependence(Dependence):
    """How a consumer that has left related to a clause; `left` says since when, in words."""

    left: str


def left_of(one: Consumer | Dependence) -> str:
    """Since when a consumer is none any more, in words; `""`: it is one, or no ledger was asked."""
    return one.left if isinstance(one, LeftConsumer | LeftDependence) else ""


def relied(claim: Claim) -> tuple[Dependence, ...]:
    """Who ever did more than receive what a claim speaks of. Who publishes depends on nothing by that."""
    if is_published(claim):
        return ()
    return tuple(link for link in claim.dependence if link.level is not Level.EXPOSED)


def is_published(claim: Claim) -> bool:
    """Whether a claim speaks of what publishers do."""
    return parse(claim.clause.operation).verb == SEND


def relying(claim: Claim) -> tuple[Dependence, ...]:
    """Who relies on a claim, and is still a consumer."""
    return tuple(link for link in relied(claim) if not left_of(link))


def gone(consumers: Iterable[Consumer], policy: EvidencePolicy) -> dict[str, str]:
    """Who has left, by name: since when, in words.

    Args:
        consumers: all of one producer. The last call of any of them is the end of what was observed: where
        recording ended, nobody has left by that.
        policy: how long each stays.
    """
    known = [one for one in consumers if one.observations]
    end = max((one.last_seen for one in known), default=0)
    return {one.name: _since(one, policy) for one in known if not policy.stays(one.name, one.last_seen, end)}


def marked(links: Iterable[Dependence], left: Mapping[str, str]) -> Iterator[Dependence]:
    """Dependences, with a mark on those of consumers that have left."""
    for link in links:
        words = left.get(link.consumer)
        yield link if words is None else LeftDependence(**_known(link, Dependence), left=words)


def marked_consumers(consumers: Iterable[Consumer], left: Mapping[str, str]) -> Iterator[Consumer]:
    """Consumers, with a mark on those that have left."""
    for one in consumers:
        words = left.get(one.name)
        yield one if words is None else LeftConsumer(**_known(one, Consumer), left=words)


def _since(consumer: Consumer, policy: EvidencePolicy) -> str:
    day = datetime.fromtimestamp(consumer.last_seen // 10**9, UTC).date()
    days = policy.days(consumer.name)
    return (
        f"last seen {day}, more than {days:,} {'day' if days == 1 else 'days'} "
        "before the end of what was observed"
    )


def _known(one: Consumer | Dependence, form: type[Consumer | Dependence]) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(form)}
