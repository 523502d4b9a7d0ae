"""`length`: the texts at a place have so many characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from contract.blank import text_at
from contract.kinds.bounded import Bounded
from contract.kinds.format import Format

if TYPE_CHECKING:
    from contract.clause import Kind
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Length(Bounded):
    """Every text has a number of characters, counted as code points (JSON Schema 2020-12, section 6.3)."""

    name: ClassVar[str] = "length"
    fewest: ClassVar[int] = 1  # an empty text is blank

    def describe(self, subject: Subject) -> str:
        """`200 body id has 22 characters`."""
        return f"{subject.readable} {self.counted('character')}"

    def amount(self, subject: Subject, value: object) -> int | None:
        """The characters of a text."""
        text = text_at(subject, value)
        return None if text is None else len(text)

    def implied_by(self, subject: Subject, other: Kind) -> bool:
        """By a format whose texts all have such a length."""
        if isinstance(other, Format):
            return other.length is not None and self.fits(subject, "x" * other.length) is True
        return Bounded.implied_by(self, subject, other)
