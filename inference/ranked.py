"""Events kept by rank: those with the lowest ranks, in whatever order or part they are folded.

A rank begins with the hash of what groups an event with others, so that a group is kept as a whole or left
out as a whole; then comes the time, so that of the one group that the bound cuts the first events stay.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Self, TypeVar

Rank = tuple[Any, ...]
"""The hash of a group, when the event was (Unix ns), and what tells events of one instant apart."""

EVERYTHING: Rank = (1 << 64,)
"""Above every rank."""

E = TypeVar("E")


class Ranked(Generic[E]):
    """Events by their ranks.

    Args:
        ceiling: events that rank from here on are left out: the ceiling of the part that this one continues.
    """

    most: ClassVar[int]
    """How many are kept."""

    def __init__(self, ceiling: Rank = EVERYTHING) -> None:
        self.ceiling = ceiling
        self._events: dict[Rank, E] = {}
        self._ordered: list[E] = []

    def successor(self) -> Self:
        """An empty one that goes on with the same sampling."""
        return type(self)(self.ceiling)

    def events(self) -> list[E]:
        """All that is kept, in the order of time; not to be changed."""
        if len(self._ordered) != len(self._events):
            self._ordered = [self._events[rank] for rank in sorted(self._events, key=lambda rank: rank[1:])]
        return self._ordered

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return self.ceiling == EVERYTHING

    def note(self, rank: Rank, event: E) -> None:
        """Keep an event, if it ranks below the ceiling."""
        if rank >= self.ceiling:
            return
        self._events[rank] = event
        if len(self._events) > 2 * self.most:
            self.shrink()

    def merge(self, other: Self) -> None:
        """Take the events of both that rank below the lower ceiling."""
        self._ordered = []
        if other.ceiling < self.ceiling:
            self.ceiling = other.ceiling
            self._events = {rank: event for rank, event in self._events.items() if rank < self.ceiling}
        self._events |= {rank: event for rank, event in other._events.items() if rank < self.ceiling}
        self.shrink()

    def shrink(self) -> None:
        """Lower the ceiling until the bound is kept."""
        if len(self._events) <= self.most:
            return
        ranks = sorted(self._events)
        self.ceiling = ranks[self.most]
        for rank in ranks[self.most :]:
            del self._events[rank]
        self._ordered = []
