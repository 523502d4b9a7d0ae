"""`unsafe-retry`: consumers repeat a request that may have had its effect, without a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across, fields_of, text_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class UnsafeRetry(Across):
    """A request of a method that is not idempotent (RFC 9110 section 9.2.2) is repeated after it failed."""

    name: ClassVar[str] = "unsafe-retry"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    method: str

    @property
    def value(self) -> dict[str, Any]:
        """The method."""
        return {"method": self.method}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        return cls(text_of(fields_of(cls.name, value, "method")["method"]))

    def describe(self, subject: Subject) -> str:
        """`consumers repeat POST after an error without a key: it may take effect twice`."""
        del subject
        return f"consumers repeat {self.method} after an error without a key: it may take effect twice"
