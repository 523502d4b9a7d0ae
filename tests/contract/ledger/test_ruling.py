from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contract.claim import Claim, Decision, Level, Standing
from contract.kinds import Enum, Latency, Type
from contract.ledger.model import Ledger, Role
from contract.ledger.reading import parse
from contract.ledger.ruling import Ruling, ruled, ruling_of, strays
from contract.ledger.splicing import put
from contract.ledger.template import template
from contract.ledger.writing import decided, positioned
from tests.contract.ledger.saying import ALWAYS, DAY, SOMETIMES, claim, empty, formerly, link, map_of

WIDER = (
    "When it was decided: 200 body state is one of `open` or `paid`; now: 200 body state is one of "
    "`open`, `paid` or `void`."
)
STATES, MORE = Enum.of(("open", "paid")), Enum.of(("open", "paid", "void"))


def ledger_of(*edits: Any, policy: str = "") -> Ledger:
    text = template("shop").replace("policy:\n", f"policy:\n{policy}")
    return parse(put(text, "contract.yaml", edits), "contract.yaml")


def deciding(about: Claim, decision: Decision = Decision.GUARANTEED, **more: Any) -> Any:
    return decided(empty(), about, decision, by="anna", at=DAY, reason="why", **more)


def judged(now: Claim, ledger: Ledger, today: date = DAY) -> Claim:
    (producer,) = ruled(map_of(now), map_of(now), ledger, today).producers
    return producer.operations[0].claims[0]


def ruling(now: Claim, ledger: Ledger, today: date = DAY) -> Ruling:
    found = ruling_of(judged(now, ledger, today))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("decision", "now", "standing"),
    [
        (Decision.GUARANTEED, claim(), Standing.DECLARED),
        (Decision.DEPRECATED, claim(), Standing.DECLARED),
        (Decision.MAY_CHANGE, claim(), Standing.UNDECLARED),
        (Decision.GUARANTEED, claim("ref", SOMETIMES, broken=4), Standing.CONTRADICTED),
        (Decision.GUARANTEED, replace(claim(), standing=Standing.CONTRADICTED), Standing.CONTRADICTED),
    ],
)
def test_what_is_guaranteed_is_promised(decision: Decision, now: Claim, standing: Standing) -> None:
    one = judged(now, ledger_of(deciding(claim(), decision)))
    assert (one.decision, one.standing) == (decision, standing)


@pytest.mark.parametrize(
    ("then", "now", "marks"),
    [
        (claim(), claim(), []),
        (claim(), claim(held=9000), []),
        (
            claim("state", STATES),
            claim("state", MORE),
            [WIDER],
        ),
        (claim(), claim(broken=4), ["It was never broken when it was decided; now 4 of 404 break it."]),
        (claim(broken=4), claim(), ["When it was decided, 4 broke it; now none of 400 does."]),
        (claim(), claim(held=0), ["It was seen when it was decided, and is not now."]),
        (
            claim("ref", ALWAYS, link("billing")),
            claim("ref", ALWAYS, link("web"), link("app", Level.EXPOSED)),
            ["New since it was decided: app, web.", "Seen when it was decided, and not now: billing."],
        ),
        (
            claim("ref", Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=400)),  # type: ignore[arg-type]
            claim("ref", Latency(p50_ms=1.1, p95_ms=2, p99_ms=3.01, n=500)),  # type: ignore[arg-type]
            [],
        ),
    ],
)  # fmt: skip
def test_a_decision_whose_evidence_has_changed_is_marked(then: Claim, now: Claim, marks: list[str]) -> None:
    assert list(ruling(now, ledger_of(deciding(then))).marks) == marks


def test_days_that_have_passed_are_told() -> None:
    ledger = ledger_of(deciding(claim(), Decision.DEPRECATED, review=DAY, remove=DAY + timedelta(1)))
    assert ruling(claim(), ledger).marks == ()
    assert ruling(claim(), ledger, DAY + timedelta(2)).marks == (
        "It was to be reviewed by 2026-03-02.",
        "It was to be removed by 2026-03-03, and is still seen.",
    )


