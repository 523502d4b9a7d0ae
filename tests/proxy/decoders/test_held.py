"""What waits for a word: never more than the bounds allow, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders import held
from proxy.decoders.decoder import Instant
from proxy.decoders.held import Held


def at(monotonic_ns: int) -> Instant:
    return Instant(1_000, monotonic_ns)


def test_it_is_found_by_what_the_word_names_and_once() -> None:
    waiting: Held[str, str] = Held(100)
    assert waiting.hold("a", "first", 10) == []
    assert waiting.hold("b", "second", 20) == []
    assert (list(waiting), waiting.bytes) == (["a", "b"], 30)
    assert (waiting.take("a"), waiting.take("a"), waiting.bytes) == ("first", None, 20)


def test_one_more_of_the_same_name_takes_the_place_of_the_other() -> None:
    waiting: Held[str, str] = Held(100)
    waiting.hold("a", "first", 60)
    assert waiting.hold("a", "second", 70) == ["first"]
    assert (list(waiting.release()), waiting.bytes) == (["second"], 0)


def test_the_oldest_go_for_bytes() -> None:
    waiting: Held[int, int] = Held(100)
    for number in range(4):
        assert waiting.hold(number, number, 25) == []
    assert waiting.hold(4, 4, 40) == [0, 1]
    assert waiting.hold(5, 5, 101) == [2, 3, 4, 5]
    assert waiting.bytes == 0


def test_the_oldest_goes_for_their_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 2)
    waiting: Held[int, int] = Held(100)
    assert [waiting.hold(number, number, 0) for number in range(4)] == [[], [], [0], [1]]


def test_those_that_do_not_wait_for_ever_go_in_time() -> None:
    waiting: Held[str, str] = Held(100)
    waiting.hold("always", "always", 1)
    waiting.hold("a", "a", 1, until_ns=10)
    waiting.hold("b", "b", 1, until_ns=20)
    assert list(waiting.overdue(at(9))) == []
    assert list(waiting.overdue(at(10))) == ["a"]
    waiting.take("b")
    assert list(waiting.overdue(at(99))) == []
    assert list(waiting.release()) == ["always"]


@given(
    st.lists(st.tuples(st.sampled_from(["hold", "take", "overdue"]), st.integers(0, 9), st.integers(0, 60)))
)
def test_nothing_is_lost_and_the_bounds_hold(steps: list[tuple[str, int, int]]) -> None:
    waiting: Held[int, int] = Held(100)
    came: list[int] = []
    for number, (what, key, size) in enumerate(steps):
        if what == "hold":
            came += waiting.hold(key, number, size, number + 5 if key % 2 else None)
        elif what == "take":
            taken = waiting.take(key)
            came += [] if taken is None else [taken]
        else:
            came += waiting.overdue(at(number))
        assert 0 <= waiting.bytes <= 100
    came += waiting.release()
    assert waiting.bytes == 0
    assert sorted(came) == [number for number, step in enumerate(steps) if step[0] == "hold"]
