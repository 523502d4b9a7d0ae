"""The figures of a review as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.words import count, percent

if TYPE_CHECKING:
    from reports.review import Item, Metric, Reading

WIDTH, HEIGHT, STEP = 168, 32, 14
"""Of a trend's picture, and between two windows of it, in its own units; twelve windows fill it."""


def figure(metric: Metric, reading: Reading) -> str:
    """One value: `3`, `12 days`, `38%`; a dash where nothing could be measured."""
    if reading.value is None:
        return "–"
    if metric.unit == "share":
        return percent(reading.value)
    return count(round(reading.value), "day") if metric.unit == "days" else f"{reading.value:,.0f}"


def trend(metric: Metric) -> str:
    """All values in a line, the earliest first: `– · 12% · 38%`."""
    return " · ".join(figure(metric, reading) for reading in metric.readings)


def points(metric: Metric) -> tuple[tuple[int, float], ...]:
    """The values as points of a picture, y downwards; what was not measured leaves a gap."""
    known = [reading.value for reading in metric.readings if reading.value is not None]
    top = 1.0 if metric.unit == "share" else max(known, default=0.0) or 1.0
    start = WIDTH - STEP * len(metric.readings) + STEP // 2
    return tuple(
        (start + place * STEP, round(HEIGHT - 3 - (HEIGHT - 6) * reading.value / top, 1))
        for place, reading in enumerate(metric.readings)
        if reading.value is not None
    )


def when(item: Item) -> str:
    """The mark and the day of a line, in brackets: ` (new, since 2026-03-02)`; `""`: it has neither."""
    said = ", ".join(
        part for part in (item.mark, "" if item.since is None else item.since.isoformat()) if part
    )
    return f" ({said})" if said else ""
