"""`nullable`: whether null may stand at a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Nullable:
    """A value may be null, or never is."""

    name: ClassVar[str] = "nullable"
    family: ClassVar[Family] = Family.SHAPE
    partners: ClassVar[tuple[str, ...]] = ()

    value: bool

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, bool):
            raise ValueError(f"nullable is true or false, not {value!r}")  # noqa: TRY004  # a value of JSON
        return cls(value)

    @property
    def informative(self) -> bool:
        """Only "never null" rules something out."""
        return not self.value

    def describe(self, subject: Subject) -> str:
        """`200 body id is never null`."""
        return f"{subject.readable} {'may be null' if self.value else 'is never null'}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one value is null and must not be."""
        found = places.find(subject)
        if found is None or not found.values:
            return Holds.NOT_APPLICABLE
        return Holds.NO if not self.value and None in found.values else Holds.YES

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """Never null is narrower."""
        del subject
        theirs = alike(self, other)
        return Relation.of(self.value <= theirs.value, theirs.value <= self.value)
