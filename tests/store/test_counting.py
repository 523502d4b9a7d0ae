from __future__ import annotations

from dataclasses import replace

from store.records import Body, Capture, Loss
from store.store import Store
from tests.store.strategies import HOUR, a_message, an_exchange

CUT = Body(content=b"a", size=9, wire_size=9, truncated=True)


def test_what_makes_an_observation_less_than_the_truth_is_counted(store: Store) -> None:
    store.write(
        [
            an_exchange(1, started_at=HOUR, redacted=2, flaws=("request-body-invalid",)),
            an_exchange(2, started_at=HOUR, request_body=CUT, response_body=CUT, redacted=1),
            an_exchange(3, started_at=2 * HOUR, flaws=("request-body-invalid", "response-body-undecodable")),
        ],
        [a_message(1, delivered_at=2 * HOUR, payload=CUT, redacted=5)],
        losses=[Loss(producer="orders", window_start=HOUR, reason="queue-full", count=7)],
    )
    store.write(losses=[Loss(producer="orders", window_start=HOUR, reason="queue-full", count=3)])
    assert store.capture() == Capture(
        observed=4,
        lost={"queue-full": 10},
        truncated=2,
        redacted=8,
        flaws={"request-body-invalid": 2, "response-body-undecodable": 1},
    )
    assert store.unfolded() == [1]


def test_counts_are_of_whole_windows(store: Store) -> None:
    store.write([an_exchange(n, started_at=n * HOUR // 2, redacted=1) for n in range(6)])
    assert store.capture(since=HOUR + 5).observed == 4  # the hour that the period begins in is counted
    assert store.capture(until=2 * HOUR).observed == 4
    assert store.capture(since=HOUR, until=2 * HOUR) == Capture(observed=2, redacted=2)
    assert store.capture(since=9 * HOUR) == Capture()


def test_producers_are_counted_apart(store: Store) -> None:
    store.write([an_exchange(1), an_exchange(1, producer="stock"), an_exchange(2, producer="stock")])
    store.write(losses=[Loss(producer="mail", window_start=0, reason="queue-full", count=1)])
    assert store.capture(producer="stock").observed == 2
    assert store.capture(producer="mail") == Capture(lost={"queue-full": 1})
    assert store.producers() == ["mail", "orders", "stock"]


def test_the_span_runs_from_the_first_to_the_last_observation(store: Store) -> None:
    store.write([an_exchange(1, started_at=5 * HOUR + 3)])
    store.write([an_exchange(2, started_at=5 * HOUR + 1), an_exchange(3, started_at=9 * HOUR)])
    store.write([], [a_message(1, delivered_at=None, published_at=5 * HOUR + 2)])
    assert store.span() == (5 * HOUR + 1, 9 * HOUR)
    store.write([], [a_message(2, producer="stock", delivered_at=4)])
    assert store.span("orders") == (5 * HOUR + 1, 9 * HOUR)
    assert store.span() == (4, 9 * HOUR)
    assert store.span("nobody") is None


def test_a_message_of_unknown_time_has_no_part_in_the_span(store: Store) -> None:
    timeless = a_message(1, delivered_at=None)
    store.write([an_exchange(1, started_at=7)], [timeless])
    store.write([], [replace(timeless, id="another")])
    assert store.span() == (7, 7)
    assert store.capture().observed == 3
