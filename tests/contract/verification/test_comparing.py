"""Guarantees against a period's own claims: what several exchanges show together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import Claim, Evidence
from contract.clause import Clause, Kind
from contract.kinds import EffectWithin, KeyOrder, Latency, Lifecycle, Nullable, Present, Replay, Type
from contract.subject import parse
from contract.verification.comparing import compared
from contract.verification.evaluation import Finding, Verdict
from contract.verification.guarantees import Guarantee

LIFE = Lifecycle((("placed", "paid"), ("paid", "shipped")), ("placed",), ("shipped",))
SHORT = Lifecycle((("placed", "paid"),), ("placed",), ("paid",))
STATUS, BODY = "response.200.body.status", "response.200.body"
OBJECT = Type(("object",))


def clause(subject: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation="GET /orders/{id}", subject=parse(subject), kind=kind)


def claim(subject: str, kind: Kind, *, held: int = 40, broken: int = 0, doubt: str = "") -> Claim:
    evidence = Evidence(held=held, broken=broken, first_seen=1, last_seen=2, examples=("abc",))
    return Claim(clause=clause(subject, kind), evidence=evidence, doubt=doubt)


def verdict(subject: str, kind: Kind, *claims: Claim) -> Finding:
    (found,) = compared([Guarantee(clause=clause(subject, kind))], claims)
    return found


@pytest.mark.parametrize(
    ("subject", "kind", "seen", "expected"),
    [
        (STATUS, LIFE, LIFE, Verdict.HOLDS),
        (STATUS, LIFE, SHORT, Verdict.HOLDS),
        (STATUS, SHORT, LIFE, Verdict.BROKEN),
        ("response.201", Replay(same=True), Replay(same=True), Verdict.HOLDS),
        ("response.201", Replay(same=True), Replay(same=False), Verdict.BROKEN),
        ("response.message", KeyOrder("order_id"), KeyOrder("order_id"), Verdict.HOLDS),
        ("response.200", EffectWithin("POST /a", 10.0), EffectWithin("POST /a", 5.0), Verdict.HOLDS),
        ("response.200", EffectWithin("POST /a", 10.0), EffectWithin("POST /a", 50.0), Verdict.NOT_ENOUGH),
        (f"{BODY}.id", Present(always=True), Present(always=True), Verdict.HOLDS),
        (f"{BODY}.id", Present(always=True), Present(always=False), Verdict.BROKEN),
        (f"{BODY}.id", Nullable(value=False), Nullable(value=True), Verdict.BROKEN),
    ],
)
def test_a_statement_against_what_was_seen(subject: str, kind: Kind, seen: Kind, expected: Verdict) -> None:
    assert verdict(subject, kind, claim(subject, seen)).verdict is expected


def test_nothing_of_the_kind_leaves_it_open() -> None:
    assert verdict(STATUS, LIFE).verdict is Verdict.NOT_ENOUGH
    assert verdict(f"{BODY}.id", Present(always=True)).missing == 5


def test_what_is_in_doubt_decides_nothing_about_several_exchanges() -> None:
    found = verdict(STATUS, SHORT, claim(STATUS, LIFE, doubt="only 2 seen, 5 needed"))
    assert (found.verdict, found.why) == (Verdict.NOT_ENOUGH, "only 2 seen, 5 needed")


def test_a_field_that_never_came_with_its_object_is_missing() -> None:
    found = verdict(f"{BODY}.id", Present(always=True), claim(BODY, OBJECT))
    assert (found.verdict, found.broken, found.examples) == (Verdict.BROKEN, 40, ("abc",))


def test_a_former_id_is_the_same_clause() -> None:
    old = clause(STATUS, LIFE)
    seen = replace(claim(STATUS, LIFE), former_ids=(old.id,))
    seen = replace(seen, clause=replace(seen.clause, operation="GET /v2/orders/{id}"))
    assert verdict(STATUS, LIFE, seen).verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("p99", "expected"),
    [(400.0, Verdict.HOLDS), (250.0, Verdict.HOLDS), (150.0, Verdict.BROKEN), (40.0, Verdict.BROKEN)],
)
def test_latency_by_quantiles_alone(p99: float, expected: Verdict) -> None:
    seen = claim("response.200.latency", Latency(p50_ms=50, p95_ms=200, p99_ms=300, n=1000))
    mine = Guarantee(
        clause=clause("response.200.latency", Latency(p50_ms=1, p95_ms=2, p99_ms=p99, n=9)), tolerated=0.01
    )
    (found,) = compared([mine], [seen])
    assert found.verdict is expected
