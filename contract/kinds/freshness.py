"""`freshness`: for how long an answer may be used again (RFC 9111 section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, duration, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Freshness(Across):
    """The lifetime that all answers give (s), and whether they ask to be revalidated after it."""

    name: ClassVar[str] = "freshness"
    family: ClassVar[Family] = Family.TIMING

    max_age_s: float
    revalidated: bool

    @property
    def value(self) -> dict[str, Any]:
        """By name."""
        return {"max_age_s": self.max_age_s, "revalidated": self.revalidated}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "max_age_s", "revalidated")
        return cls(milliseconds_of(found["max_age_s"]), bool(found["revalidated"]))

    def describe(self, subject: Subject) -> str:
        """`answers 200 stay fresh for 60 s`."""
        if self.max_age_s == 0:
            return f"answers {subject.status} must be revalidated before each use"
        again = ", and must be revalidated then" if self.revalidated else ""
        return f"answers {subject.status} stay fresh for {duration(self.max_age_s * 1_000)}{again}"
