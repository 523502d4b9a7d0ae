"""Which part of a contract map a reader wants, and what of it may be claimed at all."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from contract.claim import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contract.claim import Claim, ContractMap, OperationMap

    Candidates = Mapping[tuple[str, str], tuple[Claim, ...]]
    """Claims that are in doubt, by producer and operation key."""


def claimed(contract_map: ContractMap) -> ContractMap:
    """The map without what has too little evidence or says nothing, unless a declaration speaks of it."""

    def worth(operation: OperationMap) -> OperationMap:
        return replace(operation, claims=tuple(filter(_stands_alone, operation.claims)))

    return _each_operation(contract_map, worth)


def candidates(contract_map: ContractMap) -> Candidates:
    """What was nearly claimed, by producer and operation: the most often seen first."""
    return {
        (producer.name, operation.key): tuple(
            sorted(
                (claim for claim in operation.claims if _is_nearly(claim)),
                key=lambda claim: (-claim.evidence.total, claim.clause.id),
            )
        )
        for producer in contract_map.producers
        for operation in producer.operations
    }


def of_operations(contract_map: ContractMap, pattern: str) -> ContractMap:
    """The operations whose key matches a pattern with `*` and `?`: `GET /orders*`.

    Braces and brackets in keys are plain characters.
    """
    escaped = pattern.replace("[", "[[]")
    return _each_operation(
        contract_map, lambda operation: operation if fnmatchcase(operation.key, escaped) else None
    )


def of_consumer(contract_map: ContractMap, name: str) -> ContractMap:
    """What one consumer calls and depends on. Evidence still counts all consumers."""

    def own(operation: OperationMap) -> OperationMap | None:
        if name not in operation.consumers:
            return None
        claims = (
            replace(claim, dependence=tuple(link for link in claim.dependence if link.consumer == name))
            for claim in operation.claims
        )
        return replace(
            operation,
            observations=operation.consumers[name],
            consumers={name: operation.consumers[name]},
            claims=tuple(claim for claim in claims if claim.dependence),
            durations=tuple(one for one in operation.durations if one.consumer == name),
        )

    narrowed = _each_operation(contract_map, own)
    return replace(
        narrowed,
        producers=tuple(
            replace(producer, consumers=tuple(one for one in producer.consumers if one.name == name))
            for producer in narrowed.producers
        ),
    )


def consumer_names(contract_map: ContractMap) -> list[str]:
    """All consumers of a map, sorted."""
    return sorted({one.name for producer in contract_map.producers for one in producer.consumers})


def _is_nearly(claim: Claim) -> bool:
    return claim.candidate and claim.clause.kind.informative and claim.standing is Standing.UNDECLARED


def _stands_alone(claim: Claim) -> bool:
    if claim.standing is not Standing.UNDECLARED:
        return True
    return claim.clause.kind.informative and not claim.candidate


def _each_operation(
    contract_map: ContractMap, change: Callable[[OperationMap], OperationMap | None]
) -> ContractMap:
    """The map with every operation changed, or left out where the change gives None."""
    return replace(
        contract_map,
        producers=tuple(
            replace(
                producer,
                operations=tuple(
                    changed for operation in producer.operations if (changed := change(operation)) is not None
                ),
            )
            for producer in contract_map.producers
        ),
    )
