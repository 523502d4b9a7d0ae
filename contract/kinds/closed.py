"""`closed`: an object has no other fields than some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Closed:
    """No field has another name than these, given sorted and each once."""

    name: ClassVar[str] = "closed"
    family: ClassVar[Family] = Family.SHAPE
    partners: ClassVar[tuple[str, ...]] = ()

    names: tuple[str, ...]

    @property
    def value(self) -> list[str]:
        """The names, sorted."""
        return list(self.names)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise ValueError(f"closed is a list of names, not {value!r}")
        return cls(tuple(sorted(set(value))))

    @property
    def informative(self) -> bool:
        """That no other field was seen is no promise that none will come."""
        return False

    def describe(self, subject: Subject) -> str:
        """`200 body has no other fields than id and total`."""
        if not self.names:
            return f"{subject.readable} has no fields"
        *most, last = self.names
        names = f"{', '.join(most)} and {last}" if most else last
        return f"{subject.readable} has no other fields than {names}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one object has a field of another name."""
        found = places.find(subject)
        objects = [value for value in found.values if isinstance(value, dict)] if found else []
        if not objects:
            return Holds.NOT_APPLICABLE
        allowed = set(self.names)
        return Holds.YES if all(value.keys() <= allowed for value in objects) else Holds.NO

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion."""
        del subject
        mine, theirs = set(self.names), set(alike(self, other).names)
        return Relation.of(mine <= theirs, theirs <= mine)
