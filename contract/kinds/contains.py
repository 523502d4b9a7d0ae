"""`contains`: a text always holds the value of another place (a link holds the id)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from contract.kinds.tied import Tied, place, scalars
from contract.subject import Subject, parse

HOWS = ("prefix", "suffix", "segment", "substring")
"""Where the value stands in the text; a segment is what separators (`/`, `:`, `?`, `=` …) cut out."""

_SEPARATORS = "/:?=&#.,;_- |"


@dataclass(frozen=True, slots=True)
class Contains(Tied):
    """The text here has the value there in it: at its start, its end, as a segment, or anywhere."""

    name: ClassVar[str] = "contains"
    words: ClassVar[str] = "{} always contains {}"

    how: str = "substring"

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
        if not isinstance(value, dict) or value.keys() != {"other", "how"} or value["how"] not in HOWS:
            raise ValueError(
                f"contains names another place and how (prefix, suffix, segment, substring), not {value!r}"
            )
        return cls(place(value["other"]), value["how"])

    def describe(self, subject: Subject) -> str:
        """`200 body href always contains 200 body id`."""
        verb = {"prefix": "begins with", "suffix": "ends with"}.get(self.how, "contains")
        return f"{subject.readable} always {verb} {parse(self.other).readable}"

    def agrees(self, mine: list[Any], theirs: list[Any]) -> bool | None:
        """Every text here holds every value there."""
        texts = [value for value in scalars(mine) if isinstance(value, str) and value]
        parts = [str(value) for value in scalars(theirs) if not isinstance(value, bool) and value != ""]
        if not texts or not parts:
            return None
        return all(holds_part(text, part, self.how) for text in texts for part in parts)


def holds_part(text: str, part: str, how: str) -> bool:
    """Whether a text holds another in one of the ways of `HOWS`."""
    if how == "prefix":
        return text.startswith(part)
    if how == "suffix":
        return text.endswith(part)
    if how == "substring":
        return part in text
    at = text.find(part)
    while at >= 0:
        end = at + len(part)
        if (at == 0 or text[at - 1] in _SEPARATORS) and (end == len(text) or text[end] in _SEPARATORS):
            return True
        at = text.find(part, at + 1)
    return False
