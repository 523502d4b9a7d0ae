"""Order by key: what is evidence of it, and what would have come in order anyway."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from inference.deliveries import Deliveries
from inference.events import exchange_of
from inference.observation import Observation
from inference.sequences import MAX_NAMES, MAX_THINGS, Sequences
from tests.inference.traffic import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.sequences import Order
    from inference.stated import Stated
    from store.records import Message


def told(messages: Iterable[Message]) -> list[Stated]:
    deliveries = Deliveries()
    for one in messages:
        deliveries.observe(Observation(exchange_of(one), "RECEIVE. /orders", one))
    return [
        one for one in deliveries.claims("events", "RECEIVE orders") if one.clause.kind.name == "key-order"
    ]


def order_of(messages: Iterable[Message]) -> Order:
    sequences = Sequences()
    for one in messages:
        sequences.observe(Observation(exchange_of(one), "RECEIVE. /orders", one), one)
    order = sequences.order()
    assert order is not None
    return order


def changed(
    gap: float, *, kept: bool, lag: float = 0.2, consumers: Iterable[str] = ("billing",), **fields: Any
) -> list[Message]:
    """Twenty orders that change five times each, a gap (seconds) apart; lags vary from half to double."""
    chance, last, found = random.Random(7), dict.fromkeys(consumers, 0.0), []
    for step in range(100):
        published = step // 5 * 1_000 + step % 5 * gap
        for slower, consumer in enumerate(last):
            at = published + lag * 50**slower * chance.uniform(0.5, 2)
            at = last[consumer] = max(at, last[consumer] + 1e-6) if kept else at
            body = {"event_id": f"e{step:05d}", "order_id": f"o{step // 5:04d}", "step": step, **fields}
            found.append(message(at, "orders", body, published=published, consumer=consumer, number=step))
    return found


def test_order_that_lags_would_have_broken_is_claimed() -> None:
    (one,) = told(changed(0.05, kept=True))
    assert one.doubt == ""
    assert one.clause.kind.value == "order_id"
    assert (one.evidence.held, one.evidence.broken) == (80, 0)
    assert one.reasons[0] == "20 different order_id had more than one message"


def test_order_of_what_is_published_slowly_is_not() -> None:
    (one,) = told(changed(5, kept=False))
    assert (one.evidence.held, one.evidence.broken) == (80, 0)
    assert one.doubt == "lags dealt out at random would reverse 0.0, 5 needed"


def test_lags_that_are_all_alike_show_no_order() -> None:
    messages = [
        message(n + 0.25, "orders", {"order_id": f"o{n % 10:04d}"}, published=n, number=n) for n in range(90)
    ]
    (one,) = told(messages)
    assert one.doubt.startswith("lags dealt out at random would reverse 0.0")


def test_what_came_out_of_order_is_told() -> None:
    (one,) = told(changed(0.05, kept=False))
    assert one.doubt.endswith("of 80 came out of order")


def test_a_slow_consumer_breaks_no_order_of_a_fast_one() -> None:
    order = order_of(changed(0.05, kept=True, consumers=("billing", "archive")))
    assert order.out_of_order == 0
    assert order.in_order == 160
    (one,) = told(changed(0.05, kept=True, consumers=("billing", "archive")))
    assert one.doubt == ""


def test_the_load_of_the_night_says_nothing_of_the_day() -> None:
    by_day = [
        message(n * 50 + 0.1, "orders", {"order_id": f"o{n % 9:04d}"}, published=n * 50, number=n)
        for n in range(100)
    ]
    by_night = [
        message(9_000 + n, "orders", {"order_id": f"n{n:04d}"}, published=8_500 + n, number=n)
        for n in range(60)
    ]
    assert order_of(by_day + by_night).reversals == pytest.approx(0, abs=1.5)


def test_things_are_told_apart_by_what_tells_most_of_them() -> None:
    assert order_of(changed(0.05, kept=True, customer_id="c1")).by == "order_id"
    wrapped = [
        message(n, "orders", {"id": f"e{n}", "data": {"order_id": f"o{n % 9}"}}, published=n - 0.5, number=n)
        for n in range(30)
    ]
    assert order_of(wrapped).by == "data.order_id"
    keyed = [
        message(n, "orders", {"order_id": f"o{n % 9}"}, key=f"k{n % 3}", published=n - 0.5, number=n)
        for n in range(30)
    ]
    assert order_of(keyed).by == "key"


def test_what_was_published_or_delivered_at_once_has_no_order() -> None:
    sequences = Sequences()
    for number, (at, published) in enumerate([(1.0, 0.5), (1.0, 0.7), (2.0, 0.7)]):
        one = message(at, "orders", {"order_id": "o1"}, published=published, number=number)
        sequences.observe(Observation(exchange_of(one), "RECEIVE. /orders", one), one)
    order = sequences.order()
    assert order is not None
    assert (order.in_order, order.out_of_order) == (0, 0)


def test_it_is_bounded_and_the_same_in_any_parts() -> None:
    chance = random.Random(3)
    messages = []
    for n in range(4_000):
        fields = {f"{name}_id": f"{name}{chance.randrange(900)}" for name in "abcdefgh"}
        messages.append(message(n, "orders", fields, published=n - chance.random(), number=n))
    whole, parts = Sequences(), [Sequences() for _ in range(3)]
    for one in messages:
        observation = Observation(exchange_of(one), "RECEIVE. /orders", one)
        whole.observe(observation, one)
        chance.choice(parts).observe(observation, one)
    merged = Sequences()
    for part in parts:
        merged.merge(Sequences.from_state(part.state()))
    assert merged.state() == whole.state()
    assert len(whole.groups) == MAX_NAMES
    assert all(len(things.entries) <= MAX_THINGS for things in whole.groups.values())
