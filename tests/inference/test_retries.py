"""Failure and idempotency: what consumers repeat, what a repeat brings, why an error came."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from inference.conduct.causes import causes
from inference.conduct.effects import effectful_reads
from inference.conduct.fallbacks import fallbacks
from inference.conduct.repeated import repeated
from inference.conduct.retries import retries, unsafe_retries
from inference.journal import Journal
from store.records import Exchange
from tests.inference.scenes import doubted, said, scene
from tests.inference.traffic import START, call

ORDERS = "POST /orders"


def at(seconds: float, exchange: Exchange) -> Exchange:
    """The exchange at another time, with an id of its own."""
    return replace(exchange, started_at=START + round(seconds * 1e9), id=f"{exchange.id}-{seconds}")


def episodes(
    waits: Any, *, count: int = 8, end: int = 201, headers: Any = (), key: bool = False
) -> list[Exchange]:
    """Orders that fail with 503 and are sent again after the waits (s) that `waits(chance)` gives."""
    chance = random.Random(1)
    out = []
    for n in range(count):
        now = 1_000.0 * n
        sent = {"order": n}
        keys = (("idempotency-key", f"key-{n}"),) if key else ()
        for wait in waits(chance):
            failure = call(
                0,
                "POST",
                "/orders",
                sent=sent,
                status=503,
                got={},
                request_headers=keys,
                response_headers=headers,
            )
            out.append(at(now, failure))
            now += 0.01 + wait
        out.append(
            at(now, call(0, "POST", "/orders", sent=sent, status=end, got={"id": n}, request_headers=keys))
        )
    return out


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        (lambda c: [1.0], "up to 2 attempts, 1 s apart"),
        (lambda c: [0.2, 0.4, 0.8], "up to 4 attempts, waiting longer each time, from 200 ms on"),
        (lambda c: [c.uniform(0.1, 3)], "waiting at random"),
    ],
)
def test_how_long_consumers_wait(waits: Any, words: str) -> None:
    (claim,) = said(retries(scene(episodes(waits))))
    assert claim.startswith("POST /orders: consumers repeat the call after 503")
    assert words in claim


def test_retry_after_is_heeded() -> None:
    exchanges = []
    for n, asked in enumerate([1, 2, 4, 1, 3]):
        part = episodes(
            lambda c, asked=asked: [asked + 0.05], count=1, headers=(("retry-after", str(asked)),)
        )
        exchanges += [
            at(10_000 * n + (e.started_at - START) / 1e9, replace(e, path=f"/orders{n}")) for e in part
        ]
    exchanges = [
        replace(e, path="/orders", request_body=call(0, "POST", "/x", sent={"n": i // 2}).request_body)
        for i, e in enumerate(exchanges)
    ]
    (stated,) = [one for one in retries(scene(exchanges)) if not one.doubt]
    assert stated.clause.subject.text == "response.503.header.retry-after"
    assert stated.clause.kind.value["backoff"] == "retry-after"
    assert stated.dependence is not None
    assert stated.dependence["billing"].level == "proven"


def test_when_they_give_up() -> None:
    exchanges = episodes(lambda c: [0.5, 0.5], end=503)
    (stated,) = [one for one in retries(scene(exchanges)) if not one.doubt]
    assert stated.dependence is not None
    assert "gives up after 3" in stated.dependence["billing"].basis


def test_polling_is_no_retrying() -> None:
    chance = random.Random(2)
    exchanges = [
        at(n, call(0, "GET", "/status", status=503 if chance.random() < 0.1 else 200, got={"n": n}))
        for n in range(200)
    ]
    assert said(retries(scene(exchanges))) == []
    assert "successful calls as well" in doubted(retries(scene(exchanges)))[0]


def test_an_error_that_is_left_alone_is_not_retried() -> None:
    exchanges = [
        at(100 * n, call(0, "POST", "/orders", sent={"n": n}, status=503, got={})) for n in range(20)
    ]
    assert said(retries(scene(exchanges))) == []


def test_a_post_repeated_without_a_key_is_unsafe() -> None:
    assert said(unsafe_retries(scene(episodes(lambda c: [1.0])))) == [
        "POST /orders: consumers repeat POST after an error without a key: it may take effect twice"
    ]
    assert said(unsafe_retries(scene(episodes(lambda c: [1.0], key=True)))) == []


def test_what_is_repeated_whatever_came_of_it_is_no_unsafe_retry() -> None:
    """A consumer that repeats about every eighth call, after conflicts no more than after successes."""
    exchanges = []
    for n in range(360):
        conflict = n % 12 == 0
        status, got = (409, {}) if conflict else (201, {"id": n})
        order = call(0, "POST", "/orders", sent={"n": n}, status=status, got=got)
        repeated = n % 60 == 0 if conflict else n % 8 == 1
        exchanges += [at(1_000 * n + step, order) for step in range(1 + repeated)]
    assert said(unsafe_retries(scene(exchanges))) == []
    (doubt,) = doubted(unsafe_retries(scene(exchanges)))
    assert doubt.endswith("of its successful calls as well")


def sent_twice(second: Any, *, key: bool) -> list[Exchange]:
    """Orders that succeed and are sent again; `second` makes the id of the second answer of the number."""
    out = []
    for n in range(6):
        headers = (("idempotency-key", f"key-{n}"),) if key else ()
        for step, id_ in enumerate((n, second(n))):
            order = call(
                0, "POST", "/orders", sent={"n": n}, status=201, got={"id": id_}, request_headers=headers
            )
            out.append(at(100 * n + step, order))
    return out


def test_what_a_repeat_brings() -> None:
    assert said(repeated(scene(sent_twice(lambda n: n, key=False)))) == [
        "POST /orders: the same request sent again is answered as before (201)"
    ]
    assert said(repeated(scene(sent_twice(lambda n: 100 + n, key=False)))) == [
        "POST /orders: the same request sent again has a second effect (201)"
    ]


def test_keys_that_are_honoured_and_keys_that_are_not() -> None:
    honoured = said(repeated(scene(sent_twice(lambda n: n, key=True))))
    assert (
        "POST /orders: header idempotency-key is honoured: the same key has no second effect, seen over 1 s"
        in honoured
    )
    ignored = said(repeated(scene(sent_twice(lambda n: 100 + n, key=True))))
    assert "POST /orders: header idempotency-key is not honoured: the same key has a second effect" in ignored


def test_what_is_called_instead() -> None:
    exchanges = []
    for n in range(40):
        fails = n % 4 == 0
        exchanges.append(
            at(100 * n, call(0, "POST", f"/orders/{n}/card", sent={}, status=402 if fails else 201, got={}))
        )
        then = f"/orders/{n}/invoice" if fails else f"/orders/{n}/parcel"
        exchanges.append(at(100 * n + 1, call(0, "POST", then, sent={}, status=201, got={})))
    (claim,) = said(fallbacks(scene(exchanges)))
    assert claim.endswith("after 402 consumers call POST /orders/{order_id}/invoice instead")


def test_another_try_of_the_same_call_is_not_called_something_else() -> None:
    """A payment that is refused is made with another card."""
    exchanges = []
    for n in range(12):
        cards = ("refused", "good") if n % 2 else ("good",)
        for step, card in enumerate(cards):
            status = 402 if card == "refused" else 201
            path = f"/orders/{1_000 + n}/payments"
            exchanges.append(at(100 * n + step, call(0, "POST", path, sent={"with": card}, status=status)))
    (stated,) = fallbacks(scene(exchanges))
    assert stated.clause.statement == "after 402 consumers call it again, with another request"
    assert stated.dependence is not None
    assert stated.dependence["billing"].basis == "calls it again then"


def test_the_next_customer_is_no_fallback() -> None:
    exchanges = []
    for n in range(60):
        exchanges.append(at(10 * n, call(0, "POST", "/sessions", sent={"n": n}, status=201, got={})))
        fails = n % 4 == 0
        exchanges.append(
            at(
                10 * n + 1,
                call(0, "POST", "/orders", sent={"m": n}, status=503 if fails else 201, got={"id": n}),
            )
        )
        if not fails:
            exchanges.append(at(10 * n + 2, call(0, "GET", f"/orders/{n}", got={"id": n})))
    assert said(fallbacks(scene(exchanges))) == []


def test_a_substitute_that_is_called_after_errors_alone() -> None:
    exchanges = []
    for n in range(40):
        fails = n % 4 == 0
        exchanges.append(
            at(10 * n, call(0, "GET", f"/own-offers?n={n}", status=500 if fails else 200, got={"n": n}))
        )
        if fails:
            exchanges.append(at(10 * n + 1, call(0, "GET", "/popular-offers", got={"n": 1})))
        exchanges.append(at(10 * n + 2, call(0, "GET", "/news", got={"n": 2})))
    assert said(fallbacks(scene(exchanges))) == [
        "GET /own-offers: after 500 consumers call GET /popular-offers instead"
    ]


def test_causes() -> None:
    exchanges = []
    for n in range(8):
        exchanges += [
            at(
                100 * n,
                call(
                    0,
                    "POST",
                    "/orders",
                    sent={"amount": -n},
                    status=422,
                    got={"detail": "amount must be positive"},
                ),
            ),
            at(100 * n + 1, call(0, "GET", f"/orders/{900 + n}", status=404, got={"title": "Not found"})),
            at(100 * n + 2, call(0, "PUT", f"/orders/{n}", sent={"x": 1}, status=200, got={"id": n})),
            at(
                100 * n + 3,
                call(0, "PUT", f"/orders/{n}", sent={"x": 2}, status=409, got={"title": "Conflict"}),
            ),
            at(
                100 * n + 4,
                call(0, "GET", "/news", status=429, got={}, response_headers=(("retry-after", "1"),)),
            ),
            at(100 * n + 5, call(0, "GET", "/plain", status=500, got={})),
        ]
    found = {
        one.clause.key.split(" · ")[0]: one.clause.kind.value
        for one in causes(scene(exchanges))
        if not one.doubt
    }
    assert "GET /plain" not in found
    assert sorted(found.values()) == ["conflict", "limit", "missing", "validation"]


def shopping(n: int) -> list[Exchange]:
    """An order whose payment is refused, or not; only one that is refused is cancelled."""
    refused = n % 2 == 0
    path = f"/orders/{1_000 + n}"
    payment = call(0, "POST", f"{path}/payments", sent={"amount": n}, status=402 if refused else 201, got={})
    follow = call(0, "POST", f"{path}/cancel", sent={"why": n}) if refused else call(0, "GET", path, got={})
    return [at(100 * n, payment), at(100 * n + 1, follow)]


def test_an_error_whose_next_call_the_journal_left_out_is_no_counterexample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchanges = [exchange for n in range(240) for exchange in shopping(n)]
    (every,) = fallbacks(scene(exchanges))
    assert (every.evidence.held, every.evidence.broken) == (120, 0)
    monkeypatch.setattr(Journal, "most", 300)
    seen = scene(exchanges)
    seen.journals["billing"].shrink()
    (some,) = fallbacks(seen)
    assert 5 <= some.evidence.held < 120
    assert some.evidence.broken == 0


def test_a_repeat_that_the_journal_left_out_is_not_taken_for_giving_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each answer brings an id of its own, by which one attempt is kept and the other one is not."""
    exchanges = [
        at(
            1_000 * n + step,
            call(
                0,
                "POST",
                "/orders",
                sent={"n": n},
                status=(503, 201)[step],
                got={"trace_id": f"t-{n}-{step}"},
            ),
        )
        for n in range(100)
        for step in (0, 1)
    ]
    monkeypatch.setattr(Journal, "most", 90)
    seen = scene(exchanges)
    seen.journals["billing"].shrink()
    (stated,) = retries(seen)
    assert not stated.doubt
    (reason,) = stated.reasons
    held = stated.evidence.held
    assert reason.startswith(f"sent again after {held} of {held} such ends")


def test_a_read_that_counts_itself() -> None:
    chance, now = random.Random(3), 0.0
    exchanges = []
    for n in range(12):
        now += chance.uniform(1, 100)
        exchanges.append(
            at(now, call(0, "GET", "/articles/7", got={"id": 7, "views": 100 + n, "clock": int(now)}))
        )
    assert said(effectful_reads(scene(exchanges))) == [
        "GET /articles/{article_id}: reading has an effect: each call changes what the next one shows"
    ]


def test_what_grows_with_time_is_no_effect_of_reading() -> None:
    chance, now = random.Random(3), 0.0
    exchanges = []
    for _ in range(12):
        now += chance.uniform(1, 100)
        exchanges.append(at(now, call(0, "GET", "/articles/7", got={"id": 7, "age": int(now)})))
    assert said(effectful_reads(scene(exchanges))) == []
