"""`never-repeats`: no two answers carry the same value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class NeverRepeats:
    """Each answer brings a value that no answer to another request has brought.

    It is a statement about many exchanges: one alone neither fulfils nor breaks it.
    """

    name: ClassVar[str] = "never-repeats"
    family: ClassVar[Family] = Family.VALUE
    partners: ClassVar[tuple[str, ...]] = ()

    @property
    def value(self) -> bool:
        """True."""
        return True

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value is not True:
            raise ValueError(f"never-repeats is stated by true, not {value!r}")
        return cls()

    @property
    def informative(self) -> bool:
        """It rules a second time out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`201 body id is a new one in every answer`."""
        return f"{subject.readable} is a new one in every answer"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Not applicable to one exchange."""
        del subject, places
        return Holds.NOT_APPLICABLE

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """There is but one such statement."""
        del subject
        alike(self, other)
        return Relation.SAME
