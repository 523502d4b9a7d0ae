# ruff: noqa: E501  # tables are read by their columns

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.changes import Compatibility, load
from contract.changes.sdl import Sdl, compare_schemas, coordinate, judge_schemas
from contract.changes.usage import ENOUGH, Judged
from contract.kinds import Present
from contract.selections import read
from tests.contract.changes.test_usage import MANY, claim, used

if TYPE_CHECKING:
    from contract.claim import ProducerMap

SDL = """
type Query { order(id: ID!): Order  other: Other  page(n: Int! = 5): Found }
type Order { id: ID!  total: Float  note: String  status: Status }
type Other { a: Int }
enum Status { OPEN PAID }
union Found = Order | Other
directive @live on FIELD
input Where { first: Int }
"""
KEY = "POST /graphql#Q"


def schema(text: str) -> Sdl:
    found = load(text)
    assert isinstance(found, Sdl)
    return found


def changed(old: str, new: str) -> list[tuple[str, str, Compatibility]]:
    found = compare_schemas(schema(SDL), schema(SDL.replace(old, new)))
    return [(one.rule.name, one.operation, one.compatibility) for one in found]


@pytest.mark.parametrize(
    ("old", "new", "rule", "about", "grade"),
    [
        ("total: Float", "", "graphql-field-removed", "Order.total", Compatibility.BREAKING),
        ("total: Float", "total: String", "graphql-field-changed-kind", "Order.total", Compatibility.BREAKING),
        ("(id: ID!)", "(id: ID!, tenant: ID!)", "graphql-required-arg-added", "Query.order", Compatibility.BREAKING),
        ("OPEN PAID", "OPEN", "graphql-value-removed-from-enum", "Status.PAID", Compatibility.BREAKING),
        ("OPEN PAID", "OPEN PAID SENT", "graphql-value-added-to-enum", "Status.SENT", Compatibility.WARNING),
        ("first: Int", "first: Int last: Int!", "graphql-required-input-field-added", "Where.last", Compatibility.BREAKING),
        ("type Query", "schema { query: Q } type Q", "graphql-root-changed", "Query", Compatibility.BREAKING),
        ("= 5", "", "graphql-default-removed-from-required", "Query.page", Compatibility.BREAKING),
        ("on FIELD", "on QUERY", "graphql-directive-location-removed", "@live", Compatibility.BREAKING),
        ("= Order | Other", "= Order", "graphql-type-removed-from-union", "Found", Compatibility.BREAKING),
        ("(id: ID!)", "(id: ID!, at: ID)", "graphql-optional-arg-added", "Query.order", Compatibility.COMPATIBLE),
    ],
)  # fmt: skip
def test_rules(old: str, new: str, rule: str, about: str, grade: Compatibility) -> None:
    assert (rule, about, grade) in changed(old, new)


def test_a_schema_does_not_differ_from_itself() -> None:
    assert changed("type", "type") == []


def test_what_a_change_is_about() -> None:
    assert coordinate("Order.total was removed.") == "Order.total"
    assert coordinate("Other was removed.") == "Other"


def traffic(calls: int = MANY) -> ProducerMap:
    """One consumer that selects the id and the total of an order."""
    selected = read("query Q($id: ID!) { order(id: $id) { id total } }", "")
    assert selected is not None
    claims = [
        claim(f"response.200.body.data.order.{name}", Present(always=True), key=KEY, web=("requested", calls))
        for name in ("id", "total")
    ]
    found = used(*claims, calls={"web": calls}, key=KEY)
    return replace(found, operations=(replace(found.operations[0], selections=(selected.selection,)),))


def judged(old: str, new: str, calls: int = MANY) -> Judged:
    before, after = schema(SDL), schema(SDL.replace(old, new))
    (one,) = judge_schemas(compare_schemas(before, after), before, traffic(calls))
    return one


def test_who_selects_a_field_breaks() -> None:
    assert [hit.verdict.value for hit in judged("total: Float", "").hits] == ["breaks"]


@pytest.mark.parametrize(("calls", "verdict"), [(ENOUGH, "unaffected"), (ENOUGH - 1, "unknown")])
def test_who_selects_others_alone_is_unaffected(calls: int, verdict: str) -> None:
    (hit,) = judged("note: String", "", calls).hits
    assert hit.verdict.value == verdict
    assert "selects from Order, and never this" in hit.basis


def test_of_what_nobody_selects_from_nothing_is_known() -> None:
    one = judged("type Other { a: Int }", "type Other { b: Int }")
    assert [hit.verdict.value for hit in one.hits] == ["unknown"]
    assert one.compatibility is Compatibility.BREAKING
