"""A lifecycle as a picture: states in columns from left to right, an arrow for each change that was seen.

A state stands in the column after all that lead to it; what leads back runs below. Sizes are in pixels of the
page, so that text is never scaled: a long lifecycle is scrolled.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contract.kinds import Lifecycle

MAX_STATES = 24
MAX_TRANSITIONS = 60
"""More than these make no picture that anybody reads; the list of changes says it."""

_LETTER = 7.3
_HEIGHT, _PITCH, _GAP, _LANE = 30.0, 48.0, 58.0, 15.0
_EDGE = 26.0
_LONGEST = 22

Transition = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state as a box; `first`: entities begin with it, `last`: they stay in it."""

    name: str
    label: str
    x: float
    y: float
    width: float
    height: float = _HEIGHT
    first: bool
    last: bool

    @property
    def middle(self) -> float:
        """Its height on the page."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The whole picture; `arrows` are paths from state to state."""

    width: float
    height: float
    states: tuple[State, ...]
    arrows: tuple[str, ...]


def picture(kind: Lifecycle) -> Picture | None:
    """The picture of a lifecycle; None where there is too much for one."""
    transitions = tuple((str(one), str(two)) for one, two in kind.transitions if one != two)
    first, last = {str(one) for one in kind.first}, {str(one) for one in kind.last}
    if len(kind.states) > MAX_STATES or len(transitions) > MAX_TRANSITIONS:
        return None
    names = sorted({str(state) for state in kind.states}, key=lambda name: (name not in first, name))
    back = _leading_back(names, transitions)
    ranks = _ranks(names, [one for one in transitions if one not in back])
    columns = _columns(names, transitions, ranks)
    states, passages, width = _placed(columns, first, last)
    forward = (_forward(states, passages, one) for one in transitions if one not in back)
    floor = 2 + max(map(len, columns)) * _PITCH - (_PITCH - _HEIGHT)
    lanes = (_backward(states, one, floor + _LANE * n) for n, one in enumerate(sorted(back), start=1))
    return Picture(
        width=width,
        height=floor + 4 + _LANE * len(back),
        states=tuple(states.values()),
        arrows=(*forward, *lanes),
    )


def _leading_back(names: Sequence[str], transitions: Sequence[Transition]) -> frozenset[Transition]:
    """The changes that close a circle, found on the way from the first states."""
    after = defaultdict(list)
    for one, two in transitions:
        after[one].append(two)
    back: set[Transition] = set()
    done: set[str] = set()

    def go(state: str, way: tuple[str, ...]) -> None:
        for following in after[state]:
            if following in way:
                back.add((state, following))
            elif following not in done:
                go(following, (*way, following))
        done.add(state)

    for name in names:
        if name not in done:
            go(name, (name,))
    return frozenset(back)


def _ranks(names: Sequence[str], forward: Sequence[Transition]) -> dict[str, int]:
    """The column of each state: one more than the furthest that leads to it."""
    ranks = dict.fromkeys(names, 0)
    for _ in names:
        for one, two in forward:
            ranks[two] = max(ranks[two], ranks[one] + 1)
    return ranks


_Slot = str | tuple[Transition, int]
"""What takes a place in a column: a state, or a change that passes by it."""


def _columns(
    names: Sequence[str], transitions: Sequence[Transition], ranks: Mapping[str, int]
) -> list[list[_Slot]]:
    columns: list[list[_Slot]] = [[] for _ in range(max(ranks.values()) + 1)]
    for name in names:
        columns[ranks[name]].append(name)
    for one in transitions:
        for rank in range(ranks[one[0]] + 1, ranks[one[1]]):
            columns[rank].append((one, rank))
    return columns


_Passages = dict[Transition, list[tuple[float, float, float]]]


def _placed(
    columns: Sequence[Sequence[_Slot]], first: set[str], last: set[str]
) -> tuple[dict[str, State], _Passages, float]:
    """States where they stand, and where changes pass by columns: left and right edge, height."""
    states: dict[str, State] = {}
    passages: _Passages = defaultdict(list)
    tallest = max(map(len, columns))
    left = _EDGE
    for column in columns:
        labels = [_label(slot) for slot in column if isinstance(slot, str)]
        width = max(len(label) for label in labels) * _LETTER + 24
        top = 2 + (tallest - len(column)) * _PITCH / 2
        for row, slot in enumerate(column):
            y = top + row * _PITCH
            if isinstance(slot, str):
                states[slot] = State(
                    name=slot,
                    label=_label(slot),
                    x=left,
                    y=y,
                    width=width,
                    first=slot in first,
                    last=slot in last,
                )
            else:
                passages[slot[0]].append((left, left + width, y + _HEIGHT / 2))
        left += width + _GAP
    return states, passages, left - _GAP + 4


def _label(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _forward(states: Mapping[str, State], passages: _Passages, transition: Transition) -> str:
    """Out of the right of a state, past what lies between, into the left of the other."""
    one, two = (states[name] for name in transition)
    stops = [
        (one.x + one.width, one.middle),
        *(point for left, right, y in passages[transition] for point in ((left, y), (right, y))),
        (two.x, two.middle),
    ]
    return "".join(_curves(stops))


def _curves(stops: Sequence[tuple[float, float]]) -> Iterator[str]:
    yield f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(stops):
        bend = (to_x - x) / 2
        yield f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _backward(states: Mapping[str, State], transition: Transition, lane: float) -> str:
    """Out of the bottom of a state, below all, into the bottom of an earlier one."""
    one, two = (states[name] for name in transition)
    x, to_x = one.x + one.width * 0.6, two.x + two.width * 0.4
    y, to_y = one.y + one.height, two.y + two.height
    down = f"M{x:.1f} {y:.1f}C{x:.1f} {lane:.1f} {x:.1f} {lane:.1f} {(x + to_x) / 2:.1f} {lane:.1f}"
    return f"{down}S{to_x:.1f} {lane:.1f} {to_x:.1f} {to_y:.1f}"
