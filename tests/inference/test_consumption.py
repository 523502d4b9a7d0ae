"""What consumers do with messages one after the other: loads, order, numbers, absences."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.conduct.absences import catch_ups
from inference.conduct.loads import batches, in_flight
from inference.conduct.numbering import commits, gaps
from inference.conduct.overtaking import handling_order
from store.records import Identity
from tests.inference.scenes import doubted, said, scene, value
from tests.inference.traffic import SECOND, START, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.stated import Stated
    from store.records import Message


def worked(most: int, *, hands: int = 1, published: bool = True, rounds: int = 30) -> Iterator[Message]:
    """A queue of which a consumer takes `most` at a time, and works on `hands` of them, a round a minute."""
    chance = random.Random(most)
    for minute in range(rounds):
        busy = [0.0] * hands
        done: list[float] = []
        last = 60.0 * minute
        for number in range(8):
            since = 60.0 * minute + number * 0.01
            room = sorted(done)[len(done) - most] + 0.0005 if len(done) >= most else 0.0
            last = max(last, since + 0.001, room)
            busy[0] = max(busy[0], last) + chance.uniform(0.3, 0.6)
            done.append(busy[0])
            yield message(
                last,
                "orders",
                {"n": f"{minute}-{number}"},
                published=since if published else None,
                handled=busy[0],
                acknowledgement="ack",
            )
            busy.sort()


@pytest.mark.parametrize("most", [1, 3])
def test_what_comes_when_room_is_made_shows_the_limit(most: int) -> None:
    (one,) = in_flight(scene(worked(most)))
    assert one.doubt == ""
    assert value(one)["most"] == most
    assert one.dependence is not None
    assert one.dependence["billing"].basis == f"takes up to {most}"


def test_few_refills_are_a_doubt() -> None:
    assert doubted(in_flight(scene(worked(3, rounds=1)))) == ["5 seen, 10 of one consumer needed"]


def test_without_a_limit_none_is_told_nor_where_it_is_not_known_what_waited() -> None:
    assert list(in_flight(scene(worked(100)))) == []
    assert list(in_flight(scene(worked(3, published=False)))) == []


def test_what_is_published_by_the_handling_of_another_is_no_limit() -> None:
    chained = [
        message(n, "orders", {"n": n}, published=n - 0.002, handled=n + 0.999, acknowledgement="ack")
        for n in range(100)
    ]
    assert list(in_flight(scene(chained))) == []


def test_what_comes_by_the_clock_is_no_limit() -> None:
    steady = [
        message(n, "orders", {"n": n}, published=n - 0.001, handled=n + 0.99, acknowledgement="ack")
        for n in range(100)
    ]
    assert list(in_flight(scene(steady))) == []


def test_what_is_given_back_and_comes_at_once_shows_no_limit() -> None:
    back = [
        message(
            9 * n + step / 10,
            "orders",
            {"n": n},
            published=9 * n - 0.01,
            handled=9 * n + step / 10 + 0.0999,
            acknowledgement="nack-requeue" if step < 3 else "ack",
            redeliveries=step,
        )
        for n in range(30)
        for step in range(4)
    ]
    assert list(in_flight(scene(back))) == []


def test_of_two_consumers_the_smaller_limit_is_told() -> None:
    other = [
        replace(one, consumer=Identity(basis="queue", value="mail"), id=f"m{one.id}") for one in worked(1)
    ]
    (one,) = in_flight(scene([*worked(3), *other]))
    assert value(one)["most"] == 1
    assert one.dependence is not None
    assert {name: link.basis for name, link in one.dependence.items()} == {
        "billing": "takes up to 3",
        "mail": "takes up to 1",
    }


def test_one_after_the_other_and_several_at_once() -> None:
    (serial,) = handling_order(scene(worked(4)))
    assert (value(serial)["how"], serial.doubt) == ("kept", "")
    assert serial.clause.statement.endswith("in turn, of whatever type)")
    (parallel,) = handling_order(scene(worked(4, hands=4)))
    assert (value(parallel)["how"], parallel.doubt) == ("any", "")


def test_where_nothing_overlaps_there_is_no_order() -> None:
    apart = [
        message(n * 9, "orders", {"n": n}, handled=n * 9 + 0.1 + n % 3, acknowledgement="ack")
        for n in range(99)
    ]
    assert said(handling_order(scene(apart))) == []


def record(seconds: float, offset: int, *, published: float | None = None, **more: Any) -> Message:
    kind: dict[str, Any] = {
        "consumer": Identity(basis="group", value="billing"),
        "protocol": "kafka",
        "partition": 0,
    }
    one = message(seconds, "orders", {"n": offset}, published=published, number=offset)
    return replace(one, sequence=offset, **(kind | more))


def commit(seconds: float, offset: int) -> Message:
    return record(
        seconds,
        offset,
        id=f"commit-{seconds}-{offset}",
        payload=None,
        delivered_at=None,
        acknowledged_at=START + round(seconds * SECOND),
        acknowledgement="commit",
    )


def test_numbers_without_a_gap() -> None:
    whole = [record(n, n) for n in range(100)]
    assert said(gaps(scene(whole))) == [
        "RECEIVE orders: consumers are given every number of a sequence, without a gap (none in 99 steps)"
    ]
    assert doubted(gaps(scene(whole[:60]))) == ["59 seen, 60 needed"]
    again = [replace(one, id=f"again-{one.id}") for one in whole[20:40]]
    assert len(said(gaps(scene([*whole, *again])))) == 1


def test_a_gap_is_told_and_not_claimed() -> None:
    (one,) = gaps(scene(record(n, n) for n in range(100) if n != 50))
    assert value(one) == {"how": "some", "n": 98}
    assert not one.clause.kind.informative


def test_partitions_are_numbered_apart_and_types_of_one_together() -> None:
    messages = [
        record(n, n // 2, partition=n % 2, type=f"order.{n // 2 % 3}", id=f"r{n}") for n in range(200)
    ]
    found = list(gaps(scene(messages)))
    assert [value(one) for one in found] == [{"how": "none", "n": 198}] * 3


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"protocol": "nats", "partition": None}, 1),
        ({"protocol": "amqp"}, 0),
        ({"consumer": Identity(basis="client-id", value="billing")}, 0),
    ],
)
def test_numbers_of_groups_and_of_what_numbers_its_messages(more: dict[str, Any], told: int) -> None:
    assert len(list(gaps(scene(record(n, n, **more) for n in range(100))))) == told


def test_what_a_group_of_a_stream_leaves_out_it_may_not_have_asked_for() -> None:
    messages = [record(n, 2 * n, protocol="nats", partition=None) for n in range(100)]
    assert list(gaps(scene(messages))) == []


def test_commits_acknowledge_all_that_came_before() -> None:
    messages = [record(n, n) for n in range(100)]
    messages += [commit(n + 0.5, n) for n in range(4, 100, 5)]
    found = {one.clause.kind.name: one for one in commits(scene(messages))}
    assert found["acknowledgement"].clause.kind.value == ["commit"]
    handling = found["handling"]
    assert (handling.evidence.held, handling.evidence.broken, handling.doubt) == (100, 0, "")
    assert value(handling)["p99_ms"] == pytest.approx(4_500, rel=0.02)


def test_what_was_not_committed_is_counted_but_for_the_last() -> None:
    messages = [record(n, n) for n in range(100)]
    messages += [commit(n + 0.5, n) for n in range(40)]
    found = {one.clause.kind.name: one for one in commits(scene(messages))}
    assert (found["handling"].evidence.held, found["handling"].evidence.broken) == (40, 58)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=12),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), max_size=6),
)
def test_a_delivery_is_committed_by_the_first_commit_at_or_beyond_it(
    delivered: list[tuple[int, int]], told: list[tuple[int, int]]
) -> None:
    messages = [record(at, offset, id=f"r{n}") for n, (at, offset) in enumerate(delivered)]
    messages += [commit(at, reached) for at, reached in dict.fromkeys(told)]
    if not messages:
        return
    held = 0
    for at, offset in delivered:
        later = sorted({moment for moment, _ in told if moment >= at})
        held += any(max(r for when, r in told if when <= moment) >= offset for moment in later)
    found = [one for one in commits(scene(messages)) if one.clause.kind.name == "handling"]
    assert sum(one.evidence.held for one in found) == held


def read(most: int | None, *, protocol: str = "redis", rounds: int = 20) -> Iterator[Message]:
    """A group that reads `most` entries of a stream at a time, of 10 that wait; a round a minute."""
    for minute in range(rounds):
        waiting = list(range(10))
        moment = 60.0 * minute + 1
        while waiting:
            for number in waiting[:most]:
                yield record(
                    moment,
                    100 * minute + number,
                    published=60.0 * minute + number * 0.01,
                    protocol=protocol,
                    id=f"{minute}-{number}",
                    redeliveries=0,
                )
            waiting = waiting[most:] if most else []
            moment += 0.5


@pytest.mark.parametrize("protocol", ["redis", "kafka"])
def test_batches_that_leave_something_behind_are_full(protocol: str) -> None:
    (one,) = batches(scene(read(4, protocol=protocol)))
    assert (value(one), one.doubt) == ({"most": 4, "n": 40}, "")


def test_batches_that_take_all_have_no_limit() -> None:
    assert list(batches(scene(read(None)))) == []
    assert list(batches(scene(read(4, protocol="amqp")))) == []


def test_few_full_batches_are_a_doubt_and_smaller_ones_speak_against_a_limit() -> None:
    assert doubted(batches(scene(read(4, rounds=2)))) == ["4 seen, 5 of one consumer needed"]
    smaller = [
        replace(one, id=f"s{one.id}", delivered_at=one.delivered_at + 3_600 * SECOND * 24)
        for one in read(2)
        if one.delivered_at
    ]
    assert list(batches(scene([*read(4), *smaller]))) == []


def waited(absences: int, *, every: int = 60, long: float = 88.0) -> Iterator[Message]:
    """One message in 5 s, delivered at once, but while the consumer is away."""
    for n in range(absences * every + every):
        since, back = 5.0 * n, 0.0
        number, within = divmod(n, every)
        if number < absences and 30 <= within < 30 + long / 5:
            back = 5.0 * (number * every + 30) + long
        at = max(since + 0.05, back + within * 0.001)
        yield message(at, "orders", {"n": n}, published=since, number=n)


def test_what_waited_for_a_consumer_is_told_with_its_time() -> None:
    (one,) = catch_ups(scene(waited(3)))
    assert (one.doubt, value(one)["n"]) == ("", 3)
    assert value(one)["longest_ms"] == pytest.approx(88_000, rel=0.01)
    assert one.reasons[1].startswith("the most were 18, given within ")
    assert one.dependence is not None
    assert one.dependence["billing"].count == 54


def test_once_may_be_the_day_of_its_deployment() -> None:
    assert doubted(catch_ups(scene(waited(1)))) == ["1 seen, 2 needed"]


@pytest.mark.parametrize(
    "moment",
    [
        lambda n: 60.0 * (n // 12 + 1) + n * 0.001,  # by the minute
        lambda n: 5.0 * n + 70,  # always late
        lambda n: 5.0 * n + 0.05 + 100 * (n // 30),  # nothing was published meanwhile
    ],
)
def test_what_is_late_by_habit_is_no_absence(moment: Any) -> None:
    late = [
        message(moment(n), "orders", {"n": n}, published=min(5.0 * n + 100 * (n // 30), moment(n)), number=n)
        if moment(1) < 6
        else message(moment(n), "orders", {"n": n}, published=5.0 * n, number=n)
        for n in range(200)
    ]
    assert list(catch_ups(scene(late))) == []


def test_every_claim_says_where_it_comes_from() -> None:
    messages: list[Message] = [*worked(3), *read(4)]
    stated: list[Stated] = [
        one for mine in (in_flight, handling_order, batches) for one in mine(scene(messages))
    ]
    assert stated
    assert all(one.evidence.first_seen and one.evidence.examples[0] and one.reasons for one in stated)
