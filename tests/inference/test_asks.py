"""What was asked for by name, and what was not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clause import Clause, Kind
from contract.kinds import Present, Together, Type
from contract.kinds.together import REQUIRES
from contract.subject import parse
from inference.asks import Asks
from inference.observation import Observation
from tests.inference.laws import check
from tests.inference.traffic import call


def words(subject: str, *headers: tuple[str, str], target: str = "/a") -> str | None:
    asks = Asks()
    asks.observe(Observation(call(0, "GET", target, request_headers=headers, got={}), "GET /a"))
    found = asks.request_for(parse(subject), frozenset({"text/csv"}))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("subject", "headers", "basis"),
    [
        ("response.200.header.content-type", ("accept", "text/csv;q=1"), "asks for text/csv (Accept)"),
        ("response.206.body", ("range", "bytes=0-99"), "asks for it (Range: bytes)"),
        ("response.206.header.content-range", ("range", "bytes=0-99"), "asks for it (Range: bytes)"),
        ("response.200.body", ("range", "bytes=0-99"), None),
        (
            "response.201.body.id",
            ("prefer", "return=representation; x=1, wait=5"),
            "asks for it (Prefer: return=representation)",
        ),
        ("response.204", ("prefer", "return=minimal"), "asks for it (Prefer: return=minimal)"),
        ("response.202.body.job", ("prefer", "respond-async"), "asks for it (Prefer: respond-async)"),
        ("response.200.header.preference-applied", ("prefer", "wait=5"), "asks for it (Prefer: wait)"),
        ("response.200.body.bytes", ("range", "bytes=0-99"), None),
        ("response.404.body.title", ("prefer", "return=representation"), None),
    ],
)
def test_what_headers_ask_for(subject: str, headers: tuple[str, str], basis: str | None) -> None:
    assert words(subject, headers) == basis


def test_fields_that_are_selected() -> None:
    assert words("response.200.body.items[].sku", target="/a?fields=items(sku)") == "asks for it (fields=)"
    assert words("response.200.body.other", target="/a?fields=sku") is None


def test_what_graphql_selects() -> None:
    asks = Asks()
    for selection in ("query{a{b}}", "query{a{b c@include}}"):
        asks.observe(Observation(call(0, "POST", "/graphql"), "POST#A /graphql", selections=(selection,)))
    found = {
        place: asks.selected(parse(place))
        for place in (
            "response.200.body.data.a[].b",
            "response.200.body.data.a[].c",
            "response.200.body.data.a[].d",
            "response.200.header.b",
            "request.body.data.a",
        )
    }
    assert [one and (one[0], one[1].count) for one in found.values()] == [
        ("selects it", 2),
        ("selects it under a condition", 1),
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("subject", "kind", "explained"),
    [
        ("response.200.body.data.a", Present(True), True),
        ("response.200.body.data.z", Present(True), False),
        ("response.200.body.data.b", Type.of(frozenset({"string"})), False),
        ("response.200.body.data.a", Together("response.200.body.data.b", REQUIRES), True),
        ("response.200.body.data.c", Together("response.200.body.data.a", REQUIRES), True),
        ("response.200.body.data.a", Together("response.200.body.data.d", REQUIRES), False),
        ("response.200.body.errors", Together("response.200.body.extensions", REQUIRES), False),
    ],
)
def test_what_follows_from_asking(subject: str, kind: Kind, explained: bool) -> None:
    asks = Asks()
    for selection in ("query{a b d}", "query{a c@include d}"):
        asks.observe(Observation(call(0, "POST", "/graphql"), "POST#A /graphql", selections=(selection,)))
    clause = Clause(producer="shop", operation="POST /graphql#A", subject=parse(subject), kind=kind)
    assert asks.explains(clause) is explained


@given(
    st.lists(
        st.builds(
            lambda at, name, value, selection: (
                Observation(
                    call(at, "GET", "/a?fields=b", request_headers=((name, value),)),
                    "GET /a",
                    selections=selection,
                ),
            ),
            st.integers(0, 9),
            st.sampled_from(["accept", "prefer", "range"]),
            st.sampled_from(["bytes=0-1", "text/csv, a/b", "return=minimal, wait=3"]),
            st.sampled_from([(), ("query{a}",), ("query{a}", "query{b{c}}")]),
        ),
        max_size=8,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_laws(seen: list[tuple[Observation]], first: int, second: int) -> None:
    check(Asks, seen, first, second)
