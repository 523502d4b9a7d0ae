"""`duplicates`: whether the same message comes to one consumer more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from contract.subject import Subject

_WORDS = {
    "never": "no {0} came to a consumer twice (none of {1:,})",
    "marked": "a {0} comes to a consumer twice only where it is marked as redelivered (of {1:,})",
    "unmarked": "the same {0} can come to a consumer twice without being marked as redelivered",
}
"""From the strictest on: each allows all that those before it allow."""


@dataclass(frozen=True, slots=True)
class Duplicates(Across):
    """`how` is `never`, `marked` (only where the protocol says so) or `unmarked`; of `n` deliveries."""

    name: ClassVar[str] = "duplicates"
    family: ClassVar[Family] = Family.IDEMPOTENCY

    how: str
    n: int

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"how": self.how, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "how", "n")
        how, n = given["how"], given["n"]
        if not isinstance(how, str) or how not in _WORDS or type(n) is not int or n < 1:
            raise ValueError(f"duplicates are {', '.join(_WORDS)} of a number of deliveries, not {value!r}")
        return cls(how, n)

    def describe(self, subject: Subject) -> str:
        """`no message came to a consumer twice (none of 1,204)`."""
        return _WORDS[self.how].format(subject.readable, self.n)

    def _relate(self, other: Any) -> Relation:
        """What allows fewer repeats is narrower, of however many deliveries."""
        order = list(_WORDS)
        mine, theirs = order.index(self.how), order.index(other.how)
        return Relation.of(mine <= theirs, theirs <= mine)
