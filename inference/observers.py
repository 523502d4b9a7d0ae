"""What an observer is, and which there are.

One of `OPERATION_OBSERVERS` sees the observations of one operation by one consumer, one of
`CONSUMER_OBSERVERS` those of one consumer across operations. Each knows its own family and nothing of the
others. What they support is stated when a map is made: the simple by themselves (`Observer.claims`), the rest
by the miners (`inference/miners.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from inference.asks import Asks
from inference.deliveries import Deliveries
from inference.fates import Fates
from inference.flow import Flows
from inference.intake import Intake
from inference.journal import Journal
from inference.latencies import Latencies
from inference.lives import Lives
from inference.markings import Markings
from inference.protocol import ProtocolFacts
from inference.receipts import Receipts
from inference.samples import Samples
from inference.shapes import Shapes
from inference.statuses import Statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.subject import Subject
    from inference.observation import Observation
    from inference.stated import Stated
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

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """The statements that what was folded supports or rules out."""

    def met(self, subject: Subject) -> Tally | None:
        """How often a subject occurred in what was folded; None if never."""


class ConsumerObserver(Mergeable, Protocol):
    """A summary of all that one consumer does."""

    def successor(self) -> Self:
        """An empty one for what follows; what this one left out of its sample stays out."""


CALL_OBSERVERS: tuple[type[Observer], ...] = (Shapes, Statuses, Latencies, Asks, ProtocolFacts, Samples)
EVENT_OBSERVERS: tuple[type[Observer], ...] = (
    Shapes,
    Statuses,
    Latencies,
    Samples,
    Deliveries,
    Receipts,
    Fates,
    Markings,
)
"""Adding an observer is adding a file and a name here."""

OPERATION_OBSERVERS: dict[str, type[Observer]] = {
    observer.family: observer for observer in (*CALL_OBSERVERS, *EVENT_OBSERVERS)
}

CONSUMER_OBSERVERS: dict[str, type[ConsumerObserver]] = {
    observer.family: observer for observer in (Flows, Journal, Lives, Intake)
}
