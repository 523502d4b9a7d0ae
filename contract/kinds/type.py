"""`type`: the JSON types of the values at a place, null apart (that is `nullable`).

Where HTTP puts text the type is that of the text's lexical form: `limit=20` is an integer, and any text
is a string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Holds, Kind, Relation, alike
from contract.content import json_type

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

TYPES = ("array", "boolean", "integer", "number", "object", "string")
"""The JSON types without null; an integer is a number (JSON Schema 2020-12, validation, section 6.1.1)."""

_SCALARS = frozenset({"boolean", "integer", "number", "string"})


@dataclass(frozen=True, slots=True)
class Type:
    """Every value that is not null has one of some types, given sorted and each once."""

    name: ClassVar[str] = "type"
    family: ClassVar[Family] = Family.SHAPE
    partners: ClassVar[tuple[str, ...]] = ()

    types: tuple[str, ...]

    @classmethod
    def of(cls, types: frozenset[str]) -> Self:
        """The kind for a set of types; `integer` beside `number` says nothing."""
        return cls(tuple(sorted(types - {"integer"} if "number" in types else types)))

    @property
    def value(self) -> list[str]:
        """The types, sorted."""
        return list(self.types)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or not value or not all(name in TYPES for name in value):
            raise ValueError(f"type is a list of {', '.join(TYPES)}, not {value!r}")
        return cls.of(frozenset(value))

    @property
    def informative(self) -> bool:
        """A type always rules others out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`200 body id is always a string`."""
        if subject.textual and "string" in self.types:
            return f"{subject.readable} is text"
        return f"{subject.readable} is always {' or '.join(map(_a, self.types))}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one value is of another type; not applicable, if there is none but null."""
        found = places.find(subject)
        seen = {json_type(value) for value in found.values} - {"null"} if found else set()
        if not seen:
            return Holds.NOT_APPLICABLE
        return Holds.YES if seen <= self._allowed(subject) else Holds.NO

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion."""
        mine, theirs = self._allowed(subject), alike(self, other)._allowed(subject)  # noqa: SLF001  # a twin
        return Relation.of(mine <= theirs, theirs <= mine)

    def _allowed(self, subject: Subject) -> frozenset[str]:
        """All types of values that the statement lets stand at a subject."""
        allowed = frozenset(self.types)
        if subject.textual and "string" in allowed:
            return allowed | _SCALARS
        return allowed | {"integer"} if "number" in allowed else allowed


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aio' else 'a'} {name}"
