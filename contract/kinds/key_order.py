"""`key-order`: messages about one thing come in the order in which they were published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class KeyOrder(Across):
    """`by` is what tells the things apart: `key`, the message's own, or a field of the payload."""

    name: ClassVar[str] = "key-order"
    family: ClassVar[Family] = Family.ORDER

    by: str

    @property
    def value(self) -> str:
        """What tells the things apart."""
        return self.by

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        return cls(text_of(value))

    def describe(self, subject: Subject) -> str:
        """`those with the same order_id come in the order of publication`."""
        del subject
        return f"those with the same {self.by} come in the order of publication"
