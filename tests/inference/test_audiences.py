"""Who is given what: order across channels, what is published and comes, schemas, retained messages."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from inference.conduct.audiences import audiences
from inference.conduct.evolution import schemas
from inference.conduct.successions import successions
from inference.latencies import Latencies
from inference.markings import MAX_FIELDS, Markings
from inference.receipts import Receipts
from store.records import Identity
from tests.inference.scenes import doubted, said, scene, value
from tests.inference.traffic import SECOND, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.stated import Stated
    from store.records import Message

NUMBERS = count()


def about(moments: Iterable[tuple[str, float]], thing: int, consumer: str = "ledger") -> Iterator[Message]:
    """Messages about one order: their channel, and the second of their delivery."""
    for channel, at in moments:
        yield message(
            at,
            channel,
            {"order_id": f"o{thing}"},
            consumer=consumer,
            published=at - 0.01,
            number=next(NUMBERS),
        )


def lived(orders: int, *steps: str, turned: int = 0) -> list[Message]:
    """Orders that take some steps, a second apart; of a few the last two are turned round."""
    messages: list[Message] = []
    for n in range(orders):
        taken = [*steps[:-2], *reversed(steps[-2:])] if n < turned else steps
        messages += about([(step, 60.0 * n + number) for number, step in enumerate(taken)], n)
    return messages


def test_what_comes_after_what_on_several_channels() -> None:
    assert said(successions(scene(lived(30, "created", "paid", "shipped")))) == [
        "RECEIVE paid: message comes after RECEIVE created with the same order_id",
        "RECEIVE shipped: message comes after RECEIVE paid with the same order_id",
    ]


def test_one_that_came_the_other_way_round_is_a_doubt() -> None:
    (one,) = successions(scene(lived(30, "created", "paid", turned=1)))
    assert (one.doubt, one.evidence.held, one.evidence.broken) == ("1 of 30 came the other way round", 29, 1)
    assert list(successions(scene(lived(30, "created", "paid", turned=10)))) == []


def test_a_few_are_too_few_for_chance() -> None:
    assert doubted(successions(scene(lived(8, "created", "paid")))) == [
        "in any order 4.0 would come first, which is too few to tell"
    ]
    assert list(successions(scene(lived(5, "created", "paid")))) == []


def test_what_comes_often_comes_first_by_its_number() -> None:
    chance = random.Random(5)
    messages: list[Message] = []
    for n in range(60):
        views = sorted(chance.uniform(0, 30) for _ in range(20))
        messages += about([*(("viewed", 60 * n + at) for at in views), ("bought", 60.0 * n + 31)], n)
    assert said(successions(scene(messages))) == []


def test_those_without_the_first_speak_against_it_unless_the_record_had_just_begun() -> None:
    early = [one for n in range(900, 905) for one in about([("paid", 0.1 * (n - 900) + 0.2)], n)]
    known = lived(40, "created", "paid")
    assert len(said(successions(scene([*known, *early])))) == 1
    late = [one for n in range(900, 905) for one in about([("paid", 9_000.0 + n)], n)]
    assert doubted(successions(scene([*known, *late]))) == ["5 of 45 came without it"]


def test_two_consumers_are_looked_at_apart() -> None:
    messages: list[Message] = []
    for n in range(30):
        messages += about([("created", 60.0 * n)], n, "screening")
        messages += about([("paid", 60.0 * n + 1)], n, "ledger")
    assert list(successions(scene(messages))) == []


def named(n: int, consumers: Iterable[str], *, sent: bool = True, again: int = 0) -> Iterator[Message]:
    """A message with an id, published at second `n` and delivered to some, once or more often."""
    headers = (("message-id", f"m{n}"),)
    if sent:
        yield replace(message(n, "orders", {"n": n}, consumer=None, number=n), headers=headers)
    for number, name in enumerate(consumers):
        for time in range(1 + again):
            at = n + 0.1 + 0.2 * number + 0.3 * time
            one = message(at, "orders", {"n": n}, consumer=name, published=n, redeliveries=time, number=n)
            yield replace(one, headers=headers)


def told(messages: Iterable[Message], kind: str) -> list[Stated]:
    return [one for one in audiences(scene(messages)) if one.clause.kind.name == kind]


def test_all_that_is_published_comes_once() -> None:
    (one,) = told((m for n in range(100) for m in named(n, ["a", "b"])), "delivery")
    assert (value(one), one.doubt) == ({"how": "exactly-once", "n": 198}, "")
    assert one.clause.statement.endswith("(all 198 deliveries that were due)"), "of 99 that two consumers get"
    (few,) = told((m for n in range(50) for m in named(n, ["a"])), "delivery")
    assert few.doubt == "49 seen, 60 needed"


def test_what_comes_again_comes_at_least_once() -> None:
    (one,) = told((m for n in range(100) for m in named(n, ["a"], again=int(n == 50))), "delivery")
    assert (value(one)["how"], one.doubt) == ("at-least-once", "")
    assert one.reasons[1] == "1 of them came more often than they were published"


def test_what_is_published_twice_may_come_twice() -> None:
    twice = [m for n in range(100) for m in named(n, ["a"], again=1)]
    sent = [replace(one, id=f"again-{one.id}") for one in twice if one.consumer is None]
    (one,) = told([*twice, *sent], "delivery")
    assert value(one)["how"] == "exactly-once"


def test_what_did_not_come_may_not_have_been_meant_for_it() -> None:
    (one,) = told((m for n in range(100) for m in named(n, ["a"] if n != 50 else [])), "delivery")
    assert value(one)["how"] == "at-most-once"
    assert one.doubt == "some did not come (1 to a), which may not have been meant for them"


def test_what_was_published_while_a_consumer_was_not_there_is_not_missing() -> None:
    (one,) = told((m for n in range(200) for m in named(n, ["a"] if 50 <= n < 150 else [])), "delivery")
    assert (value(one)["how"], one.evidence.broken) == ("exactly-once", 0)


def test_without_publications_nothing_is_said_of_delivery() -> None:
    assert told((m for n in range(100) for m in named(n, ["a"], sent=False)), "delivery") == []


def test_each_message_goes_to_all_or_to_one() -> None:
    (both,) = told((m for n in range(100) for m in named(n, ["a", "b"], sent=False)), "fan-out")
    assert (value(both)["how"], both.doubt) == ("all", "")
    assert both.reasons == ("consumers that are given it: a, b",)
    (one,) = told((m for n in range(100) for m in named(n, ["ab"[n * 7 % 13 % 2]], sent=False)), "fan-out")
    assert (value(one)["how"], one.doubt) == ("one", "")
    (mixed,) = told((m for n in range(100) for m in named(n, "ab"[: 1 + n % 2], sent=False)), "fan-out")
    assert mixed.doubt == "48 of 97 came to all, 49 to one"


def test_a_consumer_that_came_later_is_not_missed_before() -> None:
    messages = (m for n in range(100) for m in named(n, ["a", "b"] if n > 40 else ["a"], sent=False))
    (one,) = told(messages, "fan-out")
    assert (value(one)["how"], one.evidence.broken) == ("all", 0)


def written(n: int, schema: str, consumer: str | None = "billing", **fields: Any) -> Message:
    one = message(n, "orders", {"order_id": f"o{n}", **fields}, consumer=consumer, number=n)
    return replace(one, headers=(("schema", schema),))


def _total(there: bool) -> dict[str, Any]:
    return {"total": 1} if there else {}


def _many(number: int) -> dict[str, Any]:
    return {f"a{i:03}": 1 for i in range(number)}


def of_schemas(messages: Iterable[Message]) -> list[Stated]:
    return [one for operation in scene(messages).scenes.values() for one in schemas(operation)]


def test_a_schema_that_takes_a_field_away_says_which() -> None:
    old = [written(n, "registry:1", total=1, inside={"sku": "a", "size": 1}) for n in range(20)]
    new = [written(n, "registry:2", more="x", total="1", inside={"size": 1.5}) for n in range(20, 40)]
    (one,) = of_schemas([*old, *new])
    assert one.clause.statement == (
        "message is written with registry:1, then registry:2, which took inside.sku and total away"
    )
    assert one.doubt == ""


@pytest.mark.parametrize(
    "later",
    [
        [written(n, "registry:2", total=1, more="x") for n in range(20, 40)],  # adds
        [written(n, "registry:2") for n in range(20, 29)],  # too few
        [written(n, "registry:2", **_total(n == 30)) for n in range(20, 40)],  # at times
        [written(n, "registry:2", **_many(MAX_FIELDS + 5)) for n in range(20, 40)],  # more than are counted
    ],
)
def test_what_may_be_there_is_not_called_gone(later: list[Message]) -> None:
    (one,) = of_schemas([*(written(n, "registry:1", total=1) for n in range(20)), *later])
    assert value(one) == {"ids": ["registry:1", "registry:2"], "lost": []}


def test_each_consumer_has_the_schemas_that_it_was_sent() -> None:
    messages = [written(n, "registry:1") for n in range(9)] + [
        written(n, "registry:2", "mail") for n in range(9, 20)
    ]
    (one,) = of_schemas(messages)
    assert one.dependence is not None
    assert {name: link.basis for name, link in one.dependence.items()} == {
        "billing": "is sent registry:1",
        "mail": "is sent registry:2",
    }
    assert of_schemas(message(n, "orders", {"n": n}) for n in range(9)) == []


def retained(messages: Iterable[Message]) -> list[Stated]:
    return [
        one
        for key, operation in scene(messages).scenes.items()
        for one in operation.of(Markings).claims("events", key)
    ]


def test_retained_messages_are_some_of_what_is_delivered_and_all_of_what_is_published() -> None:
    flag = (("mqtt-retain", "true"),)
    given = [
        replace(message(n, "a/b", {"n": n}, number=n), headers=flag if n % 5 == 0 else ()) for n in range(30)
    ]
    sent = [replace(message(n, "a/b", {"n": n}, consumer=None, number=n), headers=flag) for n in range(30)]
    assert said(retained([*given, *sent])) == [
        "RECEIVE a/b: who subscribes is given the last message of a channel at once",
        "SEND a/b: the last one of a channel is left for who subscribes later",
    ]
    mixed = [replace(one, headers=flag if n else ()) for n, one in enumerate(sent)]
    assert doubted(retained(mixed)) == ["1 of 30 were not"]
    assert doubted(retained(given[:20])) == ["4 seen, 5 needed"]


def test_clients_that_share_a_name_have_no_fate() -> None:
    shared = Identity(basis="connection-name", value="a")
    messages = [m for n in range(100) for m in named(n, ["a", "b"])]
    assert list(audiences(scene(replace(m, consumer=m.consumer and shared) for m in messages))) == []


def test_what_comes_for_a_subscription_alone_is_no_repeat_and_has_no_lag() -> None:
    messages = [m for n in range(100) for m in named(n, ["a"])]
    flagged = [
        replace(
            one,
            id=f"kept-{one.id}",
            headers=(*one.headers, ("mqtt-retain", "true")),
            delivered_at=one.delivered_at + 60 * SECOND,
        )
        for one in messages
        if one.delivered_at
    ]
    found = scene([*messages, *flagged])
    (one,) = [stated for stated in audiences(found) if stated.clause.kind.name == "delivery"]
    assert value(one)["how"] == "exactly-once"
    receive = found.scenes["RECEIVE orders"]
    receipts, latencies = receive.of(Receipts), receive.of(Latencies)
    told = [value(one) for one in receipts.claims("events", "RECEIVE orders")]
    assert told == [{"how": "never", "n": 100}]
    assert [buckets.total for buckets, _ in latencies.durations.values()] == [100]
