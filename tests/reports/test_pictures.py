"""Positions keep the order and the ratios of what they stand for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.claim import ContractMap, Durations
from reports.pictures import Axis, axis

MS = st.floats(min_value=0.001, max_value=100_000)


@given(MS, MS, MS, MS)
def test_positions_are_ordered_and_inside(low: float, high: float, first: float, second: float) -> None:
    scale = Axis(low, low + high)
    ahead, behind = sorted((first, second))
    assert 0 <= scale.position(ahead) <= scale.position(behind) <= 100


@given(MS, st.floats(min_value=1.5, max_value=1e6))
def test_ticks_stand_inside_in_order(low: float, factor: float) -> None:
    ticks = [tick.at for tick in Axis(low, low * factor).ticks]
    assert all(0 <= at <= 100 for at in ticks)
    assert all(one <= next_one for one, next_one in pairwise(ticks))


def test_equal_ratios_are_equal_distances() -> None:
    scale = Axis(1, 1000)
    assert [scale.position(value) for value in (1, 10, 100, 1000)] == pytest.approx([0, 33.3, 66.7, 100])
    assert [tick.label for tick in scale.ticks] == ["1 ms", "10 ms", "100 ms", "1 s"]


def test_the_axis_holds_all_and_lines_put_the_slowest_first(shop_map: ContractMap) -> None:
    operations = shop_map.producers[0].operations
    scale = axis(operations)
    assert scale is not None
    lines = scale.lines(operations[0].durations)
    assert [line.durations.consumer for line in lines] == ["storefront", "billing"]
    assert all(0 < line.p50 < line.p95 < line.p99 < 100 for line in lines)
    assert [line.firm for line in lines] == [False, True]


def test_nothing_timed_has_no_axis(shop_map: ContractMap) -> None:
    assert axis(shop_map.producers[0].operations[1:]) is None


def test_answers_in_no_time_have_a_place() -> None:
    instant = Durations(consumer="web", status="200", count=3, p50_ms=0.0, p95_ms=0.0, p99_ms=0.1)
    (line,) = Axis(0.1, 1).lines([instant])
    assert line.p50 == 0
