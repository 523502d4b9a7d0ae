"""Protocol: what is said about how to talk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.observation import Observation
from inference.protocol import ProtocolFacts
from tests.inference.laws import check
from tests.inference.traffic import call

if TYPE_CHECKING:
    from store.records import Headers

ROUTE = "GET /v2/orders"
FIELDS = st.sampled_from(
    [
        ("authorization", "Bearer x"),
        ("etag", '"1"'),
        ("x-ratelimit-limit", "60"),
        ("origin", "https://a.example"),
    ]
)
CALLS = st.lists(
    st.tuples(st.integers(0, 50), st.lists(FIELDS, max_size=3), st.sampled_from([200, 304])), max_size=20
)


def looked_at(calls: list[tuple[int, Any, int]]) -> list[tuple[Observation]]:
    exchanges = {
        e.id: e
        for at, fields, status in calls
        for e in [
            call(
                at,
                "GET",
                f"/v2/orders?n={status}",
                got=fields,
                status=status,
                request_headers=tuple(fields),
                response_headers=tuple(fields),
            )
        ]
    }
    return [(Observation(exchange, ROUTE),) for exchange in exchanges.values()]


@given(CALLS, st.integers(), st.integers())
def test_laws(calls: list[tuple[int, Any, int]], first: int, second: int) -> None:
    check(ProtocolFacts, looked_at(calls), first, second)


def claims(
    *,
    sent: Headers = (),
    got: Headers = (),
    target: str = "/orders",
    status: int = 200,
    count: int = 8,
    without: int = 0,
) -> dict[str, Any]:
    """What is claimed of some calls with these headers, and others without, by key of the clause."""
    facts = ProtocolFacts()
    for n in range(count):
        exchange = call(n, "GET", target, status=status, got={}, request_headers=sent, response_headers=got)
        facts.observe(Observation(exchange, "GET /orders"))
    for n in range(without):
        facts.observe(Observation(call(1000 + n, "GET", "/orders", status=status, got={}), "GET /orders"))
    return {
        f"{one.clause.subject} {one.clause.kind.name}": one.clause.kind.value
        for one in facts.claims("shop", f"GET {target.partition('?')[0]}")
        if not one.doubt
    }


@pytest.mark.parametrize(
    ("sent", "place", "scheme"),
    [
        (("authorization", "Bearer redacted.jwt.string.abcdefghijklmnop"), "authorization", "bearer"),
        (("authorization", "Basic redacted.secret.string.abcdefghijklmnop"), "authorization", "basic"),
        (("authorization", "redacted.secret.string.abcdefghijklmnop"), "authorization", "other"),
        (("x-api-key", "redacted.secret.string.abcdefghijklmnop"), "x-api-key", "api-key"),
        (("cookie", "theme=dark; session_id=redacted.secret.string.abcdefghijklmnop"), "cookie", "session"),
    ],
)
def test_how_callers_say_who_they_are(sent: tuple[str, str], place: str, scheme: str) -> None:
    assert claims(sent=(sent,)) == {f"request.header.{place} auth": [scheme]}
    assert claims(sent=(sent,), without=4) == {}, "a third of the calls needs none"


def test_a_cookie_that_is_no_session_says_nothing_of_the_caller() -> None:
    assert claims(sent=(("cookie", "theme=dark"),)) == {}
    for endless in ("; " + " " * 200_000, "sid" * 100_000, "; a" * 100_000):
        assert claims(sent=(("cookie", endless),)) == {}


def test_a_key_in_the_query() -> None:
    assert claims(target="/orders?api_key=redacted.secret.string.abcdefghijklmnop") == {
        "request.query.api_key auth": ["api-key"]
    }


def test_validators_of_answers_and_of_consumers() -> None:
    found = claims(sent=(("if-none-match", '"1"'),), got=(("etag", '"1"'),), status=304)
    assert found == {
        "request.header.if-none-match validator": ["etag"],
        "response.304.header.etag validator": ["etag"],
    }
    assert claims(got=(("etag", '"1"'),), without=1) == {}, "an answer had none"


def test_limits() -> None:
    got = (("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "3"))
    assert claims(got=got) == {
        "response.200.header.x-ratelimit-limit rate-limit": {
            "limit": 60,
            "remaining": "x-ratelimit-remaining",
            "reset": "x-ratelimit-reset",
        }
    }


@pytest.mark.parametrize(
    ("sent", "target", "expected"),
    [
        ((), "/v2/orders", {"request.path versioning": ["v2"]}),
        (
            (("api-version", "2026-03-01"),),
            "/orders",
            {"request.header.api-version versioning": ["2026-03-01"]},
        ),
        (
            (("accept", "application/vnd.shop.v3+json"),),
            "/orders",
            {"request.header.accept versioning": ["v3"]},
        ),
        ((), "/orders?api-version=2024-01-01", {"request.query.api-version versioning": ["2024-01-01"]}),
        ((("x-client-version", "1.2.3"),), "/orders", {}),
        ((), "/video/v", {}),
    ],
)
def test_versions(sent: Headers, target: str, expected: dict[str, Any]) -> None:
    assert claims(sent=sent, target=target) == expected


def test_where_answers_lead_and_who_may_read_them() -> None:
    assert claims(got=(("location", "/v2/orders"),), status=301) == {
        "response.301.header.location redirect": ["same-origin"]
    }
    assert claims(got=(("location", "https://other.example/x"),), status=302) == {
        "response.302.header.location redirect": ["other-origin"]
    }
    origin = "https://app.example"
    allowed = (("access-control-allow-origin", origin),)
    place = "response.200.header.access-control-allow-origin cors"
    assert claims(sent=(("origin", origin),), got=allowed) == {place: ["echo"]}
    assert claims(got=allowed) == {place: [origin]}


def test_codings() -> None:
    assert claims(got=(("content-encoding", "gzip"),), without=3) == {
        "response.200.header.content-encoding compression": ["gzip"]
    }


def test_the_media_type_that_was_asked_for() -> None:
    facts = ProtocolFacts()
    for n in range(12):
        wanted = ["application/json", "text/csv"][n % 2]
        exchange = call(n, "GET", "/orders", got={}, request_headers=(("accept", wanted),))
        assert exchange.response_body is not None
        body = replace(exchange.response_body, media_type=wanted)
        facts.observe(Observation(replace(exchange, response_body=body), "GET /orders"))
    (stated,) = [one for one in facts.claims("shop", "GET /orders") if not one.doubt]
    assert (stated.clause.subject.text, stated.clause.kind.value) == (
        "request.header.accept",
        ["application/json", "text/csv"],
    )
