"""`handling`: how long consumers take to acknowledge what they were delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner

if TYPE_CHECKING:
    from typing import Any

    from contract.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling(Across):
    """Two quantiles, in milliseconds, of `n` acknowledged deliveries."""

    name: ClassVar[str] = "handling"
    family: ClassVar[Family] = Family.TIMING

    p50_ms: float
    p99_ms: float
    n: int

    @property
    def value(self) -> dict[str, float]:
        """The fields by name."""
        return {"p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of("handling", value, "p50_ms", "p99_ms", "n")
        return cls(
            p50_ms=milliseconds_of(given["p50_ms"]),
            p99_ms=milliseconds_of(given["p99_ms"]),
            n=int(milliseconds_of(given["n"])),
        )

    def describe(self, subject: Subject) -> str:
        """`consumers acknowledge within 40 ms (p99 of 1,204)`."""
        del subject
        return f"consumers acknowledge within {duration(self.p99_ms)} (p99 of {self.n:,})"

    def _relate(self, other: Any) -> Relation:
        """What is sooner is narrower."""
        return sooner(self.p99_ms, other.p99_ms)
