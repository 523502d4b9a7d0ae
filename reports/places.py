"""The claims of an operation by the place they speak of: the lines of a map, the rows of a matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from contract.claim import Level, Standing
from contract.ledger.leaving import left_of
from contract.operation import SEND, parse
from contract.statuses import MESSAGE, word_of
from reports.words import count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.claim import Claim, ContractMap, Dependence, OperationMap
    from contract.subject import Subject

_COPULA = re.compile(r"^is (always (?=an? ))?")


@dataclass(frozen=True, kw_only=True)
class Place:
    """All that is claimed about one subject; `claims` are never empty."""

    subject: Subject
    claims: tuple[Claim, ...]

    @cached_property
    def dependence(self) -> tuple[Dependence, ...]:
        """The strongest dependence of each consumer, the strongest first."""
        return strongest(self.claims)

    @property
    def statements(self) -> tuple[str, ...]:
        """What is said about the place, without naming it again: `always present`, `a string`."""
        name = f"{self.subject.readable} "
        said = (claim.clause.statement.removeprefix(name) for claim in self.claims)
        return tuple(_COPULA.sub("", statement) for statement in said)

    @property
    def only_received(self) -> bool:
        """Whether nobody was seen to do more with it than receive it.

        What becomes of messages as a whole is more than that: how late they come, in what order, what is
        answered to them.
        """
        if self.subject.status == word_of(MESSAGE) and self.subject.section in {"", "latency"}:
            return False
        return not self.dependence or self.dependence[0].level is Level.EXPOSED

    @property
    def foremost(self) -> Claim:
        """The claim whose standing is the most troubling."""
        order = list(Standing)
        return min(self.claims, key=lambda claim: order.index(claim.standing))

    @property
    def least_sure(self) -> Claim:
        """The claim that its evidence leaves most room to be broken, of those of which anything was seen."""
        return max(self.claims, key=lambda claim: -1 if (bound := claim.evidence.bound) is None else bound)


def places(claims: Iterable[Claim]) -> tuple[Place, ...]:
    """Claims by subject: the request first, then status by status; within those as the claims come."""
    by_subject: dict[Subject, list[Claim]] = {}
    for claim in claims:
        by_subject.setdefault(claim.clause.subject, []).append(claim)
    return tuple(
        Place(subject=subject, claims=tuple(by_subject[subject]))
        for subject in sorted(by_subject, key=lambda subject: (subject.status or "", _section(subject)))
    )


def _section(subject: Subject) -> int:
    """A status itself, its headers, its body, its latency."""
    section = subject.parts[2] if subject.status and len(subject.parts) > 2 else ""
    return ("", "header", "body", "latency").index(section) if section in {"header", "body", "latency"} else 0


def strongest(claims: Iterable[Claim]) -> tuple[Dependence, ...]:
    """The strongest dependence of each consumer on any of some claims, the strongest first."""
    best: dict[str, Dependence] = {}
    for claim in claims:
        for link in claim.dependence:
            known = best.get(link.consumer)
            if known is None or (link.level.rank, link.count) > (known.level.rank, known.count):
                best[link.consumer] = link
    return tuple(sorted(best.values(), key=lambda link: (-link.level.rank, -link.count, link.consumer)))


def relied_on(operations: Iterable[OperationMap]) -> dict[str, dict[Level, int]]:
    """By consumer the number of places at each level."""
    totals: dict[str, dict[Level, int]] = {}
    for operation in operations:
        for place in places(operation.claims):
            for link in place.dependence:
                levels = totals.setdefault(link.consumer, dict.fromkeys(Level, 0))
                levels[link.level] += 1
    return totals


def party(operation: OperationMap) -> str:
    """What those are called whom an operation is seen of."""
    return "publisher" if parse(operation.key).verb == SEND else "consumer"


_PUBLISH = ("publishes", "publish")


def map_verdict(contract_map: ContractMap) -> str:
    """The map in one or two sentences."""
    operations = [one for producer in contract_map.producers for one in producer.operations]
    publishing = {name for one in operations if parse(one.key).verb == SEND for name in one.consumers}
    consumers = {name for one in operations if parse(one.key).verb != SEND for name in one.consumers}
    only_publish = len(publishing - consumers)
    if not any(one.observations for one in operations):
        return "Nothing was observed, so there is no map yet."
    seen = [one for one in operations if one.observations]
    names = listed([producer.name for producer in contract_map.producers])
    levels = [
        max(link.level.rank for link in place.dependence)
        for one in operations
        for place in places(one.claims)
        if place.dependence
    ]
    used = sum(level >= Level.USED.rank for level in levels)
    asked = sum(level == Level.REQUESTED.rank for level in levels)
    only_sent = sum(level == Level.EXPOSED.rank for level in levels)
    who = count(len(consumers), "consumer")
    how = ("uses", "use") if any(parse(one.key).is_event for one in seen) else ("calls", "call")
    return (
        f"{who} {verb(len(consumers), *how)} {count(len(seen), 'operation')} of {names}"
        f"{f', and {only_publish:,} only {verb(only_publish, *_PUBLISH)}' if only_publish else ''}. "
        f"Of the places seen, {used:,} {verb(used, 'is', 'are')} used, {asked:,} asked for or sent, "
        f"and {only_sent:,} only received."
    ) + _left(contract_map)


def _left(contract_map: ContractMap) -> str:
    """Who has left by the ledger's policy, a sentence each."""
    found = (one for producer in contract_map.producers for one in producer.consumers)
    said = [f" {one.name} has left: {words}." for one in found if (words := left_of(one))]
    more = f" {count(len(said) - 3, 'more consumer')} left as well." if len(said) > 3 else ""
    return "".join((*said[:3], more))
