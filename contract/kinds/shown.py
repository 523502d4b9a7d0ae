"""What statements share that say how soon an answer shows what another call did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Shown(Across):
    """`within_ms` after a call of `operation` at the latest, the subject shows what it did.

    0: in every answer to a read that begins after the call was answered.
    """

    verb: ClassVar[str]

    operation: str
    within_ms: float

    @property
    def partners(self) -> tuple[str, ...]:
        """The call that is shown."""
        return (self.operation,)

    @property
    def value(self) -> dict[str, object]:
        """Both by name."""
        return {"operation": self.operation, "within_ms": self.within_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        fields = fields_of(cls.name, value, "operation", "within_ms")
        return cls(text_of(fields["operation"]), milliseconds_of(fields["within_ms"]))

    def describe(self, subject: Subject) -> str:
        """`200 shows what PUT /orders/{id} wrote, at once`, or `within 340 ms`."""
        when = f"within {duration(self.within_ms)}" if self.within_ms else "at once"
        return f"{subject.readable} shows what {self.operation} {self.verb}, {when}"

    def _relate(self, other: Any) -> Relation:
        """Sooner is narrower, after the same call."""
        if self.partners != other.partners:
            return Relation.INCOMPATIBLE
        return sooner(self.within_ms, other.within_ms)
