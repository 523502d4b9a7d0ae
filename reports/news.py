"""What a drift report has that nobody was told of yet, and a memory of what they were.

A finding is known by the ids of its clauses: it is new where none of them was told before. An undeclared
dependence is one of a consumer: that a second one relies on the same place is news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from contract.claim import Standing
from reports.change_notices import source_of
from reports.reasons import headline, reasons
from reports.words import count, instant, verb
from store.errors import DefactoError
from store.records import record_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.drift import Drift
    from reports.finding import Finding

TYPE = "defacto.drift.found"
"""The type of the CloudEvent."""

MOST = 50
"""Findings that one event tells in full; of more it says how many."""


class Told(msgspec.Struct):
    """Of one producer: when something was told last (Unix ns), and the keys of all that was told."""

    at: int = 0
    keys: set[str] = msgspec.field(default_factory=set)


class Memory(msgspec.Struct):
    """What was told, by producer."""

    producers: dict[str, Told] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new of one producer. `keys` are to be remembered once it was told."""

    producer: str
    contradictions: tuple[Finding, ...]
    dependences: tuple[Finding, ...]
    keys: frozenset[str] = field(default_factory=frozenset)

    @property
    def headline(self) -> str:
        """The news in a sentence."""
        broken, relied = len(self.contradictions), len(self.dependences)
        parts = [
            *([f"{count(broken, 'promise')} {verb(broken, 'is', 'are')} not kept"] if broken else []),
            *(
                [f"{count(relied, 'thing')} that nobody promised {verb(relied, 'is', 'are')} relied on"]
                if relied
                else []
            ),
        ]
        return f"New of {self.producer}: {' and '.join(parts)}."


def news(drift: Drift, memory: Memory) -> list[News]:
    """What is new, by producer; what is known is left out."""
    found = []
    for producer in sorted({one.producer for one in drift.findings}):
        known = memory.producers.get(producer, Told()).keys
        fresh = [
            (one, keys)
            for one in (*drift.of(Standing.CONTRADICTED), *drift.relied)
            if one.producer == producer and (keys := _keys(one, known))
        ]
        if fresh:
            found.append(
                News(
                    producer=producer,
                    contradictions=_of(Standing.CONTRADICTED, fresh),
                    dependences=_of(Standing.UNDECLARED, fresh),
                    keys=frozenset(key for _, keys in fresh for key in keys),
                )
            )
    return found


def news_event(one: News, now: int) -> dict[str, Any]:
    """A CloudEvent 1.0. The same news have the same id, so that a receiver takes them once."""
    return {
        "specversion": "1.0",
        "id": record_id(one.producer, *sorted(one.keys)),
        "source": source_of(one.producer),
        "type": TYPE,
        "time": instant(now),
        "datacontenttype": "application/json",
        "data": {
            "producer": one.producer,
            "headline": one.headline,
            "contradictions": [_form(finding) for finding in one.contradictions[:MOST]],
            "dependences": [_form(finding) for finding in one.dependences[:MOST]],
            "left_out": sum(max(0, len(found) - MOST) for found in (one.contradictions, one.dependences)),
        },
    }


def memory_from(content: bytes, source: str) -> Memory:
    """Read what `memory_bytes` wrote.

    Raises:
        DefactoError: it is something else.
    """
    try:
        return msgspec.json.decode(content, type=Memory)
    except msgspec.DecodeError as error:
        raise DefactoError(
            f"{source} is not what notify remembers by: {error}", "Give another --state, or delete it."
        ) from error


def memory_bytes(memory: Memory) -> bytes:
    """As it is kept; sorted, so that it can be compared."""
    return msgspec.json.format(msgspec.json.encode(memory, order="sorted"), indent=1)


def _keys(finding: Finding, known: set[str]) -> set[str]:
    """The keys of what is new in a finding; empty where all of it is known."""
    clauses = {claim.clause.id for claim in finding.claims}
    former = {id_ for claim in finding.claims for id_ in claim.former_ids}
    keys: set[str] = set()
    for whom in _whom(finding):
        theirs = {f"{finding.standing.value} {id_}{whom}" for id_ in clauses}
        if not {*theirs, *(f"{finding.standing.value} {id_}{whom}" for id_ in former)} & known:
            keys |= theirs
    return keys


def _whom(finding: Finding) -> Iterator[str]:
    """A broken promise is one piece of news, whoever it hits; a dependence is one for each consumer."""
    if finding.standing is Standing.CONTRADICTED:
        yield ""
    else:
        yield from (f" {link.consumer}" for link in finding.reliant)


def _of(standing: Standing, found: Iterable[tuple[Finding, object]]) -> tuple[Finding, ...]:
    return tuple(finding for finding, _ in found if finding.standing is standing)


def _form(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "operation": finding.operation,
        "place": finding.place.readable if finding.place else None,
        "headline": headline(finding),
        "reasons": list(reasons(finding)),
        "consumers": [
            {
                "consumer": link.consumer,
                "level": link.level.value,
                "count": link.count,
                "last_seen": instant(link.last_seen),
            }
            for link in finding.dependence
        ],
        "examples": list(finding.lead.evidence.examples),
    }
