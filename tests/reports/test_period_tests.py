"""The chances are those of the tests named, and luck alone is rarely called a change."""

from __future__ import annotations

from random import Random

import pytest

from inference.buckets import Buckets
from inference.counted import Held
from inference.statistics import benjamini_hochberg
from reports.period_tests import EXACT, _of_durations, _of_members, chance_of


def test_fishers_example() -> None:
    # Fisher's tea: three of four cups told apart, 34 of 70 ways are as extreme.
    assert chance_of(Held(3, 1), Held(1, 3)) == pytest.approx(34 / 70)


def test_the_approximation_takes_over_where_it_is_good() -> None:
    exact = chance_of(Held(900, 100), Held(870, 130))
    many = chance_of(Held(900_000, 100_000), Held(899_000, 101_000))
    assert exact == pytest.approx(0.0421, abs=0.002)
    assert many == pytest.approx(0.0184, abs=0.001)
    # Rare events keep the exact test, however many observations there are.
    assert chance_of(Held(10 * EXACT, 0), Held(10 * EXACT - 3, 3)) == pytest.approx(0.25, abs=0.01)


def test_a_period_without_observations_says_nothing() -> None:
    assert chance_of(Held(0, 0), Held(5, 5)) == 1.0


def buckets(random: Random, size: int, scale: float = 1.0) -> Buckets:
    made = Buckets()
    for _ in range(size):
        made.add(round(scale * random.lognormvariate(16, 0.5)))
    return made


def test_noise_in_latency_is_no_change() -> None:
    random = Random(7)
    chances = [_of_durations(buckets(random, 200), buckets(random, 100)).chance or 0.0 for _ in range(200)]
    assert sum(chance < 0.05 for chance in chances) <= 14  # 5 % of 200, and three standard deviations more
    assert sum(benjamini_hochberg(chances, 0.05)) == 0


def test_a_shift_in_latency_is_found_and_told_with_its_interval() -> None:
    random = Random(7)
    found = _of_durations(buckets(random, 300), buckets(random, 300, scale=1.6))
    assert found.chance is not None
    assert found.chance < 1e-4
    assert found.words.startswith("p50 was ")
    assert " to " in found.words


def test_a_certain_shift_that_nobody_feels_is_none() -> None:
    random = Random(7)
    found = _of_durations(buckets(random, 40_000), buckets(random, 40_000, scale=1.05))
    assert found == (1.0, "No quantile moved by more than 10%.")


def test_an_added_value_is_more_than_chance_if_it_came_often() -> None:
    often = _of_members({"open": 60, "paid": 60}, {"open": 50, "paid": 50, "void": 20})
    once = _of_members({"open": 60, "paid": 60}, {"open": 60, "paid": 59, "void": 1})
    assert often.chance is not None
    assert once.chance is not None
    assert often.chance < 1e-4
    assert "`void` came 20 times in 120 after, never in 120 before" in often.words
    assert "less than 2.5% (at 95%)" in often.words
    assert once.chance > 0.5


def test_values_added_and_removed_are_two_tests() -> None:
    both = _of_members({"a": 100, "b": 4}, {"a": 100, "c": 4})
    one = _of_members({"a": 104}, {"a": 100, "c": 4})
    assert one.chance is not None
    assert both.chance == pytest.approx(2 * one.chance)
    assert both.words.count("came 4 times") == 2
