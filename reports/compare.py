"""Declared × observed: every operation of either side, its claims joined with what is declared of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.claim import OperationMap
from contract.standing import join
from reports.drift import Drift
from reports.finding import Compared

if TYPE_CHECKING:
    from contract.claim import ContractMap
    from contract.openapi import DeclaredContract, DeclaredOperation


def drift_between(contract_map: ContractMap, declared: DeclaredContract) -> Drift:
    """The drift report of one producer.

    Args:
        contract_map: the map of the producer, its operations keyed as declared.
        declared: what its document declares.
    """
    return Drift(
        generated_at=contract_map.generated_at,
        window=contract_map.window,
        capture=contract_map.capture,
        documents={declared.producer: declared.source},
        compared=compare(contract_map, declared),
        consumers=tuple(one for producer in contract_map.producers for one in producer.consumers),
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
    promised = {operation.key: operation for operation in declared.operations}
    unseen = [_never_seen(key) for key in promised if key not in observed]
    return tuple(
        _compared(operation, promised.get(operation.key), declared.producer)
        for operation in (*observed.values(), *unseen)
    )


def _compared(operation: OperationMap, declared: DeclaredOperation | None, producer: str) -> Compared:
    statuses = sorted({claim.clause.subject.status or "" for claim in operation.claims} - {""})
    clauses = declared.clauses_for(statuses) if declared else []
    return Compared(
        producer=producer,
        operation=replace(operation, claims=tuple(join(operation.claims, clauses))),
        promised=frozenset(clause.subject for clause in clauses) if declared else None,
        pointers=declared.pointers_for(statuses) if declared else {},
    )


def _never_seen(key: str) -> OperationMap:
    return OperationMap(key=key, protocol="http", observations=0, consumers={}, claims=())
