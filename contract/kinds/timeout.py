"""`timeout`: how long consumers wait for an answer before they hang up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Timeout(Across):
    """Consumers hang up after so many milliseconds; the shortest, where they differ."""

    name: ClassVar[str] = "timeout"
    family: ClassVar[Family] = Family.TIMING

    ms: float

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"ms": self.ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "ms")
        return cls(milliseconds_of(found["ms"]))

    def describe(self, subject: Subject) -> str:
        """`consumers hang up after 400 ms: an answer must come sooner`."""
        del subject
        return f"consumers hang up after {duration(self.ms)}: an answer must come sooner"

    def _relate(self, other: Any) -> Relation:
        """Less patience is narrower."""
        return sooner(self.ms, other.ms)
