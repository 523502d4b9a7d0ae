"""What a review is made of: traffic of all times and of the period, the ledger, the incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from contract.ledger.leaving import relied, relying

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

    def still(self, id_: str) -> tuple[Dependence, ...]:
        """Who of them was seen to within the time for which a consumer stays one; others have migrated."""
        policy = self.ledger.policy.evidence
        end = self.whole.window[1] if self.whole.window else self.now
        return tuple(link for link in self.relying(id_) if policy.stays(link.consumer, link.last_seen, end))


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
