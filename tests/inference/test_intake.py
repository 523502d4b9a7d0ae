"""Intake, fates and markings: what is kept of messages, in whatever order and parts it is folded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.events import exchange_of, schema_of
from inference.fates import MAX_MESSAGES, Fates
from inference.fold import Fold
from inference.intake import STRETCH_NS, Intake
from inference.markings import MAX_FIELDS, MAX_SCHEMAS, Markings
from inference.observation import Observation
from tests.inference.laws import check
from tests.inference.traffic import SECOND, START, message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.records import Message


def at(seconds: float, number: int = 0, **more: Any) -> Message:
    """The delivery of a record of Kafka."""
    kind: dict[str, Any] = {"protocol": "kafka", "partition": number % 2, "sequence": number}
    one = message(seconds, "orders", {"n": number}, published=seconds - 1, number=number)
    return replace(one, **(kind | more))


def commit(seconds: float, number: int) -> Message:
    """A commit, told without what it is about."""
    return at(
        seconds,
        number,
        payload=None,
        delivered_at=None,
        published_at=None,
        acknowledged_at=START + round(seconds * SECOND),
        acknowledgement="commit",
    )


def items(messages: Iterable[Message]) -> list[tuple[Observation]]:
    return [
        (Observation(exchange_of(one), "RECEIVE. /orders" if one.payload else "", one),) for one in messages
    ]


def observed(messages: Iterable[Message]) -> Intake:
    intake = Intake()
    for (one,) in items(messages):
        intake.observe(one)
    return intake


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.integers(0, 9),
        st.sampled_from(["", "m1", "m2"]),
        st.sampled_from(["", "registry:1", "registry:2", "mine"]),
        st.sampled_from([None, "billing", "mail"]),
        st.booleans(),
    ),
    max_size=24,
).map(
    lambda rows: [
        commit(seconds, number)
        if alone
        else replace(
            message(seconds, "orders", {"n": number, "in": {"x": name}}, consumer=consumer, number=number),
            headers=(("message-id", name), ("schema", schema), ("mqtt-retain", "true"))[not name :],
        )
        for seconds, number, name, schema, consumer, alone in rows
    ]
)


@pytest.mark.parametrize("kind", [Intake, Fates, Markings])
@given(MESSAGES, st.integers(0, 99), st.integers(0, 99))
def test_laws(kind: Any, messages: list[Message], first: int, second: int) -> None:
    check(kind, items(messages), first, second)


@given(MESSAGES, st.integers(0, 99), st.integers(0, 99))
def test_laws_at_the_bound(messages: list[Message], first: int, second: int) -> None:
    class Few(Intake):
        most = 4

    check(Few, items(messages), first, second)


def test_folding_in_parts_gives_the_same_summaries() -> None:
    messages = [at(n * 7, n, headers=(("schema", f"registry:{n // 40 + 1}"),)) for n in range(80)]
    messages += [commit(n * 30 + 5, n * 4) for n in range(18)]
    messages += [
        replace(one, consumer=None, delivered_at=None) for one in messages[:40] if one.payload is not None
    ]
    whole, *parts = (Fold({}) for _ in range(4))
    for number, one in enumerate(messages):
        whole.observe(one)
        parts[number % 3].observe(one)
    parts[2].merge(parts[0].summaries())
    parts[2].merge(parts[1].summaries())
    families = {"intake", "fates", "markings"}

    def kept(fold: Fold) -> dict[Any, bytes]:
        return {one.key: one.state for one in fold.summaries() if one.family in families}

    assert kept(parts[2]) == kept(whole)


def test_of_too_many_whole_stretches_are_kept_and_of_one_the_beginning() -> None:
    class Few(Intake):
        most = 100

    intake = Few()
    for (one,) in items(at(n * 20, n) for n in range(400)):
        intake.observe(one)
    intake.shrink()
    stretches = intake.stretches()
    assert not intake.complete
    assert sum(map(len, stretches)) == Few.most
    assert [len({one.at // STRETCH_NS for one in taken}) for taken in stretches] == [1] * len(stretches)
    assert (
        sum(len(taken) < STRETCH_NS / SECOND / 20 for taken in stretches) <= 2
    )  # the last began before the end
    for taken in stretches:
        assert [one.number for one in taken] == list(range(taken[0].number, taken[0].number + len(taken)))


def test_samples_and_what_is_published_are_left_out() -> None:
    assert observed([at(1, weight=2.0), at(2, consumer=None, delivered_at=None)]).events() == []
    (alone,) = observed([commit(3, 7)]).events()
    assert (alone.is_delivery, alone.number, alone.answer) == (False, 7, "commit")


def test_commits_have_no_operation() -> None:
    fold = Fold({})
    fold.observe(commit(3, 7))
    assert not fold.operations
    assert {one.family: len(one.events()) for _, one in fold.parts() if isinstance(one, Intake)} == {
        "intake": 1
    }


def test_fates_are_bounded_and_the_same_on_all_sides() -> None:
    published, delivered = Fates(), Fates()
    for number in range(1_200):
        one = message(number, "orders", {"n": number}, number=number)
        named = replace(one, headers=(("message-id", f"m{number}"),))
        sent = replace(named, consumer=None, delivered_at=None, published_at=named.delivered_at)
        for fates, which, route in (
            (published, sent, "SEND. /orders"),
            (delivered, named, "RECEIVE. /orders"),
        ):
            fates.observe(Observation(exchange_of(which), route, which))
    assert published.state()[1]
    ((low, kept), (other, same)) = (fates.state() for fates in (published, delivered))
    assert low == other
    assert [digest for digest, _ in kept] == [digest for digest, _ in same]
    assert len(kept) == MAX_MESSAGES


def test_markings_are_bounded() -> None:
    markings = Markings()
    for number in range(200):
        one = message(number, "orders", {f"f{number}-{i}" * 30: 1 for i in range(3)} | {f"a{number}": 1})
        named = replace(one, headers=(("schema", f"registry:{number % 90 + 1}"),))
        markings.observe(Observation(exchange_of(named), "RECEIVE. /orders", named))
        wide = replace(message(number, "orders", {f"g{number}": 1}), headers=(("schema", "registry:1"),))
        markings.observe(Observation(exchange_of(wide), "RECEIVE. /orders", wide))
    assert len(markings.schemas) == MAX_SCHEMAS
    assert all(len(one.fields) <= MAX_FIELDS for one in markings.schemas.values())
    assert len(json.dumps(markings.state())) < 20_000


@pytest.mark.parametrize(
    ("value", "schema"), [("registry:7", "registry:7"), ("avro:00ff00ff00ff00ff", "avro:00ff00ff00ff00ff")]
)
def test_only_the_recorders_word_is_a_schema(value: str, schema: str) -> None:
    assert schema_of((("schema", "mine"), ("schema", value))) == schema
    one = replace(message(1, "orders", {}), headers=(("schema", value), ("schema", "mine")))
    assert exchange_of(one).response_headers == (("schema", "mine"),)
