"""What statements share that say how many a consumer takes at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, fields_of, number_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class UpTo(Across):
    """At most `most`, which was reached `n` times; `words` is the sentence about a place and both."""

    family: ClassVar[Family] = Family.PROTOCOL
    words: ClassVar[str]

    most: int
    n: int

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"most": self.most, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "most", "n")
        return cls(number_of(given["most"]), number_of(given["n"]))

    def describe(self, subject: Subject) -> str:
        """The sentence."""
        return self.words.format(subject.readable, self.most, self.n)

    def _relate(self, other: Any) -> Relation:
        """Fewer are narrower."""
        return Relation.of(self.most <= other.most, other.most <= self.most)
