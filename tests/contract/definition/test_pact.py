"""The contract definition as Pact files: what a consumer uses or is promised, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.definition.pact import Example, pacts
from tests.contract.definition.defining import (
    ORDER,
    all_guaranteed,
    created_claims,
    defined,
    ledger_of,
    order_claims,
)
from tests.inference.traffic import call

if TYPE_CHECKING:
    from contract.definition.terms import Definition

ID = "3f933587-4429-45fa-aa5d-0b4bdf3c49ba"
BODY = {"id": ID, "status": "paid", "items": [{"quantity": 2, "sku": "x"}, {"quantity": 3}], "secret": 1}
HEADERS = (("content-type", "application/json"), ("etag", '"1"'))
EVENT = "RECEIVE orders.created#OrderCreated"


def example(consumer: str = "billing", body: Any = None, **other: Any) -> Example:
    got = BODY if body is None else body
    exchange = call(0, "GET", f"/orders/{ID}?expand=items", got=got, response_headers=HEADERS, **other)
    return Example(consumer=consumer, operation=ORDER, exchange=exchange)


def event(body: Any) -> Example:
    exchange = call(0, "RECEIVE.#OrderCreated", "/orders/created", status=290, got=body)
    return Example(consumer="billing", operation=EVENT, exchange=exchange)


def of_orders(decisions: dict[str, str] | None = None, *more: Any) -> Definition:
    return defined(*order_claims(), *more, ledger=ledger_of(decisions or {}))


def body_of(pact: Any, version: int) -> Any:
    body = pact["interactions"][0]["response"]["body"]
    return body["content"] if version == 4 else body


@pytest.mark.parametrize("version", [3, 4])
def test_only_what_the_consumer_uses_is_asked_for(version: int) -> None:
    files = pacts(of_orders(), [example(), example("warehouse")], version)
    assert list(files) == ["billing-shop.json", "warehouse-shop.json"]
    assert body_of(files["billing-shop.json"], version) == {"id": ID, "status": "paid"}
    assert body_of(files["warehouse-shop.json"], version) == {"items": [{"quantity": 2}]}


def test_what_is_out_of_contract_is_not_asked_for() -> None:
    ids = {
        one.clause.id: "out-of-contract"
        for one in order_claims()
        if str(one.clause.subject) == "response.200.body.status"
    }
    assert body_of(pacts(of_orders(ids), [example()], 4)["billing-shop.json"], 4) == {"id": ID}


def test_rules_come_from_what_is_relied_on_or_promised() -> None:
    def rules(definition: Definition) -> Any:
        return pacts(definition, [example()], 4)["billing-shop.json"]["interactions"][0]["response"][
            "matchingRules"
        ]["body"]

    undecided = rules(of_orders())
    assert undecided["$.id"]["matchers"] == [{"match": "type"}]
    promised = rules(of_orders({one.clause.id: "guaranteed" for one in order_claims()}))
    assert promised["$.id"]["matchers"][0]["match"] == "regex"
    assert promised["$.status"]["matchers"][0] == {"match": "regex", "regex": "^(paid|placed)$"}
    assert promised["$.status"]["combine"] == "OR"  # nobody promised that it is never null


def test_a_state_names_the_stage_of_a_lifecycle_that_nobody_relies_on() -> None:
    (answered,) = pacts(of_orders(), [example("warehouse")], 4)["warehouse-shop.json"]["interactions"]
    assert answered["providerStates"][0]["params"] == {"id": ID, "status": "paid"}


@pytest.mark.parametrize("version", [3, 4])
def test_a_message_that_nothing_is_promised_of_is_not_asked_for(version: int) -> None:
    definition = defined(*created_claims(), ledger=ledger_of({}))
    assert pacts(definition, [event({"order_id": "1"})], version) == {}


def test_of_a_message_all_that_is_promised_is_asked_for() -> None:
    claims = created_claims()
    definition = defined(*claims, ledger=all_guaranteed(*claims))
    seen = event({"order_id": "1", "total": 9.5, "currency": "EUR", "more": True})
    (one,) = pacts(definition, [seen], 4)["billing-shop.json"]["interactions"]
    assert one["contents"]["content"] == {"order_id": "1", "total": 9.5, "currency": "EUR"}
