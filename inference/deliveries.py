"""Deliveries: what became of the messages of one channel and type that one consumer was given.

How they were acknowledged and how soon, whether any came again, and whether those about one thing came in the
order in which they were published (`inference/sequences.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import Acknowledgement, Handling, KeyOrder, Redelivered
from contract.subject import Subject
from inference.buckets import Buckets
from inference.sequences import Sequences
from inference.stated import Stated, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_ACKNOWLEDGED, MIN_LATENCY, MIN_REVERSALS, MIN_THINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.clause import Kind
    from inference.observation import Observation

_MESSAGE = Subject(("response", "message"))


class Deliveries:
    """Counts and times."""

    family: ClassVar[str] = "deliveries"

    def __init__(self) -> None:
        self.all = Tally()
        self.again = Tally()
        self.acknowledgements: dict[str, Tally] = {}
        self.handling = Buckets()
        self.sequences = Sequences()

    def observe(self, observation: Observation) -> None:
        """Count one delivery; what was published is the publisher's side."""
        message = observation.message
        if message is None or message.consumer is None:
            return
        at, example = observation.at, message.id
        self.all.add(at, example)
        if message.redeliveries:
            self.again.add(at, example)
        if message.acknowledgement:
            self.acknowledgements.setdefault(message.acknowledgement, Tally()).add(at, example)
            if message.acknowledged_at is not None and message.acknowledgement != "auto":
                self.handling.add(max(0, message.acknowledged_at - at))
        self.sequences.observe(observation, message)

    def merge(self, other: Deliveries) -> None:
        """Add the counts, take the sequences of both."""
        self.all.merge(other.all)
        self.again.merge(other.again)
        for word, tally in other.acknowledgements.items():
            self.acknowledgements.setdefault(word, Tally()).merge(tally)
        self.handling.merge(other.handling)
        self.sequences.merge(other.sequences)

    def claims(self, producer: str, operation: str) -> Iterator[Stated]:
        """What the counts support."""

        def clause(kind: Kind) -> Clause:
            return Clause(producer=producer, operation=operation, subject=_MESSAGE, kind=kind)

        if self.acknowledgements:
            held = sum(tally.count for tally in self.acknowledgements.values())
            yield Stated(
                clause=clause(Acknowledgement(tuple(sorted(self.acknowledgements)))),
                evidence=evidence_of(self.acknowledgements, held, self.all.count - held),
                doubt="" if held >= MIN_ACKNOWLEDGED else f"{held} seen, {MIN_ACKNOWLEDGED} needed",
                reasons=(f"{held} of {self.all.count} deliveries were answered",),
            )
        if self.handling.total:
            yield self._handled(clause)
        if self.again.count:
            yield Stated(
                clause=clause(Redelivered()),
                evidence=evidence_of({"": self.again}, self.again.count),
                reasons=(f"{self.again.count} of {self.all.count} deliveries were not the first",),
            )
        yield from self._in_order(clause)

    def _handled(self, clause: Any) -> Stated:
        total = self.handling.total
        p50, p99 = (self.handling.quantile(q) / 1e6 for q in (0.5, 0.99))
        within = round(0.99 * total)
        return Stated(
            clause=clause(Handling(p50_ms=p50, p99_ms=p99, n=total)),
            evidence=self._evidence(within, total - within),
            doubt="" if total >= MIN_LATENCY else f"{total} timed, {MIN_LATENCY} needed",
        )

    def _in_order(self, clause: Any) -> Iterator[Stated]:
        order = self.sequences.order()
        if order is None or not order.in_order:
            return
        doubt = ""
        if order.out_of_order:
            doubt = f"{order.out_of_order} of {order.in_order + order.out_of_order} came out of order"
        elif order.things < MIN_THINGS:
            doubt = f"{order.things} different {order.by} seen, {MIN_THINGS} needed"
        elif order.reversals < MIN_REVERSALS:
            doubt = f"lags dealt out at random would reverse {order.reversals:.1f}, {MIN_REVERSALS} needed"
        yield Stated(
            clause=clause(KeyOrder(order.by)),
            evidence=self._evidence(order.in_order, order.out_of_order),
            doubt=doubt,
            reasons=(
                f"{order.things} different {order.by} had more than one message",
                f"lags dealt out at random would reverse {order.reversals:.1f} of {order.in_order} steps",
            ),
        )

    def _evidence(self, held: int, broken: int) -> Evidence:
        return Evidence(
            held=held,
            broken=broken,
            first_seen=self.all.first,
            last_seen=self.all.last,
            examples=(self.all.example,),
        )

    def met(self, subject: Subject) -> Tally | None:
        """How many deliveries there were."""
        return self.all if subject == _MESSAGE and self.all.count else None

    def state(self) -> Any:
        """The serial form."""
        return [
            self.all.state(),
            self.again.state(),
            {word: tally.state() for word, tally in sorted(self.acknowledgements.items())},
            self.handling.state(),
            self.sequences.state(),
        ]

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Read the serial form."""
        self = cls()
        every, again, acknowledgements, handling, sequences = state
        self.all, self.again = Tally.from_state(every), Tally.from_state(again)
        self.acknowledgements = {word: Tally.from_state(tally) for word, tally in acknowledgements.items()}
        self.handling = Buckets.from_state(handling)
        self.sequences = Sequences.from_state(sequences)
        return self
