"""`occurs`: a status can be the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Occurs:
    """The status that the subject names occurs."""

    name: ClassVar[str] = "occurs"
    family: ClassVar[Family] = Family.FAILURE
    partners: ClassVar[tuple[str, ...]] = ()

    @property
    def value(self) -> Literal[True]:
        """Nothing beyond the subject."""
        return True

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value is not True:
            raise ValueError(f"occurs is true, not {value!r}")
        return cls()

    @property
    def informative(self) -> bool:
        """That a status occurs is what callers must be ready for."""
        return True

    def describe(self, subject: Subject) -> str:
        """`can answer 404`."""
        return f"can answer {subject.status}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Yes, if this is the status; another one says nothing."""
        return Holds.YES if places.answered(subject) else Holds.NOT_APPLICABLE

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """Always the same."""
        del subject
        alike(self, other)
        return Relation.SAME
