"""What the overview shows: what would hurt most, of whom there is what, and what waits for a decision."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Decision, Level, Standing
from reports.places import places
from reports.web.once import once
from reports.web.ties import Role, Total, grouped, p95, ties

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.claim import Claim, Consumer, OperationMap
    from reports.drift import Section
    from reports.finding import Compared, Finding
    from reports.places import Place
    from reports.web.snapshot import Snapshot
    from reports.web.ties import Tie

MOST_FINDINGS = {"relied": 6, "contradicted": 4}
"""How many of a section stand here; the drift page has all."""
MOST_PLACES = 8
MOST_OPERATIONS = 10
MOST_PRODUCERS = 6
MOST_CONSUMERS = 12
MOST_WARNINGS = 20


@dataclass(frozen=True, kw_only=True)
class OperationLine:
    """An operation in short; `total` is None where nobody was seen.

    `trouble` is how many undeclared things are relied upon, and how many promises are not kept: all that the
    drift lists of it, what is asked for otherwise than declared as well as what is answered so.
    """

    producer: str
    operation: OperationMap
    declared: bool
    total: Total | None
    trouble: tuple[int, int]
    p95_ms: float | None


@dataclass(frozen=True, kw_only=True)
class ProducerPart:
    """A producer and its operations, the most troubling first. `document` is `""` where none is given."""

    name: str
    document: str
    lines: tuple[OperationLine, ...]

    @property
    def shown(self) -> tuple[OperationLine, ...]:
        """Those that stand on the overview."""
        return self.lines[:MOST_OPERATIONS]


@dataclass(frozen=True, kw_only=True)
class ConsumerLine:
    """A consumer in short. `publishes`: all that it was seen to do is publish, so it depends on nothing."""

    consumer: Consumer
    total: Total
    publishes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the ledger has: a number, what it counts, and the section of the review that tells more."""

    number: int
    name: str
    slug: str = ""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All of the page. `relied` are the places most depended on, told where nothing is declared."""

    sections: tuple[Section, ...]
    relied: tuple[Place, ...]
    producers: tuple[ProducerPart, ...]
    consumers: tuple[ConsumerLine, ...]
    tallies: tuple[Tally, ...]


@once
def overview_of(snapshot: Snapshot) -> Overview:
    """The overview of a snapshot."""
    declared = bool(snapshot.drift.documents)
    return Overview(
        sections=snapshot.drift.sections if declared else (),
        relied=() if declared else _most_relied(one.operation for one in snapshot.drift.compared),
        producers=tuple(producer_part(snapshot, name) for name in snapshot.producers),
        consumers=consumer_lines(snapshot),
        tallies=tuple(_tallies(snapshot)) if snapshot.ledger_text is not None else (),
    )


def producer_part(snapshot: Snapshot, producer: str) -> ProducerPart:
    """A producer with its operations."""
    own = [one for one in snapshot.drift.compared if one.producer == producer]
    totals = grouped((tie for tie in ties(snapshot) if tie.producer == producer), _key)
    drift = snapshot.drift
    relied = _by_operation(drift.relied if drift.documents else (), producer)
    broken = _by_operation(drift.of(Standing.CONTRADICTED) if drift.documents else (), producer)
    lines = []
    for one in own:
        key = one.operation.key
        lines.append(_line(one, totals.get(key), (relied[key], broken[key])))
    return ProducerPart(
        name=producer,
        document=snapshot.drift.documents.get(producer, ""),
        lines=tuple(sorted(lines, key=_by_trouble)),
    )


@once
def consumer_lines(snapshot: Snapshot) -> tuple[ConsumerLine, ...]:
    """The consumers, who relies on most that nobody promised first."""
    lines = [
        ConsumerLine(
            consumer=snapshot.consumers[name],
            total=total,
            publishes=all(tie.role is Role.PUBLISHES for tie in total.ties),
        )
        for name, total in grouped(ties(snapshot), _consumer).items()
        if name in snapshot.consumers
    ]
    return tuple(sorted(lines, key=_by_stake))


def _line(compared: Compared, total: Total | None, trouble: tuple[int, int]) -> OperationLine:
    return OperationLine(
        producer=compared.producer,
        operation=compared.operation,
        declared=compared.promised is not None,
        total=total,
        trouble=trouble,
        p95_ms=p95(compared.operation),
    )


def _by_operation(found: Iterable[Finding], producer: str) -> Counter[str]:
    return Counter(key for one in found if one.producer == producer for key in one.operations)


def _most_relied(operations: Iterable[OperationMap]) -> tuple[Place, ...]:
    found = (place for one in operations for place in places(one.claims) if not place.only_received)
    return tuple(sorted(found, key=_by_reach)[:MOST_PLACES])


def _tallies(snapshot: Snapshot) -> Iterable[Tally]:
    entries = snapshot.ledger.entries.values()
    waiting = [finding for finding in snapshot.drift.relied if not any(map(_decided, finding.claims))]
    yield Tally(number=len(waiting), name="Relied upon, and undecided", slug="undecided")
    yield Tally(number=sum(one.disputed for one in entries), name="Disputed", slug="disputed")
    decided = sum(one.decision is not Decision.UNDECIDED for one in entries)
    yield Tally(number=decided, name="Decided", slug="decisions")
    yield Tally(number=len(snapshot.incidents), name="Incidents and near-misses", slug="incidents")
    yield Tally(number=len(snapshot.changes), name="Changes announced", slug="changes")


def _decided(claim: Claim) -> bool:
    return claim.decision is not Decision.UNDECIDED


def _key(tie: Tie) -> str:
    return tie.operation.key


def _consumer(tie: Tie) -> str:
    return tie.consumer


def _by_trouble(line: OperationLine) -> tuple[int, int, str]:
    relied, broken = line.trouble
    return (-relied - broken, -line.operation.observations, line.operation.key)


def _by_stake(line: ConsumerLine) -> tuple[int, int, int, str]:
    return (-line.total.relied, -line.total.broken, -line.total.observations, line.consumer.name)


def _by_reach(place: Place) -> tuple[int, int, int, str]:
    strong = [link for link in place.dependence if link.level is not Level.EXPOSED]
    first = place.foremost.clause
    times = sum(link.count for link in strong)
    return (-place.dependence[0].level.rank, -len(strong), -times, first.key)
