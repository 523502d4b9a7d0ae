"""`at-most`: a number or a date is never larger or later than another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from contract.clause import Kind, Relation, alike
from contract.kinds.tied import Tied, place, scalars
from contract.likeness import rank
from contract.subject import Subject, parse


@dataclass(frozen=True, slots=True)
class AtMost(Tied):
    """The value here does not exceed the one there; with `strict` it is always less."""

    name: ClassVar[str] = "at-most"
    words: ClassVar[str] = "{} is never more than {}"

    strict: bool = False

    @property
    def value(self) -> dict[str, object]:
        """The other place, and how."""
        return {"other": self.other, "strict": self.strict}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if (
            not isinstance(value, dict)
            or value.keys() != {"other", "strict"}
            or not isinstance(value["strict"], bool)
        ):
            raise ValueError(f"at-most names another place and whether it is strict, not {value!r}")
        return cls(place(value["other"]), value["strict"])

    def describe(self, subject: Subject) -> str:
        """`200 body created_at is never more than 200 body updated_at`."""
        relation = "is always less than" if self.strict else "is never more than"
        return f"{subject.readable} {relation} {parse(self.other).readable}"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """The largest here is not above the smallest there."""
        ours = [order for value in scalars(mine) if (order := rank(value)) is not None]
        others = [order for value in scalars(theirs) if (order := rank(value)) is not None]
        if not ours or not others:
            return None
        return max(ours) < min(others) if self.strict else max(ours) <= min(others)

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The strict one is narrower."""
        del subject
        theirs = alike(self, other)
        return Relation.of(self.strict >= theirs.strict, theirs.strict >= self.strict)
