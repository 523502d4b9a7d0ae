"""Budgets: verdicts are arithmetic on readings, with two marks each, and the pressure follows them."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.budgets import (
    DISK_NS,
    FINE,
    PRESS_NS,
    READ_NS,
    RELAX_NS,
    WINDOW_NS,
    Action,
    Budgets,
    Governor,
    Judge,
    Meters,
    QueueWatch,
    Reading,
    Verdict,
    resident_bytes,
)
from proxy.sampling import MAX_PRESSURE, Sampler
from store.errors import StoreError
from store.store import Store
from tests.store.strategies import an_exchange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECOND = 10**9


def judged(budgets: Budgets, *used: tuple[float, int, int]) -> list[Verdict]:
    """The verdicts on one reading a second: (share of a core in that second, memory, disk)."""
    judge = Judge(budgets)
    cpu = 0.0
    verdicts = []
    for at, (share, memory, disk) in enumerate(used):
        cpu += share * SECOND
        verdicts.append(judge.judge(Reading(at * SECOND, int(cpu), memory, disk)))
    return verdicts


def actions(verdicts: Sequence[Verdict]) -> list[Action]:
    return [verdict.action for verdict in verdicts]


def test_without_budgets_all_is_fine() -> None:
    assert set(judged(Budgets(), *[(9.0, 10**12, 10**12)] * 30)) == {FINE}


def test_processor_time_counts_over_a_window() -> None:
    """A burst of a second is none; what lasts eases, then stops, and ends well below."""
    seconds = WINDOW_NS // SECOND
    burst = judged(Budgets(cpu=0.5), *[(0.2, 0, 0)] * seconds, (1.0, 0, 0), *[(0.2, 0, 0)] * seconds)
    assert set(burst) == {FINE}
    lasting = judged(
        Budgets(cpu=0.5), *[(0.2, 0, 0)] * seconds, *[(0.6, 0, 0)] * seconds, *[(0.9, 0, 0)] * seconds
    )
    assert actions(lasting)[seconds - 1 :: seconds] == [Action.FINE, Action.EASE, Action.STOP]
    assert lasting[-1] == Verdict(Action.STOP, "cpu-budget")
    after = judged(Budgets(cpu=0.5), *[(0.9, 0, 0)] * seconds, *[(0.0, 0, 0)] * seconds)
    stopped = actions(after)[seconds:].count(Action.STOP)
    assert 1 < stopped < seconds
    assert after[-1] == FINE


@pytest.mark.parametrize("reason", ["memory-budget", "disk-budget"])
def test_between_two_marks_the_last_verdict_stands(reason: str) -> None:
    budgets = Budgets(memory_bytes=100) if reason == "memory-budget" else Budgets(disk_bytes=100)
    low, mid, high = (70, 80, 90) if reason == "memory-budget" else (85, 92, 97)
    levels = [low, mid, high, mid, low, high, 100, high, low, 120]
    assert judged(budgets, *[(0, level, level) for level in levels]) == [
        FINE,
        FINE,
        Verdict(Action.EASE, reason),
        Verdict(Action.EASE, reason),
        FINE,
        Verdict(Action.EASE, reason),
        Verdict(Action.STOP, reason),
        Verdict(Action.STOP, reason),
        FINE,
        Verdict(Action.STOP, reason),
    ]


def test_the_gravest_counts() -> None:
    budgets = Budgets(memory_bytes=100, disk_bytes=100)
    assert judged(budgets, (0, 90, 100))[0] == Verdict(Action.STOP, "disk-budget")
    assert judged(budgets, (0, 100, 97))[0] == Verdict(Action.STOP, "memory-budget")


shares = st.lists(st.tuples(st.floats(0, 4), st.integers(0, 200), st.integers(0, 200)), max_size=60)


@given(shares)
def test_beyond_a_bound_nothing_is_ever_fine_and_at_rest_everything_is(
    used: list[tuple[float, int, int]],
) -> None:
    budgets = Budgets(cpu=1.0, memory_bytes=100, disk_bytes=100)
    rest = [(0.0, 0, 0)] * (WINDOW_NS // SECOND + 1)
    verdicts = judged(budgets, *used, *rest)
    for (_, memory, disk), verdict in zip(used, verdicts, strict=False):
        assert verdict.action is Action.STOP or max(memory, disk) < 100
    assert verdicts[-1] == FINE


class Day:
    """A governor with a clock and meters that are set by hand."""

    def __init__(self) -> None:
        self.now = 0
        self.memory = 0
        self.reads = 0
        self.sampler = Sampler(bytes(32))
        self.governor = Governor(Budgets(memory_bytes=100), self, self.sampler, now_ns=lambda: self.now)

    def read(self) -> Reading:
        self.reads += 1
        return Reading(self.now, 0, self.memory, 0)

    def passes(self, ns: int) -> Verdict:
        for _ in range(ns // READ_NS):
            self.now += READ_NS
            verdict = self.governor.tick()
        return verdict


def test_the_meters_are_read_once_a_second_however_often_it_is_asked() -> None:
    day = Day()
    for _ in range(100):
        day.governor.tick()
    assert day.reads == 1
    day.now += READ_NS
    day.governor.tick()
    assert day.reads == 2


def test_the_pressure_rises_while_there_is_too_much_and_falls_slowly_after() -> None:
    day = Day()
    day.memory = 90
    assert day.passes(3 * PRESS_NS) == Verdict(Action.EASE, "memory-budget")
    assert day.sampler.pressure == 3
    day.memory = 100
    assert day.passes(20 * PRESS_NS) == Verdict(Action.STOP, "memory-budget")
    assert day.sampler.pressure == MAX_PRESSURE
    day.memory = 10
    assert day.passes(RELAX_NS - READ_NS) == FINE
    assert day.sampler.pressure == MAX_PRESSURE
    day.passes(READ_NS)
    assert day.sampler.pressure == MAX_PRESSURE - 1
    day.passes((MAX_PRESSURE + 2) * RELAX_NS)
    assert day.sampler.pressure == 0


def test_the_meters_read_this_process_and_its_store(tmp_path: Path) -> None:
    now = 0
    with Store.open(str(tmp_path / "s.db")) as store:
        meters = Meters(lambda: store.size_bytes, now_ns=lambda: now)
        before = meters.read()
        ballast = mmap.mmap(-1, 30_000_000)  # what the allocator has in reserve must not serve
        ballast.write(b"x" * 30_000_000)
        store.write([an_exchange(1)])
        after = meters.read()
        assert after.memory_bytes - before.memory_bytes > 20_000_000
        assert 0 < after.memory_bytes == pytest.approx(resident_bytes(), rel=0.2)
        assert after.cpu_ns > before.cpu_ns
        assert after.disk_bytes == before.disk_bytes > 0  # not asked again yet
        now += DISK_NS
        assert meters.read().disk_bytes == store.size_bytes > before.disk_bytes


def test_a_store_that_cannot_say_how_large_it_is() -> None:
    now = 0
    sizes = iter([123])

    def size() -> int:
        try:
            return next(sizes)
        except StopIteration:
            raise StoreError("gone") from None

    meters = Meters(size, now_ns=lambda: now)
    assert meters.read().disk_bytes == 123
    now += DISK_NS
    assert meters.read().disk_bytes == 123


def test_a_decoder_that_falls_behind_keeps_fewer_sessions_until_it_has_caught_up() -> None:
    now = 0
    sampler = Sampler(b"key")
    watch = QueueWatch(sampler, 1000, now_ns=lambda: now)
    pressures = []
    for waiting in (0, 501, 900, 900, *[0] * 59):
        for _ in range(10):  # asked ten times a second
            watch.look(waiting)
        pressures.append(sampler.pressure)
        now += READ_NS
    assert pressures[:4] == [0, 1, 2, 3]
    assert set(pressures[4:]) == {3}
    for _ in range(4):
        now += RELAX_NS
        watch.look(100)
    assert sampler.pressure == 0


def test_pressure_from_a_queue_is_bounded() -> None:
    now = 0
    sampler = Sampler(b"key")
    watch = QueueWatch(sampler, 1000, now_ns=lambda: now)
    for _ in range(3 * MAX_PRESSURE):
        watch.look(1000)
        now += READ_NS
    assert sampler.pressure == MAX_PRESSURE
    for _ in range(3 * MAX_PRESSURE):
        now += RELAX_NS
        watch.look(0)
    assert sampler.pressure == 0
