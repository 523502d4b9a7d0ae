"""`rate`: how often consumers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Rate(Across):
    """Calls a second of the busiest consumer: in the median of its active seconds, and in its busiest."""

    name: ClassVar[str] = "rate"
    family: ClassVar[Family] = Family.TIMING

    p50_per_s: float
    peak_per_s: float

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"p50_per_s": self.p50_per_s, "peak_per_s": self.peak_per_s}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "p50_per_s", "peak_per_s")
        return cls(milliseconds_of(found["p50_per_s"]), milliseconds_of(found["peak_per_s"]))

    def describe(self, subject: Subject) -> str:
        """`one consumer calls it 3 times a second when active, up to 12`."""
        del subject
        return (
            f"one consumer calls it {self.p50_per_s:g} times a second when active, up to {self.peak_per_s:g}"
        )
