"""What statements share that are about several exchanges together."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from contract.clause import Family, Holds, Relation, alike

if TYPE_CHECKING:
    from contract.clause import Kind
    from contract.place import Places
    from contract.subject import Subject

TOLERANCE = 0.01
"""Times that differ by less than this share are the same: that is how exact quantiles are."""


@dataclass(frozen=True, slots=True)
class Across:
    """A statement about several exchanges: one alone neither fulfils nor breaks it."""

    name: ClassVar[str]
    family: ClassVar[Family]

    @property
    def partners(self) -> tuple[str, ...]:
        """None, unless a kind says otherwise."""
        return ()

    @property
    def value(self) -> object:
        """What a kind states."""
        raise NotImplementedError

    def describe(self, subject: Subject) -> str:
        """A kind's own sentence."""
        raise NotImplementedError

    @property
    def informative(self) -> bool:
        """What always happens rules out that it does not."""
        return True

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Not applicable to one exchange."""
        del subject, places
        return Holds.NOT_APPLICABLE

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By `_relate`.

        Raises:
            TypeError: the other is of another kind.
        """
        del subject
        return self._relate(alike(self, other))

    def _relate(self, other: Any) -> Relation:
        """How this relates to another of the same kind."""
        return Relation.SAME if self == other else Relation.INCOMPATIBLE


def fields_of(name: str, value: object, *names: str) -> dict[str, Any]:
    """The value of a kind as an object with exactly these fields.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict) or value.keys() != set(names):
        raise ValueError(f"{name} has {', '.join(names)}, not {value!r}")
    return value


def text_of(value: object) -> str:
    """A text that is not empty.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str) or not value:
        raise ValueError(f"a text is needed, not {value!r}")
    return value


def milliseconds_of(value: object) -> float:
    """A duration in milliseconds.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise ValueError(f"a number of milliseconds from 0 on is needed, not {value!r}")
    return value


def number_of(value: object) -> int:
    """How many there are, one at least.

    Raises:
        ValueError: it is none.
    """
    if type(value) is not int or value < 1:
        raise ValueError(f"a whole number from 1 on is needed, not {value!r}")
    return value


def sooner(mine: float, theirs: float) -> Relation:
    """How "within so many ms" relates to another: what is sooner is narrower."""
    if abs(mine - theirs) <= TOLERANCE * max(mine, theirs):
        return Relation.SAME
    return Relation.NARROWER if mine < theirs else Relation.WIDER


def duration(value: float) -> str:
    """Milliseconds for people: `340 ms`, `4.2 s`, `3 min`."""
    if value < 1_000:
        return f"{value:.0f} ms" if value >= 10 else f"{value:.2g} ms"
    return f"{value / 1_000:.3g} s" if value < 120_000 else f"{value / 60_000:,.0f} min"
