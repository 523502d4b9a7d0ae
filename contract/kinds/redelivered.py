"""`redelivered`: a message can come to a consumer more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from contract.clause import Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Redelivered(Across):
    """Delivery is at least once, as far as it was seen: the same message was delivered again."""

    name: ClassVar[str] = "redelivered"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    @property
    def value(self) -> Literal[True]:
        """Nothing beyond the subject."""
        return True

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value is not True:
            raise ValueError(f"redelivered is true, not {value!r}")
        return cls()

    def describe(self, subject: Subject) -> str:
        """`the same message can be delivered again`."""
        return f"the same {subject.readable} can be delivered again"
