"""`derived`: a text is always made of the value of another place in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from contract.kinds.tied import Tied, place, scalars
from contract.likeness import DERIVATIONS
from contract.subject import Subject, parse


@dataclass(frozen=True, slots=True)
class Derived(Tied):
    """The text here is the value there, in lower case, as a slug, as a date …: one of `DERIVATIONS`."""

    name: ClassVar[str] = "derived"
    words: ClassVar[str] = "{} is always made of {}"

    how: str = "text"

    @property
    def value(self) -> dict[str, object]:
        """The other place, and how."""
        return {"other": self.other, "how": self.how}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, dict) or value.keys() != {"other", "how"} or value["how"] not in DERIVATIONS:
            raise ValueError(f"derived names another place and how, not {value!r}")
        return cls(place(value["other"]), value["how"])

    def describe(self, subject: Subject) -> str:
        """`200 body slug is always the slug of 200 body title`."""
        return f"{subject.readable} is always the {self.how} of {parse(self.other).readable}"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every text here is what every value there makes."""
        ours, others = scalars(mine), scalars(theirs)
        if not ours or not others:
            return None
        return all(str(one) == DERIVATIONS[self.how](two) for one in ours for two in others)
