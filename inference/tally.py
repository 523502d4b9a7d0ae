"""Counting with a memory of when: the smallest summary, and the leaf of all others."""

from __future__ import annotations


class Tally:
    """How often something was seen, first and last when, and in which exchange first.

    The example is the first exchange by time (by id among equals), so it does not depend on the order of
    folding.
    """

    __slots__ = ("count", "example", "first", "last")

    def __init__(self, count: int = 0, first: int = 0, example: str = "", last: int = 0) -> None:
        self.count = count
        self.first = first
        self.example = example
        self.last = last

    def add(self, at: int, example: str) -> None:
        """Count one more, seen at an instant (Unix ns) in an exchange."""
        if not self.count:
            self.first = self.last = at
            self.example = example
        elif at > self.last:
            self.last = at
        elif at <= self.first and (at, example) < (self.first, self.example):
            self.first = at
            self.example = example
        self.count += 1

    def merge(self, other: Tally) -> None:
        """Count what the other counted, too."""
        if not other.count:
            return
        if not self.count:
            self.count, self.first, self.example, self.last = (
                other.count,
                other.first,
                other.example,
                other.last,
            )
            return
        self.count += other.count
        self.last = max(self.last, other.last)
        self.first, self.example = min((self.first, self.example), (other.first, other.example))

    def copy(self) -> Tally:
        """An independent equal."""
        return Tally(self.count, self.first, self.example, self.last)

    def state(self) -> list[int | str]:
        """The serial form."""
        return [self.count, self.first, self.example, self.last]

    @classmethod
    def from_state(cls, state: list[int | str]) -> Tally:
        """Read the serial form."""
        return cls(*state)  # type: ignore[arg-type]  # positions have the constructor's types
