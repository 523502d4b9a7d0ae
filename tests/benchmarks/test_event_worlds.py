"""Worlds with a broker: made by seed, true to what they say of themselves, and judged."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import reduce
from itertools import pairwise

import pytest

from benchmarks.event_world import PERIOD, EventWorld, Kept
from benchmarks.event_worlds import FEATURES, changes, finished, judge, play
from benchmarks.world import START
from benchmarks.worlds_scores import Scores
from contract.operation import parse
from inference.events import exchange_of, is_acknowledgement
from store.records import Message


def deliveries(world: EventWorld, consumer: str) -> list[Message]:
    return [one for one in world.messages if one.consumer is not None and one.consumer.value == consumer]


def test_a_world_is_made_by_its_seed() -> None:
    one, again, other = (play(seed, 10) for seed in (7, 7, 8))
    assert (one.messages, one.exchanges) == (again.messages, again.exchanges)
    assert one.planted == again.planted
    assert one.messages != other.messages


def test_periods_are_of_the_same_world() -> None:
    world, middle = play(5, 10, periods=2), START + PERIOD // 2
    halves = [
        {
            exchange_of(one).method
            for one in world.messages
            if ((one.published_at or one.delivered_at or 0) < middle) is early
        }
        for early in (True, False)
    ]
    assert halves[0] == halves[1]
    assert len({one.id for one in world.messages}) == len(world.messages)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_planted_is_true_of_the_traffic(seed: int) -> None:
    world = play(seed, 30)
    bodies = defaultdict(list)
    for one in world.messages:
        if is_acknowledgement(one):
            continue
        assert one.payload is not None
        bodies[_key(world, one)].append(json.loads(one.payload.content))
    assert {key for key, _, kind in world.planted if kind == "operation"} == bodies.keys()
    for key, subject, kind in world.planted:
        names = subject.partition("body.")[2].split(".")
        if kind == "present":
            assert None not in [reduce(lambda value, name: value[name], names, body) for body in bodies[key]]


def _key(world: EventWorld, message: Message) -> str:
    stream = next(
        one
        for one in world.streams
        if message.channel in {one.channel.format(value) for value in one.values}
        and exchange_of(message).method.partition("#")[2] == one.type
    )
    return stream.operation if message.consumer else stream.operation.replace("RECEIVE", "SEND")


def test_order_is_kept_or_broken_as_said() -> None:
    for kept in Kept:
        world = EventWorld(3, 100)
        stream = world.stream(
            kept, consumers=["mail"], style="plain", timed=True, again=0.0, keyed=True, lag=(1.0, 1.0)
        )
        for n in world.rounds(0.5):
            stream.emit(f"thing-{n % 10}", {"n": n})
        in_order = sorted(deliveries(world, "mail"), key=lambda one: one.delivered_at or 0)
        by_thing = [[one for one in in_order if one.key == f"thing-{n}"] for n in range(10)]

        def kept_in(messages: list[Message]) -> bool:
            return all((a.published_at or 0) < (b.published_at or 0) for a, b in pairwise(messages))

        assert kept_in(in_order) is (kept is Kept.CHANNEL)
        assert all(map(kept_in, by_thing)) is (kept is not Kept.NONE)


def test_a_redelivery_comes_later_and_is_counted() -> None:
    world = EventWorld(3, 40)
    stream = world.stream(consumers=["mail"], again=0.3, answers=("ack",))
    for n in world.rounds(1):
        stream.emit(str(n), {"n": n})
    again = [one for one in world.messages if one.redeliveries]
    assert len(again) == stream.redelivered > 3
    firsts = {one.payload: one for one in world.messages if one.redeliveries == 0}
    assert all((one.delivered_at or 0) > (firsts[one.payload].delivered_at or 0) for one in again)
    assert {firsts[one.payload].acknowledgement for one in again} == {""}


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_behaves_and_is_found(feature: object) -> None:
    world = EventWorld(4, 60)
    assert callable(feature)
    feature(world)
    scores = Scores()
    judge(finished(world), scores)
    others = {kind: found for kind, found in scores.false_at.items() if kind != "operation"}
    assert scores.false.total() - scores.false["operation"] <= 1, others
    assert scores.found.total() >= 0.8 * scores.planted.total(), scores.missed_at


def test_a_changed_truth_is_noticed() -> None:
    world = play(2, 40)
    key = min(key for key in world.planted if key[2] == "acknowledgement")
    world.planted.remove(key)
    world.planted.add((key[0], "response.message.body.none", "enum"))
    scores = Scores()
    judge(world, scores)
    assert parse(key[0]).verb == "RECEIVE"
    assert scores.false["acknowledgement"] == 1
    assert any("body.none" in text for text in scores.missed_at["enum"])


def test_a_world_that_goes_on_has_not_changed() -> None:
    assert changes(3, 20) == []
