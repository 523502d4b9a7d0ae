from __future__ import annotations

import pytest

from contract.clause import Direction, Relation
from contract.kinds import Latency, Present
from contract.policy import DAY_NS, Compatibility, EvidencePolicy, Exclusions, Habit, Mode, Severity

ALWAYS = Present(always=True)
SLOW = Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=400)
REQUEST, RESPONSE = Direction.REQUEST, Direction.RESPONSE
SAME, NARROWER, WIDER, INCOMPATIBLE = Relation


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [
        (Mode.BACKWARD, {SAME, WIDER}),
        (Mode.FORWARD, {SAME, NARROWER}),
        (Mode.FULL, {SAME}),
        (Mode.NONE, set(Relation)),
        (Mode.BACKWARD_TRANSITIVE, {SAME, WIDER}),
        (Mode.FORWARD_TRANSITIVE, {SAME, NARROWER}),
        (Mode.FULL_TRANSITIVE, {SAME}),
    ],
)
def test_modes_mean_what_schema_registries_mean(mode: Mode, allowed: set[Relation]) -> None:
    assert {relation for relation in Relation if mode.allows(relation)} == allowed


def test_by_default_what_is_deployed_goes_on_working() -> None:
    rules = Compatibility()
    assert rules.judge(REQUEST, ALWAYS, WIDER) is Severity.COMPATIBLE
    assert rules.judge(REQUEST, ALWAYS, NARROWER) is Severity.BREAKING
    assert rules.judge(RESPONSE, ALWAYS, NARROWER) is Severity.COMPATIBLE
    assert rules.judge(RESPONSE, ALWAYS, WIDER) is Severity.BREAKING
    assert rules.judge(RESPONSE, ALWAYS, INCOMPATIBLE) is Severity.BREAKING
    assert rules.judge(RESPONSE, SLOW, WIDER) is Severity.WARNING


def test_a_kind_goes_before_its_family() -> None:
    rules = Compatibility(severity={"latency": Severity.BREAKING, "timing": Severity.COMPATIBLE})
    assert rules.judge(RESPONSE, SLOW, WIDER) is Severity.BREAKING


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
