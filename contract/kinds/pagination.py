"""`pagination`: how one walks through a list that comes in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family
from contract.kinds.across import Across

if TYPE_CHECKING:
    from contract.subject import Subject

STYLES = {
    "cursor": "carries on where the last page said",
    "page": "counts the pages",
    "offset": "counts the items that were already sent",
    "link": "comes with the link that the last page gave",
}


@dataclass(frozen=True, slots=True)
class Pagination(Across):
    """The next page is asked for by the subject, in one of `STYLES`."""

    name: ClassVar[str] = "pagination"
    family: ClassVar[Family] = Family.PROTOCOL

    style: str

    @property
    def value(self) -> str:
        """The style."""
        return self.style

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, str) or value not in STYLES:
            raise ValueError(f"pagination is one of {', '.join(STYLES)}, not {value!r}")
        return cls(value)

    def describe(self, subject: Subject) -> str:
        """`query cursor carries on where the last page said`."""
        return f"{subject.readable} {STYLES[self.style]}"
