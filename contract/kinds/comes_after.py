"""`comes-after`: messages about one thing come after another message about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class ComesAfter(Across):
    """Of each thing a consumer is given `operation` first; `by` tells things apart, as in `key-order`."""

    name: ClassVar[str] = "comes-after"
    family: ClassVar[Family] = Family.ORDER

    operation: str
    by: str

    @property
    def partners(self) -> tuple[str, ...]:
        """What comes before."""
        return (self.operation,)

    @property
    def value(self) -> dict[str, str]:
        """The fields by name."""
        return {"operation": self.operation, "by": self.by}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "operation", "by")
        return cls(text_of(given["operation"]), text_of(given["by"]))

    def describe(self, subject: Subject) -> str:
        """`message comes after RECEIVE order.created with the same order_id`."""
        return f"{subject.readable} comes after {self.operation} with the same {self.by}"
