from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contract.changes import RULES, Compatibility, compare
from contract.changes.change import Change
from contract.changes.single import OPERATION
from contract.changes.usage import Hit, Judged, Verdict
from contract.clause import Direction
from contract.grading import KIND_OF, by_mode, direction_of, names, ruled, undone, unknown
from contract.kinds import KINDS
from contract.policy import Compatibility as Compatible
from contract.policy import Exclusions, Mode, Policy, Severity
from contract.subject import parse
from tests.contract.changes.cases import CASES, TODAY, Case
from tests.contract.changes.test_rules import side

BREAKING, WARNING, COMPATIBLE = Compatibility
DEFAULT = Policy(compatibility=Compatible(severity={}))


def change(rule: str, *, operation: str = "GET /a", subject: str | None = None, old: Any = None) -> Change:
    where = subject or {"request": "request.body.a", "response": "response.200.body.a"}.get(
        rule.split("-", maxsplit=1)[0]
    )
    return Change(
        rule=RULES[rule],
        operation=operation,
        subject=parse(where) if where else None,
        message="it is so",
        old=old,
    )


def judged(rule: str, verdict: Verdict | None = None, **more: Any) -> Judged:
    hit = Hit(consumer="web", owner="", verdict=verdict, basis="", calls=40) if verdict else None
    return Judged(change=change(rule, **more), hits=(hit,) if hit else ())


def policy(**modes: Any) -> Policy:
    return Policy(compatibility=Compatible(**{"severity": {}, **modes}))


def grade(one: Judged, under: Policy, single: Mode = Mode.BACKWARD) -> Compatibility:
    return ruled(one, under, single=single).compatibility


@pytest.mark.parametrize("name", RULES)
def test_by_default_each_rule_says_how_grave_it_is(name: str) -> None:
    one = judged(name)
    assert ruled(one, DEFAULT, single=Mode.BACKWARD) == one


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if direction_of(change(case.rule)) is not None],
    ids=lambda case: case.rule,
)
def test_the_opposite_mode_is_the_comparison_the_other_way_round(case: Case) -> None:
    today = date.fromisoformat(TODAY)
    there = compare(side(case.old), side(case.new), today=today)
    back = compare(side(case.new), side(case.old), today=today)
    worst = max((one.compatibility.rank for one in back), default=0)
    assert max(undone(one).rank for one in there) == worst


@pytest.mark.parametrize(
    ("rule", "requests", "answers", "expected"),
    [
        ("request-parameter-added", "FULL", "FORWARD", BREAKING),
        ("request-parameter-added", "FORWARD_TRANSITIVE", "FORWARD", BREAKING),
        ("request-enum-narrowed", "FORWARD", "FORWARD", COMPATIBLE),
        ("request-enum-narrowed", "FULL", "FORWARD", BREAKING),
        ("request-enum-narrowed", "NONE", "FORWARD", COMPATIBLE),
        ("response-property-removed", "BACKWARD", "BACKWARD", COMPATIBLE),
        ("response-property-removed", "BACKWARD", "NONE", COMPATIBLE),
        ("response-property-added", "NONE", "FULL", BREAKING),
        ("response-property-added", "FULL", "FORWARD", COMPATIBLE),
        ("response-type-changed", "BACKWARD", "BACKWARD", BREAKING),
        ("operation-removed", "FORWARD", "FORWARD", COMPATIBLE),
        ("operation-added", "FULL", "FORWARD", BREAKING),
        ("latency-raised", "BACKWARD", "NONE", BREAKING),  # it has no place here, and so is of what is sent
        ("graphql-value-added-to-enum", "BACKWARD", "BACKWARD", BREAKING),
        ("graphql-arg-removed", "NONE", "FORWARD", COMPATIBLE),
        ("description-changed", "FULL", "FULL", COMPATIBLE),
        ("sunset-earlier", "NONE", "NONE", BREAKING),
    ],
)
def test_what_a_mode_allows(rule: str, requests: str, answers: str, expected: Compatibility) -> None:
    found = ruled(judged(rule), policy(requests=Mode(requests), answers=Mode(answers)), single=Mode.BACKWARD)
    assert found.compatibility is expected
    assert found.ruled or expected is RULES[rule].compatibility


def test_what_had_to_be_sent_is_missed_by_who_was_made_for_it() -> None:
    forward = policy(requests=Mode.FORWARD)
    assert grade(judged("request-parameter-removed", old=False), forward) is COMPATIBLE
    assert grade(judged("request-parameter-removed", old=True), forward) is BREAKING


def test_consumers_of_today_do_not_speak_for_those_to_come() -> None:
    nobody = judged("request-enum-changed", Verdict.UNAFFECTED)
    assert nobody.compatibility is COMPATIBLE
    assert grade(nobody, DEFAULT) is COMPATIBLE
    assert grade(nobody, policy(requests=Mode.FULL)) is BREAKING
    narrowed = judged("request-enum-narrowed", Verdict.UNAFFECTED)
    assert grade(narrowed, policy(requests=Mode.FULL)) is COMPATIBLE


