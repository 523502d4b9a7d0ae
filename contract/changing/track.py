"""Who used what changes in which window: what traffic showed, as plain numbers. Times are Unix ns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from contract.claim import Level


class Sighting(NamedTuple):
    """How often something was seen in one window (an hour), first and last when there."""

    first: int
    last: int
    times: int


class Presence(NamedTuple):
    """What changes, in one window: in how many answers it could have been, and was; and last when."""

    window: int
    answers: int
    there: int
    last: int


@dataclass(slots=True)
class Track:
    """One consumer over time, each list in the order of windows.

    `calls` are all of the producer, `seen` what concerns the change, by how strongly it shows dependence;
    `basis` says of a level how that is known.
    """

    calls: list[Sighting] = field(default_factory=list)
    seen: dict[Level, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    basis: dict[Level, str] = field(default_factory=dict)

    @property
    def level(self) -> Level | None:
        """The strongest dependence that was ever seen, None: it never met what changes."""
        return max((level for level, found in self.seen.items() if found), key=rank, default=None)

    @property
    def depends(self) -> list[Sighting]:
        """When the strongest dependence was seen. To be sent a field is none of having used it."""
        level = self.level
        return [] if level is None else self.seen[level]


@dataclass(frozen=True, slots=True)
class Usage:
    """The tracks of all consumers, and whether what changes was there at all."""

    tracks: dict[str, Track]
    presence: tuple[Presence, ...] = ()


def rank(level: Level) -> int:
    """Sorts levels, the weakest first."""
    return level.rank
