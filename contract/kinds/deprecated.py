"""`deprecated`: a place that will go, and why; declared alone, for no traffic shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Deprecated(Across):
    """What stands here is not to be used any more; `reason` is what the declaration says of it."""

    name: ClassVar[str] = "deprecated"
    family: ClassVar[Family] = Family.PROTOCOL

    reason: str

    @property
    def value(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.reason}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        return cls(text_of(fields_of(cls.name, value, "reason")["reason"]))

    def describe(self, subject: Subject) -> str:
        """`200 body total is deprecated: use sum`."""
        return f"{subject.readable} is deprecated: {self.reason}"
