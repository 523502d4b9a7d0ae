"""The geometry of pictures; templates draw it. Positions are percentages of the width: no script is needed.

A latency picture has one line for each consumer: p50, p95 and p99 on a logarithmic axis that all pictures of
a report share, so that any two can be compared. Three quantiles are known and three are drawn; no curve is
made up between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from reports.words import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.claim import Durations, OperationMap

ENOUGH_FOR_P99 = 299
"""Answers below which a p99 is little more than the slowest one seen: 0.99^299 < 5 %."""


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


def axis(operations: Sequence[OperationMap]) -> Axis | None:
    """The axis that holds every duration of a report, with some air; None where nothing was timed."""
    values = [
        value
        for operation in operations
        for one in operation.durations
        for value in (one.p50_ms, one.p99_ms)
        if value > 0
    ]
    if not values:
        return None
    return Axis(min(values) / 1.3, max(values) * 1.3)
