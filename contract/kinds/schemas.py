"""`schemas`: which schemas payloads are written with, and what later ones took away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Family, Relation
from contract.kinds.across import Across, fields_of

if TYPE_CHECKING:
    from contract.subject import Subject


@dataclass(frozen=True, slots=True)
class Schemas(Across):
    """`ids` in the order in which they were first seen (`registry:17`, `avro:<fingerprint>`).

    `lost` are the fields down to the second level, sorted, that were always there, of one type, under one of
    them, and never again under a later one: who reads them cannot read what is written with that.
    """

    name: ClassVar[str] = "schemas"
    family: ClassVar[Family] = Family.PROTOCOL

    ids: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def value(self) -> dict[str, Any]:
        """The fields by name."""
        return {"ids": list(self.ids), "lost": list(self.lost)}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        given = fields_of(cls.name, value, "ids", "lost")
        ids, lost = (_texts(cls.name, given[name]) for name in ("ids", "lost"))
        if not ids:
            raise ValueError("schemas have one id at least")
        return cls(ids, tuple(sorted(lost)))

    def describe(self, subject: Subject) -> str:
        """`message is written with registry:12, then registry:15, which took total away`."""
        said = f"{subject.readable} is written with {', then '.join(self.ids)}"
        return f"{said}, which took {' and '.join(self.lost)} away" if self.lost else said

    def _relate(self, other: Any) -> Relation:
        """Fewer schemas are narrower, and fewer fields that are lost."""

        def within(one: Any, two: Any) -> bool:
            return set(one.ids) <= set(two.ids) and set(one.lost) <= set(two.lost)

        return Relation.of(within(self, other), within(other, self))


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"{name} have lists of texts, not {value!r}")
    if len(set(value)) < len(value):
        raise ValueError(f"{name} name each once, not {value!r}")
    return tuple(value)
