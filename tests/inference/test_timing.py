"""Timing: how long consumers wait, how often they ask, how long answers stay fresh, what takes longer."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inference.conduct.answers import latency_growth, stalls
from inference.conduct.timing import polling, rates, timeouts
from inference.journal import Journal
from store.records import Body, Outcome
from tests.inference.scenes import said, scene
from tests.inference.traffic import START, call

if TYPE_CHECKING:
    from store.records import Exchange

MS = 10**6


def at(seconds: float, exchange: Exchange) -> Exchange:
    """The exchange at another time, with an id of its own."""
    return replace(exchange, started_at=START + round(seconds * 1e9), id=f"{exchange.id}-{seconds}")


def hung_up(seconds: float, after_ms: float) -> Exchange:
    gone = call(0, "GET", "/report", status=None, duration_ns=round(after_ms * MS))
    return at(seconds, replace(gone, outcome=Outcome.CLIENT_CLOSED))


def answered(seconds: float, ms: float) -> Exchange:
    return at(seconds, call(0, "GET", "/report", got={"n": seconds}, duration_ns=round(ms * MS)))


def test_a_consumer_that_hangs_up_after_a_fixed_time() -> None:
    chance = random.Random(1)
    exchanges = [answered(10 * n, 30) for n in range(40)]
    exchanges += [hung_up(10 * n + 5, 400 + chance.uniform(0, 5)) for n in range(8)]
    (claim,) = said(timeouts(scene(exchanges)))
    assert claim.startswith("GET /report: consumers hang up after 40")


def test_people_who_close_pages_have_no_timeout() -> None:
    chance = random.Random(1)
    exchanges = [answered(10 * n, 30) for n in range(40)]
    exchanges += [hung_up(10 * n + 5, chance.uniform(50, 5_000)) for n in range(20)]
    assert said(timeouts(scene(exchanges))) == []


def test_a_client_that_was_stopped_has_no_timeout() -> None:
    exchanges = [answered(10 * n, 30) for n in range(40)]
    exchanges += [hung_up(500 + n / 1000, 400) for n in range(10)]
    assert said(timeouts(scene(exchanges))) == []


def test_answers_that_took_longer_show_that_it_would_have_waited() -> None:
    exchanges = [answered(10 * n, 900) for n in range(40)]
    exchanges += [hung_up(10 * n + 5, 400) for n in range(8)]
    assert said(timeouts(scene(exchanges))) == []


def test_polling_at_a_steady_period() -> None:
    chance, now, exchanges = random.Random(1), 0.0, []
    for _ in range(20):
        exchanges.append(at(now, call(0, "GET", "/stats", got={"open": 3})))
        now += 5 + chance.uniform(-0.2, 0.2)
    (claim,) = said(polling(scene(exchanges)))
    assert claim.startswith("GET /stats: consumers ask for it every ")


def test_polling_entities_until_they_are_ready() -> None:
    exchanges = [
        at(100 * n + step, call(0, "GET", f"/jobs/{n}", got={"id": n, "step": step}))
        for n in range(5)
        for step in range(4)
    ]
    assert said(polling(scene(exchanges))) == ["GET /jobs/{job_id}: consumers ask for it every 1 s"]


def test_calls_at_random_are_no_polling() -> None:
    chance, now, exchanges = random.Random(1), 0.0, []
    for _ in range(60):
        exchanges.append(at(now, call(0, "GET", "/stats", got={"open": 3})))
        now += chance.expovariate(0.2)
    assert said(polling(scene(exchanges))) == []


def test_how_often_a_consumer_calls() -> None:
    exchanges = [at(n / 4, call(0, "GET", f"/orders/{n}", got={"id": n})) for n in range(100)]
    assert said(rates(scene(exchanges))) == [
        "GET /orders/{order_id}: one consumer calls it 4 times a second when active, up to 4"
    ]
    assert said(rates(scene(exchanges[:20]))) == []


def test_a_journal_that_left_calls_out_tells_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [
        at(second + part / 10, call(0, "GET", f"/a/{second}{part}"))
        for second in range(20)
        for part in range(5)
    ]
    assert len(said(rates(scene(calls)))) == 1
    monkeypatch.setattr(Journal, "most", 40)
    assert said(rates(scene(calls))) == []


def sized(seconds: float, kilobytes: int, ms: float) -> Exchange:
    body = Body(content=b"{}", size=kilobytes * 1024, wire_size=2, media_type="application/json")
    return at(seconds, replace(call(0, "GET", "/list", duration_ns=round(ms * MS)), response_body=body))


def test_larger_answers_take_longer() -> None:
    chance = random.Random(1)
    exchanges = [
        sized(n, size, 5 + 2 * size + chance.uniform(0, 3))
        for n in range(90)
        for size in [chance.randint(1, 50)]
    ]
    (claim,) = said(latency_growth(scene(exchanges)))
    assert claim == "GET /list: answers 200 take 2 ms more for each KB"


def test_a_slow_evening_with_larger_answers_is_no_growth() -> None:
    chance = random.Random(1)
    exchanges = [
        sized(n, 1 + n // 10 + chance.randint(0, 20), 5 + n + chance.uniform(0, 20)) for n in range(120)
    ]
    assert said(latency_growth(scene(exchanges))) == []


def begun(seconds: float, rest_ms: float) -> Exchange:
    answer = call(0, "GET", "/dump", got={"n": seconds}, duration_ns=round((10 + rest_ms) * MS))
    return at(seconds, replace(answer, wait_ns=10 * MS))


def test_answers_that_begin_in_time_and_stall() -> None:
    exchanges = [begun(n, 4_000 if n % 20 == 0 else 5) for n in range(80)]
    assert said(stalls(scene(exchanges))) == [
        "GET /dump: answers 200 begin in time and stall in 5% of the cases, for up to 4 s"
    ]
    assert said(stalls(scene([begun(n, 4_000 if n % 2 else 5) for n in range(80)]))) == []
