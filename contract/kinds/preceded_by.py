"""`preceded-by`: what is sent here was received from another call before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of
from contract.subject import parse

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class PrecededBy(Across):
    """Whatever is sent at the subject came from `source` of an earlier call of `operation`."""

    name: ClassVar[str] = "preceded-by"
    family: ClassVar[Family] = Family.ORDER

    operation: str
    source: str
    """A response place of that operation, as a written subject."""

    @property
    def partners(self) -> tuple[str, ...]:
        """The call before, and the place in its answer."""
        return (f"{self.operation} {self.source}",)

    @property
    def value(self) -> dict[str, object]:
        """Both by name."""
        return {"operation": self.operation, "subject": self.source}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        fields = fields_of(cls.name, value, "operation", "subject")
        return cls(text_of(fields["operation"]), parse(text_of(fields["subject"])).text)

    def describe(self, subject: Subject) -> str:
        """`path payment_id always comes from an earlier POST /payments (201 body id)`."""
        return (
            f"{subject.readable} always comes from an earlier {self.operation} "
            f"({parse(self.source).readable})"
        )
