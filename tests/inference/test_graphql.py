"""Which requests are GraphQL, what they are called, and what follows from what they select."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.claim import Level
from contract.subject import parse
from inference.contract_map import build
from inference.fold import fold
from inference.graphql import asked, method_of, selected
from store.records import Body, Exchange
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from pathlib import Path

    from contract.claim import OperationMap

HASH = sha256(b"{a}").hexdigest()
PERSISTED = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}}


def named(exchange: Exchange) -> str:
    return method_of(exchange, asked(exchange))


@pytest.mark.parametrize(
    ("sent", "method"),
    [
        ({"query": "query OrderById { order { id } }"}, "POST#OrderById"),
        ({"query": "{ order { id } }", "operationName": None, "variables": {}}, "POST#query.order"),
        ({"query": "query A { a } query B { b }", "operationName": "B"}, "POST#B"),
        ({"query": "mutation { pay(id: 1) { id } log }"}, "POST#mutation.log+pay"),
        ({"query": "query OrderById_8f3a1c2e { order { id } }"}, "POST#query.order"),
        ({"query": "{ a { number(card: redacted.card.string.abcdefghijklmnop) } }"}, "POST#query.a"),
        ([{"query": "query B { b }"}, {"query": "query A { a }"}, {"query": "{ a }"}], "POST#[A+B+query.a]"),
        ([{"query": f"query {letter * 40} {{ a }}"} for letter in "abc"], "POST#[many]"),
        ({**PERSISTED, "operationName": "OrderById"}, "POST#OrderById"),
        (PERSISTED, f"POST#persisted.{HASH[:12]}"),
        ({"documentId": f"sha256:{HASH}"}, f"POST#persisted.{HASH[:12]}"),
        ({"query": "query A { a } query B { b }"}, "POST"),
        ({"query": "query A { a }", "operationName": "B"}, "POST"),
        ({"query": "query A { a }", "operationName": 7}, "POST"),
        ({"query": "{ a "}, "POST"),
        ({"query": "{}"}, "POST"),
        ({"query": "type Query { a: Int }"}, "POST"),
        ({"query": "red shoes {size}"}, "POST"),
        ({"query": {"match_all": {}}}, "POST"),
        ({"query": "", "note": "sha256"}, "POST"),
        ({"extensions": {"persistedQuery": "sha256"}}, "POST"),
        ([{"query": "{ a }"}, {"query": "shoes"}], "POST"),
        ([], "POST"),
        ("query", "POST"),
    ],
)
def test_what_a_request_is_called(sent: Any, method: str) -> None:
    assert named(call(0, "POST", "/graphql", sent=sent)) == method


@pytest.mark.parametrize(
    ("query", "method"),
    [
        ({"query": "query OrderById { order { id } }"}, "GET#OrderById"),
        ({"query": "shoes"}, "GET"),
        ({"operationName": "OrderById", "extensions": json.dumps(PERSISTED["extensions"])}, "GET#OrderById"),
        ({"operationName": "OrderById", "extensions": "{sha256"}, "GET"),
        ({"q": "1"}, "GET"),
    ],
)
def test_requests_by_get(query: dict[str, str], method: str) -> None:
    assert named(call(0, "GET", f"/graphql?{urlencode(query)}")) == method


def test_a_body_that_is_the_document() -> None:
    document = b"query OrderById { order { id } }"
    body = Body(
        content=document, size=len(document), wire_size=len(document), media_type="application/graphql"
    )
    exchange = replace(call(0, "POST", "/graphql"), request_body=body)
    assert named(exchange) == "POST#OrderById"
    assert asked(exchange) == ("OrderById", ("query{order{id}}",), ())


def test_what_was_cut_and_other_methods_are_none() -> None:
    exchange = call(0, "POST", "/graphql", sent={"query": "{ a }"})
    assert exchange.request_body is not None
    assert named(replace(exchange, request_body=replace(exchange.request_body, truncated=True))) == "POST"
    assert named(call(0, "PUT", "/graphql", sent={"query": "{ a }"})) == "PUT"
    assert named(call(0, "POST", "/graphql")) == "POST"


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["query", "operationName", "extensions", "persistedQuery", "sha256Hash", "documentId"]
                ),
                inner,
            )
        ),
    )
)
@example({"query": "{" + "a{" * 5000})
def test_any_body_can_be_looked_at(sent: Any) -> None:
    assert named(call(0, "POST", "/graphql", sent=sent)).startswith("POST")


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("response.200.body.data", True),
        ("response.200.body.data.order", True),
        ("response.200.body[].data.order.lines[].sku", True),
        ("response.200.body.data.order.{}.sku", True),
        ("response.200.body.data.order.{}.total", None),
        ("response.200.body.data.order.total", False),
        ("response.200.body.data.order.id", None),
        ("response.200.body.errors", None),
        ("response.200.body", None),
    ],
)
def test_which_places_are_selected(subject: str, found: bool | None) -> None:
    selection = "query{order{lines{sku} total@include}}"
    assert selected(selection, parse(subject)) is found


def orders(consumer: str, document: str, got: list[Any]) -> list[Exchange]:
    sent = {"query": document, "operationName": "Orders"}
    return [
        call(number * 61, "POST", "/graphql", consumer=consumer, sent=sent, got=one)
        for number, one in enumerate(got)
    ]


def mapped(tmp_path: Path, exchanges: list[Exchange]) -> OperationMap:
    with Store.open(str(tmp_path / "d.db")) as store:
        store.write(exchanges)
        fold(store)
        (producer,) = build(store).producers
    return next(one for one in producer.operations if one.key == "POST /graphql#Orders")


def dependence(one: OperationMap, subject: str) -> dict[str, tuple[str, str, int]]:
    return {
        link.consumer: (link.level, link.basis, link.count)
        for claim in one.claims
        if str(claim.clause.subject) == subject and claim.clause.kind.name == "type"
        for link in claim.dependence
    }


def test_who_depends_on_what_is_what_they_select(tmp_path: Path) -> None:
    full = {"data": {"orders": [{"id": 1, "total": 2.5, "note": "x"}]}}
    short = {"data": {"orders": [{"id": 1}]}}
    empty: dict[str, Any] = {"data": {"orders": []}}
    found = mapped(
        tmp_path,
        [
            *orders("billing", "query Orders { orders { id total note @include(if: $n) } }", [full] * 20),
            *orders("search", "query Orders { orders { id } }", [short] * 20),
            *orders("audit", "query Orders { orders { total } }", [empty] * 20),
        ],
    )
    body = "response.200.body.data.orders[]"
    yes = (Level.REQUESTED, "selects it", 20)
    assert dependence(found, f"{body}.id") == {"billing": yes, "search": yes}
    assert dependence(found, f"{body}.total") == {"billing": yes, "audit": yes}
    assert dependence(found, f"{body}.note") == {
        "billing": (Level.REQUESTED, "selects it under a condition", 20)
    }
    assert found.protocol == "http"


def test_that_a_field_is_there_because_it_was_selected_is_no_claim(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        [
            *orders(
                "billing",
                "query Orders { order { id total } }",
                [{"data": {"order": {"id": 1, "total": 2}}}] * 30,
            ),
            *orders(
                "search", "query Orders { order { id tax } }", [{"data": {"order": {"id": 1, "tax": 2}}}] * 30
            ),
        ],
    )
    kinds = {(str(one.clause.subject), one.clause.kind.name) for one in found.claims}
    assert not {entry for entry in kinds if "data" in entry[0]} & {
        (f"response.200.body.data.order.{name}", kind)
        for name in ("id", "total", "tax")
        for kind in ("present", "together")
    }
    assert ("request.body.query", "present") in kinds


def test_a_document_that_was_sent_with_its_hash_is_known_by_it(tmp_path: Path) -> None:
    document = "query Orders { orders { id } }"
    answer = {"data": {"orders": [{"id": 1}]}}
    registered = {"query": document, **PERSISTED}
    by_hash = {"operationName": "Orders", **PERSISTED}
    found = mapped(
        tmp_path,
        [
            call(0, "POST", "/graphql", consumer="search", sent=registered, got=answer),
            *(call(n * 61, "POST", "/graphql", consumer="mobile", sent=by_hash, got=answer) for n in (1, 90)),
            call(99, "POST", "/graphql", sent={**by_hash, "documentId": "no hash"}, got=answer),
        ],
    )
    assert found.selections == ("query{orders{id}}",)
    where = "response.200.body.data.orders[].id"
    assert dependence(found, where)["mobile"] == (Level.REQUESTED, "selects it", 2)


def test_what_is_not_known_stands_under_its_hash(tmp_path: Path) -> None:
    found = mapped(
        tmp_path, [call(0, "POST", "/graphql", sent={"operationName": "Orders", **PERSISTED}, got={})]
    )
    assert found.selections == (f"persisted.{HASH[:12]}",)


def test_what_follows_from_a_selection_is_kept_apart(tmp_path: Path) -> None:
    answer = {"data": {"orders": [{"id": 1}]}}
    found = mapped(tmp_path, orders("search", "query Orders { orders { id } }", [answer] * 30))
    present = {str(one.clause.subject): one for one in found.explained if one.clause.kind.name == "present"}
    assert present["response.200.body.data.orders[].id"].doubt == "it is there because it was selected"
    assert all(one.candidate for one in found.explained)
