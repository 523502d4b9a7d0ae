"""What a review is made of: traffic of all times and of the period, the ledger, the incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from contract.changing.progress import QUIET_DAYS
from contract.claim import Level
from contract.ledger.leaving import is_published, left_of, relied, relying
from contract.policy import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.changing.progress import Progress
    from contract.claim import Claim, Dependence
    from contract.incidents import Incident
    from contract.ledger.model import Ledger
    from reports.drift import Drift


@dataclass(frozen=True, kw_only=True)
class Material:
    """What a review is made of.

    `whole` is all that was seen until the day of the review, `period` what was seen from `since` on, both
    with what the ledger says. `since` and `now` are Unix ns. `planned` are its changes,
    those long closed as well.
    """

    whole: Drift
    period: Drift
    ledger: Ledger
    incidents: Mapping[str, Incident]
    since: int
    now: int
    planned: tuple[Progress, ...] = ()

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """All that is known, by id."""
        return claims_by_id(self.whole)

    @cached_property
    def kept(self) -> Mapping[str, Claim]:
        """What was seen in the period, by id."""
        return claims_by_id(self.period)

    @property
    def day(self) -> date:
        """The day of the review."""
        return day_of(self.now)

    @property
    def begin(self) -> date:
        """The day from which things are new."""
        return day_of(self.since)

    def relying(self, id_: str) -> tuple[Dependence, ...]:
        """Who relies on a clause, and is still a consumer by the ledger's policy."""
        claim = self.claims.get(id_)
        return relying(claim) if claim else ()

    def sent(self, id_: str) -> tuple[Dependence, ...]:
        """Who only receives what a clause speaks of, and is still a consumer."""
        claim = self.claims.get(id_)
        if claim is None or is_published(claim):
            return ()
        return tuple(one for one in claim.dependence if one.level is Level.EXPOSED and not left_of(one))

    def still(self, link: Dependence) -> bool:
        """Whether it was seen within the last quiet days of what was observed, as progress counts it."""
        return self._recent(link.last_seen)

    def asleep(self, link: Dependence) -> bool:
        """Whether it was not, and its consumer has not called within them either: it may come back."""
        calls = (one.last_seen for one in self.whole.consumers if one.name == link.consumer)
        return not self.still(link) and not self._recent(max(calls, default=link.last_seen))

    def _recent(self, at: int) -> bool:
        end = self.whole.window[1] if self.whole.window else self.now
        return end - at <= QUIET_DAYS * DAY_NS


def day_of(unix_ns: int) -> date:
    """The day of an instant, in UTC."""
    return datetime.fromtimestamp(unix_ns // 10**9, UTC).date()


def claims_by_id(drift: Drift) -> dict[str, Claim]:
    """All claims of a drift report, by present and former ids."""
    found: dict[str, Claim] = {}
    for compared in drift.compared:
        for claim in compared.operation.claims:
            found.update(dict.fromkeys(claim.former_ids, claim))
            found[claim.clause.id] = claim
    return found


def first_relied(claim: Claim) -> int | None:
    """When anybody was first seen to do more than receive (Unix ns), from summaries, without raw traffic."""
    return min((link.first_seen for link in relied(claim)), default=None)
