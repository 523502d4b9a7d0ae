"""Operations from paths: a mergeable summary of the paths of one producer, and the decision it leads to.

A *route* is a method and the labels of a path (`inference/segments.py`): finer than or equal to an operation, and a pure function
of both, except that a place with very many words folds them into one parameter in the model's routes. Summaries are kept per route; an *operation* (`inference/operations.py`) is a set of routes, decided anew whenever asked, so that
revising a template loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self

import xxhash

from inference.evidence import Sample, sample
from inference.lexicon import is_reserved
from inference.operations import Operations
from inference.segments import PARAMETER, labels, texts
from inference.templates import decide

__all__ = ["Operations", "PathModel", "Place", "route"]

MAX_WORDS = 500
"""Distinct words kept below one place. The widest documented interfaces have about half as many fixed words in one place."""

MAX_PLACES = 50_000
"""Places kept in all. Up to here folding is exact in any order; from here on new words become parameters."""

MAX_SAMPLES = 6
"""Samples kept for each method of a place."""

_CACHE = 16_384


def route(method: str, path: str) -> str:
    """The method and the path with machine-made segments as `{}`: `GET /repos/octocat/hello/issues/{}`. Total and pure."""
    return route_of(method, labels(path))


def route_of(method: str, parts: Iterable[str]) -> str:
    """A route from its labels."""
    return f"{method.upper()} /{'/'.join(parts)}"


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
        """Fold the words below into one parameter where there are too many; returns the change in the number of places."""
        words = [name for name in self.below if is_word(name)]
        if not words or not (self.full or len(words) > MAX_WORDS):
            return 0
        self.full = True
        change = 0
        for name in words:
            place = self.below.pop(name)
            change -= sum(1 for _ in place.walk())
            if PARAMETER not in self.below:
                self.below[PARAMETER] = Place()
                change += 1
            change += self.below[PARAMETER].merge(place)
        return change

    def walk(self) -> Iterator[Place]:
        """This place and all below."""
        yield self
        for place in self.below.values():
            yield from place.walk()

    def state(self) -> list[Any]:
        """The serial form."""
        return [
            {method: [visits.count, [list(kept) for kept in visits.samples]] for method, visits in sorted(self.visits.items())},
            {name: place.state() for name, place in sorted(self.below.items())},
            self.full,
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        visits, below, full = state
        self = cls()
        for method, (count, samples) in visits.items():
            self.visits[method] = Visits(count, [Sample(*kept[:6], tuple(kept[6]), tuple(kept[7])) for kept in samples])
        self.below = {name: cls.from_state(place) for name, place in below.items()}
        self.full = bool(full)
        return self


def is_word(label: str) -> bool:
    """Whether a label counts against the bound on words: it may be a value, and is not known to be fixed."""
    return label not in {PARAMETER, ""} and not is_reserved(label)


class PathModel:
    """The paths of one producer, in bounded memory. Folding is associative and commutative up to `MAX_PLACES`."""

    def __init__(self) -> None:
        self._root = Place()
        self._places = 1
        self._known: dict[tuple[str, str], tuple[str, Visits]] = {}

    def observe(
        self,
        method: str,
        path: str,
        *,
        request_body: bytes = b"",
        response_body: bytes = b"",
        status: int | None = None,
        media_type: str = "",  # noqa: ARG002  the callers' record has it; bodies say themselves what they are
        id: str = "",  # noqa: A002  the word of the records
    ) -> str:
        """Fold in one exchange and say its route. Bodies are without content coding; `id` is the exchange's id."""
        known = self._known.get((method, path))
        if known is None:
            known = self._locate(method, path)
        name, visits = known
        visits.count += 1
        rank = _rank(id or repr((method, path, status, request_body, response_body)))
        if visits.wants(rank):
            visits.keep([sample(rank, texts(path), request_body, response_body, status)])
        return name

    def merge(self, other: PathModel) -> None:
        """Fold in what another model has seen. The other stays as it is."""
        self._places += self._root.merge(other._root)
        self._known.clear()

    def state(self) -> object:
        """The serial form: lists, dictionaries, texts and numbers."""
        return self._root.state()

    @classmethod
    def from_state(cls, state: object) -> PathModel:
        """Read the serial form."""
        self = cls()
        self._root = Place.from_state(state)
        self._places = sum(1 for _ in self._root.walk())
        return self

    def operations(self, declared: Iterable[str] = ()) -> Operations:
        """The operations as the traffic so far shows them; where a declared one (`GET /pets/{petId}`) matches, it is the operation."""
        return Operations(decide(self._root), declared)

    def _locate(self, method: str, path: str) -> tuple[str, Visits]:
        method_name = method.upper()
        place = self._root
        parts = []
        for wanted in labels(path):
            label = place.label(wanted)
            child = place.below.get(label)
            if child is None:
                if self._places >= MAX_PLACES and is_word(label):
                    label = PARAMETER
                child, change = self._grow(place, label)
                if place.full and is_word(label):
                    label = PARAMETER
            parts.append(label)
            place = child
        visits = place.visits.setdefault(method_name, Visits())
        known = route_of(method_name, parts), visits
        if len(self._known) >= _CACHE:
            self._known.clear()
        self._known[method, path] = known
        return known

    def _grow(self, place: Place, label: str) -> tuple[Place, int]:
        if label not in place.below:
            place.below[label] = Place()
            self._places += 1
        change = place.fold()
        if change:
            self._places += change
            self._known.clear()
        return place.below[place.label(label)], change


def _rank(identity: str) -> int:
    return xxhash.xxh3_64_intdigest(identity.encode("utf-8", "surrogatepass")) >> 1
