"""`format`: the texts at a place have a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.blank import text_at
from contract.clause import Kind, Relation, alike
from contract.formats import FORMATS
from contract.kinds.value import ValueKind

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Format(ValueKind):
    """Every text has one of the forms of `contract/formats.py`; every whole number, if it is one of those."""

    name: ClassVar[str] = "format"

    form: str

    @property
    def value(self) -> str:
        """The name of the form."""
        return self.form

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, str) or value not in FORMATS:
            raise ValueError(f"format is one of {', '.join(FORMATS)}, not {value!r}")
        return cls(value)

    @property
    def length(self) -> int | None:
        """The number of characters of all texts of the form, None if they differ."""
        return FORMATS[self.form].length

    @property
    def examples(self) -> tuple[str, ...]:
        """Texts of the form that differ as much as its texts do."""
        return FORMATS[self.form].examples

    def describe(self, subject: Subject) -> str:
        """`200 body id is always a UUID`."""
        return f"{subject.readable} is always {FORMATS[self.form].words}"

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether a text has the form."""
        form = FORMATS[self.form]
        text = text_at(subject, value)
        if text is None and form.numeric and isinstance(value, int) and not isinstance(value, bool):
            text = str(value)
        return None if text is None else form.test(text)

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """A form lies within another, or each has texts that the other has not."""
        del subject
        theirs = alike(self, other).form
        return Relation.of(
            self.form == theirs or theirs in FORMATS[self.form].within,
            self.form == theirs or self.form in FORMATS[theirs].within,
        )

    def contradicts(self, subject: Subject, declared: Kind) -> bool:
        """Two forms may share texts, as slugs and host names do: then all that was seen may be both."""
        relation = self.compare(subject, declared)
        if relation is not Relation.INCOMPATIBLE:
            return relation is Relation.WIDER
        theirs = alike(self, declared)
        shared = [
            *map(FORMATS[theirs.form].test, self.examples),
            *map(FORMATS[self.form].test, theirs.examples),
        ]
        return not any(shared)
