"""`variant`: the value of one field decides which other fields an object has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.aligned import below
from contract.clause import Family, Holds, Kind, Relation, alike

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Variant:
    """By value of the field `by` (parts between dots) the fields that these objects have and others have not.

    `cases` are (value as JSON text, fields), sorted. A field that a case does not name, and another one does,
    is never in it.
    """

    name: ClassVar[str] = "variant"
    family: ClassVar[Family] = Family.SHAPE

    by: str
    cases: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def partners(self) -> tuple[str, ...]:
        """The deciding field."""
        return (self.by,)

    @property
    def value(self) -> dict[str, object]:
        """The deciding field and the fields by its value."""
        return {"by": self.by, "cases": {case: list(fields) for case, fields in self.cases}}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if (
            not isinstance(value, dict)
            or value.keys() != {"by", "cases"}
            or not isinstance(value["cases"], dict)
        ):
            raise ValueError(f"variant names a field (by) and fields by its value (cases), not {value!r}")
        return cls(value["by"], tuple(sorted((case, tuple(names)) for case, names in value["cases"].items())))

    @property
    def informative(self) -> bool:
        """Each case rules out the fields of the others."""
        return True

    def describe(self, subject: Subject) -> str:
        """`type decides the fields of 200 body items[]: card has number, iban has bank`."""
        said = [f"{case} has {', '.join(fields) or 'none of them'}" for case, fields in self.cases[:_SHOWN]]
        more = f" and {len(self.cases) - _SHOWN} more" if len(self.cases) > _SHOWN else ""
        return f"{self.by} decides the fields of {subject.readable}: {'; '.join(said)}{more}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one object has a field of another case or lacks one of its own."""
        found = places.find(subject)
        said = {self.fits(value) for value in found.values if isinstance(value, dict)} if found else set()
        if False in said:
            return Holds.NO
        return Holds.YES if True in said else Holds.NOT_APPLICABLE

    def fits(self, value: dict[str, Any]) -> bool | None:
        """Whether an object has the fields of its case; None if its case is none of those known."""
        fields = dict(self.cases).get(case_of(value, self.by))
        if fields is None:
            return None
        special = {name for _, names in self.cases for name in names}
        return {name for name in special if has(value, name)} == set(fields)

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The same cases; more cases are wider."""
        del subject
        mine, theirs = set(self.cases), set(alike(self, other).cases)
        return Relation.of(mine <= theirs, theirs <= mine)


def case_of(value: dict[str, Any], by: str) -> str:
    """The value of the deciding field, as text; `""` where there is none."""
    found = below(value, tuple(by.split(".")))
    if not found or isinstance(found[0], dict | list):
        return ""
    return found[0] if isinstance(found[0], str) else json.dumps(found[0])


def has(value: dict[str, Any], name: str) -> bool:
    """Whether an object has something but null at a name (parts between dots)."""
    return any(one is not None for one in below(value, tuple(name.split("."))))
