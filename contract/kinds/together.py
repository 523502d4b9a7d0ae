"""`together`: a field or parameter requires another one, or excludes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.tied import Tied, place
from contract.subject import Subject, parse

if TYPE_CHECKING:
    from contract.clause import Holds
    from contract.place import Places

REQUIRES, EXCLUDES = "requires", "excludes"


@dataclass(frozen=True, slots=True)
class Together(Tied):
    """Where the one is, the other is as well, or never is. Null is not there."""

    name: ClassVar[str] = "together"
    family: ClassVar[Family] = Family.SHAPE
    words: ClassVar[str] = "where {} is, {} is"

    how: str = REQUIRES

    @property
    def value(self) -> dict[str, object]:
        """The other place, and how."""
        return {"other": self.other, "how": self.how}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        fits = isinstance(value, dict) and value.keys() == {"other", "how"}
        if not fits or value["how"] not in {REQUIRES, EXCLUDES}:  # type: ignore[index]  # just tested
            raise ValueError(f"together names another place and requires or excludes, not {value!r}")
        return cls(place(value["other"]), value["how"])  # type: ignore[index]  # just tested

    def describe(self, subject: Subject) -> str:
        """`where query cursor is, query limit is, too`."""
        other = parse(self.other).readable
        if self.how == REQUIRES:
            return f"where {subject.readable} is, {other} is, too"
        return f"where {subject.readable} is, {other} never is"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """By what is there, item by item."""
        return Tied.hold(self, subject, places)

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Whether the other is there, or is not, where the one is."""
        if all(value is None for value in mine):
            return None
        return any(value is not None for value in theirs) is (self.how == REQUIRES)
