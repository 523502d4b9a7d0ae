"""What statements share that name what is in use: schemes, codings, validators, styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Named(Across):
    """Some of a few words, sorted and each once; `words` is the sentence about a place and them."""

    family: ClassVar[Family] = Family.PROTOCOL
    words: ClassVar[str]

    names: tuple[str, ...]

    @property
    def value(self) -> list[str]:
        """The words, sorted."""
        return list(self.names)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{cls.name} is a list of words, not {value!r}")
        return cls(tuple(sorted(set(value))))

    def describe(self, subject: Subject) -> str:
        """The sentence."""
        return self.words.format(subject.readable, " or ".join(self.names))

    def _relate(self, other: Any) -> Relation:
        """Fewer are narrower."""
        mine, theirs = set(self.names), set(other.names)
        return Relation.of(mine <= theirs, theirs <= mine)
