"""Declared × observed: every operation of either side, its claims joined with what is declared of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.claim import OperationMap
from contract.operation import parse
from contract.standing import join
from reports.drift import Drift
from reports.finding import Compared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.claim import Consumer, ContractMap
    from contract.openapi import DeclaredContract, DeclaredOperation


def drift_between(contract_map: ContractMap, *declared: DeclaredContract) -> Drift:
    """The drift report of one or several producers.

    Args:
        contract_map: the map of the producers, their operations keyed as declared.
        declared: what their documents declare, at least one, each of another producer.
    """
    by_name = {producer.name: producer for producer in contract_map.producers}
    told = [by_name[document.producer] for document in declared]
    return Drift(
        generated_at=contract_map.generated_at,
        window=contract_map.window,
        capture=contract_map.capture,
        documents={document.producer: document.source for document in declared},
        compared=tuple(
            compared
            for producer, document in zip(told, declared, strict=True)
            for compared in compare(replace(contract_map, producers=(producer,)), document)
        ),
        consumers=_as_one(consumer for producer in told for consumer in producer.consumers),
    )


def stood(contract_map: ContractMap, declared: DeclaredContract) -> ContractMap:
    """The map of one producer with the standing of each claim, and with what was declared and never seen."""
    operations = tuple(compared.operation for compared in compare(contract_map, declared))
    return replace(
        contract_map,
        producers=tuple(replace(producer, operations=operations) for producer in contract_map.producers),
    )


def compare(contract_map: ContractMap, declared: DeclaredContract) -> tuple[Compared, ...]:
    """The operations that were observed, then those that never were, in the order declared."""
    observed = {one.key: one for producer in contract_map.producers for one in producer.operations}
    as_seen = declared.observed(observed.values())
    promised = {operation.key: operation for operation in as_seen.operations}
    unseen = [_never_seen(operation) for key, operation in promised.items() if key not in observed]
    return tuple(
        _compared(operation, promised.get(operation.key), declared.producer)
        for operation in (*observed.values(), *unseen)
    )


def _compared(operation: OperationMap, declared: DeclaredOperation | None, producer: str) -> Compared:
    statuses = sorted({claim.clause.subject.status or "" for claim in operation.claims} - {""})
    clauses = declared.clauses_for(statuses) if declared else []
    return Compared(
        producer=producer,
        operation=replace(
            operation, claims=tuple(join((*operation.claims, *operation.explained), clauses)), explained=()
        ),
        promised=frozenset(clause.subject for clause in clauses) if declared else None,
        pointers=declared.pointers_for(statuses) if declared else {},
    )


def _as_one(consumers: Iterable[Consumer]) -> tuple[Consumer, ...]:
    """Consumers of several producers, each once."""
    known: dict[str, Consumer] = {}
    for one in consumers:
        other = known.get(one.name)
        known[one.name] = one if other is None else _joined(other, one)
    return tuple(known.values())


def _joined(one: Consumer, other: Consumer) -> Consumer:
    return replace(
        one,
        identities=tuple(dict.fromkeys(one.identities + other.identities)),
        bases=tuple(dict.fromkeys(one.bases + other.bases)),
        observations=one.observations + other.observations,
        first_seen=min(one.first_seen, other.first_seen),
        last_seen=max(one.last_seen, other.last_seen),
    )


def _never_seen(declared: DeclaredOperation) -> OperationMap:
    """What no call or message was of: all of an operation, or what is left of one that is used in part."""
    return OperationMap(
        key=declared.key,
        protocol="event" if parse(declared.key).is_event else "http",
        observations=sum(declared.callers.values()),
        consumers=dict(declared.callers),
        claims=(),
    )
