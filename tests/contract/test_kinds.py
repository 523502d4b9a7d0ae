"""Kinds: what they say, whether it holds, and how they relate."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contract.clause import Clause, Holds, Kind, Relation
from contract.kinds import (
    KINDS,
    Closed,
    ContentType,
    Enum,
    Format,
    Latency,
    Length,
    Nullable,
    Occurs,
    Pattern,
    Present,
    Range,
    Size,
    Type,
    Unique,
    kind_from,
)
from contract.place import Places
from contract.subject import parse
from tests.inference.traffic import call

BODY = parse("response.200.body.x")
NAMES = st.lists(st.sampled_from(["a", "b", "x"]), unique=True, min_size=1).map(
    lambda names: tuple(sorted(names))
)
MEDIA = st.lists(
    st.sampled_from(["application/json", "text/html", "text/*", "*/*"]), unique=True, min_size=1
).map(lambda names: tuple(sorted(names)))
TYPES = st.frozensets(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]), min_size=1
).map(Type.of)
BOUND = st.none() | st.sampled_from([0, 1, 2, 4])
BOUNDS = st.tuples(BOUND, BOUND).filter(
    lambda bounds: bounds != (None, None) and (None in bounds or bounds[0] <= bounds[1])
)
QUANTILE = st.sampled_from([1.0, 10.0, 10.05, 500.0])
KIND = {
    "present": st.booleans().map(Present),
    "nullable": st.booleans().map(Nullable),
    "type": TYPES,
    "closed": NAMES.map(Closed),
    "format": st.sampled_from(["md5", "hex", "integer", "digits", "unix-seconds"]).map(Format),
    "enum": st.lists(st.sampled_from(["s", "none", "", 4, 4.5, True]), min_size=1).map(Enum.of),
    "range": BOUNDS.map(lambda bounds: Range(*bounds)),
    "length": BOUNDS.map(lambda bounds: Length(*bounds)),
    "size": BOUNDS.map(lambda bounds: Size(*bounds)),
    "pattern": st.sampled_from(["s", "^s$", "."]).map(Pattern),
    "unique": st.sampled_from([None, "a", "b"]).map(Unique),
    "occurs": st.just(Occurs()),
    "content-type": MEDIA.map(ContentType),
    "latency": st.builds(Latency, p50_ms=QUANTILE, p95_ms=QUANTILE, p99_ms=QUANTILE, n=st.integers(1, 9)),
}
OTHER = {"other": "response.200.body.y"}
WRITTEN: dict[str, list[Any]] = {
    "variant": [{"by": "type", "cases": {"a": ["x"], "b": []}}, {"by": "type", "cases": {"a": ["x"]}}],
    "together": [{**OTHER, "how": "requires"}, {**OTHER, "how": "excludes"}],
    "equal": [OTHER],
    "at-most": [{**OTHER, "strict": True}, {**OTHER, "strict": False}],
    "sum": [
        {"of": ["response.200.body.y[].z"], "times": None},
        {"of": ["response.200.body.y"], "times": None},
    ],
    "count": [{"of": "response.200.body.y"}],
    "member": [{"of": "response.200.body.y[]"}],
    "contains": [{**OTHER, "how": "prefix"}, {**OTHER, "how": "substring"}],
    "derived": [{**OTHER, "how": "slug"}, {**OTHER, "how": "date"}],
    "echo": [{"other": "request.query.q"}],
    "filter": [{"other": "request.query.q"}],
    "limits": [{"of": "response.200.body.y"}],
    "never-repeats": [True],
    "increasing": [True],
    "sorted": [
        {"by": None, "direction": "ascending", "when": None},
        {"by": "a", "direction": "descending", "when": {"request.query.sort": "a"}},
    ],
    "replay": ["same", "different"],
    "idempotency-key": [{"honoured": True, "for_s": 3.0}, {"honoured": False, "for_s": 0.0}],
    "unsafe-retry": [{"method": "POST"}],
    "effectful-read": [True],
    "cause": ["missing", "limit"],
    "retry": [
        {"attempts": 3, "backoff": "constant", "first_ms": 10.0},
        {"attempts": 4, "backoff": "retry-after", "first_ms": 1000.0},
    ],
    "fallback": [{"operation": "GET /b"}, {"operation": ""}],
    "deprecated": [{"reason": "use sum"}, {"reason": "No longer supported"}],
    "error-inside": [{"values": []}, {"values": ["false"]}],
    "partial-success": [{"by": "status"}],
    "timeout": [{"ms": 400.0}, {"ms": 9000.0}],
    "polling": [{"period_ms": 1000.0}],
    "rate": [{"p50_per_s": 1.0, "peak_per_s": 9.0}],
    "freshness": [{"max_age_s": 60.0, "revalidated": False}, {"max_age_s": 0.0, "revalidated": True}],
    "latency-growth": [{"per_kb_ms": 2.5}],
    "negotiation": [["application/json", "text/csv"], ["de", "en", "fr"]],
    "stalls": [{"share": 0.03, "longest_ms": 4200.0}, {"share": 0.001, "longest_ms": 900.0}],
    "auth": [["basic"], ["basic", "bearer"], ["api-key"], ["api-key", "none"]],
    "validator": [["etag"]],
    "rate-limit": [
        {"limit": 60, "remaining": "x", "reset": None},
        {"limit": None, "remaining": None, "reset": "y"},
    ],
    "versioning": [["v1"], ["v1", "v2"]],
    "compression": [["gzip"]],
    "key-order": ["key", "order_id"],
    "redelivered": [True],
    "acknowledgement": [["ack", "reject"]],
    "handling": [{"p50_ms": 2.5, "p99_ms": 40.0, "n": 120}],
    "duplicates": [{"how": how, "n": 120} for how in ("never", "marked", "unmarked")],
    "comes-after": [{"operation": "RECEIVE a", "by": by} for by in ("key", "order_id")],
    "gaps": [{"how": how, "n": 120} for how in ("none", "some")],
    "delivery": [{"how": how, "n": 120} for how in ("exactly-once", "at-least-once", "at-most-once")],
    "fan-out": [{"how": how, "n": 120} for how in ("all", "one")],
    "retained": [True],
    "schemas": [
        {"ids": ["registry:1"], "lost": []},
        {"ids": ["registry:1", "registry:2"], "lost": ["total"]},
        {"ids": ["avro:00ff00ff00ff00ff"], "lost": []},
    ],
    "catch-up": [{"longest_ms": longest, "n": 3} for longest in (60_000.0, 60_100.0, 900_000.0)],
    "handling-order": [{"how": how, "n": 120} for how in ("kept", "any")],
    "in-flight": [{"most": most, "n": 120} for most in (1, 10)],
    "batch": [{"most": most, "n": 120} for most in (2, 500)],
    "requeued": [
        {"p50_ms": 2.5, "p99_ms": 40.0, "most": 3, "n": 120},
        {"p50_ms": 2.5, "p99_ms": 90.0, "most": None, "n": 20},
    ],
    "dead-letter": [
        {"from": "orders", "reasons": ["expired", "rejected"]},
        {"from": "orders", "reasons": ["rejected"]},
    ],
    "repeats-effect": [{"operation": "POST /a"}],
    "deduplicates": [{"operation": "POST /a"}, {"operation": "POST /b"}],
    "redirect": [["same-origin"]],
    "cors": [["*"], ["echo"]],
    "preceded-by": [{"operation": "POST /a/{id}", "subject": "response.201.body.id"}],
    "followed-by": [{"operation": "GET /a/{id}", "subject": "request.path.id", "within_ms": 40.0}],
    "lifecycle": [{"transitions": [["a", "b"]], "first": ["a"], "last": ["b"]}],
    "read-your-writes": [{"operation": "PUT /a/{id}", "within_ms": 10.0}],
    "effect-within": [
        {"operation": "POST /a", "within_ms": 10.0},
        {"operation": "POST /a", "within_ms": 900.0},
    ],
    "pagination": ["cursor", "page"],
}
"""Values of kinds, as they are written."""

KIND |= {
    name: st.sampled_from(values).map(lambda value, name=name: kind_from(name, value))
    for name, values in WRITTEN.items()
}
VALUE = st.sampled_from(
    [
        {},
        {"x": None},
        {"x": "s"},
        {"x": "none"},
        {"x": 4},
        {"x": 4.5},
        {"x": {"a": 1}},
        {"x": [1]},
        {"x": [{"a": 1}, {"a": 1}]},
        {"x": [{"a": 1, "b": 1}, {"a": 1, "b": 2}]},
        [],
        "no",
    ]
)
SUBJECT = {
    "closed": "response.200.body",
    "occurs": "response.200",
    "content-type": "response.200.header.content-type",
    "latency": "response.200.latency",
}


def subject_of(name: str) -> Any:
    return parse(SUBJECT.get(name, "response.200.body.x"))


def test_every_kind_has_a_strategy_here() -> None:
    assert set(KIND) == set(KINDS)


@pytest.mark.parametrize("name", sorted(KIND))
@given(st.data())
def test_a_value_reads_back(name: str, data: st.DataObject) -> None:
    kind = data.draw(KIND[name])
    assert kind_from(name, kind.value) == kind


@pytest.mark.parametrize("name", sorted(KIND))
@given(
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.integers(), min_size=1).map(lambda values: sorted(set(values), key=str))
    | st.just({"p50_ms": 1})
)
def test_a_value_that_is_none_is_refused(name: str, value: object) -> None:
    with suppress(ValueError):
        assert kind_from(name, value).value == value


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'colour'"):
        kind_from("colour", "red")


@pytest.mark.parametrize("name", sorted(KIND))
@given(st.data())
def test_comparing_is_reflexive_and_antisymmetric(name: str, data: st.DataObject) -> None:
    a, b = data.draw(KIND[name]), data.draw(KIND[name])
    subject = subject_of(name)
    mirrored = {Relation.NARROWER: Relation.WIDER, Relation.WIDER: Relation.NARROWER}
    assert a.compare(subject, a) is Relation.SAME
    there = a.compare(subject, b)
    assert b.compare(subject, a) is mirrored.get(there, there)


@pytest.mark.parametrize("name", sorted(set(KIND) - {"latency"}))
@given(st.data())
def test_what_fulfils_the_narrower_fulfils_the_wider(name: str, data: st.DataObject) -> None:
    a, b = data.draw(KIND[name]), data.draw(KIND[name])
    subject = subject_of(name)
    assume(a.compare(subject, b) in {Relation.NARROWER, Relation.SAME})
    places = Places(call(0, "GET", "/a", got=data.draw(VALUE)), "GET /a")
    if a.hold(subject, places) is Holds.YES:
        assert b.hold(subject, places) is Holds.YES


def test_comparing_with_another_kind_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        Present(always=True).compare(BODY, Nullable(value=True))


@pytest.mark.parametrize(
    ("subject", "kind", "sentence"),
    [
        ("response.200.body.items[].sku", Present(always=True), "200 body items[].sku is always present"),
        ("response.200.body.x", Present(always=False), "200 body x may be absent"),
        ("response.200.body.x", Nullable(value=False), "200 body x is never null"),
        ("response.200.body.x", Type(("integer",)), "200 body x is always an integer"),
        ("request.query.limit", Type(("integer",)), "query limit is always an integer"),
        ("response.404", Occurs(), "can answer 404"),
        (
            "response.200.latency",
            Latency(p50_ms=3, p95_ms=40, p99_ms=340, n=1204),
            "answers 200 within 340 ms (p99 of 1,204)",
        ),
    ],
)
def test_statements(subject: str, kind: Kind, sentence: str) -> None:
    clause = Clause(producer="p", operation="GET /a", subject=parse(subject), kind=kind)
    assert clause.statement == sentence


@pytest.mark.parametrize(
    ("got", "kind", "holds"),
    [
        ({"x": 1}, Present(always=True), Holds.YES),
        ({}, Present(always=True), Holds.NO),
        ([], Present(always=True), Holds.NOT_APPLICABLE),
        ({"x": None}, Nullable(value=False), Holds.NO),
        ({"x": 1}, Nullable(value=False), Holds.YES),
        ({}, Nullable(value=False), Holds.NOT_APPLICABLE),
        ({"x": 1}, Type(("number",)), Holds.YES),
        ({"x": "1"}, Type(("number",)), Holds.NO),
        ({"x": "redacted.card.integer.abcdefghijklmnop"}, Type(("integer",)), Holds.YES),
    ],
)
def test_holding(got: Any, kind: Kind, holds: Holds) -> None:
    clause = Clause(producer="p", operation="GET /a", subject=BODY, kind=kind)
    assert clause.hold(Places(call(0, "GET", "/a", got=got), "GET /a")) is holds
    assert clause.hold(Places(call(0, "GET", "/a", got=got, status=500), "GET /a")) is Holds.NOT_APPLICABLE


def test_an_answer_holds_its_latency_if_it_was_quick_enough() -> None:
    clause = Clause(
        producer="p",
        operation="GET /a",
        subject=parse("response.200.latency"),
        kind=Latency(p50_ms=1, p95_ms=2, p99_ms=10, n=300),
    )
    quick, slow = (call(0, "GET", "/a", duration_ns=ms * 10**6) for ms in (9, 11))
    assert clause.hold(Places(quick, "GET /a")) is Holds.YES
    assert clause.hold(Places(slow, "GET /a")) is Holds.NO


def test_every_kind_is_documented() -> None:
    said = (Path(__file__).parents[2] / "docs" / "kinds.md").read_text("utf-8")
    assert [name for name in KINDS if f"\n| {name} | " not in said] == []
