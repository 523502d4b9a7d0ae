"""Operations from paths: a mergeable summary of the paths of one producer, and the decision it leads to.

A *route* is a method and the labels of a path (`inference/segments.py`): finer than or equal to an
operation, and a pure function of both, except that a place with very many words folds them into one
parameter in the model's routes. Summaries are kept per route; an *operation* (`inference/operations.py`) is
a set of routes, decided anew whenever asked, so that revising a template loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

from inference.evidence import sample
from inference.operations import Operations, known_as
from inference.places import Place, Visits, is_word
from inference.segments import PARAMETER, labels, texts
from inference.templates import decide, fold_values

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Operations", "PathModel", "route"]

MAX_PLACES = 20_000
"""Places kept in all, each of up to some 3 KB. Up to here folding is exact in any order. From here on
words already decided to be values are folded into parameters, and if that makes no room, every new word
is."""

MAX_TYPES = 200
"""Message types, or operations of GraphQL, that are told apart at one place."""

_ROOM = 0.9
_CACHE = 16_384


def route(method: str, path: str) -> str:
    """The method, and the path with what a machine made as `{}`: `GET /repos/octocat/pulls/{}`. Total."""
    return route_of(known_as(method), labels(path))


def route_of(method: str, parts: Iterable[str]) -> str:
    """A route from its labels."""
    return f"{method} /{'/'.join(parts)}"


def _typed(method: str, place: Place) -> str:
    """The method with its type, or without it where a place has very many: those are data."""
    if "#" not in method or method in place.visits or len(place.visits) < MAX_TYPES:
        return method
    return method.partition("#")[0]


class PathModel:
    """The paths of one producer. Folding is associative and commutative up to `MAX_PLACES`.

    It remembers what was folded since `take_news`, so that this can be merged with what others have stored
    meanwhile.
    """

    def __init__(self) -> None:
        self._root = Place()
        self._news = Place()
        self._places = 1
        self._open = True
        self._known: dict[tuple[str, str], tuple[str, Visits, Visits]] = {}

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
        """Fold in one exchange and say its route. Bodies have no content coding, `id` is the exchange's."""
        known = self._known.get((method, path))
        if known is None:
            known = self._locate(method, path)
        name, visits, news = known
        visits.count += 1
        news.count += 1
        rank = _rank(id or repr((method, path, status, request_body, response_body)))
        if visits.wants(rank):
            kept = [sample(rank, texts(path), request_body, response_body, status)]
            visits.keep(kept)
            news.keep(kept)
        return name

    def merge(self, other: PathModel) -> None:
        """Fold in what another model has seen. The other stays as it is."""
        self._places += self._root.merge(other._root)
        self._news.merge(other._root)
        self._known.clear()
        if self._places > MAX_PLACES:
            self._compact()

    def state(self) -> object:
        """The serial form: lists, dictionaries, texts, bytes and numbers."""
        return self._root.state()

    @classmethod
    def from_state(cls, state: object) -> PathModel:
        """Read the serial form."""
        self = cls()
        self._root = Place.from_state(state)
        self._places = sum(1 for _ in self._root.walk())
        return self

    def take_news(self) -> PathModel | None:
        """A model of what was folded since the last call, None if nothing; what was read is no news."""
        if not self._news.below and not self._news.visits:
            return None
        taken = PathModel()
        taken._root, self._news = self._news, Place()
        self._known.clear()
        return taken

    def operations(self, declared: Iterable[str] = ()) -> Operations:
        """The operations as the traffic so far shows them.

        `declared` are keys of a document (`GET /pets/{petId}`): where one matches, it is the operation,
        and where it has a parameter, so have its undeclared neighbours.
        """
        known = tuple(declared)
        return Operations(decide(self._root, known), known)

    def _locate(self, method: str, path: str) -> tuple[str, Visits, Visits]:
        """The route of a path never seen, or forgotten, and where its exchanges are counted, twice."""
        if self._places >= MAX_PLACES and self._open:
            self._compact()
        method = known_as(method)
        place, news = self._root, self._news
        parts = []
        for wanted in labels(path):
            label, place = self._step(place, wanted)
            news = news.below.setdefault(label, Place())
            parts.append(label)
        method = _typed(method, place)
        visits, new_visits = (one.visits.setdefault(method, Visits()) for one in (place, news))
        known = route_of(method, parts), visits, new_visits
        if len(self._known) >= _CACHE:
            self._known.clear()
        self._known[method, path] = known
        return known

    def _step(self, place: Place, wanted: str) -> tuple[str, Place]:
        label = place.label(wanted)
        if label not in place.below:
            if not self._open and is_word(label):
                label = PARAMETER
            if label not in place.below:
                place.below[label] = Place()
                self._places += 1
                change = place.fold()
                if change:
                    self._places += change
                    self._known.clear()
                label = place.label(label)
        return label, place.below[label]

    def _compact(self) -> None:
        """Fold the words that are decided to be values, to make room for those that are not."""
        fold_values(self._root, decide(self._root))
        self._places = sum(1 for _ in self._root.walk())
        self._open = self._places <= MAX_PLACES * _ROOM
        self._known.clear()


def _rank(identity: str) -> int:
    return xxhash.xxh3_64_intdigest(identity.encode("utf-8", "surrogatepass")) >> 1
