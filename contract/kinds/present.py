"""`present`: a field stands wherever its parent does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Present:
    """A field is there in every parent (`always`), or may be missing."""

    name: ClassVar[str] = "present"
    family: ClassVar[Family] = Family.SHAPE
    partners: ClassVar[tuple[str, ...]] = ()

    always: bool

    @property
    def value(self) -> Literal["always", "sometimes"]:
        """In one word."""
        return "always" if self.always else "sometimes"

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value not in ("always", "sometimes"):  # may be unhashable
            raise ValueError(f"present is always or sometimes, not {value!r}")
        return cls(value == "always")

    @property
    def informative(self) -> bool:
        """A field that may be missing is promised by nobody."""
        return self.always

    def describe(self, subject: Subject) -> str:
        """`200 body id is always present`."""
        return f"{subject.readable} {'is always present' if self.always else 'may be absent'}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one parent lacks it; not applicable, if there is no parent."""
        found = places.find(subject)
        if found is None or not (found.values or found.missing):
            return Holds.NOT_APPLICABLE
        return Holds.NO if self.always and found.missing else Holds.YES

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """Always is narrower than sometimes."""
        del subject
        theirs = alike(self, other)
        return Relation.of(self.always >= theirs.always, theirs.always >= self.always)
