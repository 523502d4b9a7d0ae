"""Guarantees held against what a period claims: what one exchange alone cannot show, or none is kept of.

Order, lifecycles, idempotency, failure and all that needs several exchanges were evaluated when the period's
claims were made; here the two statements are compared. A period that says nothing of the kind leaves open
whether it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.claim import Standing
from contract.clause import Family, Relation
from contract.kinds import Latency
from contract.standing import join
from contract.verification.checks import is_single
from contract.verification.evaluation import LEAST, Finding, Verdict, judged, needed, tolerant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.claim import Claim
    from contract.verification.guarantees import Guarantee


def compared(guarantees: Iterable[Guarantee], claims: Sequence[Claim]) -> list[Finding]:
    """The verdicts of a period's own claims about one operation."""
    former = {old: claim for claim in claims for old in claim.former_ids}
    known = {**former, **{claim.clause.id: claim for claim in claims}}
    told = list(guarantees)
    single = [
        one.clause for one in told if is_single(one.clause) and not isinstance(one.clause.kind, Latency)
    ]
    joined = {claim.declared.id: claim for claim in join(claims, single) if claim.declared is not None}
    found = []
    for one in told:
        claim = known.get(one.clause.id)
        if isinstance(one.clause.kind, Latency):
            found.append(_of_latency(one, claim, tolerant(told)))
        elif is_single(one.clause):
            found.append(_of_place(one, joined.get(one.clause.id)))
        else:
            found.append(_across(one, claim))
    return found


def _across(guarantee: Guarantee, claim: Claim | None) -> Finding:
    """A statement about several exchanges, against the period's own of the same id."""
    if claim is None:
        return _open(guarantee, "nothing of the kind was seen")
    if claim.candidate:
        return _open(guarantee, claim.doubt)
    relation = claim.clause.compare(guarantee.clause)
    if relation in {Relation.SAME, Relation.NARROWER}:
        return _holds(guarantee, claim)
    if relation is Relation.WIDER and claim.clause.kind.family is Family.TIMING:
        # two measured times differ by chance, and the claim does not say by how much
        return _open(guarantee, f"{_seen(claim)}; that may be chance")
    return _breaks(guarantee, claim)


def _of_place(guarantee: Guarantee, claim: Claim | None) -> Finding:
    """A statement about one place, joined with what the period claims (`contract/standing.py`)."""
    if claim is None or claim.standing is Standing.UNOBSERVED:
        return _open(guarantee, "nothing of the kind was seen")
    if claim.standing is Standing.CONTRADICTED:
        return _breaks(guarantee, claim)
    if claim.evidence.total < LEAST:
        return judged(guarantee, claim.evidence.total, 0)
    return _holds(guarantee, claim)


def _of_latency(guarantee: Guarantee, claim: Claim | None, among: int) -> Finding:
    """By how many answers were slower than the limit at least, as the period's own quantiles tell."""
    if claim is None:
        return _open(guarantee, "nothing of the kind was seen")
    theirs, limit = claim.clause.kind, guarantee.clause.kind
    assert isinstance(theirs, Latency)  # noqa: S101  # of one id
    assert isinstance(limit, Latency)  # noqa: S101  # by the caller
    quantiles = ((theirs.p50_ms, 0.5), (theirs.p95_ms, 0.05), (theirs.p99_ms, 0.01))
    slower = max((share for value, share in quantiles if value > limit.p99_ms), default=0.0)
    broken = round(slower * theirs.n)
    return judged(guarantee, theirs.n - broken, broken, among=among)


def _holds(guarantee: Guarantee, claim: Claim) -> Finding:
    return Finding(guarantee=guarantee, verdict=Verdict.HOLDS, held=claim.evidence.total, why=_seen(claim))


def _breaks(guarantee: Guarantee, claim: Claim) -> Finding:
    return Finding(
        guarantee=guarantee,
        verdict=Verdict.BROKEN,
        held=claim.evidence.held if claim.evidence.broken else 0,
        broken=claim.evidence.broken or claim.evidence.held,
        why=_seen(claim),
        hit=tuple(sorted(link.consumer for link in claim.dependence)),
        examples=claim.evidence.examples,
    )


def _open(guarantee: Guarantee, why: str) -> Finding:
    missing = needed(guarantee.tolerated)
    return Finding(guarantee=guarantee, verdict=Verdict.NOT_ENOUGH, missing=missing, why=why)


def _seen(claim: Claim) -> str:
    return f"seen: {claim.clause.statement}"
