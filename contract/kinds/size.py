"""`size`: the arrays at a place have so many items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from contract.kinds.bounded import Bounded

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Size(Bounded):
    """Every array has a number of items."""

    name: ClassVar[str] = "size"

    def describe(self, subject: Subject) -> str:
        """`200 body items has at least 1 item`."""
        return f"{subject.readable} {self.counted('item')}"

    def amount(self, subject: Subject, value: object) -> int | None:
        """The items of an array."""
        del subject
        return len(value) if isinstance(value, list) else None
