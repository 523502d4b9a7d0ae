"""What a snapshot has that an earlier one had not: told to pages that are open, with a link each."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reports.news import Memory, Told, news
from reports.reasons import headline
from reports.web import links
from reports.words import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.drift import Drift
    from reports.finding import Finding
    from reports.news import News
    from reports.web.snapshot import Snapshot

MOST = 10
"""Arrivals that are told one by one; of more it is said how many."""
STATES = 2_000
ARRIVALS = 1_000
"""What is remembered: a page that is older than that is told that it is old."""


class Sort(StrEnum):
    """What has arrived, as it is called."""

    OPERATION = "operation"
    CONSUMER = "consumer"
    BROKEN = "broken promise"
    RELIED = "undeclared dependence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One thing that was not there before; `what` is its name or its headline."""

    sort: Sort
    what: str
    link: str


class Arrivals:
    """What came with each of the latest snapshots, by their stamps."""

    def __init__(self, first: str) -> None:
        self._states = {first: 0}
        self._arrived: deque[tuple[int, Arrival]] = deque(maxlen=ARRIVALS)

    def add(self, stamp: str, arrived: Sequence[Arrival]) -> None:
        """Remember what came with the snapshot of this stamp."""
        number = max(self._states.values()) + 1
        self._states.pop(stamp, None)  # a state may come back
        self._states[stamp] = number
        self._arrived.extend((number, one) for one in arrived)
        if len(self._states) > STATES:
            del self._states[next(iter(self._states))]

    def since(self, stamp: str) -> tuple[Arrival, ...] | None:
        """What came after that snapshot, each thing once; None: it is not remembered."""
        known = self._states.get(stamp)
        if known is None:
            return None
        return tuple(dict.fromkeys(one for number, one in self._arrived if number > known))


def arrivals(before: Snapshot, after: Snapshot) -> tuple[Arrival, ...]:
    """What is new: operations, consumers, broken promises, and what somebody relies on undeclared."""
    fresh = list(_operations(before, after))
    new_keys = {key for _, key in fresh}
    return (
        *(
            Arrival(sort=Sort.OPERATION, what=key, link=links.operation(producer, key))
            for producer, key in fresh
        ),
        *(
            Arrival(sort=Sort.CONSUMER, what=name, link=links.consumer(name))
            for name in sorted(after.consumers.keys() - before.consumers.keys())
        ),
        *_findings(before.drift, after.drift, new_keys),
    )


def summary(arrived: Sequence[Arrival]) -> str:
    """How many of each, in a few words: `2 operations and 1 broken promise`."""
    number = Counter(one.sort for one in arrived)
    plural = {Sort.BROKEN: "broken promises"}
    return listed([count(number[sort], sort, plural.get(sort, "")) for sort in Sort if number[sort]], most=4)


def _operations(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, str]]:
    """Those that were not seen before; one whose path template was revised was seen under its former key."""
    for known, one in after.observed.items():
        earlier = before.observed.get(known)
        if not one.observations or (earlier is not None and earlier.observations):
            continue
        if not any(id_ in before.claims for claim in one.claims for id_ in claim.former_ids):
            yield known


def _findings(before: Drift, after: Drift, new_keys: set[str]) -> Iterator[Arrival]:
    memory = Memory(producers={one.producer: Told(keys=set(one.keys)) for one in news(before, Memory())})
    found: list[News] = news(after, memory)
    for one in found:
        yield from (_arrival(Sort.BROKEN, finding) for finding in one.contradictions)
    for one in found:
        for finding in one.dependences:
            if finding.place is not None or finding.operation not in new_keys:  # that is told as an operation
                yield _arrival(Sort.RELIED, finding)


def _arrival(sort: Sort, finding: Finding) -> Arrival:
    what = f"{finding.operation}: {headline(finding)}"
    return Arrival(sort=sort, what=what, link=links.clause(finding.id))
