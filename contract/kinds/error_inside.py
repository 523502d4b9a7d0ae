"""`error-inside`: an error in the body of an answer whose status says success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class ErrorInside(Across):
    """The field tells errors from results: by these values (scalars as text), or by being there at all."""

    name: ClassVar[str] = "error-inside"
    family: ClassVar[Family] = Family.FAILURE

    values: tuple[str, ...]

    @property
    def value(self) -> dict[str, Any]:
        """The values, sorted; none: the field is there in errors alone."""
        return {"values": list(self.values)}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        values = fields_of(cls.name, value, "values")["values"]
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise ValueError(f"the values are texts, not {values!r}")
        return cls(tuple(sorted(values)))

    def describe(self, subject: Subject) -> str:
        """`200 can be an error: then body success is false`."""
        place = " ".join(subject.readable.split(" ")[1:])
        how = f"is {' or '.join(self.values)}" if self.values else "is there"
        return f"{subject.status} can be an error: then {place} {how}"
