"""The geometry of pictures; templates draw it. Positions are percentages of the width: no script is needed.

A latency picture has one line for each consumer: p50, p95 and p99 on a logarithmic axis that all pictures of
a report share, so that any two can be compared.

A curve says more: which share of the answers had come after which time. It is drawn as what is known, a step
for each quantile that the map tells (`contract.claim.Durations.steps`); nothing is smoothed between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from reports.words import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.claim import Durations, OperationMap

ENOUGH_FOR_P99 = 299
"""Answers below which a p99 is little more than the slowest one seen: 0.99^299 < 5 %."""


LABEL_WIDTH = 42
"""What the label of a tick takes of the width of a curve's picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One consumer's three quantiles by position."""

    durations: Durations
    p50: float
    p95: float
    p99: float

    @property
    def firm(self) -> bool:
        """Whether there are enough answers to speak of a p99."""
        return self.durations.count >= ENOUGH_FOR_P99


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of a curve's picture."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One consumer's distribution: `path` in `BOX`, and where it reaches p50, p95 and p99."""

    durations: Durations
    path: str
    p50: Mark
    p95: Mark
    p99: Mark

    @property
    def firm(self) -> bool:
        """Whether there are enough answers to speak of a p99."""
        return self.durations.count >= ENOUGH_FOR_P99


@dataclass(frozen=True, slots=True)
class Box:
    """The picture of a curve: its size, and the edges of the part that the curve is drawn in."""

    width: float = 320
    height: float = 132
    left: float = 34
    right: float = 312
    top: float = 16
    bottom: float = 112

    def x(self, axis: Axis, value_ms: float) -> float:
        """Where a duration stands."""
        return self._across(axis.position(value_ms))

    def y(self, share: float) -> float:
        """How high a share of all answers is: none at the bottom."""
        return round(self.bottom - (self.bottom - self.top) * share, 1)

    def mark(self, axis: Axis, value_ms: float, share: float) -> Mark:
        """A duration and a share as a point."""
        return Mark(x=self.x(axis, value_ms), y=self.y(share))

    def ticks(self, axis: Axis) -> tuple[Tick, ...]:
        """As many ticks of an axis as leave room for their labels, by where they stand here."""
        ticks = [Tick(at=self._across(tick.at), label=tick.label) for tick in axis.ticks]
        narrowest = min((two.at - one.at for one, two in pairwise(ticks)), default=LABEL_WIDTH)
        return tuple(ticks[:: ceil(LABEL_WIDTH / max(narrowest, 1.0))])

    def _across(self, percentage: float) -> float:
        return round(self.left + (self.right - self.left) * percentage / 100, 1)


BOX = Box()


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis from `low` to `high` ms."""

    low: float
    high: float

    def position(self, value_ms: float) -> float:
        """Where a value stands, in per cent with one digit."""
        value = min(max(value_ms, self.low), self.high)
        return round(100 * log10(value / self.low) / log10(self.high / self.low), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Powers of ten inside the axis; where there are fewer than three, 2 and 5 times those, too."""
        decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        tens = [10.0**power for power in decades]
        values = [value for value in tens if self.low <= value <= self.high]
        if len(values) < 3:
            values = [ten * step for ten in tens for step in (1, 2, 5) if self.low <= ten * step <= self.high]
        return tuple(Tick(at=self.position(value), label=milliseconds(value)) for value in values)

    def lines(self, durations: Iterable[Durations]) -> tuple[Line, ...]:
        """The lines of one picture, the slowest consumer first."""
        ranked = sorted(durations, key=lambda one: (one.status, -one.p95_ms, one.consumer))
        return tuple(
            Line(
                durations=one,
                p50=self.position(one.p50_ms),
                p95=self.position(one.p95_ms),
                p99=self.position(one.p99_ms),
            )
            for one in ranked
        )

    def curves(self, durations: Iterable[Durations]) -> tuple[Curve, ...]:
        """The curves of what is told with its steps, the slowest consumer first."""
        ranked = sorted(durations, key=lambda one: (one.status, -one.p95_ms, one.consumer))
        return tuple(
            Curve(
                durations=one,
                path=self._path(one.steps),
                p50=BOX.mark(self, one.p50_ms, 0.5),
                p95=BOX.mark(self, one.p95_ms, 0.95),
                p99=BOX.mark(self, one.p99_ms, 0.99),
            )
            for one in ranked
            if one.steps
        )

    def _path(self, steps: Sequence[tuple[float, float]]) -> str:
        """Along the bottom to the first answer, up at each step, and on to the right where all have come."""
        drawn = "".join(f"H{BOX.x(self, value)}V{BOX.y(share)}" for value, share in steps)
        return f"M{BOX.left} {BOX.bottom}{drawn}H{BOX.right}"


def axis(operations: Sequence[OperationMap]) -> Axis | None:
    """The axis that holds every duration of a report, with some air; None where nothing was timed."""
    values = [
        value for operation in operations for one in operation.durations for value in (one.p50_ms, one.p99_ms)
    ]
    return spanning(values)


def spanning(values: Iterable[float]) -> Axis | None:
    """The axis that holds some durations, with some air; None where there are none."""
    known = [value for value in values if value > 0]
    return Axis(min(known) / 1.3, max(known) * 1.3) if known else None
