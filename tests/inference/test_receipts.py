"""Receipts: the same message again, marked or not; what is given back; what died elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.events import exchange_of
from inference.observation import Observation
from inference.receipts import MAX_MESSAGES, MAX_ORIGINS, Receipts
from store.records import Identity
from tests.inference.laws import check
from tests.inference.traffic import message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.stated import Stated
    from store.records import Message


def given_to(
    at: float, number: int, *, id_: str | None = None, times: int | None = 0, word: str = "", **more: Any
) -> Message:
    """The delivery of an order by its number, with a message id unless that is empty."""
    named = f"m{number}" if id_ is None else id_
    one = message(
        at,
        "orders",
        {"order_id": f"o{number:05d}"},
        redeliveries=times,
        acknowledgement=word,
        handled=at + 0.01 if word else None,
        number=round(at * 100),
    )
    return replace(one, headers=(("message-id", named),) if named else (), **more)


def observed(messages: Iterable[Message]) -> Receipts:
    receipts = Receipts()
    for one in messages:
        receipts.observe(Observation(exchange_of(one), "RECEIVE. /orders", one))
    return receipts


def told(messages: Iterable[Message], kind: str) -> list[Stated]:
    return [
        one for one in observed(messages).claims("events", "RECEIVE orders") if one.clause.kind.name == kind
    ]


ONCE = [given_to(n, n) for n in range(100)]


def test_no_message_came_twice() -> None:
    (one,) = told(ONCE, "duplicates")
    assert one.doubt == ""
    assert one.clause.statement == "no message came to a consumer twice (none of 100)"
    assert one.reasons[-1] == "none of 100 deliveries unmarked leaves a share of up to 3.00%"
    (few,) = told(ONCE[:59], "duplicates")
    assert few.doubt == "59 seen, 60 needed"


def test_what_comes_twice_is_marked() -> None:
    (one,) = told([*ONCE, given_to(200, 7, times=1), given_to(300, 7, times=2)], "duplicates")
    assert one.clause.kind.value == {"how": "marked", "n": 102}
    assert one.doubt == ""


@pytest.mark.parametrize("times", [0, None])
def test_what_comes_twice_unmarked_is_told(times: int | None) -> None:
    (one,) = told([*ONCE, given_to(200, 7, times=times), given_to(300, 8, times=times)], "duplicates")
    assert one.clause.kind.value == {"how": "unmarked", "n": 102}
    assert one.doubt == ""
    (slip,) = told([*ONCE, given_to(200, 7, times=times)], "duplicates")
    assert slip.doubt == "1 seen, 2 needed"


def test_ids_that_are_used_again_are_none() -> None:
    (one,) = told([given_to(n, n, id_="1") for n in range(100)], "duplicates")
    assert one.clause.kind.value == {"how": "never", "n": 100}


@pytest.mark.parametrize(
    "more",
    [
        {"consumer": Identity(basis="connection-name", value="billing")},
        {"consumer": Identity(basis="client-id", value="billing"), "protocol": "kafka"},
        {"weight": 8.0},
        {"payload": None},
    ],
)
def test_clients_of_one_name_are_no_recipient_and_samples_say_nothing(more: dict[str, Any]) -> None:
    twice = [given_to(n, n % 50, **more) for n in range(100)]
    assert told(twice, "duplicates") == []


def test_two_consumers_are_given_the_same_message_once_each() -> None:
    others = [replace(one, consumer=Identity(basis="queue", value="mail")) for one in ONCE]
    (one,) = told([*ONCE, *others], "duplicates")
    assert one.clause.kind.value == {"how": "never", "n": 200}


@pytest.mark.parametrize(
    ("more", "again"),
    [
        ({"protocol": "kafka", "partition": 0, "sequence": 7}, 2),
        ({"protocol": "nats", "sequence": 7}, 2),
        ({"protocol": "redis", "key": "17-0"}, 2),
        ({"protocol": "amqp", "sequence": 7}, 0),
        ({"protocol": "mqtt"}, 0),
    ],
)
def test_places_in_streams_are_ids_and_delivery_tags_are_none(more: dict[str, Any], again: int) -> None:
    receipts = observed(given_to(n, 1, id_="", **more) for n in range(2))
    assert [len(known) for known in receipts.named.entries.values()] == [again] * bool(again)


def test_structured_cloudevents_have_an_id() -> None:
    body = {"specversion": "1.0", "id": "a-1", "source": "/a"}
    receipts = observed(message(n, "orders", body, number=n) for n in range(2))
    assert [len(known) for known in receipts.named.entries.values()] == [2]


def back(number: int, tries: int, *, gone: bool, gap: float = 2.0, id_: str | None = None) -> list[Message]:
    """An order that is given back so many times, and then is gone, or acknowledged."""
    return [
        given_to(number * 50 + step * gap, number, id_=id_, times=step, word=word)
        for step, word in enumerate(["nack-requeue"] * tries + ["ack"] * (not gone))
    ]


@pytest.mark.parametrize("id_", [None, ""])
def test_what_is_given_back_comes_again_until_it_is_given_up(id_: str | None) -> None:
    messages = [one for n in range(12) for one in back(n, 3 if n % 2 else 1, gone=n % 2 == 1, id_=id_)]
    (one,) = told([*messages, given_to(9_000, 99)], "requeued")
    assert one.doubt == ""
    assert one.clause.statement == (
        "a message that is given back comes again within 1.99 s (p99 of 18), until it was delivered 3 times"
    )


def test_who_gives_up_after_any_number_of_deliveries_has_no_limit() -> None:
    messages = [one for n in range(12) for one in back(n, 2 + n % 2, gone=True)]
    (one,) = told([*messages, given_to(9_000, 99)], "requeued")
    assert "until" not in one.clause.statement


def test_what_was_given_back_last_may_still_come() -> None:
    (one,) = told([one for n in range(12) for one in back(n, 3 if n == 11 else 1, gone=n == 11)], "requeued")
    assert "until" not in one.clause.statement


def test_few_are_not_enough_and_acknowledged_ones_are_not_given_back() -> None:
    (one,) = told([one for n in range(3) for one in back(n, 1, gone=False)], "requeued")
    assert one.doubt == "3 seen, 10 needed"
    lost = [given_to(n * 10 + step, n, times=step, word="ack") for n in range(20) for step in range(2)]
    assert told(lost, "requeued") == []


@pytest.mark.parametrize(
    "headers",
    [
        (("x-first-death-queue", "orders"), ("x-first-death-reason", "rejected")),
        (("kafka_dlt-original-topic", "orders"), ("kafka_dlt-exception-fqcn", "rejected")),
    ],
)
def test_dead_letters_say_where_they_died(headers: tuple[tuple[str, str], ...]) -> None:
    (one,) = told([replace(given_to(n, n), headers=headers) for n in range(5)], "dead-letter")
    assert one.doubt == ""
    assert one.clause.statement == "a message that orders gave up (rejected) comes here"
    assert told([replace(given_to(n, n), headers=headers[:1]) for n in range(5)], "dead-letter") == []


def test_it_is_bounded() -> None:
    deaths = [(("x-first-death-queue", f"q{n}"), ("x-first-death-reason", "expired")) for n in range(99)]
    receipts = observed(
        replace(given_to(n, n), headers=(("message-id", f"{n}"), *deaths[n % 99])) for n in range(3_000)
    )
    _, named, unnamed, values, dead = receipts.state()
    assert (len(named[1]), len(unnamed[1]), len(values[1])) == (MAX_MESSAGES, 0, MAX_MESSAGES)
    assert len(dead) == MAX_ORIGINS
    assert len(json.dumps(receipts.state())) < 150_000


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30),
            st.integers(0, 6),
            st.sampled_from(["", "m"]),
            st.sampled_from([None, 0, 1, 2]),
            st.sampled_from(["", "ack", "nack"]),
        ),
        max_size=20,
    ),
    st.integers(0, 99),
    st.integers(0, 99),
)
def test_laws(parts: list[tuple[int, int, str, int | None, str]], first: int, second: int) -> None:
    messages = [
        given_to(at, number, id_=id_, times=times, word=word) for at, number, id_, times, word in parts
    ]
    items = [(Observation(exchange_of(one), "RECEIVE. /orders", one),) for one in messages]
    check(Receipts, items, first, second)
