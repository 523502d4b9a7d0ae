"""Who met a place when, as rows of bars: from hourly summaries, so that it reaches back beyond raw traffic.

The numbers are of the place, not of one clause about it: a window says that a field was sent, not which of
its properties somebody needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from contract.claim import Level
from inference.usage_over_time import usage
from reports.words import between, count, moment
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.changing.track import Sighting, Track, Usage
    from contract.clause import Clause
    from contract.subject import Subject

HOUR_NS = 3_600 * 10**9
_UNITS = ((1, 72, "hour"), (24, 92, "day"), (168, 160, "week"), (720, 10**6, "month of 30 days"))
"""Hours in a bar, the most such bars, and what it is called: the finest unit that fits is taken."""

MOST_ROWS = 30
"""Consumers that are drawn; those that use the place most."""
WIDEST_BAR = 2.5
HEIGHT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle of a picture 100 wide and `HEIGHT` high."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One consumer over time. `met` are the bars of what it was sent or sent, `used` of what came back.

    `times` counts the strongest dependence, `most` is the height of the highest bar.
    """

    consumer: str
    level: Level
    basis: str
    times: int
    first: int
    last: int
    most: int
    met: tuple[Bar, ...]
    used: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One bar of all rows as a line of a table: when it begins, and how often each consumer met the place."""

    begin: str
    cells: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """All rows; `presence` says in how many answers the place was, `silent` who never met it."""

    rows: tuple[Row, ...]
    lines: tuple[Line, ...]
    unit: str
    bars: int
    begin: int
    end: int
    presence: str
    silent: tuple[str, ...]
    hidden: int

    @property
    def period(self) -> str:
        """From when to when the picture goes."""
        if self.unit == "hour":
            return between(self.begin, self.end)
        return f"{moment(self.begin)[:10]} to {moment(self.end)[:10]}"

    @property
    def drawn(self) -> bool:
        """Whether there is enough time for a picture."""
        return self.bars > 1


def timeline(store_url: str, stamp: str, clause: Clause) -> Timeline | None:
    """The timeline of a clause's place; None where no window knows of it.

    Args:
        store_url: what opens the store.
        stamp: of the snapshot; with the same one what was read before is taken.
        clause: whose place it is.

    Raises:
        StoreError: the store failed.
    """
    return pictured(_usage(store_url, stamp, clause.producer, clause.operation, clause.subject))


@lru_cache(maxsize=64)
def _usage(store_url: str, _stamp: str, producer: str, operation: str, place: Subject) -> Usage:
    with Store.open(store_url, create=False) as store:
        return usage(store, producer, operation, place)


def pictured(seen: Usage) -> Timeline | None:
    """A usage as bars."""
    tracks = {name: track for name, track in seen.tracks.items() if track.level is not None}
    found = [one for track in seen.tracks.values() for one in _every(track)]
    if not tracks or not found:
        return None
    begin = min(one.first for one in found) // HOUR_NS
    end = max(one.last for one in found) // HOUR_NS
    hours, _, unit = next(one for one in _UNITS if (end - begin) // one[0] < one[1])
    begin -= begin % hours if hours == 24 else 0
    bars = (end - begin) // hours + 1
    scale = _Scale(begin, hours, bars)
    ranked = sorted(tracks, key=lambda name: _weight(name, tracks[name]))
    rows = tuple(scale.row(name, tracks[name]) for name in ranked[:MOST_ROWS])
    return Timeline(
        rows=rows,
        lines=scale.lines([tracks[row.consumer] for row in rows]),
        unit=unit,
        bars=bars,
        begin=begin * HOUR_NS,
        end=(begin + bars * hours) * HOUR_NS,
        presence=_presence(seen),
        silent=tuple(sorted(seen.tracks.keys() - tracks.keys())),
        hidden=max(0, len(ranked) - MOST_ROWS),
    )


class _Scale:
    """Where hours stand in the picture."""

    def __init__(self, begin: int, hours: int, bars: int) -> None:
        self._begin, self._hours, self._bars = begin, hours, bars

    def row(self, consumer: str, track: Track) -> Row:
        """One consumer's bars, scaled to the highest of its own."""
        level = track.level or Level.EXPOSED
        met, used = self._counts(_met(track)), self._counts(_used(track))
        most = max([*met.values(), *used.values()])
        return Row(
            consumer=consumer,
            level=level,
            basis=track.basis.get(level, ""),
            times=sum(one.times for one in track.depends),
            first=min(one.first for one in track.depends),
            last=max(one.last for one in track.depends),
            most=most,
            met=self._drawn(met, most),
            used=self._drawn(used, most),
        )

    def lines(self, tracks: Sequence[Track]) -> tuple[Line, ...]:
        """The numbers of all bars in which anybody met the place, the latest first."""
        counts = [self._counts(_met(track) or _used(track)) for track in tracks]
        bars = sorted({at for one in counts for at in one}, reverse=True)
        return tuple(
            Line(
                begin=moment((self._begin + at * self._hours) * HOUR_NS),
                cells=tuple(one.get(at, 0) for one in counts),
            )
            for at in bars
        )

    def _counts(self, sightings: Iterable[Sighting]) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in sightings:
            at = (one.last // HOUR_NS - self._begin) // self._hours
            found[at] = found.get(at, 0) + one.times
        return found

    def _drawn(self, counts: dict[int, int], most: int) -> tuple[Bar, ...]:
        step = 100 / self._bars
        width = round(min(WIDEST_BAR, step * 0.8), 3)
        bars = []
        for at, times in sorted(counts.items()):
            height = round(max(1.0, HEIGHT * times / most), 2)
            bars.append(Bar(x=round(at * step, 3), y=round(HEIGHT - height, 2), width=width, height=height))
        return tuple(bars)


def _presence(seen: Usage) -> str:
    answers = sum(one.answers for one in seen.presence)
    there = sum(one.there for one in seen.presence)
    return f"It stood in {there:,} of {count(answers, 'answer')} that could hold it." if answers else ""


def _every(track: Track) -> Iterable[Sighting]:
    return [*track.calls, *(one for found in track.seen.values() for one in found)]


def _met(track: Track) -> Sequence[Sighting]:
    """How often it was sent the place, or sent it; to ask for it and to be sent it are one meeting."""
    return track.seen.get(Level.EXPOSED) or track.seen.get(Level.REQUESTED) or ()


def _used(track: Track) -> Sequence[Sighting]:
    return [*track.seen.get(Level.USED, ()), *track.seen.get(Level.PROVEN, ())]


def _weight(name: str, track: Track) -> tuple[int, int, str]:
    level = track.level or Level.EXPOSED
    return (-level.rank, -sum(one.times for one in track.depends), name)
