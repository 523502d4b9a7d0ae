"""What statements share that are one of a few words about a number of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Relation
from contract.kinds.across import Across, fields_of, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Told(Across):
    """`how` is one of `words`, which give each its sentence about a place and `n` observations.

    They stand from the strictest on: each allows all that those before it allow.
    """

    words: ClassVar[Mapping[str, str]]

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
        if not isinstance(given["how"], str) or given["how"] not in cls.words:
            raise ValueError(f"{cls.name} is {' or '.join(cls.words)}, not {given['how']!r}")
        return cls(given["how"], number_of(given["n"]))

    def describe(self, subject: Subject) -> str:
        """The sentence."""
        return self.words[self.how].format(subject.readable, self.n)

    def _relate(self, other: Any) -> Relation:
        """What allows less is narrower, of however many observations."""
        order = list(self.words)
        mine, theirs = order.index(self.how), order.index(other.how)
        return Relation.of(mine <= theirs, theirs <= mine)
