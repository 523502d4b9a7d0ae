"""`pattern`: the texts at a place match a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Self

import jsonschema_rs

from contract.blank import text_at
from contract.clause import Kind, Relation, alike
from contract.kinds.format import Format
from contract.kinds.value import ValueKind

if TYPE_CHECKING:
    from contract.subject import Subject

_ANYTHING = frozenset({"", "^", "$", "^$|", ".*", "^.*", ".*$", "^.*$", ".+", "^.+", ".+$", "^.+$"})


@dataclass(frozen=True, slots=True)
class Pattern(ValueKind):
    """Every text matches an expression of ECMA 262, somewhere if it is not anchored (JSON Schema, 6.3.3)."""

    name: ClassVar[str] = "pattern"

    expression: str

    @property
    def value(self) -> str:
        """The expression."""
        return self.expression

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, str):
            raise ValueError(f"pattern is a regular expression, not {value!r}")  # noqa: TRY004  # a value of JSON
        _validator(value)
        return cls(value)

    @property
    def informative(self) -> bool:
        """Some expressions match any text that is not blank."""
        return self.expression not in _ANYTHING

    def describe(self, subject: Subject) -> str:
        """``200 body sku matches `^SKU-[0-9]{4}$` ``."""
        return f"{subject.readable} matches `{self.expression}`"

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether a text matches; of one with half a surrogate pair nothing is said."""
        text = text_at(subject, value)
        try:
            return None if text is None else _validator(self.expression).is_valid(text)
        except UnicodeEncodeError:
            return None

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The same expression; what others allow is not worked out."""
        del subject
        return Relation.SAME if alike(self, other) == self else Relation.INCOMPATIBLE

    def contradicts(self, subject: Subject, declared: Kind) -> bool:
        """Two expressions may match the same texts: that they differ shows nothing."""
        del subject
        alike(self, declared)
        return False

    def implied_by(self, subject: Subject, other: Kind) -> bool:
        """By a format, as far as its examples show."""
        if isinstance(other, Format):
            return all(self.fits(subject, example) for example in other.examples)
        return ValueKind.implied_by(self, subject, other)


@lru_cache(maxsize=1024)
def _validator(expression: str) -> jsonschema_rs.Validator:
    """Matches in time linear in most texts, and by the rules of ECMA 262.

    Raises:
        ValueError: it is no expression.
    """
    try:
        return jsonschema_rs.validator_for({"pattern": expression})
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"no regular expression: {expression!r}") from error