def test_a_value_that_nobody_can_read_is_no_error() -> None:
    text = put(template("shop"), "x", [deciding(claim("state", STATES))])
    ledger = parse(text.replace("value: [open, paid]", "value: {odd: 1}"), "x")
    assert judged(claim("state", STATES), ledger).standing is Standing.DECLARED


def test_positions_that_differ_are_a_dispute() -> None:
    about = claim()
    producer = positioned(
        empty(), about, Decision.MAY_CHANGE, by="shop", role=Role.PRODUCER, at=DAY, reason=""
    )
    consumer = positioned(
        empty(), about, Decision.GUARANTEED, by="billing", role=Role.CONSUMER, at=DAY, reason="need it"
    )
    back = positioned(empty(), about, Decision.UNDECIDED, by="shop", role=Role.PRODUCER, at=DAY, reason="")
    text = put(template("shop"), "x", [producer])
    assert not parse(text, "x").entries[producer.id].disputed
    text = put(text, "x", [consumer])
    assert parse(text, "x").entries[producer.id].disputed
    assert not parse(put(text, "x", [back]), "x").entries[producer.id].disputed
    text = put(put(text, "x", [back]), "x", [deciding(about, Decision.MAY_CHANGE)])
    assert parse(text, "x").entries[back.id].disputed


def test_a_renamed_clause_is_found_and_named() -> None:
    old = deciding(claim(operation="GET /orders/EU-1"))
    now = formerly(claim(), old.id)
    ledger = ledger_of(old)
    assert judged(now, ledger).decision is Decision.GUARANTEED
    (said,) = strays(ledger, [now])
    assert f"is {now.clause.id} today" in said
    renamed = decided(ledger, now, Decision.GUARANTEED, by="anna", at=DAY, reason="why")
    text = put(put(template("shop"), "x", [old]), "x", [renamed])
    assert list(parse(text, "x").entries) == [now.clause.id]


def test_what_finds_no_claim_is_named() -> None:
    ledger = parse("clauses:\n  aaaaaaaaaaaa: {decision: guaranteed, key: GET /x}\n", "x")
    assert list(strays(ledger, [claim()])) == [
        "clauses.aaaaaaaaaaaa (GET /x) is known to nobody: no such clause was seen or declared"
    ]
    (gone,) = strays(ledger_of(deciding(claim("gone"))), [claim()])
    assert gone.endswith("is seen no more, nor declared")


def test_what_the_policy_excludes_is_not_there() -> None:
    policy = "  exclude: {operations: ['GET /internal*'], consumers: [health*], places: ['*.debug[]']}\n"
    text = (
        template("shop")
        .replace("policy:\n", f"policy:\n{policy}")
        .replace("  exclude:  # globs", "  # globs")
    )
    ledger = parse(text, "x")
    who = (link("healthcheck"), link("billing"))
    whole = map_of(claim("ref", ALWAYS, *who), claim("debug[]"), claim(operation="GET /internal/export"))
    (producer,) = ruled(whole, whole, ledger, DAY).producers
    ((one,),) = [operation.claims for operation in producer.operations]
    assert [link.consumer for link in one.dependence] == ["billing"]


def test_a_ledger_of_another_producer_says_nothing() -> None:
    ledger = parse("interface: {producer: stock}\n", "x")
    assert ruled(map_of(claim()), map_of(claim()), ledger, DAY) == map_of(claim())


def test_a_promise_of_what_is_gone_is_told() -> None:
    whole = claim("order", Type(("object",)))  # type: ignore[arg-type]
    promise = claim("order.ref")
    seen = map_of(whole)
    (producer,) = ruled(seen, seen, ledger_of(deciding(promise)), DAY).producers
    gone = {one.clause.id: one for one in producer.operations[0].claims}[promise.clause.id]
    assert gone.standing is Standing.CONTRADICTED
    assert gone.decision is Decision.GUARANTEED


def test_a_statement_that_is_not_told_alone_breaks_a_promise() -> None:
    broken = claim("ref", SOMETIMES, broken=4)
    shown = map_of(claim("other"))
    (producer,) = ruled(shown, map_of(broken), ledger_of(deciding(claim())), DAY).producers
    standings = {one.clause.id: one.standing for one in producer.operations[0].claims}
    assert standings[broken.clause.id] is Standing.CONTRADICTED
