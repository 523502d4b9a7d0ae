"""Worlds: made by seed, and judged by what they know of themselves."""

from __future__ import annotations

from benchmarks.features import FEATURES
from benchmarks.world import World
from benchmarks.worlds import Scores, judge, play


def test_a_world_is_made_by_its_seed() -> None:
    one, again, other = (play(seed, 20) for seed in (7, 7, 8))
    assert one.exchanges == again.exchanges
    assert one.planted == again.planted
    assert one.exchanges != other.exchanges


def test_every_feature_behaves_and_is_found() -> None:
    for feature in FEATURES:
        world = World(3, 60)
        feature(world)
        assert len({exchange.id for exchange in world.exchanges}) == len(world.exchanges)
        scores = Scores()
        judge(world, scores)
        assert scores.false.total() <= 1, scores.false_at
        assert scores.found.total() >= 0.8 * scores.planted.total(), scores.missed_at


def test_what_a_world_does_not_know_is_false() -> None:
    world = World(3, 10)
    world.plant("GET /a", "response.200.body.x", "enum")
    world.also("GET /*", "response.200.body.*", "format")
    assert world.is_true(("GET /a", "response.200.body.x", "enum"))
    assert world.is_true(("GET /a", "response.200.body.y", "format"))
    assert not world.is_true(("GET /a", "response.200.body.y", "enum"))


def test_less_traffic_shows_less() -> None:
    few, many = Scores(), Scores()
    for seed in range(2):
        judge(play(seed, 8), few)
        judge(play(seed, 80), many)
    assert few.found.total() < many.found.total()
