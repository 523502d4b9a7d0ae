"""How long consumers wait, status by status: the curves of all that was timed, and what they must keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Standing
from contract.kinds import Latency, Timeout
from contract.ledger.ruling import ruling_of
from contract.statuses import MESSAGE, word_of
from reports.pictures import BOX, ENOUGH_FOR_P99, spanning
from reports.web.operation_clauses import told
from reports.words import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.claim import Claim, Durations
    from contract.clause import Kind
    from reports.finding import Compared
    from reports.pictures import Axis, Box, Curve, Mark, Tick
    from reports.web.operation_clauses import Told

MAX_CURVES = 12
"""Curves of one status, those of the slowest consumers; the table has all."""
_FLIP = 0.62
"""What stands further right than this share of a picture is named to its left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A time that answers must keep: what was promised, or when consumers hang up."""

    name: str
    x: float
    kept: bool

    @property
    def flipped(self) -> bool:
        """Whether its name stands to its left."""
        return self.x > BOX.left + (BOX.right - BOX.left) * _FLIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One consumer's curve among those of the others, with what it says as a sentence."""

    curve: Curve
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One status: a panel a consumer. `drops` are p50, p95 and p99 of all consumers together, as claimed."""

    status: str
    title: str
    panels: tuple[Panel, ...]
    backdrop: str
    drops: tuple[Mark, ...]
    limits: tuple[Limit, ...]
    claims: tuple[Told, ...]
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyView:
    """All statuses on one axis."""

    box: Box
    axis: Axis
    ticks: tuple[Tick, ...]
    groups: tuple[Waiting, ...]

    @property
    def drawn(self) -> frozenset[str]:
        """The ids of the clauses that stand beside curves."""
        return frozenset(one.claim.clause.id for group in self.groups for one in group.claims)


def latency(compared: Compared) -> LatencyView | None:
    """What was timed of an operation; None: nothing was."""
    durations = [one for one in compared.operation.durations if one.steps]
    claims = [claim for claim in compared.operation.claims if _is_limit(claim.clause.kind)]
    axis = spanning([*_times(durations), *(time for claim in claims for time in _named(claim))])
    if not durations or axis is None:
        return None
    statuses = sorted({one.status for one in durations}, key=lambda status: (status[:1] != "2", status))
    return LatencyView(
        box=BOX,
        axis=axis,
        ticks=BOX.ticks(axis),
        groups=tuple(
            _waiting(
                status,
                [one for one in durations if one.status == status],
                [claim for claim in claims if claim.clause.subject.status == status],
                axis,
            )
            for status in statuses
        ),
    )


def _is_limit(kind: Kind) -> bool:
    return isinstance(kind, Latency | Timeout)


def _times(durations: Iterable[Durations]) -> list[float]:
    return [value for one in durations for value in (one.steps[0][0], one.steps[-1][0])]


def _named(claim: Claim) -> list[float]:
    """The times that a claim draws."""
    return [time for _, time, _ in _limits(claim)]


def _limits(claim: Claim) -> list[tuple[str, float, bool]]:
    """Name, time, and whether it is kept."""
    kind = claim.clause.kind
    if isinstance(kind, Timeout):
        return [(f"they hang up at {milliseconds(kind.ms)}", kind.ms, False)]
    promise = claim.declared.kind if claim.declared else None
    if not isinstance(promise, Latency):
        return []
    ruling = ruling_of(claim)
    word = "guaranteed" if ruling and ruling.promised else "declared"
    kept = claim.standing is not Standing.CONTRADICTED
    return [(f"{word} p99 {milliseconds(promise.p99_ms)}", promise.p99_ms, kept)]


def _waiting(status: str, durations: Sequence[Durations], claims: Sequence[Claim], axis: Axis) -> Waiting:
    curves = axis.curves(durations)
    drawn = [claim.clause.kind for claim in claims]
    return Waiting(
        status=status,
        title="From publication to delivery" if status == word_of(MESSAGE) else f"Answers {status}",
        panels=tuple(Panel(curve=one, spoken=_spoken(one)) for one in curves[:MAX_CURVES]),
        backdrop="".join(curve.path for curve in curves) if len(curves) > 1 else "",
        drops=tuple(
            BOX.mark(axis, value, share)
            for kind in drawn
            if isinstance(kind, Latency)
            for value, share in ((kind.p50_ms, 0.5), (kind.p95_ms, 0.95), (kind.p99_ms, 0.99))
        ),
        limits=tuple(
            Limit(name=name, x=BOX.x(axis, time), kept=kept)
            for claim in claims
            for name, time, kept in _limits(claim)
        ),
        claims=tuple(told(claim) for claim in claims),
        hidden=max(0, len(curves) - MAX_CURVES),
    )


def _spoken(curve: Curve) -> str:
    """The curve in a sentence, for those who do not see it."""
    one = curve.durations
    half, most, nearly = (milliseconds(value) for value in (one.p50_ms, one.p95_ms, one.p99_ms))
    few = (
        "" if curve.firm else f"; fewer than {ENOUGH_FOR_P99} answers, so p99 is little more than the slowest"
    )
    return (
        f"{one.consumer}, {one.status}: half within {half}, 95% within {most}, 99% within {nearly}, "
        f"of {one.count:,}{few}"
    )
