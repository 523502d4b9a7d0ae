"""`sum`: a number is the sum of others: `total = Σ items[].price × items[].quantity`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.aligned import aligned, below, common_item
from contract.clause import Family, Holds, Kind, Relation, alike
from contract.kinds.tied import place
from contract.likeness import close
from contract.subject import ITEM, Subject, parse

if TYPE_CHECKING:
    from contract.place import Places


@dataclass(frozen=True, slots=True)
class Sum:
    """The number is the sum of all values at the places `of`, each times the one at `times` if given.

    `times` lies in the same item as the only place of `of`.
    """

    name: ClassVar[str] = "sum"
    family: ClassVar[Family] = Family.VALUE

    of: tuple[str, ...]
    times: str | None = None

    @property
    def partners(self) -> tuple[str, ...]:
        """All other places."""
        return (*self.of, self.times) if self.times else self.of

    @property
    def value(self) -> dict[str, object]:
        """The places by name."""
        return {"of": list(self.of), "times": self.times}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if (
            not isinstance(value, dict)
            or value.keys() != {"of", "times"}
            or not isinstance(value["of"], list)
        ):
            raise ValueError(f"sum names places (of) and a factor (times) or null, not {value!r}")
        return cls(tuple(map(place, value["of"])), place(value["times"]) if value["times"] else None)

    @property
    def informative(self) -> bool:
        """A sum rules other numbers out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`200 body total is always the sum of 200 body items[].price × quantity`."""
        terms = " + ".join(parse(text).readable for text in self.of)
        if self.times:
            terms += f" × {parse(self.times).parts[-1]}"
        many = "the sum of " if ITEM in parse(self.of[0]).parts else ""
        return f"{subject.readable} is always {many}{terms}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """No, if one total differs by more than the rounding of its terms."""
        said = set()
        for mine, *others in aligned(places, subject, *self._summed()):
            totals = _numbers(mine)
            terms = self._terms(others)
            if totals and terms:
                said.add(all(close(total, sum(terms), len(terms)) for total in totals))
        if False in said:
            return Holds.NO
        return Holds.YES if True in said else Holds.NOT_APPLICABLE

    def _summed(self) -> list[Subject]:
        if self.times is None:
            return [parse(text) for text in self.of]
        return [Subject(common_item([parse(self.of[0]), parse(self.times)]))]

    def _terms(self, found: list[list[Any]]) -> list[float]:
        if self.times is None:
            return [number for values in found for number in _numbers(values)]
        item = self._summed()[0]
        ours, factor = (parse(text).parts[len(item.parts) :] for text in (self.of[0], self.times))
        return [
            one * two
            for value in found[0]
            for one, two in zip(_numbers(below(value, ours)), _numbers(below(value, factor)), strict=False)
        ]

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """The same about the same places; otherwise each allows what the other does not."""
        del subject
        return Relation.SAME if alike(self, other) == self else Relation.INCOMPATIBLE


def _numbers(values: list[Any]) -> list[float]:
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
