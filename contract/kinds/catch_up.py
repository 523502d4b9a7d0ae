"""`catch-up`: what is published while a consumer is away waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, number_of, sooner

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class CatchUp(Across):
    """The longest that a message waited (ms), and how often a consumer came back to some."""

    name: ClassVar[str] = "catch-up"
    family: ClassVar[Family] = Family.TIMING

    longest_ms: float
    n: int

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"longest_ms": self.longest_ms, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "longest_ms", "n")
        return cls(milliseconds_of(given["longest_ms"]), number_of(given["n"]))

    def describe(self, subject: Subject) -> str:
        """`a message that is published while a consumer is away waits for it, seen for up to 42 min`."""
        waits = f"waits for it, seen for up to {duration(self.longest_ms)} ({self.n:,} times)"
        return f"a {subject.readable} that is published while a consumer is away {waits}"

    def _relate(self, other: Any) -> Relation:
        """To wait longer is the stricter promise."""
        return sooner(other.longest_ms, self.longest_ms)
