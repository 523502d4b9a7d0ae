"""What is exported says what the clause says: each assertion agrees with `Clause.hold`."""

from __future__ import annotations

import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clause import Clause, Holds, Kind
from contract.kinds import (
    Closed,
    ContentType,
    Enum,
    Equal,
    Latency,
    Length,
    Nullable,
    Occurs,
    Pattern,
    Present,
    Range,
    Size,
    Type,
    Unique,
)
from contract.place import Places
from contract.subject import parse
from contract.verification.assertions import assertion
from reports.export import support
from reports.export.pytest_files import _HELPERS
from tests.inference.traffic import call

HELPERS = {name: getattr(support, name) for name in _HELPERS}
OPERATION = "GET /orders/{id}"
PLACES = ("response.200.body", "response.200.body.a", "response.200.body.a[]", "response.200.body.a[].b")
LEAVES = st.none() | st.booleans() | st.integers(-5, 20) | st.sampled_from(["", "x", "paid", "SKU-1", "n/a"])
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner),
    max_leaves=8,
)
KINDS = st.one_of(
    st.just(Present(always=True)),
    st.sets(st.sampled_from(["array", "boolean", "integer", "number", "object", "string"]), min_size=1).map(
        lambda names: Type.of(frozenset(names))
    ),
    st.just(Nullable(value=False)),
    st.just(Enum.of(["paid", "x", 3])),
    st.builds(Range, st.integers(-5, 0), st.none() | st.integers(0, 9)),
    st.builds(Length, st.just(1), st.integers(1, 4)),
    st.builds(Size, st.none(), st.integers(0, 2)),
    st.just(Pattern("^SKU-[0-9]+$")),
    st.just(Unique(None)),
    st.just(Unique("b")),
    st.just(Closed(("a", "b"))),
    st.just(Closed(())),
)


def clause(subject: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation=OPERATION, subject=parse(subject), kind=kind)


def passes(one: Clause, exchange: Any) -> bool:
    response = types.SimpleNamespace(
        headers={"Content-Type": "application/json; charset=utf-8"},
        content=exchange.response_body.content,
        json=lambda: Places(exchange, OPERATION).response["body"],
        status_code=exchange.status,
    )
    answer = support.answer_of(response, (exchange.duration_ns or 0) / 1e9)
    text = assertion(one)
    assert text is not None
    return bool(eval(text, {**HELPERS, "answer": answer}))  # what a generated test does


@given(body=BODIES, kind=KINDS, place=st.sampled_from(PLACES))
def test_an_assertion_fails_exactly_where_the_clause_is_broken(body: Any, kind: Kind, place: str) -> None:
    one = clause(place, kind)
    exchange = call(1, "GET", "/orders/1", got=body)
    if exchange.response_body is None:
        return
    assert passes(one, exchange) is (one.hold(Places(exchange, OPERATION)) is not Holds.NO)


@pytest.mark.parametrize(
    ("subject", "kind", "passing"),
    [
        ("response.200.header.content-type", ContentType(("application/json",)), True),
        ("response.200.header.content-type", ContentType(("text/html",)), False),
        ("response.200.latency", Latency(p50_ms=1, p95_ms=1, p99_ms=11, n=9), True),
        ("response.200.latency", Latency(p50_ms=1, p95_ms=1, p99_ms=9, n=9), False),
        ("response.200", Occurs(), True),
        ("response.201", Occurs(), False),
        ("response.200.header.content-type", Present(always=True), True),
        ("response.200.header.etag", Present(always=True), False),
    ],
)
def test_what_is_not_in_the_body(subject: str, kind: Kind, passing: bool) -> None:
    assert passes(clause(subject, kind), call(1, "GET", "/orders/1", got={})) is passing


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("request.query.limit", Type(("integer",))),
        ("response.404", Occurs()),
        ("response.200.body.a", Equal("response.200.body.b")),
        ("response.200.body.a", Present(always=False)),
        ("response.200.body.a", Nullable(value=True)),
        ("response.200.header.content-type", ContentType(("image/*",))),
        ("response.200.body.a", Pattern(r"^\p{Lu}+$")),
    ],
)
def test_what_has_no_assertion(subject: str, kind: Kind) -> None:
    assert assertion(clause(subject, kind)) is None
