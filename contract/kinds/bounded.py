"""What statements share that give a least and a greatest amount."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.clause import Kind, Relation, alike
from contract.kinds.value import ValueKind

if TYPE_CHECKING:
    from contract.subject import Subject

Amount = int | float


@dataclass(frozen=True, slots=True)
class Bounded(ValueKind):
    """An amount of each value lies between two bounds, both allowed; None: no bound. One of them is given."""

    whole: ClassVar[bool] = True
    """Whether the amount is a count, from 0 on."""
    fewest: ClassVar[int] = 0
    """The smallest count that a value can have."""

    least: Amount | None
    most: Amount | None

    @property
    def value(self) -> dict[str, Amount | None]:
        """Both bounds."""
        return {"min": self.least, "max": self.most}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, dict) or value.keys() != {"min", "max"}:
            raise ValueError(f"{cls.name} has min and max, not {value!r}")
        given = [bound for bound in value.values() if bound is not None]
        if not given or not all(map(cls._is_bound, given)) or sorted(given) != _in_order(value):
            raise ValueError(f"{cls.name} has min and max, in this order and not both null, not {value!r}")
        return cls(value["min"], value["max"])

    @classmethod
    def _is_bound(cls, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            return False
        return not cls.whole or (isinstance(value, int) and value >= 0)

    @property
    def informative(self) -> bool:
        """To have at least what every value has says nothing."""
        return not self.whole or self.most is not None or (self.least or 0) > self.fewest

    def fits(self, subject: Subject, value: object) -> bool | None:
        """Whether the amount lies between the bounds."""
        amount = self.amount(subject, value)
        return None if amount is None else self._low <= amount <= self._high

    def amount(self, subject: Subject, value: object) -> Amount | None:
        """What is bounded; None for values that have no such amount."""
        raise NotImplementedError

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By inclusion."""
        del subject
        theirs = alike(self, other)
        return Relation.of(
            theirs._low <= self._low and self._high <= theirs._high,  # noqa: SLF001  # a twin
            self._low <= theirs._low and theirs._high <= self._high,  # noqa: SLF001  # a twin
        )

    def contradicts(self, subject: Subject, declared: Kind) -> bool:
        """A bound that is given was reached; one that is not says nothing of what was seen."""
        del subject
        theirs = alike(self, declared)
        reached = [bound for bound in (self.least, self.most) if bound is not None]
        return not all(theirs._low <= bound <= theirs._high for bound in reached)  # noqa: SLF001  # a twin

    @property
    def _low(self) -> Amount:
        return self.least if self.least is not None else 0 if self.whole else -inf

    @property
    def _high(self) -> Amount:
        return inf if self.most is None else self.most

    def counted(self, noun: str) -> str:
        """`has 3 to 10 items`, `has at least 1 item`, `has 22 items`."""
        if self.least is None or self.most is None:
            how, bound = ("at most", self.most) if self.least is None else ("at least", self.least)
            return f"has {how} {bound:,} {noun}{'' if bound == 1 else 's'}"
        span = f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"
        return f"has {span} {noun}{'' if self.most == 1 else 's'}"


def _in_order(value: dict[str, Any]) -> list[Amount]:
    return [value[bound] for bound in ("min", "max") if value[bound] is not None]
