"""What is guaranteed, as Pact files (`contract.pact`): of each consumer what it relies on, in version 4."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from contract.pact.writing import V4, Interaction, pacts
from contract.statuses import word_of
from reports.export.files import Exported
from reports.json_form import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.clause import Clause
    from contract.verification.guarantees import Guarantee
    from reports.verification_requests import Request
    from store.records import Exchange


class _Answer(NamedTuple):
    """What an interaction is about."""

    consumer: str
    producer: str
    operation: str
    status: str


def pact_files(
    guarantees: Iterable[Guarantee],
    requests: Mapping[str, Sequence[Request]],
    messages: Mapping[tuple[str, str], Exchange],
) -> Exported:
    """A pact a consumer and producer.

    Args:
        guarantees: of one producer or several, each once.
        requests: recorded exchanges to take examples from, by operation.
        messages: a delivered message as an exchange, by operation and consumer.
    """
    left_out: Counter[str] = Counter()
    relied: dict[_Answer, list[Clause]] = defaultdict(list)
    known: dict[tuple[str, str], list[Clause]] = defaultdict(list)
    for one in guarantees:
        clause, status = one.clause, one.clause.subject.status or ""
        known[clause.producer, clause.operation].append(clause)
        if not (status.isdigit() or status == "message"):
            left_out["it is not about one kind of answer"] += 1
        elif not one.consumers:
            left_out["nobody was seen to rely on it"] += 1
        else:
            for consumer in one.consumers:
                relied[_Answer(consumer, clause.producer, clause.operation, status)].append(clause)
    interactions = [
        Interaction(
            consumer=about.consumer,
            operation=about.operation,
            exchange=example,
            relied=clauses,
            known=known[about.producer, about.operation],
        )
        for about, clauses in relied.items()
        if (example := _example(about, requests, messages)) is not None
    ]
    wanted = {clause.id for clauses in relied.values() for clause in clauses}
    exemplified = {clause.id for one in interactions for clause in one.relied}
    tested = {clause.id for one in interactions for clause in one.relied if one.tests(clause)}
    left_out["no whole example without withheld values was recorded"] = len(wanted - exemplified)
    left_out["the example does not show it, or Pact has no word for it"] = len(exemplified - tested)
    files = {name: to_json(form) + "\n" for name, form in pacts(interactions, V4).items()}
    return Exported(files=files, tested=len(tested), left_out=+left_out)


def _example(
    about: _Answer,
    requests: Mapping[str, Sequence[Request]],
    messages: Mapping[tuple[str, str], Exchange],
) -> Exchange | None:
    """What the consumer did itself, and got that answer to; calls as they would be sent again."""
    calls = (
        replace(one.recorded, request_headers=one.headers)
        for one in requests.get(about.operation, ())
        if one.consumer == about.consumer
    )
    return next(
        (
            one
            for one in (messages.get((about.operation, about.consumer)), *calls)
            if one is not None and (one.producer, word_of(one.status or 0)) == (about.producer, about.status)
        ),
        None,
    )
