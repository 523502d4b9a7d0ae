"""What an operation does over time: lifecycles, what comes before and after it, failures, idempotency."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Standing
from contract.clause import Family
from contract.kinds import Lifecycle, Occurs
from reports.lifecycles import picture
from reports.places import strongest
from reports.web import links
from reports.web.operation_clauses import judged, told
from reports.words import percent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from contract.claim import Claim, Dependence
    from reports.finding import Compared
    from reports.lifecycles import Picture
    from reports.web.operation_clauses import Told
    from reports.web.snapshot import Snapshot

MOST = 60
"""Clauses of one list, and neighbours on one side."""
_BEFORE = frozenset({"preceded-by", "comes-after", "effect-within", "read-your-writes"})
"""Kinds whose other operation comes before the subject's; of all others it comes after."""
_BETWEEN = frozenset({Family.ORDER, Family.TIMING, Family.IDEMPOTENCY, Family.FAILURE})
"""Families of kinds that name another operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A lifecycle, with its picture where it is not too large for one."""

    told: Told
    picture: Picture | None
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An operation that comes before or after; `href` is `""` where nothing else is known of it."""

    key: str
    producer: str
    href: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """What is known of order; each list may be empty."""

    lives: tuple[Life, ...]
    before: tuple[Neighbour, ...]
    after: tuple[Neighbour, ...]
    others: tuple[Told, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.lives or self.before or self.after or self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status: how often, and what is known of it. `share` is `""` where it was never seen."""

    status: str
    told: Told
    count: int
    share: str
    bar: float
    dependence: tuple[Dependence, ...]
    more: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """Statuses, those seen first; `silent` observations ended without any; `others` belong to no status."""

    statuses: tuple[Status, ...]
    silent: int
    silent_share: str
    others: tuple[Told, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.statuses or self.others)


def order(snapshot: Snapshot, compared: Compared) -> OrderView:
    """The lifecycles, neighbours and orders of an operation."""
    claims = _of(compared, Family.ORDER)
    lives = [claim for claim in claims if isinstance(claim.clause.kind, Lifecycle)]
    others = [claim for claim in claims if claim not in lives and not _partner(claim)]
    before, after = _neighbours(snapshot, compared)
    return OrderView(
        lives=tuple(_life(claim) for claim in lives),
        before=before,
        after=after,
        others=_told(others),
    )


def failures(compared: Compared, observed: Iterable[Claim]) -> FailureView:
    """The statuses of an operation, those too that were seen so seldom that they are in doubt."""
    claims = _of(compared, Family.FAILURE)
    known = {claim.clause.id for claim in claims}
    doubted = (claim for claim in observed if claim.clause.id not in known)
    occurring = [claim for claim in (*claims, *doubted) if isinstance(claim.clause.kind, Occurs)]
    about: dict[str | None, list[Claim]] = defaultdict(list)
    for claim in claims:
        if not isinstance(claim.clause.kind, Occurs):
            about[claim.clause.subject.status].append(claim)
    total = compared.operation.observations
    silent = total - sum(claim.evidence.held for claim in occurring) if occurring else 0
    found = [
        _status(claim, about.pop(claim.clause.subject.status, []), total, compared) for claim in occurring
    ]
    return FailureView(
        statuses=tuple(sorted(found, key=lambda one: (not one.count, one.status))),
        silent=max(0, silent),
        silent_share=percent(silent / total) if total else "",
        others=_told(claim for left in about.values() for claim in left),
    )


def idempotency(compared: Compared) -> tuple[Told, ...]:
    """What is known of calls and messages that come again."""
    return _told(_of(compared, Family.IDEMPOTENCY))


def timing(compared: Compared, drawn: Collection[str]) -> tuple[Told, ...]:
    """What is known of time besides the clauses, by their ids, that are drawn as a curve."""
    return _told(claim for claim in _of(compared, Family.TIMING) if claim.clause.id not in drawn)


def _of(compared: Compared, family: Family) -> list[Claim]:
    return [claim for claim in compared.operation.claims if claim.clause.kind.family is family]


def _told(claims: Iterable[Claim]) -> tuple[Told, ...]:
    return tuple(told(claim) for claim in claims)[:MOST]


def _life(claim: Claim) -> Life:
    kind = claim.clause.kind
    assert isinstance(kind, Lifecycle)  # noqa: S101  # `order` gives no other
    return Life(
        told=told(claim),
        picture=picture(kind),
        changes=tuple((str(one), str(two)) for one, two in kind.transitions)[:MOST],
    )


def _partner(claim: Claim) -> str:
    """The other operation that a claim is about, `""`: none."""
    return getattr(claim.clause.kind, "operation", "")


def _neighbours(
    snapshot: Snapshot, compared: Compared
) -> tuple[tuple[Neighbour, ...], tuple[Neighbour, ...]]:
    """The operations before and after: those that its claims name, and those whose claims name it.

    Only the kinds of a few families are looked at, and of them one attribute: quick on all of a large map.
    """
    key, own = compared.operation.key, compared.producer
    before: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    after: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in _between(compared):
        side = before if claim.clause.kind.name in _BEFORE else after
        side[_whose(snapshot, own, _partner(claim)), _partner(claim)].append(claim)
    for other in snapshot.compared.values():
        for claim in _between(other):
            if _partner(claim) == key and _whose(snapshot, other.producer, key) == own:
                side = after if claim.clause.kind.name in _BEFORE else before
                side[other.producer, other.operation.key].append(claim)
    return tuple(_listed(snapshot, before, (own, key))), tuple(_listed(snapshot, after, (own, key)))


def _between(compared: Compared) -> Iterator[Claim]:
    return (
        claim
        for claim in compared.operation.claims
        if claim.clause.kind.family in _BETWEEN
        and _partner(claim)
        and claim.standing is not Standing.UNOBSERVED
    )


def _whose(snapshot: Snapshot, own: str, key: str) -> str:
    """The producer of an operation that a clause names: the clause's own, where it has such an operation."""
    if (own, key) in snapshot.compared:
        return own
    return next((name for name in snapshot.producers if (name, key) in snapshot.compared), own)


def _listed(
    snapshot: Snapshot, found: dict[tuple[str, str], list[Claim]], itself: tuple[str, str]
) -> Iterator[Neighbour]:
    ranked = sorted(found.items(), key=lambda entry: (-_weight(entry[1]), entry[0]))
    for (producer, key), claims in ranked[:MOST]:
        if (producer, key) != itself:
            known = snapshot.compared.get((producer, key))
            yield Neighbour(
                key=key,
                producer=producer,
                href=links.operation(producer, key) if known else "",
                told=tuple(told(claim) for claim in claims[:3]),
            )


def _weight(claims: Iterable[Claim]) -> int:
    return max(claim.evidence.held for claim in claims)


def _status(claim: Claim, about: Iterable[Claim], total: int, compared: Compared) -> Status:
    seen = claim.evidence.held
    share = seen / total if total else 0.0
    return Status(
        status=claim.clause.subject.status or "",
        told=told(claim, judged=judged(compared)),
        count=seen,
        share=percent(share) if seen else "",
        bar=round(100 * min(1.0, share), 1),
        dependence=strongest([claim]),
        more=_told(about),
    )
