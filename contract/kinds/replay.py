"""`replay`: what the same request brings when it is sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Replay(Across):
    """The same answer about the same entity, or a second one: `same`, or a second effect."""

    name: ClassVar[str] = "replay"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    same: bool

    @property
    def value(self) -> str:
        """`same` or `different`."""
        return "same" if self.same else "different"

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value not in ("same", "different"):  # a list of JSON has no hash
            raise ValueError(f"a replay is same or different, not {value!r}")
        return cls(value == "same")

    def describe(self, subject: Subject) -> str:
        """`the same request sent again is answered as before (201)`."""
        effect = "is answered as before" if self.same else "has a second effect"
        return f"the same request sent again {effect} ({subject.status})"
