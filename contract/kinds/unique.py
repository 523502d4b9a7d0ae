"""`unique`: the items of an array do not repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.aligned import below
from contract.blank import is_blank
from contract.clause import Kind, Relation, alike
from contract.kinds.value import ValueKind

if TYPE_CHECKING:
    from collections.abc import Hashable

    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Unique(ValueKind):
    """No two items of an array are equal at `by` (parts below the item, between dots; None: as a whole).

    The subject is the array. Items that have no value there are compared as a whole.
    """

    name: ClassVar[str] = "unique"

    by: str | None

    @property
    def value(self) -> dict[str, str | None]:
        """The field."""
        return {"by": self.by}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, dict) or value.keys() != {"by"}:
            raise ValueError(f"unique names a field (by) or null, not {value!r}")
        by = value["by"]
        if by is not None and (not isinstance(by, str) or not by):
            raise ValueError(f"unique names a field (by) or null, not {value!r}")
        return cls(by)

    def describe(self, subject: Subject) -> str:
        """`200 body items has no two items with the same id`."""
        if self.by is None:
            return f"{subject.readable} has no item twice"
        return f"{subject.readable} has no two items with the same {self.by}"

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether no item repeats; fewer than two say nothing."""
        del subject
        if not isinstance(value, list):
            return None
        keys = [self._key(item) for item in value if not is_blank(item)]
        return len(set(keys)) == len(keys) if len(keys) > 1 else None

    def _key(self, item: Any) -> Hashable:
        found = below(item, tuple(self.by.split("."))) if self.by else []
        known = [value for value in found if not is_blank(value)]
        return (True, tuple(map(_frozen, known))) if known else (False, _frozen(item))

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """Items that differ in a field differ as a whole."""
        del subject
        theirs = alike(self, other).by
        return Relation.of(theirs in {None, self.by}, self.by in {None, theirs})


def _frozen(value: Any) -> Hashable:
    """What two JSON values share exactly if they are equal; 1 is 1.0, and is not true."""
    if isinstance(value, dict):
        return frozenset((name, _frozen(child)) for name, child in value.items())
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return (isinstance(value, bool), value)
