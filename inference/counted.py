"""What was counted of operations in one period, so that what is said of another one can be held against it.

Of most clauses it is known how often their place occurred; of those that list values, how often each came.
The rest is tried out on the exchanges that were sampled.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from contract.clause import Clause, Holds
from contract.kinds import ContentType, Enum, Type
from contract.place import Places
from contract.subject import ITEM
from inference.latencies import Latencies
from inference.names import Names
from inference.samples import Samples
from inference.serial import decode
from inference.shapes import Shapes
from inference.statuses import Statuses
from inference.values.frames import exchange_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract.subject import Subject
    from inference.buckets import Buckets
    from store.store import Store


class Held(NamedTuple):
    """In how many observations a statement was true, and false."""

    yes: int
    no: int


@dataclass(frozen=True)
class Counted:
    """One operation in one period, all consumers together; `shapes` are settled."""

    operation: str
    shapes: Shapes
    statuses: Statuses
    latencies: Latencies
    samples: Samples

    @property
    def observations(self) -> int:
        """Exchanges, answered or not."""
        query = self.shapes.places.get("request.query")
        return query.count("object") if query else 0

    def met(self, subject: Subject) -> int:
        """How often something stood at a place."""
        if len(subject.parts) == 1:
            return self.observations
        if (subject.status and len(subject.parts) == 2) or _is_content_type(subject):
            tally = self.statuses.met(subject)
        elif subject.section == "latency":
            tally = self.latencies.met(subject)
        else:
            tally = self.shapes.met(subject)
        return tally.count if tally else 0

    def chances(self, subject: Subject) -> int:
        """How often something could have stood at a place: how many of what it stands in there were."""
        if len(subject.parts) < 3:
            answers = sum(tally.count for tally in self.statuses.statuses.values())
            return answers if subject.status else self.observations
        if (subject.status and len(subject.parts) == 3) or _is_content_type(subject):
            return self.met(subject.parent)
        node = self.shapes.node(subject.parent)
        if node is None:
            return 0
        return node.count("array" if subject.parts[-1] == ITEM else "object")

    def knows_as_map(self, subject: Subject) -> bool:
        """Whether a named field lies in what was taken for a map here, whose names are data."""
        return self.shapes.canonical(subject) != subject

    def members(self, clause: Clause) -> Mapping[object, int] | None:
        """How often each value came, of a kind that lists values; None where that is not counted."""
        subject, kind = clause.subject, clause.kind
        if isinstance(kind, ContentType):
            media = self.statuses.media.get(".".join(subject.parts[:-2]), {})
            return {name: tally.count for name, tally in media.items()}
        node = self.shapes.node(subject)
        if node is None or not isinstance(kind, Enum | Type):
            return None
        if isinstance(kind, Type):
            return {name: tally.count for name, tally in node.types.items() if name != "null"}
        values = node.scalars.values() if node.scalars else None
        return None if values is None else {value: tally.count for value, tally in values.items()}

    def tried(self, clause: Clause) -> Held:
        """In how many of the different exchanges sampled a clause is true, and false."""
        said = [clause.hold(places) for places in self._sampled]
        return Held(said.count(Holds.YES), said.count(Holds.NO))

    def durations(self, subject: Subject) -> Buckets | None:
        """How long answers took (ns), of a place that is a latency."""
        entry = self.latencies.durations.get(subject.status or "") if subject.section == "latency" else None
        return entry[0] if entry else None

    @cached_property
    def _sampled(self) -> list[Places]:
        return [
            Places(exchange_of(sample, self.operation, status), self.operation)
            for status in sorted(self.samples.statuses)
            for sample in self.samples.of(status)
        ]


def counted(store: Store, *, producer: str, since: int | None, until: int | None) -> dict[str, Counted]:
    """What was counted of a producer's operations, by their keys.

    Args:
        store: where summaries are kept.
        producer: whose.
        since: Unix ns; windows (hours) that begin before are left out.
        until: Unix ns, exclusive.

    Raises:
        StoreError: the store failed.
    """
    operations = Names.of(store).operations[producer]
    parts: dict[str, _Parts] = defaultdict(_Parts)
    families = {Shapes.family, Statuses.family, Latencies.family, Samples.family}
    for summary in store.summaries(producer=producer, families=families, since=since, until=until):
        parts[operations.of_route(summary.route)].add(summary.family, summary.consumer, decode(summary))
    return {key: part.whole(key) for key, part in sorted(parts.items())}


class _Parts:
    """The summaries of one operation, merged as they come."""

    def __init__(self) -> None:
        self._shapes, self._statuses, self._latencies = Shapes(), Statuses(), Latencies()
        self._samples: list[tuple[str, Samples]] = []

    def add(self, family: str, consumer: str, state: Any) -> None:
        """Merge one part in."""
        if family == Samples.family:
            self._samples.append((consumer, Samples.from_state(state)))
        elif family == Shapes.family:
            self._shapes.merge(Shapes.from_state(state))
        elif family == Statuses.family:
            self._statuses.merge(Statuses.from_state(state))
        else:
            self._latencies.merge(Latencies.from_state(state))

    def whole(self, operation: str) -> Counted:
        """The operation."""
        return Counted(
            operation=operation,
            shapes=self._shapes.of_operation(operation, settled=True),
            statuses=self._statuses,
            latencies=self._latencies,
            samples=Samples.pooled(self._samples),
        )


def _is_content_type(subject: Subject) -> bool:
    """Content types are counted with the bodies that they are of, and in no other place."""
    return subject.section == "header" and subject.parts[-1] == "content-type"
