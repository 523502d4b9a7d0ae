"""`retained`: who subscribes is given the last message at once (MQTT 5.0, section 3.3.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from contract.clause import Direction, Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Retained(Across):
    """Of what is published: it is left for who subscribes later. Of what is delivered: it was so left."""

    name: ClassVar[str] = "retained"
    family: ClassVar[Family] = Family.PROTOCOL

    @property
    def value(self) -> Literal[True]:
        """That it is so."""
        return True

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if value is not True:
            raise ValueError(f"retained is true, not {value!r}")
        return cls()

    def describe(self, subject: Subject) -> str:
        """`who subscribes is given the last message of a channel at once`."""
        if subject.direction is Direction.REQUEST:
            return "the last one of a channel is left for who subscribes later"
        return f"who subscribes is given the last {subject.readable} of a channel at once"
