"""`followed-by`: what is received here is sent in another call soon after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, duration, fields_of, milliseconds_of, sooner, text_of
from contract.subject import parse

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class FollowedBy(Across):
    """What the subject brings is sent at `target` of `operation`, mostly (p95) within `within_ms`."""

    name: ClassVar[str] = "followed-by"
    family: ClassVar[Family] = Family.ORDER

    operation: str
    target: str
    """A request place of that operation, as a written subject."""
    within_ms: float

    @property
    def partners(self) -> tuple[str, ...]:
        """The call that follows and the place in it; a path parameter in braces: its name does not count."""
        head, _, name = self.target.rpartition(".")
        place = f"{head}.{{{name}}}" if head == "request.path" else self.target
        return (f"{self.operation} {place}",)

    @property
    def value(self) -> dict[str, object]:
        """All by name."""
        return {"operation": self.operation, "subject": self.target, "within_ms": self.within_ms}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        fields = fields_of(cls.name, value, "operation", "subject", "within_ms")
        return cls(
            text_of(fields["operation"]),
            parse(text_of(fields["subject"])).text,
            milliseconds_of(fields["within_ms"]),
        )

    def describe(self, subject: Subject) -> str:
        """`201 body id is always sent to POST /payments/{id}/capture (path id), mostly within 340 ms`."""
        return (
            f"{subject.readable} is always sent to {self.operation} ({parse(self.target).readable}), "
            f"mostly within {duration(self.within_ms)}"
        )

    def _relate(self, other: Any) -> Relation:
        """Sooner is narrower, of the same call."""
        if self.partners != other.partners:
            return Relation.INCOMPATIBLE
        return sooner(self.within_ms, other.within_ms)
