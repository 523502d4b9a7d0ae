from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import journal
from inference.journal import Journal, identifies, mark
from inference.observation import Observation
from tests.inference.laws import check
from tests.inference.traffic import START, call

CALLS = st.lists(
    st.tuples(st.integers(0, 100), st.sampled_from(["/orders", "/orders/17", "/orders/18"])), max_size=30
)


def looked_at(calls: list[tuple[int, str]]) -> list[tuple[Observation]]:
    exchanges = {e.id: e for at, target in calls for e in [call(at, "GET", target, got={"id": at % 3})]}
    route = {"/orders": "GET /orders"}
    return [(Observation(e, route.get(e.path, "GET /orders/{}")),) for e in exchanges.values()]


@given(CALLS, st.integers(), st.integers())
def test_laws(calls: list[tuple[int, str]], first: int, second: int) -> None:
    check(Journal, looked_at(calls), first, second)


@given(CALLS, st.integers(), st.integers())
def test_laws_at_the_bound(calls: list[tuple[int, str]], first: int, second: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "MAX_EVENTS", 5)
        check(Journal, looked_at(calls), first, second)


def one(**known: Any) -> journal.Event:
    seen = Journal()
    seen.observe(Observation(call(1, **known), known.pop("route", "POST /orders/{}/payments")))
    (event,) = seen.events()
    return event


def test_an_event_keeps_what_tells_exchanges_apart() -> None:
    event = one(
        method="POST",
        target="/orders/17/payments?dry=true",
        sent={"amount": 9.5, "card": {"brand": "visa", "limits": [1]}, "none": None},
        status=201,
        got={"id": 4711, "items": [1, 2, 3], "text": "a text that is longer than is kept"},
        request_headers=(("idempotency-key", "k-1"),),
        response_headers=(("location", "https://shop.example/payments/4711?x=1"), ("retry-after", "3")),
    )
    assert event.at == START + 10**9
    assert event.path == {"1": "17"}
    assert event.query == {"dry": "true"}
    assert event.sent == {"amount": "9.5", "card.brand": "visa"}
    assert event.shown["id"] == event.shown["location"] == mark(4711) == "4711"
    assert isinstance(event.shown["text"], int)
    assert (event.items, event.key, event.retry_after, event.status) == (3, "k-1", 3.0, 201)


def test_a_date_in_retry_after_counts_from_the_answer() -> None:
    # START is 2023-11-14 22:13:20 UTC, the call starts a second later
    event = one(
        method="POST",
        target="/x",
        status=503,
        response_headers=(("retry-after", "Tue, 14 Nov 2023 22:13:31 GMT"),),
    )
    assert event.retry_after == pytest.approx(10, abs=0.1)
    assert one(method="POST", target="/x", response_headers=(("retry-after", "soon"),)).retry_after == -1


def test_equal_requests_have_equal_digests() -> None:
    a, b, c = (one(method="POST", target="/x", sent={"n": n}) for n in (1, 1, 2))
    assert a.request == b.request != c.request


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", True),
        ("orderId", True),
        ("order.id", True),
        ("order_ref", True),
        ("status", False),
        ("paid", False),
    ],
)
def test_names_that_identify(name: str, expected: bool) -> None:
    assert identifies(name) is expected


def test_of_more_repeats_than_fit_the_first_are_kept() -> None:
    seen = Journal()
    for at in range(3 * journal.MAX_EVENTS):
        seen.observe(Observation(call(at, "GET", "/status", got={}), "GET /status"))
    seen.state()
    assert [event.at for event in seen.events()] == [START + at * 10**9 for at in range(journal.MAX_EVENTS)]
    assert not seen.complete


def test_all_that_was_done_with_an_entity_is_kept_or_left_out_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Journal, "most", 40)
    seen, asked = Journal(), []
    for n in range(100):
        order = f"o-{n}"
        for step, (method, target, sent) in enumerate(
            [
                ("POST", "/payments", {"order_id": order, "card": "a"}),
                ("GET", f"/refunds?order_id={order}", None),
                ("GET", f"/orders/{order}", None),
            ]
        ):
            exchange = call(10 * n + step, method, target, sent=sent)
            route = "GET /orders/{}" if step == 2 else f"{method} {exchange.path}"
            seen.observe(Observation(exchange, route))
            asked.append((order, exchange.id))
    seen.state()
    kept = {event.id for event in seen.events()}
    known = [id_ for order, id_ in asked if seen.knows(order)]
    assert 0 < len(known) < len(asked)
    assert kept.issuperset(known)
