"""What an observer is, and the ones that look at single operations.

An observer sees the observations of one operation by one consumer (`Flows`, in `inference/flow.py`, those
of one consumer across operations). It knows its own family and nothing of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from inference.asks import Asks
from inference.latencies import Latencies
from inference.shapes import Shapes
from inference.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.claim import Evidence
    from contract.clause import Clause
    from contract.subject import Subject
    from inference.observation import Observation
    from inference.tally import Tally


class Mergeable(Protocol):
    """A summary of one family: of many observations, small, bounded."""

    family: ClassVar[str]

    def observe(self, observation: Observation) -> None:
        """Fold in one observation."""

    def merge(self, other: Self) -> None:
        """Fold in all that another has folded. Associative and commutative."""

    def state(self) -> Any:
        """The serial form, in the types of MessagePack."""

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""


class Observer(Mergeable, Protocol):
    """A summary of single operations, which can say what it supports."""

    def claims(self, producer: str, operation: str) -> Iterator[tuple[Clause, Evidence]]:
        """The statements that what was folded supports or rules out."""

    def met(self, subject: Subject) -> Tally | None:
        """How often a subject occurred in what was folded; None if never."""


OPERATION_OBSERVERS: dict[str, type[Observer]] = {
    observer.family: observer for observer in (Shapes, Statuses, Latencies, Asks)
}
"""Adding an observer is adding a file and a name here."""
