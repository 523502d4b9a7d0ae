"""`idempotency-key`: a request with a key that was sent before has no second effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class IdempotencyKey(Across):
    """Whether the key is honoured, and for how long at most it was seen to be (s)."""

    name: ClassVar[str] = "idempotency-key"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    honoured: bool
    for_s: float

    @property
    def value(self) -> dict[str, Any]:
        """Both by name."""
        return {"honoured": self.honoured, "for_s": self.for_s}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        found = fields_of(cls.name, value, "honoured", "for_s")
        if not isinstance(found["honoured"], bool):
            raise ValueError(f"a key is honoured or not, not {found['honoured']!r}")  # noqa: TRY004  # JSON
        return cls(found["honoured"], milliseconds_of(found["for_s"]))

    def describe(self, subject: Subject) -> str:
        """`header idempotency-key is honoured: the same key has no second effect, seen over 30 s`."""
        if self.honoured:
            seen = duration(self.for_s * 1_000)
            return f"{subject.readable} is honoured: the same key has no second effect, seen over {seen}"
        return f"{subject.readable} is not honoured: the same key has a second effect"

    def _relate(self, other: Any) -> Relation:
        """For how long it was seen is no difference."""
        return Relation.SAME if self.honoured == other.honoured else Relation.INCOMPATIBLE
