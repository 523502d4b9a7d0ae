"""`latency`: how long whole answers take, from the first byte of the request to the last of the response."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, ClassVar, Self

from contract.clause import Family, Holds, Kind, Relation, alike
from contract.statuses import MESSAGE, word_of
from store.records import Outcome

if TYPE_CHECKING:
    from contract.place import Places
    from contract.subject import Subject

TOLERANCE = 0.01
"""Relative error of the buckets that quantiles are read from; two that differ by less are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Three quantiles, in milliseconds, of `n` answers."""

    name: ClassVar[str] = "latency"
    family: ClassVar[Family] = Family.TIMING
    partners: ClassVar[tuple[str, ...]] = ()

    p50_ms: float
    p95_ms: float
    p99_ms: float
    n: int

    @property
    def value(self) -> dict[str, float]:
        """The fields by name."""
        return {"p50_ms": self.p50_ms, "p95_ms": self.p95_ms, "p99_ms": self.p99_ms, "n": self.n}

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Read `value` back.

        Raises:
            ValueError: it is none.
        """
        names = {"p50_ms", "p95_ms", "p99_ms", "n"}
        if not isinstance(value, dict) or value.keys() != names or not all(map(_is_measure, value.values())):
            raise ValueError(f"latency has {', '.join(sorted(names))}, all numbers from 0 on, not {value!r}")
        return cls(**value)

    @property
    def informative(self) -> bool:
        """An envelope rules slower answers out."""
        return True

    def describe(self, subject: Subject) -> str:
        """`answers 200 within 340 ms (p99 of 1,204)`."""
        within = f"within {_milliseconds(self.p99_ms)} (p99 of {self.n:,})"
        if subject.status == word_of(MESSAGE):
            return f"is delivered {within} of being published"
        return f"answers {subject.status} {within}"

    def hold(self, subject: Subject, places: Places) -> Holds:
        """Whether a complete answer came within the p99."""
        exchange = places.exchange
        complete = exchange.outcome is Outcome.COMPLETE and places.answered(subject)
        if not complete or exchange.duration_ns is None:
            return Holds.NOT_APPLICABLE
        return Holds.YES if exchange.duration_ns <= self.p99_ms * 1e6 else Holds.NO

    def compare(self, subject: Subject, other: Kind) -> Relation:
        """By the p99: what is quicker is narrower."""
        del subject
        mine, theirs = self.p99_ms, alike(self, other).p99_ms
        if abs(mine - theirs) <= TOLERANCE * max(mine, theirs):
            return Relation.SAME
        return Relation.NARROWER if mine < theirs else Relation.WIDER


def _is_measure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0


def _milliseconds(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"
