"""`range`: the numbers at a place lie between bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from contract.kinds.bounded import Bounded

if TYPE_CHECKING:
    from contract.kinds.bounded import Amount
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Range(Bounded):
    """Every number lies between two bounds, both allowed."""

    name: ClassVar[str] = "range"
    whole: ClassVar[bool] = False

    def describe(self, subject: Subject) -> str:
        """`200 body rating is between 1 and 5`."""
        if self.least is None or self.most is None:
            how, bound = ("most", self.most) if self.least is None else ("least", self.least)
            return f"{subject.readable} is at {how} {bound:,}"
        if self.least == self.most:
            return f"{subject.readable} is {self.least:,}"
        return f"{subject.readable} is between {self.least:,} and {self.most:,}"

    def amount(self, subject: Subject, value: object) -> Amount | None:
        """The number itself."""
        del subject
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
