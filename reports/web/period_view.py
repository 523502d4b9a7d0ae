"""Periods that are worth comparing, from what was observed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from reports.web import links

if TYPE_CHECKING:
    from collections.abc import Iterator


class Preset(NamedTuple):
    """Two periods, as one says them, and where they are compared."""

    words: str
    address: str


def presets(window: tuple[int, int] | None) -> tuple[Preset, ...]:
    """What can be compared of a window (Unix ns), in days, weeks and months that have ended with it."""
    return tuple(_presets(*window)) if window else ()


def _presets(first: int, last: int) -> Iterator[Preset]:
    begin, end = (datetime.fromtimestamp(at // 10**9, UTC) for at in (first, last))
    hour = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = end.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for words, until, step in (
        ("The last hour against the one before", hour, timedelta(hours=1)),
        ("The last day against the one before", day, timedelta(days=1)),
        ("The last 7 days against the 7 before", day, timedelta(days=7)),
        ("The last 30 days against the 30 before", day, timedelta(days=30)),
    ):
        if begin < until - step:
            earlier, later = (f"{_said(at - step)}..{_said(at)}" for at in (until - step, until))
            yield Preset(words, links.to("/drift", **{"from": earlier, "to": later}))


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ" if moment.hour else "%Y-%m-%d")