def test_a_fix_of_a_document_is_no_change_of_the_service() -> None:
    fixed = replace(judged("response-type-changed"), fix="what came was so already")
    assert grade(fixed, policy(answers=Mode.FULL)) is COMPATIBLE


@pytest.mark.parametrize(
    ("rule", "severity", "expected"),
    [
        ("response-enum-widened", {"enum": Severity.WARNING}, WARNING),
        ("response-enum-widened", {"value": Severity.WARNING}, WARNING),
        ("response-enum-widened", {"value": Severity.WARNING, "enum": Severity.COMPATIBLE}, COMPATIBLE),
        ("response-enum-widened", {"enum": "warning", "response-enum-widened": Severity.BREAKING}, BREAKING),
        ("response-enum-narrowed", {"enum": Severity.BREAKING}, COMPATIBLE),
        ("response-pattern-widened", {"pattern": Severity.BREAKING}, BREAKING),
        ("request-minimum-narrowed", {"range": Severity.WARNING}, WARNING),
        ("response-property-removed", {"present": Severity.WARNING}, WARNING),
        ("response-property-removed", {"shape": Severity.WARNING}, WARNING),
        ("operation-removed", {"operation": Severity.WARNING}, WARNING),
        ("latency-raised", {"timing": Severity.WARNING}, WARNING),
        ("graphql-field-removed", {"present": Severity.COMPATIBLE}, COMPATIBLE),
    ],
)
def test_what_is_not_allowed_is_as_grave_as_the_policy_says(
    rule: str, severity: dict[str, Severity], expected: Compatibility
) -> None:
    named = {name: Severity(one) for name, one in severity.items()}
    assert grade(judged(rule), policy(severity=named)) is expected


def test_severity_is_of_what_the_mode_forbids_as_well() -> None:
    found = ruled(
        judged("response-property-added", Verdict.UNAFFECTED),
        policy(answers=Mode.FULL, severity={"required": Severity.WARNING}),
        single=Mode.BACKWARD,
    )
    assert found.compatibility is WARNING
    assert found.ruled == (
        "by the policy answers are FULL and what is about required is a warning; "
        "the rule alone says compatible"
    )


def test_what_is_graded_by_hand_stays() -> None:
    none = policy(answers=Mode.NONE)
    one = judged("response-enum-widened")
    assert ruled(one, none, single=Mode.BACKWARD, by_hand={"response-enum-widened"}) == one


def test_ruling_twice_changes_nothing() -> None:
    once = ruled(judged("response-enum-widened"), policy(answers=Mode.FULL), single=Mode.BACKWARD)
    assert ruled(once, policy(answers=Mode.FULL), single=Mode.BACKWARD) == once


@pytest.mark.parametrize("mode", Mode)
def test_of_single_schemas_the_mode_has_said_what_is_held_against_what(mode: Mode) -> None:
    one = judged("request-enum-narrowed", operation=OPERATION)
    other = policy(requests=Mode.NONE, answers=Mode.FULL)
    assert grade(one, other, mode) is (COMPATIBLE if mode is Mode.NONE else BREAKING)


def test_of_what_is_left_out_nothing_counts() -> None:
    rules = Policy(exclude=Exclusions(operations=("GET /internal/*",), places=("response.*.x-debug",)))
    inside = ruled(judged("operation-removed", operation="GET /internal/a"), rules, single=Mode.BACKWARD)
    assert (inside.compatibility, inside.hits) == (COMPATIBLE, ())
    assert inside.ruled == "the policy leaves GET /internal/a out of the contract"
    place = judged("response-header-removed", Verdict.BREAKS, subject="response.200.header.x-debug")
    assert grade(place, rules) is COMPATIBLE
    assert grade(judged("operation-removed"), rules) is BREAKING


def test_a_policy_can_name_what_there_is() -> None:
    rules = policy(severity=dict.fromkeys(("enum", "timing", "operation-added", "minimum"), Severity.WARNING))
    assert unknown(rules) == []
    assert unknown(policy(severity={"colour": Severity.WARNING})) == ["colour"]
    assert set(KIND_OF.values()) <= set(KINDS)
    assert set(KIND_OF) <= {rule.kind for rule in RULES.values()}
    assert list(names(RULES["response-min-length-widened"])) == [
        "response-min-length-widened",
        "minLength",
        "length",
        "value",
    ]


def test_a_direction_has_two_sides() -> None:
    one = change("request-enum-narrowed")
    assert direction_of(one) is Direction.REQUEST
    assert by_mode(one, Mode.BACKWARD) == (BREAKING, COMPATIBLE)
    assert by_mode(one, Mode.FORWARD) == (COMPATIBLE, COMPATIBLE)
    assert by_mode(change("request-enum-changed"), Mode.FULL) == (BREAKING, BREAKING)
