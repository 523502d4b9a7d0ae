"""`partial-success`: one answer tells of each part of the request whether it succeeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class PartialSuccess(Across):
    """Some items succeed and others fail in one answer; `by` is the field of an item that says so."""

    name: ClassVar[str] = "partial-success"
    family: ClassVar[Family] = Family.FAILURE

    by: str

    @property
    def value(self) -> dict[str, Any]:
        """The field."""
        return {"by": self.by}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        return cls(text_of(fields_of(cls.name, value, "by")["by"]))

    def describe(self, subject: Subject) -> str:
        """`207 body results[] can succeed in part: status says which did`."""
        return f"{subject.readable} can succeed in part: {self.by} says which did"
