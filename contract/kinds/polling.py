"""`polling`: consumers ask the same again and again at a steady period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, duration, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Polling(Across):
    """The shortest period (ms), from the start of one call to that of the next."""

    name: ClassVar[str] = "polling"
    family: ClassVar[Family] = Family.TIMING

    period_ms: float

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"period_ms": self.period_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "period_ms")
        return cls(milliseconds_of(found["period_ms"]))

    def describe(self, subject: Subject) -> str:
        """`consumers ask for it every 1 s`."""
        del subject
        return f"consumers ask for it every {duration(self.period_ms)}"
