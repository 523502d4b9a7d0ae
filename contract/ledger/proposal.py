"""What could be decided of a claim, and why; and which of many to look at first. Nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from contract.clause import Family
from contract.ledger.leaving import is_published, relying
from contract.policy import DAY_NS

if TYPE_CHECKING:
    from contract.claim import Claim, Evidence
    from contract.policy import EvidencePolicy


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision that the evidence speaks for, None: it speaks for none; and why, a sentence each."""

    decision: Decision | None
    reasons: tuple[str, ...]


def proposal(claim: Claim, policy: EvidencePolicy) -> Proposal:
    """What the evidence speaks for.

    Args:
        claim: the claim, with a mark on the dependence of who has left.
        policy: how much evidence is needed.
    """
    found = claim.evidence
    if claim.standing is Standing.CONTRADICTED:
        said = claim.declared.statement if claim.declared else "otherwise"
        return Proposal(None, (f"It is promised that {said}: mend the promise or the service first.",))
    if lacking := _lacking(found, policy):
        return Proposal(None, (lacking,))
    names = sorted(link.consumer for link in relying(claim) if policy.counts(link.consumer, link.count))
    if not names:
        return Proposal(Decision.MAY_CHANGE, (_NO_PUBLISHER if is_published(claim) else _NOBODY,))
    who = f"{', '.join(names)} {'does' if len(names) == 1 else 'do'} more than receive it."
    if found.broken:
        return Proposal(
            Decision.MAY_CHANGE,
            (who, f"{found.broken:,} of {found.total:,} break it: as a guarantee it would be false."),
        )
    if claim.clause.kind.family is Family.TIMING:
        return Proposal(None, (who, "How much slower they could bear cannot be seen: ask."))
    return Proposal(Decision.GUARANTEED, (who, f"True in all {found.total:,}."))


_NOBODY = "Nobody was seen to do more than receive it; reading leaves no trace, so ask."
_NO_PUBLISHER = "It says what is published, and nobody depends on anything by publishing it."


def _lacking(found: Evidence, policy: EvidencePolicy) -> str:
    """What the policy wants that the evidence does not have; `""`: nothing."""
    if found.total < policy.least_observations:
        return f"Seen {found.total:,} times; the policy wants {policy.least_observations:,}."
    if (found.last_seen or 0) - (found.first_seen or 0) < policy.shortest_days * DAY_NS:
        return f"Seen for less than the {policy.shortest_days:,} days that the policy wants."
    return ""


def risk(claim: Claim) -> tuple[object, ...]:
    """Sorts what would hurt most to the front: contradicted, the strongest dependence, the most consumers."""
    levels = [link.level.rank for link in claim.dependence]
    relying = sum(rank > Level.EXPOSED.rank for rank in levels)
    return (
        claim.standing is not Standing.CONTRADICTED,
        -max(levels, default=-1),
        -relying,
        -len(levels),
        claim.clause.key,
        claim.clause.id,
    )
