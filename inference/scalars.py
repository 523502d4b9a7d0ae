"""Scalars at one place: which values, as long as they are few; how large and how long, however many.

What is counted here is counted over all traffic, unlike what samples show (`inference/samples.py`): one value
that is rare but not in the enumeration must not be overlooked.
"""

from __future__ import annotations

from typing import Any

from inference.tally import Tally

MAX_DISTINCT = 32
"""Different values remembered. More are no enumeration that anybody would write down."""

MAX_LENGTH = 64
"""A longer text is no name of a value; a place that has one has no enumeration."""

Value = str | int | float
"""A text or a number."""


class Scalars:
    """The texts and numbers that stood at one place.

    `texts` and `numbers` count by value; None once there were too many. `flags` counts false and true.
    `lengths` and `bounds` are the smallest and largest length (in characters) and number; None: none seen.
    """

    __slots__ = ("bounds", "flags", "lengths", "numbers", "texts")

    def __init__(self) -> None:
        self.texts: dict[str, Tally] | None = {}
        self.numbers: dict[float, Tally] | None = {}
        self.flags: tuple[Tally, Tally] | None = None
        self.lengths: tuple[int, int] | None = None
        self.bounds: tuple[float, float] | None = None

    def text(self, value: str, at: int, example: str) -> None:
        """Count a text."""
        length = len(value)
        lengths = self.lengths
        if lengths is None:
            self.lengths = (length, length)
        elif not lengths[0] <= length <= lengths[1]:
            self.lengths = (min(lengths[0], length), max(lengths[1], length))
        texts = self.texts
        if texts is None:
            return
        tally = texts.get(value)
        if tally is None:
            if length > MAX_LENGTH or len(texts) >= MAX_DISTINCT:
                self.texts = None
                return
            tally = texts[value] = Tally()
        tally.add(at, example)

    def number(self, value: float, at: int, example: str) -> None:
        """Count a number."""
        bounds = self.bounds
        if bounds is None:
            self.bounds = (value, value)
        elif not bounds[0] <= value <= bounds[1]:
            self.bounds = (min(bounds[0], value), max(bounds[1], value))
        numbers = self.numbers
        if numbers is None:
            return
        tally = numbers.get(value)
        if tally is None:
            if len(numbers) >= MAX_DISTINCT:
                self.numbers = None
                return
            tally = numbers[value] = Tally()
        tally.add(at, example)

    def flag(self, value: bool, at: int, example: str) -> None:  # noqa: FBT001  # it is the value
        """Count a boolean."""
        if self.flags is None:
            self.flags = (Tally(), Tally())
        self.flags[value].add(at, example)

    def merge(self, other: Scalars) -> None:
        """Count what the other counted, too."""
        self.texts = _united(self.texts, other.texts)
        self.numbers = _united(self.numbers, other.numbers)
        if other.flags is not None:
            mine = self.flags = self.flags or (Tally(), Tally())
            for tally, theirs in zip(mine, other.flags, strict=True):
                tally.merge(theirs)
        self.lengths = _wider(self.lengths, other.lengths)
        self.bounds = _wider(self.bounds, other.bounds)

    def state(self) -> list[Any]:
        """The serial form: texts, numbers, flags, lengths, bounds."""
        return [
            _listed(self.texts),
            _listed(self.numbers),
            None if self.flags is None else [tally.state() for tally in self.flags],
            self.lengths,
            None if self.bounds is None else [_plain(bound) for bound in self.bounds],
        ]

    @classmethod
    def from_state(cls, state: list[Any]) -> Scalars:
        """Read the serial form."""
        self = cls()
        texts, numbers, flags, lengths, bounds = state
        self.texts = _tallies(texts)
        self.numbers = _tallies(numbers)
        self.flags = (Tally.from_state(flags[0]), Tally.from_state(flags[1])) if flags else None
        self.lengths = (lengths[0], lengths[1]) if lengths else None
        self.bounds = (bounds[0], bounds[1]) if bounds else None
        return self

    def values(self) -> dict[Value | bool, Tally] | None:
        """All values with their counts, of one type; None if too many were seen, or of several types."""
        groups: list[dict[Any, Tally]] = []
        if self.lengths is not None:
            if self.texts is None:
                return None
            groups.append(self.texts)
        if self.bounds is not None:
            if self.numbers is None:
                return None
            groups.append({_plain(value): tally for value, tally in self.numbers.items()})
        if self.flags is not None:
            groups.append({value: self.flags[value] for value in (False, True) if self.flags[value].count})
        return groups[0] if len(groups) == 1 else None


def _united(mine: dict[Any, Tally] | None, theirs: dict[Any, Tally] | None) -> dict[Any, Tally] | None:
    if mine is None or theirs is None or len(mine.keys() | theirs.keys()) > MAX_DISTINCT:
        return None
    for value, tally in theirs.items():
        mine.setdefault(value, Tally()).merge(tally)
    return mine


def _wider(mine: tuple[Any, Any] | None, theirs: tuple[Any, Any] | None) -> tuple[Any, Any] | None:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    return min(mine[0], theirs[0]), max(mine[1], theirs[1])


def _plain(value: float) -> Value:
    """5.0 as 5: JSON knows one number where Python knows two."""
    return int(value) if value % 1 == 0 and abs(value) < 1e15 else value


def _listed(values: dict[Any, Tally] | None) -> list[list[Any]] | None:
    if values is None:
        return None
    return [
        [value if isinstance(value, str) else _plain(value), *tally.state()]
        for value, tally in sorted(values.items())
    ]


def _tallies(rows: list[list[Any]] | None) -> dict[Any, Tally] | None:
    return None if rows is None else {value: Tally.from_state(state) for value, *state in rows}
