"""Who depends on whom: consumers and producers, and what lies between them, as a picture and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from reports.web.once import once
from reports.web.ties import Role, Total, grouped, ties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reports.web.snapshot import Snapshot
    from reports.web.ties import Tie

MOST_LEFT, MOST_RIGHT = 60, 20
"""Consumers and producers in the picture; the table has all."""

WIDTH, BOX, HEIGHT, GAP, TOP = 960, 250, 30, 12, 28
"""Of the picture, in its own units."""

_LONGEST = 30
"""Characters of a name that fit in a box."""


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What one consumer has to do with one producer. Who `publishes` depends on nothing by that."""

    consumer: str
    producer: str
    publishes: bool
    total: Total

    @property
    def roles(self) -> str:
        """What it does there: `calls, receives`."""
        return ", ".join(sorted({tie.role.value for tie in self.total.ties}))


@dataclass(frozen=True, kw_only=True)
class Node:
    """A box of the picture: its middle, and the name as far as it fits."""

    name: str
    x: int
    y: int
    note: str

    @property
    def short(self) -> str:
        """The beginning of a long name."""
        return self.name if len(self.name) <= _LONGEST else f"{self.name[: _LONGEST - 1]}…"


@dataclass(frozen=True, kw_only=True)
class Line:
    """An edge of the picture: an SVG path, and how it is drawn."""

    edge: Edge
    path: str
    width: float
    look: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The picture. `hidden` counts consumers and producers that it has no room for."""

    height: int
    consumers: tuple[Node, ...]
    producers: tuple[Node, ...]
    lines: tuple[Line, ...]
    hidden: int


@once
def edges(snapshot: Snapshot) -> tuple[Edge, ...]:
    """All edges, where most is at stake first."""
    found = [
        Edge(consumer=consumer, producer=producer, publishes=publishes, total=total)
        for (consumer, producer, publishes), total in grouped(ties(snapshot), _between).items()
    ]
    return tuple(sorted(found, key=_by_stake))


def picture(found: Sequence[Edge]) -> Picture:
    """The picture of some edges: consumers on the left, producers on the right, few crossings."""
    producers = _ranked(found, "producer")[:MOST_RIGHT]
    wanted = set(producers)
    shown = [one for one in found if one.producer in wanted]
    consumers = _ranked(shown, "consumer")[:MOST_LEFT]
    producers.sort()
    consumers.sort(key=lambda name: (_middle(shown, name, producers), name))
    height = TOP + max(len(consumers), len(producers), 1) * (HEIGHT + GAP)
    left, right = _column(consumers, height), _column(producers, height)
    counts = {name: _operations(shown, name) for name in producers}
    return Picture(
        height=height,
        consumers=tuple(Node(name=name, x=0, y=y, note="") for name, y in left.items()),
        producers=tuple(
            Node(name=name, x=WIDTH - BOX, y=y, note=str(counts[name])) for name, y in right.items()
        ),
        lines=tuple(
            Line(edge=one, path=_path(one, left, right), width=_width(one), look=_look(one))
            for one in reversed(shown)  # what matters most is drawn last, above the others
            if one.consumer in left
        ),
        hidden=len({one.consumer for one in found} - set(consumers))
        + len({one.producer for one in found} - set(producers)),
    )


def _between(tie: Tie) -> tuple[str, str, bool]:
    return tie.consumer, tie.producer, tie.role is Role.PUBLISHES


def _by_stake(edge: Edge) -> tuple[int, int, int, str, str, bool]:
    total = edge.total
    return (
        -total.relied,
        -total.broken,
        -total.observations,
        edge.consumer,
        edge.producer,
        edge.publishes,
    )


def _ranked(found: Iterable[Edge], side: str) -> list[str]:
    """Names in the order of what is at stake."""
    return list(dict.fromkeys(getattr(one, side) for one in found))


def _middle(found: Sequence[Edge], consumer: str, producers: Sequence[str]) -> float:
    """Where a consumer's producers stand on average: neighbours by that cross least (Sugiyama, 1981)."""
    places = [producers.index(one.producer) for one in found if one.consumer == consumer]
    return sum(places) / len(places)


def _column(names: Sequence[str], height: int) -> dict[str, int]:
    """The top of each box, the column in the middle of the height."""
    start = TOP + (height - TOP - len(names) * (HEIGHT + GAP)) // 2
    return {name: start + index * (HEIGHT + GAP) for index, name in enumerate(names)}


def _operations(found: Iterable[Edge], producer: str) -> int:
    return len({tie.operation.key for one in found if one.producer == producer for tie in one.total.ties})


def _path(edge: Edge, left: Mapping[str, int], right: Mapping[str, int]) -> str:
    """A curve from box to box; what is published runs a little below what is called or received."""
    shift = 7 if edge.publishes else -2
    start, end = left[edge.consumer] + HEIGHT // 2 + shift, right[edge.producer] + HEIGHT // 2 + shift
    x1, x2 = BOX, WIDTH - BOX
    bend = (x2 - x1) // 2
    return f"M{x1} {start}C{x1 + bend} {start} {x2 - bend} {end} {x2} {end}"


def _width(edge: Edge) -> float:
    """From 1 to 6 by the logarithm of the observations."""
    return round(min(6.0, 1 + log10(max(1, edge.total.observations))), 1)


def _look(edge: Edge) -> str:
    if edge.publishes:
        return "publishes"
    stake = " relied" if edge.total.relied else ""
    return f"{edge.total.level.value}{stake}"
