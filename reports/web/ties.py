"""Who has to do with which operation, and how: what the overview, the network and a consumer's page add up.

A publisher has a tie to what it publishes, and depends on nothing by that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from contract.claim import Level, Standing
from contract.clause import Direction
from contract.operation import RECEIVE, SEND, parse
from reports.finding import Scope
from reports.places import places
from reports.web import links
from reports.web.once import once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from contract.claim import OperationMap
    from reports.finding import Compared, Finding
    from reports.web.snapshot import Snapshot

    Concerned = Mapping[tuple[str, str, str], set[str]]
    """Ids of findings by producer, operation and consumer."""

ENOUGH_FOR_P95 = 59
"""Answers below which a p95 is little more than the slowest one seen: 0.95^59 < 5 %."""

Key = TypeVar("Key")


class Role(StrEnum):
    """What somebody does with an operation."""

    CALLS = "calls"
    RECEIVES = "receives"
    PUBLISHES = "publishes"

    @classmethod
    def of(cls, key: str) -> Role:
        """What whoever is seen at an operation does there."""
        return {SEND: cls.PUBLISHES, RECEIVE: cls.RECEIVES}.get(parse(key).verb, cls.CALLS)


@dataclass(frozen=True, kw_only=True)
class Tie:
    """What one consumer has to do with one operation.

    `levels` count its places by how the consumer depends on them. `relied` are the undeclared findings that
    it relies on there, `broken` the promises that are not kept in what it is sent, by their ids.
    """

    consumer: str
    producer: str
    operation: OperationMap
    role: Role
    levels: Mapping[Level, int]
    relied: frozenset[str]
    broken: frozenset[str]

    @property
    def observations(self) -> int:
        """How often it was seen there."""
        return self.operation.consumers[self.consumer]

    @property
    def level(self) -> Level:
        """How strongly it depends on anything there; who calls, asks."""
        least = Level.REQUESTED if self.role is Role.CALLS else Level.EXPOSED
        return max((least, *(level for level, number in self.levels.items() if number)), key=_rank)

    @property
    def p95_ms(self) -> float | None:
        """What it waits at worst in 19 of 20 answers; None where there are too few."""
        return p95(self.operation, self.consumer)


@dataclass(frozen=True)
class Total:
    """Several ties as one; never none. A finding of many operations counts once."""

    ties: tuple[Tie, ...]

    @cached_property
    def observations(self) -> int:
        """How often they were seen."""
        return sum(tie.observations for tie in self.ties)

    @cached_property
    def level(self) -> Level:
        """The strongest dependence."""
        return max((tie.level for tie in self.ties), key=_rank)

    @cached_property
    def levels(self) -> Mapping[Level, int]:
        """The number of places at each level."""
        return {level: sum(tie.levels[level] for tie in self.ties) for level in Level}

    @cached_property
    def operations(self) -> int:
        """How many operations."""
        return len({(tie.producer, tie.operation.key) for tie in self.ties})

    @cached_property
    def consumers(self) -> int:
        """How many consumers."""
        return len({tie.consumer for tie in self.ties})

    @cached_property
    def relied(self) -> int:
        """How many undeclared things somebody relies on."""
        return len(frozenset[str]().union(*(tie.relied for tie in self.ties)))

    @cached_property
    def broken(self) -> int:
        """How many promises are not kept towards somebody."""
        return len(frozenset[str]().union(*(tie.broken for tie in self.ties)))


@once
def ties(snapshot: Snapshot) -> tuple[Tie, ...]:
    """All ties, operation by operation. Where no document is given nothing can be undeclared."""
    found = snapshot.drift.findings if snapshot.drift.documents else ()
    relied = _concerned(one for one in found if one.standing is Standing.UNDECLARED and one.reliant)
    broken = _concerned(one for one in found if towards(one))
    return tuple(tie for one in snapshot.drift.compared for tie in _ties(one, relied, broken))


def towards(finding: Finding) -> bool:
    """Whether it is a promise that is not kept in what consumers are sent."""
    response = finding.lead.clause.subject.direction is Direction.RESPONSE
    return finding.standing is Standing.CONTRADICTED and response and not finding.published


def grouped(ties: Iterable[Tie], key: Callable[[Tie], Key]) -> dict[Key, Total]:
    """Ties by something that they share."""
    groups: dict[Key, list[Tie]] = {}
    for tie in ties:
        groups.setdefault(key(tie), []).append(tie)
    return {shared: Total(tuple(alike)) for shared, alike in groups.items()}


def p95(operation: OperationMap, consumer: str | None = None) -> float | None:
    """The p95 of the consumer that waits longest, or of one; None where too few answers were timed."""
    timed = (one for one in operation.durations if consumer in {None, one.consumer})
    return max((one.p95_ms for one in timed if one.count >= ENOUGH_FOR_P95), default=None)


def traffic(producer: str, key: str = "", consumer: str = "") -> str:
    """Where the traffic of somebody stands: exchanges, or messages where the operation is one of those."""
    path = "/messages" if key and parse(key).is_event else "/exchanges"
    return links.to(path, producer=producer, operation=key, consumer=consumer)


def _concerned(findings: Iterable[Finding]) -> Concerned:
    found: dict[tuple[str, str, str], set[str]] = {}
    for finding in findings:
        asks = finding.standing is Standing.UNDECLARED and finding.scope is not Scope.OPERATION
        for claim in finding.claims:
            for link in claim.dependence:
                if not (asks and link.level is Level.EXPOSED):
                    where = (finding.producer, claim.clause.operation, link.consumer)
                    found.setdefault(where, set()).add(finding.id)
    return found


def _ties(compared: Compared, relied: Concerned, broken: Concerned) -> Iterable[Tie]:
    operation, producer = compared.operation, compared.producer
    levels: dict[str, Counter[Level]] = {name: Counter() for name in operation.consumers}
    for place in places(operation.claims):
        for link in place.dependence:
            if link.consumer in levels:
                levels[link.consumer][link.level] += 1
    for name, counted in levels.items():
        where = (producer, operation.key, name)
        yield Tie(
            consumer=name,
            producer=producer,
            operation=operation,
            role=Role.of(operation.key),
            levels=counted,
            relied=frozenset(relied.get(where, ())),
            broken=frozenset(broken.get(where, ())),
        )


def _rank(level: Level) -> int:
    return level.rank
