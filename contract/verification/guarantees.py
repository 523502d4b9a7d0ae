"""Guarantees: the clauses to be kept, each with who depends on it and who answers for it.

They come from a declared document, from a file of clauses (`defacto map --format json`), from what consumers
were seen to rely on, or from the ledger (`promises.py`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from contract.claim import Evidence, Level
from contract.clause import Clause, Direction
from contract.kinds import Closed, Latency, Occurs, kind_from
from contract.ledger.leaving import relying
from contract.operation import SEND, parse
from contract.subject import Subject
from contract.subject import parse as parse_subject
from contract.verification.checks import of_consumers
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contract.claim import Claim, ProducerMap
    from contract.openapi import DeclaredContract

PROMISED_TAIL = 0.01
"""The share of answers that a promised p99 lets be slower."""

_IMPLIED = "other guarantees speak of its answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """A clause to be kept.

    `consumers` depend on it, as far as is known; `owner` answers for it, `""` where nobody is named; `source`
    says in words why it is guaranteed. `tolerated` is the share of observations (0 to 1) that may be
    otherwise: 0 unless the clause is about a share itself, or is inferred and was not always true.
    """

    clause: Clause
    consumers: tuple[str, ...] = ()
    owner: str = ""
    source: str = ""
    tolerated: float = 0.0


def of_document(declared: DeclaredContract, observed: ProducerMap | None) -> list[Guarantee]:
    """What a document promises, with the consumers that the map shows to ask for it or to use it."""
    claims = {one.key: one.claims for one in observed.operations} if observed else {}
    if observed is not None:
        declared = declared.observed(observed.operations)
    guarantees: list[Guarantee] = []
    for operation in declared.operations:
        seen = claims.get(operation.key, ())
        statuses = sorted({claim.clause.subject.status or "" for claim in seen} - {""})
        by_subject = _relying(seen)
        guarantees += (
            Guarantee(
                clause=clause,
                consumers=tuple(sorted(by_subject.get(clause.subject, ()))),
                source=f"declared in {declared.source}",
                tolerated=PROMISED_TAIL if isinstance(clause.kind, Latency) else 0.0,
            )
            for clause in operation.clauses_for(statuses)
            if clause.kind.informative or isinstance(clause.kind, Closed)
        )
    return guarantees


def of_map(observed: ProducerMap) -> list[Guarantee]:
    """What somebody was seen to depend on: by using it, or by changing with it."""
    return [
        Guarantee(
            clause=claim.clause,
            consumers=tuple(sorted(link.consumer for link in users)),
            source="; ".join(f"{link.consumer}: {link.basis}" for link in users),
            tolerated=_tolerated(claim.clause, claim.evidence),
        )
        for operation in observed.operations
        for claim in operation.claims
        if not claim.candidate and claim.clause.kind.informative and not of_consumers(claim.clause)
        if (users := [link for link in relying(claim) if link.level.rank >= Level.USED.rank])
    ]


def of_file(text: str, name: str) -> list[Guarantee]:
    """The clauses in the JSON of `defacto map`, all that it claims.

    Raises:
        DefactoError: it is not such a file; the message says what is wrong.
    """
    try:
        return list(_read(json.loads(text), name))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DefactoError(
            f"{name} does not hold the clauses of a map: {error}",
            "defacto map --format json -o FILE writes such a file.",
        ) from error


def with_statuses(guarantees: Iterable[Guarantee]) -> list[Guarantee]:
    """The guarantees, and that each success comes that they speak of: who relies on its body relies on it."""
    told = list(guarantees)
    known = {one.clause.id for one in told}
    implied: dict[str, Guarantee] = {}
    for one in told:
        status = one.clause.subject.status or ""
        if status[:1] != "2" or parse(one.clause.operation).is_event:
            continue
        clause = replace(one.clause, subject=Subject(("response", status)), kind=Occurs())
        before = implied.get(clause.id, Guarantee(clause=clause, owner=one.owner, source=_IMPLIED))
        consumers = tuple(sorted({*before.consumers, *one.consumers}))
        implied[clause.id] = replace(before, consumers=consumers)
    return told + [one for id_, one in implied.items() if id_ not in known]


def is_of_producer(clause: Clause) -> bool:
    """Whether the producer keeps or breaks it; otherwise those who send requests, or publish."""
    return clause.subject.direction is Direction.RESPONSE and parse(clause.operation).verb != SEND


def _relying(claims: Iterable[Claim]) -> Mapping[Subject, set[str]]:
    found: dict[Subject, set[str]] = defaultdict(set)
    for claim in claims:
        found[claim.clause.subject] |= {link.consumer for link in relying(claim)}
    return found


def _read(form: Any, name: str) -> Iterator[Guarantee]:
    for producer in form["producers"]:
        for operation in producer["operations"]:
            for row in operation["clauses"]:
                clause = Clause(
                    producer=producer["name"],
                    operation=operation["key"],
                    subject=parse_subject(row["subject"]),
                    kind=kind_from(row["kind"], row["value"]),
                )
                if not clause.kind.informative or of_consumers(clause):
                    continue
                levels = {link["consumer"]: Level(link["level"]) for link in row["dependence"]}
                evidence = Evidence(held=row["evidence"]["held"], broken=row["evidence"]["broken"])
                yield Guarantee(
                    clause=clause,
                    consumers=tuple(
                        sorted(who for who, level in levels.items() if level is not Level.EXPOSED)
                    ),
                    source=f"listed in {name}",
                    tolerated=_tolerated(clause, evidence),
                )


def _tolerated(clause: Clause, evidence: Evidence) -> float:
    """What an inferred clause leaves open: the rate of violations that its own evidence allows.

    A quantile of few answers is itself uncertain: the p99 of forty is nearly the slowest of them, and more
    than one in a hundred may be slower.
    """
    if evidence.broken or isinstance(clause.kind, Latency):
        return evidence.bound or PROMISED_TAIL
    return 0.0
