"""The verdict on slower answers: who waited less so far, and who hangs up before the new time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.kinds import Timeout

if TYPE_CHECKING:
    from contract.changes.sight import Sight
    from contract.claim import Dependence

Told = tuple[str, str, "Dependence | None"]


def waits(announced: dict[str, Any], sight: Sight, consumer: str, enough: int) -> Told:
    """What a new quantile of latency would do to one consumer.

    Args:
        announced: the `quantile` (`p99`) and its new `ms`.
        sight: the operation as it was observed.
        consumer: who waits.
        enough: answers that it takes to know how long it waited so far.
    """
    quantile, limit = announced["quantile"], announced["ms"]
    for patience, link in _patience(sight, consumer):
        if patience < limit:
            return "breaks", f"hangs up after {patience:,.0f} ms", link
    waited = [
        (getattr(one, f"{quantile}_ms"), one.count)
        for one in (sight.operation.durations if sight.operation else ())
        if one.consumer == consumer and one.status.startswith("2")
    ]
    count = sum(number for _, number in waited)
    if count < enough:
        return "unknown", f"waited for {count:,} answers only", None
    longest = max(time for time, _ in waited)
    if longest >= limit:
        return "unaffected", f"its {quantile} is {longest:,.0f} ms already, of {count:,} answers", None
    return "may-break", f"its {quantile} was {longest:,.0f} ms in {count:,} answers", None


def _patience(sight: Sight, consumer: str) -> list[tuple[float, Dependence]]:
    """The times in ms after which a consumer was seen to hang up."""
    claims = sight.operation.claims if sight.operation else ()
    return [
        (float(claim.clause.kind.ms), link)
        for claim in claims
        if isinstance(claim.clause.kind, Timeout)
        for link in claim.dependence
        if link.consumer == consumer
    ]
