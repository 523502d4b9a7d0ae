"""Kinds about each value at one place: what they say, whether it holds, and what follows from what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.blank import is_blank
from contract.clause import Clause, Holds, Kind, Relation
from contract.kinds import Enum, Format, Length, Pattern, Range, Size, Unique, kind_from
from contract.place import Places
from contract.subject import parse
from tests.inference.traffic import call

BODY = "response.200.body.x"
QUERY = "request.query.x"
UUID = "550e8400-e29b-41d4-a716-446655440000"
TOKEN = "redacted.card.integer.abcdefghijklmnop"


def holds(kind: Kind, value: Any, subject: str = BODY) -> Holds:
    clause = Clause(producer="p", operation="GET /a", subject=parse(subject), kind=kind)
    path = f"/a?x={value}" if subject == QUERY else "/a"
    return clause.hold(Places(call(0, "GET", path, got={"x": value}), "GET /a"))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (Enum.of(["placed"]), "200 body x is always `placed`"),
        (Enum.of(["a", "b"]), "200 body x is one of `a` or `b`"),
        (Enum.of(["b", "a", 3, True]), "200 body x is one of `a`, `b`, `3` or `true`"),
        (Enum.of(list("abcdefgh")), "200 body x is one of 8 values: `a`, `b`, `c`, `d`, `e`, `f`…"),
        (Enum.of(["a" * 50]), f"200 body x is always `{'a' * 39}…`"),
        (Format("uuid"), "200 body x is always a UUID"),
        (Range(1, 5), "200 body x is between 1 and 5"),
        (Range(None, 5000), "200 body x is at most 5,000"),
        (Range(0.5, None), "200 body x is at least 0.5"),
        (Range(7, 7), "200 body x is 7"),
        (Length(22, 22), "200 body x has 22 characters"),
        (Length(1, 1), "200 body x has 1 character"),
        (Length(3, 10), "200 body x has 3 to 10 characters"),
        (Size(1, None), "200 body x has at least 1 item"),
        (Size(None, 1), "200 body x has at most 1 item"),
        (Size(0, 20), "200 body x has 0 to 20 items"),
        (Pattern("^SKU-[0-9]{4}$"), "200 body x matches `^SKU-[0-9]{4}$`"),
        (Unique(None), "200 body x has no item twice"),
        (Unique("id"), "200 body x has no two items with the same id"),
    ],
)
def test_statements(kind: Kind, sentence: str) -> None:
    assert kind.describe(parse(BODY)) == sentence


@pytest.mark.parametrize(
    ("kind", "yes", "no", "neither"),
    [
        (Enum.of(["a", 1, False]), ["a", 1, 1.0, False], ["b", True, 0, "1"], [["b"], {}]),
        (Enum.of(["a", "none"]), ["a"], ["b"], ["none"]),
        (Format("uuid"), [UUID], ["x", "1"], [1, True, [], {}]),
        (Format("unix-seconds"), [1_577_269_800, "1577269800"], [4, "x"], [1.5, True]),
        (Range(1, 5), [1, 5, 2.5], [0, 6, 5.01], ["9", True, [9]]),
        (Length(2, 3), ["ab", "äöü"], ["a", "abcd"], [1234, ["a"]]),
        (Size(1, 2), [[1], [None, None]], [[], [1, 2, 3]], ["abc", {}, 4]),
        (Pattern(r"^\d+$"), ["42"], ["4x", "٣", "4\n"], [42]),
        (Pattern("b"), ["abc"], ["x"], [1]),
        (
            Unique(None),
            [[1, 2], [1, True], [{"a": 1}, {"a": 2}]],
            [[1, 1.0], [{"a": [1]}, {"a": [1]}]],
            [[1]],
        ),
        (
            Unique("id"),
            [[{"id": 1}, {"id": 2}], [{"id": None, "a": 1}, {"id": "", "a": 1}]],
            [[{"id": 1, "a": 1}, {"id": 1, "a": 2}], [{}, {}]],
            [[], [{"id": 1}]],
        ),
        (Unique("a.id"), [[{"a": {"id": 1}}, {"a": {"id": 2}}]], [[{"a": {"id": 1}}, {"a": {"id": 1}}]], []),
    ],
)
def test_holding(kind: Kind, yes: list[Any], no: list[Any], neither: list[Any]) -> None:
    assert [holds(kind, value) for value in yes] == [Holds.YES] * len(yes)
    assert [holds(kind, value) for value in no] == [Holds.NO] * len(no)
    none = [*neither, None, "", "N/A", "null", TOKEN]
    assert [holds(kind, value) for value in none] == [Holds.NOT_APPLICABLE] * len(none)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Enum.of(["1", "2"]), 1, Holds.YES),
        (Enum.of([1, 2]), 1, Holds.YES),
        (Enum.of(["true"]), "true", Holds.YES),
        (Enum.of(["1.50"]), "1.50", Holds.YES),
        (Enum.of(["1", "2"]), 3, Holds.NO),
        (Length(3, 3), 123, Holds.YES),
        (Length(3, 3), 12, Holds.NO),
        (Length(3, 3), "1.50", Holds.NOT_APPLICABLE),
        (Pattern("^[0-9]{3}$"), 123, Holds.YES),
        (Format("digits"), 123, Holds.YES),
        (Format("uuid"), 123, Holds.NO),
        (Range(1, 100), 20, Holds.YES),
        (Range(1, 100), 200, Holds.NO),
    ],
)
def test_holding_where_http_puts_text(kind: Kind, value: Any, expected: Holds) -> None:
    assert holds(kind, value, QUERY) is expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Enum.of(["none", "-"]), False),
        (Enum.of([True, False]), False),
        (Enum.of([True]), True),
        (Length(1, None), False),
        (Length(2, None), True),
        (Length(None, 9), True),
        (Size(0, None), False),
        (Size(1, None), True),
        (Range(0, None), True),
        (Pattern(".*"), False),
        (Pattern("^a"), True),
    ],
)
def test_what_rules_nothing_out(kind: Kind, *, expected: bool) -> None:
    assert kind.informative is expected


@pytest.mark.parametrize(
    ("one", "relation", "two"),
    [
        (Enum.of(["a"]), Relation.NARROWER, Enum.of(["a", "b"])),
        (Enum.of(["a", "none"]), Relation.SAME, Enum.of(["a"])),
        (Enum.of([1]), Relation.INCOMPATIBLE, Enum.of(["1"])),
        (Enum.of([1.0]), Relation.SAME, Enum.of([1])),
        (Format("md5"), Relation.NARROWER, Format("hex")),
        (Format("uuid"), Relation.INCOMPATIBLE, Format("date")),
        (Range(1, 5), Relation.NARROWER, Range(None, 5)),
        (Range(1, 5), Relation.INCOMPATIBLE, Range(2, 6)),
        (Range(-1, None), Relation.WIDER, Range(0, None)),
        (Length(0, 5), Relation.SAME, Length(None, 5)),
        (Pattern("^a$"), Relation.INCOMPATIBLE, Pattern("^a")),
        (Unique("id"), Relation.NARROWER, Unique(None)),
        (Unique("id"), Relation.INCOMPATIBLE, Unique("sku")),
    ],
)
def test_relations(one: Kind, relation: Relation, two: Kind) -> None:
    assert one.compare(parse(BODY), two) is relation


def test_where_http_puts_text_a_number_is_its_text() -> None:
    assert Enum.of([1]).compare(parse(QUERY), Enum.of(["1"])) is Relation.SAME


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enum", []),
        ("enum", [None]),
        ("enum", [["a"]]),
        ("enum", "a"),
        ("format", "colour"),
        ("range", {"min": None, "max": None}),
        ("range", {"min": 5, "max": 1}),
        ("range", {"min": True, "max": None}),
        ("range", {"min": float("nan"), "max": None}),
        ("range", {"min": 1}),
        ("length", {"min": -1, "max": None}),
        ("size", {"min": 1.5, "max": None}),
        ("pattern", "("),
        ("pattern", 4),
        ("unique", {"by": ""}),
        ("unique", {"by": 1}),
        ("unique", None),
    ],
)
def test_values_that_are_none_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(enum|format|range|length|size|unique|pattern|no regular)"):
        kind_from(name, value)


@given(st.lists(st.text(max_size=3) | st.integers() | st.floats(allow_nan=False) | st.booleans(), min_size=1))
def test_an_enumeration_holds_for_each_of_its_values(values: list[Any]) -> None:
    kind = Enum.of(values)
    assert kind_from("enum", kind.value) == kind
    assert False not in {kind.fits(parse(BODY), value) for value in values if not is_blank(value)}


def test_half_a_surrogate_pair_is_a_text_that_no_expression_can_read() -> None:
    assert Pattern("a").fits(parse(BODY), "\ud800") is None
    assert Enum.of(["\ud800"]).fits(parse(BODY), "\ud800") is True
