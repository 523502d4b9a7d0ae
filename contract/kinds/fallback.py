"""`fallback`: what consumers call when an operation fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Fallback(Across):
    """After the failure the consumer calls an operation that it does not call otherwise.

    `""` is the operation that failed itself, called with another request; the same one again is a `retry`.
    """

    name: ClassVar[str] = "fallback"
    family: ClassVar[Family] = Family.FAILURE

    operation: str

    @property
    def partners(self) -> tuple[str, ...]:
        """The operation, if it is another one."""
        return (self.operation,) if self.operation else ()

    @property
    def value(self) -> dict[str, Any]:
        """The operation."""
        return {"operation": self.operation}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        operation = fields_of(cls.name, value, "operation")["operation"]
        return cls(text_of(operation) if operation != "" else "")

    def describe(self, subject: Subject) -> str:
        """`after 402 consumers call POST /orders/{order_id}/payments instead`."""
        if not self.operation:
            return f"after {subject.status} consumers call it again, with another request"
        return f"after {subject.status} consumers call {self.operation} instead"
