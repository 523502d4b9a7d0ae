"""Which part of a contract map a reader wants, and what of it may be claimed at all."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from contract.claim import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract.claim import Claim, ContractMap, OperationMap


def claimed(contract_map: ContractMap) -> ContractMap:
    """The map without what has too little evidence or says nothing, unless a declaration speaks of it."""

    def worth(operation: OperationMap) -> OperationMap:
        return replace(operation, claims=tuple(filter(_stands_alone, operation.claims)))

    return _each_operation(contract_map, worth)


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
