from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.changing.model import Planned, Told
from contract.changing.progress import State, chosen, gone_since, instant_of, progress
from contract.changing.track import Presence, Sighting, Track, Usage
from contract.claim import Level
from contract.policy import DAY_NS, EvidencePolicy, Exclusions, Habit, Policy

NOW = instant_of(date(2026, 6, 1))
PLANNED = Planned(what="x", proposed=date(2026, 1, 1), effective=date(2026, 7, 1), notice_days=30)


def days_ago(*days: int) -> list[Sighting]:
    return [Sighting(NOW - n * DAY_NS, NOW - n * DAY_NS, 1) for n in sorted(days, reverse=True)]


def state(
    seen: list[Sighting],
    calls: list[Sighting],
    policy: Policy = Policy(),  # noqa: B008  # immutable
    ended: int = 0,
) -> State:
    track = Track(calls=calls)
    track.seen[Level.REQUESTED] = seen
    tracks = {"billing": track, "web": Track(calls=days_ago(ended))}
    found = progress("a", PLANNED, Usage(tracks), policy, NOW)
    return found.standings[0].state


@pytest.mark.parametrize(
    ("seen", "calls", "expected"),
    [
        ((30, 14), (30, 14), State.DEPENDS),
        ((30, 15), (30, 15, 1), State.MIGRATED),
        ((30, 15), (30, 15), State.ASLEEP),
        ((40, 30), (40, 30, 20), State.ASLEEP),
        ((40, 30), (40, 30, 15), State.MIGRATED),
        ((95, 91), (95, 91), State.LEFT),
        ((60, 5), (60, 40, 5), State.RETURNED),
        ((60, 5), (60, 5), State.DEPENDS),
        ((60, 5), (60, 47, 5), State.DEPENDS),
        ((300, 200, 5, 1), (300, 250, 200, 195, 5, 1), State.DEPENDS),
    ],
)
def test_states(seen: tuple[int, ...], calls: tuple[int, ...], expected: State) -> None:
    assert state(days_ago(*seen), days_ago(*calls)) is expected


def test_nobody_leaves_because_recording_ended() -> None:
    assert state(days_ago(95, 91), days_ago(95, 91), ended=2) is State.ASLEEP
    assert state(days_ago(95, 93), days_ago(95, 93), ended=2) is State.LEFT
    assert state(days_ago(60, 50), days_ago(60, 50), ended=40) is State.DEPENDS
    assert state(days_ago(60, 50), days_ago(60, 50), ended=35) is State.ASLEEP


def test_who_calls_once_a_quarter_stays_for_longer() -> None:
    policy = Policy(evidence=EvidencePolicy(consumers={"bill*": Habit(stays_days=400)}))
    assert state(days_ago(95, 91), days_ago(95, 91), policy) is State.ASLEEP


def test_whom_the_policy_leaves_out() -> None:
    track = Track(calls=days_ago(1))
    track.seen[Level.REQUESTED] = days_ago(1)
    policy = Policy(exclude=Exclusions(consumers=("health*",)))
    assert not progress("a", PLANNED, Usage({"healthcheck": track}), policy, NOW).standings


@given(st.lists(st.integers(0, 400), min_size=1), st.lists(st.integers(0, 400)))
def test_every_consumer_that_met_it_has_a_state(seen: list[int], calls: list[int]) -> None:
    found = state(days_ago(*seen), days_ago(*seen, *calls))
    assert (found in {State.DEPENDS, State.RETURNED}) == (min(seen) <= 14)


@pytest.mark.parametrize(
    ("presence", "gone"),
    [
        ((), None),
        (((10, 10), (100, 0)), True),
        (((10, 10), (19, 0)), None),
        (((10, 10), (100, 0), (1, 1)), None),
        (((1000, 10), (100, 0)), None),
        (((1000, 10), (1000, 0)), True),
        (((100, 0),), None),
        (((0, 0),), None),
    ],
)
def test_gone_is_what_chance_does_not_explain(
    presence: tuple[tuple[int, int], ...], gone: bool | None
) -> None:
    found = [Presence(at, answers, there, at + 5) for at, (answers, there) in enumerate(presence)]
    assert (gone_since(found) is not None) == bool(gone)


def test_when_one_was_told() -> None:
    told = {"early": Told(at=date(2026, 6, 1)), "late": Told(at=date(2026, 6, 2)), "answered": Told(
        at=date(2026, 5, 1), acknowledged=date(2026, 5, 2)
    )}  # fmt: skip
    planned = Planned(
        what="x", effective=date(2026, 7, 1), notice_days=30, announced=date(2026, 5, 1), told=told
    )
    found = progress("a", planned, Usage({}), Policy(), NOW)
    assert (found.short, found.unanswered, found.failing) == (("late",), ("early", "late"), True)


def test_ids_may_be_shortened() -> None:
    changes = {"abc": PLANNED, "abd": PLANNED, "ab": PLANNED}
    assert (chosen(changes, "abc"), chosen(changes, "ab")) == ("abc", "ab")
    for unclear in ("a", "x"):
        with pytest.raises(LookupError, match="abc, abd, ab"):
            chosen(changes, unclear)
