"""`effectful-read`: a call of a safe method changes something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class EffectfulRead(Across):
    """Each call steps on what the answers show, though its method is safe (RFC 9110 section 9.2.1)."""

    name: ClassVar[str] = "effectful-read"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    @property
    def value(self) -> bool:
        """True."""
        return True

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value is not True:
            raise ValueError(f"effectful-read is stated by true, not {value!r}")
        return cls()

    def describe(self, subject: Subject) -> str:
        """`reading has an effect: each call changes what the next one shows`."""
        del subject
        return "reading has an effect: each call changes what the next one shows"
