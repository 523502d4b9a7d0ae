"""`enum`: a place holds one of a few values; of one, it is constant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.blank import is_blank
from contract.clause import Kind, Relation, alike
from contract.content import lexical
from contract.kinds.value import ValueKind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from contract.subject import Subject

MOST_SHOWN = 6
"""Values named in a sentence; of more, the first of them and how many there are."""

LONGEST_SHOWN = 40
"""Characters of a value in a sentence."""


@dataclass(frozen=True, slots=True)
class Enum(ValueKind):
    """Every value is one of some scalars, given as JSON texts, sorted and each once.

    Blank values among them are shown, and neither allowed nor missed.
    """

    name: ClassVar[str] = "enum"

    texts: tuple[str, ...]

    @classmethod
    def of(cls, values: Iterable[object]) -> Self:
        """The kind for some scalars; 1.0 is 1 (JSON Schema 2020-12, core, section 4.2.2)."""
        return cls(tuple(sorted({_text(value) for value in values})))

    @property
    def value(self) -> list[Any]:
        """The values, sorted by their JSON text."""
        return [json.loads(text) for text in self.texts]

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or not value or not all(map(is_scalar, value)):
            raise ValueError(f"enum is a list of texts, numbers, true and false, not {value!r}")
        return cls.of(value)

    @property
    def listed(self) -> list[Any]:
        """The values that are not blank."""
        return [value for value in self.value if not is_blank(value)]

    @property
    def informative(self) -> bool:
        """Both truth values rule nothing out, nor do blanks."""
        return bool(self.listed) and self.texts != ("false", "true")

    def describe(self, subject: Subject) -> str:
        """``200 body status is one of `paid` or `placed` ``, ``200 body kind is always `order` ``."""
        shown = [f"`{_clipped(value)}`" for value in self.value[:MOST_SHOWN]]
        if len(shown) == 1:
            return f"{subject.readable} is always {shown[0]}"
        if len(shown) < len(self.texts):
            return f"{subject.readable} is one of {len(self.texts)} values: {', '.join(shown)}…"
        return f"{subject.readable} is one of {', '.join(shown[:-1])} or {shown[-1]}"

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether it is one of them; of arrays and objects nothing is said."""
        if not is_scalar(value):
            return None
        return identity(subject, value) in _identities(self.texts, subject)

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion, blanks aside."""
        mine, theirs = (_identities(kind.texts, subject) for kind in (self, alike(self, other)))
        return Relation.of(mine <= theirs, theirs <= mine)


def is_scalar(value: object) -> bool:
    """Whether a value is a text, a number, true or false."""
    return isinstance(value, str | int | float)


def identity(subject: Subject, value: object) -> Hashable:
    """What two scalars share exactly if they are the same; where HTTP puts text, by what it looks like."""
    if isinstance(value, str):
        value = lexical(value) if subject.textual else value
    return (type(value) if isinstance(value, bool | str) else float, value)


@lru_cache(maxsize=4096)
def _identities(texts: tuple[str, ...], subject: Subject) -> frozenset[Hashable]:
    values = map(json.loads, texts)
    return frozenset(identity(subject, value) for value in values if not is_blank(value))


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def _clipped(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
