"""What is guaranteed as Pact files: which example, whose clauses, and what is said to be left out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contract.clause import Clause, Kind
from contract.kinds import Occurs, Present, Type
from contract.subject import parse
from contract.verification.guarantees import Guarantee
from inference.events import exchange_of
from reports.export.pact_files import pact_files
from reports.verification_requests import Request
from tests.inference.traffic import call, message

if TYPE_CHECKING:
    from reports.export.files import Exported

CREATED, ORDER = "RECEIVE orders.created", "GET /orders/{id}"


def guarantee(operation: str, subject: str, kind: Kind, *consumers: str) -> Guarantee:
    clause = Clause(producer="shop", operation=operation, subject=parse(subject), kind=kind)
    return Guarantee(clause=clause, consumers=consumers or ("billing",))


def of_order(body: Any, *guarantees: Guarantee) -> Exported:
    exchange = call(1, "GET", "/orders/7?expand=lines&expand=customer", got=body)
    request = Request(operation=ORDER, consumer="billing", recorded=exchange, headers=())
    return pact_files(guarantees, {ORDER: [request]}, {})


def interaction(body: Any, *guarantees: Guarantee) -> Any:
    (text,) = of_order(body, *guarantees).files.values()
    (one,) = json.loads(text)["interactions"]
    return one


def test_an_example_holds_the_places_that_are_relied_on() -> None:
    body = {"id": 1, "lines": [{"sku": "a", "n": 1}, {"sku": "b"}], "odd name": True, "more": {"x": 1}}
    one = interaction(
        body,
        guarantee(ORDER, "response.200.body.id", Type(("integer",))),
        guarantee(ORDER, "response.200.body.lines[].sku", Present(always=True)),
        guarantee(ORDER, 'response.200.body["odd name"]', Present(always=True)),
        guarantee(ORDER, "response.200", Occurs()),
    )
    assert one["response"]["body"]["content"] == {"id": 1, "lines": [{"sku": "a"}], "odd name": True}
    rules = one["response"]["matchingRules"]["body"]
    assert set(rules) == {"$", "$.id", "$.lines", "$.lines[*].sku", "$['odd name']"}
    assert one["request"]["query"] == {"expand": ["lines", "customer"]}


def test_without_a_place_in_the_body_only_the_status_counts() -> None:
    one = interaction({"id": 1}, guarantee(ORDER, "response.200", Occurs()))
    assert one["response"] == {"status": 200}


def test_what_cannot_be_in_a_pact_is_told() -> None:
    found = pact_files(
        [
            guarantee(ORDER, "request.query.limit", Type(("integer",))),
            guarantee(ORDER, "response.4XX", Occurs()),
            guarantee(ORDER, "response.200.body.id", Present(always=True)),
            replace(guarantee(ORDER, "response.200.body.x", Present(always=True)), consumers=()),
        ],
        {},
        {},
    )
    assert not found.files
    assert found.tested == 0
    assert sum(found.left_out.values()) == 4


def test_what_the_example_does_not_show_is_not_counted_as_tested() -> None:
    found = of_order(
        {"id": 1},
        guarantee(ORDER, "response.200.body.id", Present(always=True), "billing", "warehouse"),
        guarantee(ORDER, "response.200.body.gone", Present(always=True)),
        guarantee(ORDER, "response.200.body.id", Present(always=True), "warehouse"),
    )
    assert found.tested == 1
    assert found.left_out == {"the example does not show it, or Pact has no word for it": 1}


def test_an_example_is_the_consumers_own_and_of_the_same_producer() -> None:
    owned = guarantee(ORDER, "response.200.body.id", Present(always=True))
    assert of_order({"id": 1}, replace(owned, consumers=("warehouse",))).files == {}
    other = replace(owned, clause=replace(owned.clause, producer="market"))
    assert of_order({"id": 1}, other).files == {}


def test_a_message_is_asked_for_as_it_was_delivered() -> None:
    delivered = message(1, "orders.created", {"order_id": "o1", "noise": 1}, producer="shop")
    found = pact_files(
        [guarantee(CREATED, "response.message.body.order_id", Type(("string",)), "loyalty")],
        {},
        {(CREATED, "loyalty"): exchange_of(delivered)},
    )
    (one,) = json.loads(found.files["loyalty-shop.json"])["interactions"]
    assert one["description"] == "orders.created"
    assert one["contents"]["content"] == {"order_id": "o1"}
