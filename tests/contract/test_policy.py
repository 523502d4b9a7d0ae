from __future__ import annotations

import pytest

from contract.clause import Direction
from contract.policy import DAY_NS, Compatibility, EvidencePolicy, Exclusions, Habit, Mode


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_may_look_back_further(mode: Mode) -> None:
    assert mode.transitive is ("TRANSITIVE" in mode)
    assert not mode.basic.transitive
    assert mode.startswith(mode.basic)


def test_by_default_what_is_deployed_goes_on_working() -> None:
    rules = Compatibility()
    assert rules.mode(Direction.REQUEST) is Mode.BACKWARD
    assert rules.mode(Direction.RESPONSE) is Mode.FORWARD


def test_a_consumer_stays_one_for_a_while() -> None:
    rules = EvidencePolicy(stays_days=30, consumers={"year-*": Habit(stays_days=400, least_observations=1)})
    assert rules.stays("billing", 0, 30 * DAY_NS)
    assert not rules.stays("billing", 0, 30 * DAY_NS + 1)
    assert rules.stays("year-end", 0, 365 * DAY_NS)


def test_few_observations_of_a_consumer_may_not_count() -> None:
    rules = EvidencePolicy(least_per_consumer=5, consumers={"year-*": Habit(least_observations=1)})
    assert [rules.counts("billing", n) for n in (4, 5)] == [False, True]
    assert rules.counts("year-end", 1)


def test_globs_take_brackets_as_they_are() -> None:
    exclude = Exclusions(operations=("GET /internal/*",), consumers=("health?",), places=("*.debug[].*",))
    assert exclude.operation("GET /internal/x")
    assert not exclude.operation("POST /internal/x")
    assert exclude.consumer("health1")
    assert exclude.place("response.200.body.debug[].x")
    assert not exclude.place("response.200.body.debug.x")
