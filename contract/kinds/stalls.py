"""`stalls`: an answer begins, and its rest comes late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Stalls(Across):
    """The share of answers whose rest comes much later than usual, and the longest such wait (ms)."""

    name: ClassVar[str] = "stalls"
    family: ClassVar[Family] = Family.TIMING

    share: float
    longest_ms: float

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"share": self.share, "longest_ms": self.longest_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "share", "longest_ms")
        share = milliseconds_of(found["share"])
        if share > 1:
            raise ValueError(f"a share is at most 1, not {share!r}")
        return cls(share, milliseconds_of(found["longest_ms"]))

    def describe(self, subject: Subject) -> str:
        """`answers 200 begin in time and stall in 3 % of the cases, for up to 4.2 s`."""
        share = f"{self.share:.0%}" if self.share >= 0.01 else "less than 1%"
        return (
            f"answers {subject.status} begin in time and stall in {share} of the cases, "
            f"for up to {duration(self.longest_ms)}"
        )

    def _relate(self, other: Any) -> Relation:
        """Shorter stalls are narrower."""
        return sooner(self.longest_ms, other.longest_ms)
