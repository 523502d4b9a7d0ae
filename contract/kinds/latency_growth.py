"""`latency-growth`: larger answers take longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, duration, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class LatencyGrowth(Across):
    """Each further kilobyte of the answer takes so many milliseconds."""

    name: ClassVar[str] = "latency-growth"
    family: ClassVar[Family] = Family.TIMING

    per_kb_ms: float

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"per_kb_ms": self.per_kb_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "per_kb_ms")
        return cls(milliseconds_of(found["per_kb_ms"]))

    def describe(self, subject: Subject) -> str:
        """`answers 200 take 2.5 ms more for each KB`."""
        return f"answers {subject.status} take {duration(self.per_kb_ms)} more for each KB"
