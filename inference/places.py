"""Places: the trie of labels that a producer's paths make, with a few exchanges as evidence at each.

Folding is associative and commutative: counts add, of samples those of lowest rank stay, and a place with
more than `MAX_WORDS` different words below folds them into one parameter, whatever the order in which they
came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from inference.evidence import Sample
from inference.lexicon import is_reserved
from inference.segments import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_WORDS = 500
"""Distinct words kept below one place. The widest documented interfaces have half as many fixed ones."""

MAX_SAMPLES = 5
"""Samples kept for each method of a place."""


class Visits:
    """What is kept of one method at one place: how many exchanges, and a few of them as evidence."""

    __slots__ = ("count", "samples")

    def __init__(self, count: int = 0, samples: list[Sample] | None = None) -> None:
        self.count = count
        self.samples = samples or []

    def wants(self, rank: int) -> bool:
        """Whether a sample of this rank would be kept."""
        return len(self.samples) < MAX_SAMPLES or rank <= self.samples[-1].rank

    def keep(self, samples: Iterable[Sample]) -> None:
        """Add samples; those of lowest rank stay."""
        self.samples = sorted({*self.samples, *samples})[:MAX_SAMPLES]


class Place:
    """A node of the trie of labels: what was seen exactly here, by method, and the places below by label."""

    __slots__ = ("below", "full", "visits")

    def __init__(self) -> None:
        self.visits: dict[str, Visits] = {}
        self.below: dict[str, Place] = {}
        self.full = False

    def label(self, wanted: str) -> str:
        """The label under which a wanted one is kept here."""
        return PARAMETER if self.full and is_word(wanted) else wanted

    def merge(self, other: Place) -> int:
        """Fold in another place; returns how many places that added (less those folded together)."""
        added = 0
        for method, visits in other.visits.items():
            mine = self.visits.setdefault(method, Visits())
            mine.count += visits.count
            mine.keep(visits.samples)
        self.full = self.full or other.full
        for name, place in other.below.items():
            label = self.label(name)
            if label not in self.below:
                self.below[label] = Place()
                added += 1
            added += self.below[label].merge(place)
        return added + self.fold()

    def fold(self) -> int:
        """Fold the words below into one parameter, if there are too many; returns by how many places more."""
        words = [name for name in self.below if is_word(name)]
        if not words or not (self.full or len(words) > MAX_WORDS):
            return 0
        self.full = True
        return sum(self.fold_into(name, PARAMETER) for name in words)

    def fold_into(self, name: str, target: str) -> int:
        """Fold one word below into a parameter; returns the change in the number of places."""
        place = self.below.pop(name)
        change = -sum(1 for _ in place.walk())
        if target not in self.below:
            self.below[target] = Place()
            change += 1
        return change + self.below[target].merge(place)

    def walk(self) -> Iterator[Place]:
        """Yield the place and all below."""
        yield self
        for place in self.below.values():
            yield from place.walk()

    def state(self) -> list[Any]:
        """The serial form."""
        return [
            {
                method: [visits.count, [list(kept) for kept in visits.samples]]
                for method, visits in sorted(self.visits.items())
            },
            {name: place.state() for name, place in sorted(self.below.items())},
            self.full,
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        visits, below, full = state
        self = cls()
        for method, (count, samples) in visits.items():
            self.visits[method] = Visits(count, [Sample(*kept) for kept in samples])
        self.below = {name: cls.from_state(place) for name, place in below.items()}
        self.full = bool(full)
        return self


def is_word(label: str) -> bool:
    """Whether a label counts against the bound on words: it may be a value, and is not known to be fixed."""
    return label not in {PARAMETER, ""} and not is_reserved(label)
