"""Facts: what one side says of each place, by aspect; what both sides of a comparison are made of.

An aspect is a word (`type`, `required`, `enum`, …). Where an aspect is missing nothing is said of it: any
value may stand there. Clauses say the same of behaviour; facts say more, of what no traffic can show
(defaults, deprecation, members of unions), and keep apart what clauses put together (media types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contract.changes.unions import Member

Facts = dict[str, Any]
"""What is said of one place or operation, by aspect."""


def _nothing() -> None:
    """The whole of a place that no schema describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place and what is said of it. `pointer` is where the document says it.

    `branch` names the member of a union that says it, `""` for what is said of all together. `whole` gives
    what stands there as the member of a union, if a schema says it. `blank` is what lets anything stand,
    `cut` what was not looked into. `missed` is the imprint of what is more than is looked into, `""` where
    all is.
    """

    subject: Subject
    facts: Facts
    pointer: str = ""
    branch: str = ""
    whole: Callable[[], Member | None] = field(default=_nothing, compare=False)
    blank: bool = False
    cut: bool = False
    missed: str = ""


EXPLODED = ", exploded"
"""Ends the encoding of a parameter that is written once for each of its values (`explode`)."""

PlaceKey = tuple[str, Subject]
"""The media type of a place (`""` outside of bodies), with a member of a union behind `#`; and its subject,
with path parameters by number."""


class Later(Mapping[PlaceKey, Place]):
    """Places that are read when somebody asks for them.

    Args:
        read: reads them, and is called once.
    """

    def __init__(self, read: Callable[[], Mapping[PlaceKey, Place]]) -> None:
        self._read = read

    @cached_property
    def _places(self) -> Mapping[PlaceKey, Place]:
        return self._read()

    def __getitem__(self, key: PlaceKey) -> Place:
        return self._places[key]

    def __iter__(self) -> Iterator[PlaceKey]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One operation as one side has it. `keys` are all ways to write it: one for each base path.

    Two whose `imprint` is the same, and not `""`, have the same places.
    """

    key: str
    keys: tuple[str, ...]
    facts: Facts
    places: Mapping[PlaceKey, Place]
    pointer: str = ""
    imprint: str = ""

    @property
    def identity(self) -> str:
        """What makes two operations the same: names of path parameters do not count, nor do base paths."""
        return anonymous(self.key)


MAX_PLACES = 3_000
"""Places of one schema, the shallow ones first; what is below the others is left out, and that is told."""
_LEAST_PLACES, _ALL_PLACES = 100, 100_000


class Budget:
    """How many places of one schema are read: fewer, where very many operations differ."""

    def __init__(self) -> None:
        self.places = MAX_PLACES

    def share(self, operations: int) -> None:
        """Say how many operations are to be read."""
        self.places = max(_LEAST_PLACES, min(MAX_PLACES, _ALL_PLACES // max(operations, 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One side of a comparison: a declared document, or what traffic shows.

    With `observed` nothing beyond what was seen is said of answers: a new side may say more of them. With
    `exact` fields that are not described are held to what is said of additional ones, as validators do.
    `budget` is kept to by places that are read when somebody asks for them.
    """

    source: str
    operations: Mapping[str, Side]
    facts: Facts = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    observed: bool = False
    exact: bool = False
    budget: Budget = field(default_factory=Budget, compare=False)


def anonymous(key: str) -> str:
    """An operation key without the names of path parameters and without a final slash."""
    return re.sub(r"\{[^{}]*\}", "{}", key).rstrip("/")


def numbered(key: str, subject: Subject) -> Subject:
    """A subject with a path parameter by its position in the operation's template."""
    if subject.parts[:2] != ("request", "path") or len(subject.parts) < 3:
        return subject
    names = re.findall(r"\{([^{}]*)\}", key)
    name = subject.parts[2]
    if name not in names:
        return subject
    return Subject((*subject.parts[:2], str(names.index(name)), *subject.parts[3:]))


def placed(key: str, places: list[tuple[str, Place]]) -> dict[PlaceKey, Place]:
    """The places of an operation by their keys, from pairs of media type and place; the first counts."""
    found: dict[PlaceKey, Place] = {}
    for media, place in places:
        variant = f"{media}#{place.branch}" if place.branch else media
        found.setdefault((variant, numbered(key, place.subject)), place)
    return found
