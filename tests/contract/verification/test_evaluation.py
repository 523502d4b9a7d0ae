"""Verdicts: laws that hold for any numbers, and what single exchanges come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clause import Clause, Kind
from contract.kinds import Latency, Occurs, Present
from contract.place import Places
from contract.subject import parse
from contract.verification.evaluation import LEAST, Evaluation, Finding, Verdict, judged, needed
from contract.verification.guarantees import Guarantee
from tests.inference.traffic import call

OPERATION = "GET /orders/{id}"


def guarantee(subject: str, kind: Kind, tolerated: float = 0.0, operation: str = OPERATION) -> Guarantee:
    clause = Clause(producer="shop", operation=operation, subject=parse(subject), kind=kind)
    return Guarantee(clause=clause, consumers=("billing",), tolerated=tolerated)


ALWAYS = guarantee("response.200.body.id", Present(always=True))
LATENCY = guarantee("response.200.latency", Latency(p50_ms=5, p95_ms=8, p99_ms=10, n=1000), 0.01)
OK = guarantee("response.200", Occurs())


def seen(*guarantees: Guarantee, bodies: list[object], **more: object) -> list[Finding]:
    evaluation = Evaluation(guarantees)
    for at, body in enumerate(bodies):
        exchange = call(at, "GET", f"/orders/{at}", got=body, **more)  # type: ignore[arg-type]
        evaluation.observe(Places(exchange, OPERATION), consumer="billing", example=exchange.id)
    return evaluation.findings()


@given(held=st.integers(0, 3000), broken=st.integers(0, 100), tolerated=st.just(0.0) | st.floats(0.001, 0.2))
def test_a_verdict_is_never_milder_for_more_violations(held: int, broken: int, tolerated: float) -> None:
    one = replace(ALWAYS, tolerated=tolerated)
    before, after = judged(one, held + 1, broken), judged(one, held, broken + 1)
    if before.verdict is Verdict.BROKEN:
        assert after.verdict is Verdict.BROKEN


@given(held=st.integers(0, 3000), tolerated=st.just(0.0) | st.floats(0.001, 0.2))
def test_what_never_failed_is_not_broken_and_what_is_missing_suffices(held: int, tolerated: float) -> None:
    one = replace(ALWAYS, tolerated=tolerated)
    found = judged(one, held, 0)
    assert found.verdict is (Verdict.NOT_ENOUGH if found.missing else Verdict.HOLDS)
    assert judged(one, held + found.missing, 0).verdict is Verdict.HOLDS


@given(held=st.integers(0, 50), broken=st.integers(1, 50))
def test_what_tolerates_nothing_is_broken_by_one(held: int, broken: int) -> None:
    assert judged(ALWAYS, held, broken).verdict is Verdict.BROKEN


def test_a_p99_takes_299_answers() -> None:
    assert needed(0.01) == 299
    assert needed(0) == LEAST
    found = judged(LATENCY, 100, 0)
    assert (found.verdict, found.missing) == (Verdict.NOT_ENOUGH, 199)
    assert judged(LATENCY, 297, 3).verdict is Verdict.HOLDS  # three in three hundred are one in a hundred
    assert judged(LATENCY, 290, 10).verdict is Verdict.BROKEN
    assert judged(LATENCY, 17, 3).verdict is Verdict.BROKEN
    assert judged(LATENCY, 19, 1).verdict is Verdict.NOT_ENOUGH  # one slow answer of twenty is no proof


def test_many_guarantees_that_tolerate_something_need_clearer_proof() -> None:
    assert judged(LATENCY, 17, 3, among=1).verdict is Verdict.BROKEN
    assert judged(LATENCY, 17, 3, among=50).verdict is Verdict.NOT_ENOUGH
    assert judged(LATENCY, 10, 10, among=50).verdict is Verdict.BROKEN


def test_a_missing_field_is_found_with_whom_it_meets_and_where() -> None:
    (found,) = seen(ALWAYS, bodies=[{"id": 1}] * 6 + [{"ref": 1}])
    assert (found.verdict, found.held, found.broken) == (Verdict.BROKEN, 6, 1)
    assert found.hit == ("billing",)
    assert len(found.examples) == 1


def test_no_data_is_never_a_pass() -> None:
    (found,) = seen(ALWAYS, bodies=[])
    assert (found.verdict, found.missing, found.why) == (Verdict.NOT_ENOUGH, LEAST, "never seen")
    (found,) = seen(ALWAYS, bodies=[{"id": 1}] * 9, status=404)
    assert found.verdict is Verdict.NOT_ENOUGH


def test_other_operations_and_producers_say_nothing() -> None:
    evaluation = Evaluation([ALWAYS])
    exchange = call(1, "GET", "/orders/1", got={}, producer="other")
    evaluation.observe(Places(exchange, OPERATION), consumer="billing", example="x")
    evaluation.observe(Places(call(1, "GET", "/x", got={}), "GET /x"), consumer="billing", example="x")
    assert evaluation.findings()[0].verdict is Verdict.NOT_ENOUGH


def test_latency_counts_whole_answers() -> None:
    (found,) = seen(LATENCY, bodies=[{}] * 20, duration_ns=30_000_000)
    assert (found.verdict, found.broken) == (Verdict.BROKEN, 20)


def test_a_success_that_nobody_named_takes_the_place_of_the_one_that_was() -> None:
    (found,) = seen(OK, bodies=[{}] * LEAST, status=201)
    assert found.verdict is Verdict.BROKEN
    assert found.why == "answered 201 5 times where it was 200"
    (found,) = seen(OK, bodies=[{}] * (LEAST - 1), status=201)
    assert found.verdict is Verdict.NOT_ENOUGH
    (found,) = seen(OK, bodies=[{}] * LEAST, status=404)
    assert found.verdict is Verdict.NOT_ENOUGH
    other = guarantee("response.201.body", Present(always=True))
    assert seen(OK, other, bodies=[{}] * LEAST, status=201)[0].verdict is Verdict.NOT_ENOUGH


@pytest.mark.parametrize(("status", "verdict"), [(200, Verdict.HOLDS), (500, Verdict.BROKEN)])
def test_a_request_that_is_asked_again_must_get_its_status(status: int, verdict: Verdict) -> None:
    evaluation = Evaluation([OK])
    exchange = call(1, "GET", "/orders/1", status=status)
    evaluation.observe(Places(exchange, OPERATION), consumer="billing", example="x", expected="200")
    assert evaluation.findings()[0].verdict is verdict


def test_an_error_that_may_come_need_not() -> None:
    (found,) = seen(guarantee("response.404", Occurs()), bodies=[{}] * 9)
    assert found.verdict is Verdict.NOT_APPLICABLE
