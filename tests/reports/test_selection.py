"""Narrowing keeps what was asked for and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import ContractMap, Standing
from reports.selection import claimed, consumer_names, of_consumer, of_operations


def keys(contract_map: ContractMap) -> list[str]:
    return [one.key for producer in contract_map.producers for one in producer.operations]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("GET /orders/{id}", ["GET /orders/{id}"]),
        ("*", ["GET /orders/{id}", "POST /orders", "GET /internal/export"]),
        ("GET *", ["GET /orders/{id}", "GET /internal/export"]),
        ("???? /orders", ["POST /orders"]),
        ("get /orders*", []),
        ("[GP]*", []),
    ],
)
def test_operations_by_pattern(shop_map: ContractMap, pattern: str, found: list[str]) -> None:
    assert keys(of_operations(shop_map, pattern)) == found


def test_one_consumer_sees_its_own(shop_map: ContractMap) -> None:
    own = of_consumer(shop_map, "storefront")
    assert keys(own) == ["GET /orders/{id}", "POST /orders"]
    assert consumer_names(own) == ["storefront"]
    operation = own.producers[0].operations[0]
    assert (operation.observations, operation.consumers) == (40, {"storefront": 40})
    assert {one.consumer for one in operation.durations} == {"storefront"}
    links = {link.consumer for claim in operation.claims for link in claim.dependence}
    assert links == {"storefront"}
    assert all(claim.dependence for claim in operation.claims)


def test_what_may_not_be_claimed_is_left_out_unless_declared(shop_map: ContractMap) -> None:
    operation = shop_map.producers[0].operations[0]
    sure, *_ = operation.claims
    undeclared = replace(sure, standing=Standing.UNDECLARED)
    candidate = replace(undeclared, doubt="too few")
    weak = replace(
        next(claim for claim in operation.claims if not claim.clause.kind.informative),
        standing=Standing.UNDECLARED,
    )
    contradicted = replace(candidate, standing=Standing.CONTRADICTED)
    claims = (undeclared, candidate, weak, contradicted)
    producer = replace(shop_map.producers[0], operations=(replace(operation, claims=claims),))
    kept = claimed(replace(shop_map, producers=(producer,)))
    assert kept.producers[0].operations[0].claims == (undeclared, contradicted)
