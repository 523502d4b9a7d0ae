"""What statements share that are about the call that a message leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class EffectOf(Across):
    """`operation` is the call; `words` is the sentence about a subject and it."""

    family: ClassVar[Family] = Family.IDEMPOTENCY
    words: ClassVar[str]

    operation: str

    @property
    def partners(self) -> tuple[str, ...]:
        """The operation."""
        return (self.operation,)

    @property
    def value(self) -> dict[str, str]:
        """The operation."""
        return {"operation": self.operation}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        return cls(text_of(fields_of(cls.name, value, "operation")["operation"]))

    def describe(self, subject: Subject) -> str:
        """The sentence."""
        return self.words.format(subject.readable, self.operation)
