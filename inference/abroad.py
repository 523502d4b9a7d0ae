"""Use across producers: what a consumer received from one producer, it sent to another of the same store.

The summaries of value flow are kept by producer and consumer. Their hashes are the same, so that two can be
joined when a map is made: the receipts of one, the uses of the other. A value counts if the consumer learned
it from the one: received from no other before, and sent nowhere before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inference.flow import Flows, Trace
from inference.receipts import Receipts
from inference.scene import Scene
from inference.serial import decode
from inference.use import uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.flow import Place
    from inference.names import Names
    from inference.scene import Located
    from inference.use import Use
    from store.store import Store

_ABROAD = "\0"
"""Goes before the routes of the other producer, as no route begins with it."""


@dataclass(frozen=True)
class Abroad:
    """The value flows of all producers by consumer, and the scenes that know their operations.

    `receipts` are by consumer, producer and operation.
    """

    flows: dict[str, dict[str, Flows]]
    receipts: dict[tuple[str, str, str], Receipts]
    scenes: dict[str, Scene]

    @classmethod
    def of(cls, store: Store, names: Names, since: int | None, until: int | None) -> Abroad:
        """The flows of a store, of some time; nothing where there is but one producer.

        Raises:
            StoreError: the store failed.
        """
        flows: dict[str, dict[str, Flows]] = defaultdict(dict)
        receipts: dict[tuple[str, str, str], Receipts] = defaultdict(Receipts)
        families = {Flows.family, Receipts.family} if len(names.operations) > 1 else set()
        for summary in store.summaries(families=families, since=since, until=until):
            consumer, producer = names.consumer_of(summary.consumer), summary.producer
            if summary.family == Flows.family:
                part = Flows.from_state(decode(summary))
                flows[consumer].setdefault(producer, Flows()).merge(part)
            else:
                operation = names.operations[producer].of_route(summary.route)
                receipts[consumer, producer, operation].merge(Receipts.from_state(decode(summary)))
        scenes = {
            producer: Scene(producer=producer, operations=operations, scenes={}, consumers={})
            for producer, operations in names.operations.items()
        }
        return cls(flows, receipts, scenes)

    def locate(self, producer: str, route: str, subject: str) -> Located | None:
        """Where a place of a producer's route lies in its operations."""
        return self.scenes[producer].locate((route, subject))

    def uses(self, producer: str, consumer: str) -> Iterator[Use]:
        """The fields of a producer that a consumer used with others."""
        by_producer = self.flows.get(consumer, {})
        mine = by_producer.get(producer)
        others = sorted(by_producer.keys() - {producer})
        for other in others if mine is not None else ():
            joined = _joined(by_producer, producer, other)

            def locate(place: Place, other: str = other) -> Located | None:
                route, subject = place
                if route.startswith(_ABROAD):
                    return self.scenes[other].locate((route.removeprefix(_ABROAD), subject))
                return self.scenes[producer].locate(place)

            for use in uses(joined, locate, runs=len(others)):
                yield replace(use, abroad=other)


def _joined(by_producer: dict[str, Flows], producer: str, other: str) -> Flows:
    """The receipts from one producer, and the uses at another."""
    joined = Flows(min(flows.ceiling for flows in by_producer.values()))
    ours, theirs = by_producer[producer].traces, by_producer[other].traces
    for digest in sorted(ours.keys() | theirs.keys()):
        if digest >= joined.ceiling:
            continue
        every = [flows.traces[digest] for flows in by_producer.values() if digest in flows.traces]
        trace = joined.traces[digest] = Trace(every[0].bits)
        if digest in ours and _learned(ours[digest], every):
            trace.sources = dict(ours[digest].sources)
        if digest in theirs:
            trace.uses = {
                (_ABROAD + route, subject, form): tally
                for (route, subject, form), tally in theirs[digest].uses.items()
            }
    return joined


def _learned(trace: Trace, every: list[Trace]) -> bool:
    """Whether the first that a consumer had of a value was the receipt of a trace."""
    if not trace.sources:
        return False
    first = min(trace.sources.values())
    received = [at for one in every for at in one.sources.values()]
    sent = [tally.first for one in every for tally in one.uses.values()]
    return first <= min([*received, *sent])
