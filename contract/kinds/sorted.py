"""`sorted`: the items of an array come in an order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.aligned import below
from contract.clause import Family, Holds, Kind, Relation, alike
from contract.likeness import moment
from contract.subject import parse

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

ASCENDING, DESCENDING = "ascending", "descending"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Each item's value at `by` (parts below the item, between dots; None: the item itself) follows the last.

    The subject is the place of the items. Equal values may follow each other. With `when` it is so in the
    answers to requests that hold a value at a place (`request.query.sort`, `price`), `""` for none there.
    """

    name: ClassVar[str] = "sorted"
    family: ClassVar[Family] = Family.ORDER

    by: str | None
    direction: str = ASCENDING
    when: tuple[str, str] | None = None

    @property
    def partners(self) -> tuple[str, ...]:
        """The place and the value in the request that ask for the order."""
        return self.when or ()

    @property
    def value(self) -> dict[str, object]:
        """The field, the direction, and in answers to which requests."""
        return {
            "by": self.by,
            "direction": self.direction,
            "when": dict([self.when]) if self.when else None,
        }

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, dict) or value.keys() != {"by", "direction", "when"}:
            raise ValueError(f"sorted has by, direction and when, not {value!r}")
        if value["direction"] not in {ASCENDING, DESCENDING}:
            raise ValueError(f"a direction is ascending or descending, not {value['direction']!r}")
        when = next(iter(value["when"].items())) if value["when"] else None
        return cls(value["by"], value["direction"], when)

    @property
    def informative(self) -> bool:
        """An order rules others out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`200 body items[] come in descending order of updated_at`."""
        by = f" of {self.by}" if self.by else ""
        return f"{subject.readable} come in {self.direction} order{by}{self._asked}"

    @property
    def _asked(self) -> str:
        if self.when is None:
            return ""
        place, value = parse(self.when[0]).readable, self.when[1]
        return f" where {place} is {value}" if value else f" where {place} is not sent"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one array is in another order; not applicable, if none has two comparable items."""
        if self.when is not None:
            asked = places.find(parse(self.when[0]))
            values = [str(value) for value in asked.values] if asked else []
            if self.when[1] not in (values or [""]):
                return Holds.NOT_APPLICABLE
        found = places.find(subject.parent)
        said = {self.in_order(value) for value in found.values if isinstance(value, list)} if found else set()
        if False in said:
            return Holds.NO
        return Holds.YES if True in said else Holds.NOT_APPLICABLE

    def in_order(self, items: list[Any]) -> bool | None:
        """Whether an array is in the order; None if fewer than two of its items can be compared."""
        path = tuple(self.by.split(".")) if self.by else ()
        keys = [key for item in items for value in below(item, path) if (key := order_key(value)) is not None]
        if len(keys) < 2 or len({type(key) for key in keys}) > 1:
            return None
        up = self.direction == ASCENDING
        return all((one <= two) if up else (one >= two) for one, two in pairwise(keys))

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The same order or another."""
        del subject
        return Relation.SAME if alike(self, other) == self else Relation.INCOMPATIBLE


def order_key(value: Any) -> Any:
    """What items are ordered by: dates by time, texts without regard to case, numbers; None: no order."""
    if isinstance(value, str):
        when = moment(value)
        return value.casefold() if when is None else when
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
