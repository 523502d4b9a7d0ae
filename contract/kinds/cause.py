"""`cause`: what makes an operation answer an error status, as the traffic shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject

CAUSES = {
    "validation": "the request is not valid: the answer names what is wrong in it",
    "authentication": "the caller did not say who it is",
    "authorization": "the caller may not do this",
    "missing": "what is asked for was never there, or is gone",
    "conflict": "it contradicts what was done before",
    "limit": "too many calls in a time",
    "overload": "the producer has too much to do",
}
"""Causes, and their words."""


@dataclass(frozen=True, slots=True)
class Cause(Across):
    """One of `CAUSES`."""

    name: ClassVar[str] = "cause"
    family: ClassVar[Family] = Family.FAILURE

    cause: str

    @property
    def value(self) -> str:
        """The cause."""
        return self.cause

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, str) or value not in CAUSES:
            raise ValueError(f"a cause is one of {', '.join(CAUSES)}, not {value!r}")
        return cls(value)

    def describe(self, subject: Subject) -> str:
        """`answers 404 where what is asked for was never there, or is gone`."""
        return f"answers {subject.status} where {CAUSES[self.cause]}"
