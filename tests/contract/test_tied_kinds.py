"""Kinds that tie places together: whether they hold, item by item."""

from __future__ import annotations

from typing import Any

import pytest

from contract.aligned import aligned, common_item
from contract.clause import Clause, Holds
from contract.kinds import kind_from
from contract.likeness import close, moment, rank, same
from contract.place import Places
from contract.subject import parse
from tests.inference.traffic import call

BODY = "response.200.body"


def places(got: Any, target: str = "/orders/7?status=open&limit=2&sort=price") -> Places:
    return Places(call(0, "GET", target, got=got), "GET /orders/{id}")


@pytest.mark.parametrize(
    ("name", "subject", "value", "holding", "broken", "neither"),
    [
        (
            "equal",
            f"{BODY}[].x",
            {"other": f"{BODY}[].y"},
            [{"x": 1, "y": 1}],
            [{"x": 1, "y": 1}, {"x": 1, "y": 2}],
            [{"x": 1}],
        ),
        (
            "at-most",
            f"{BODY}.x",
            {"other": f"{BODY}.y", "strict": False},
            {"x": "2026-03-01", "y": "2026-03-01"},
            {"x": 3, "y": 2},
            {"x": "a", "y": "b"},
        ),
        (
            "at-most",
            f"{BODY}.x",
            {"other": f"{BODY}.y", "strict": True},
            {"x": 1, "y": 2},
            {"x": 2, "y": 2},
            {},
        ),
        (
            "sum",
            f"{BODY}.t",
            {"of": [f"{BODY}.i[].p"], "times": f"{BODY}.i[].n"},
            {"t": 7.5, "i": [{"p": 1.5, "n": 1}, {"p": 2, "n": 3}]},
            {"t": 7, "i": [{"p": 1.5, "n": 1}, {"p": 2, "n": 3}]},
            {"t": 7},
        ),
        (
            "sum",
            f"{BODY}.t",
            {"of": [f"{BODY}.a", f"{BODY}.b"], "times": None},
            {"t": 3, "a": 1, "b": 2},
            {"t": 4, "a": 1, "b": 2},
            {"a": 1},
        ),
        ("count", f"{BODY}.n", {"of": f"{BODY}.i"}, {"n": 2, "i": [1, 2]}, {"n": 1, "i": [1, 2]}, {"n": 1}),
        (
            "member",
            f"{BODY}.x",
            {"of": f"{BODY}.i[]"},
            {"x": 2, "i": [1, 2]},
            {"x": 3, "i": [1, 2]},
            {"x": 3, "i": []},
        ),
        (
            "contains",
            f"{BODY}.href",
            {"other": f"{BODY}.id", "how": "segment"},
            {"href": "/a/7/b", "id": 7},
            {"href": "/a/77/b", "id": 7},
            {"id": 7},
        ),
        (
            "derived",
            f"{BODY}.slug",
            {"other": f"{BODY}.t", "how": "slug"},
            {"slug": "a-b", "t": "A, b!"},
            {"slug": "ab", "t": "A b"},
            {"t": "A"},
        ),
        ("echo", f"{BODY}.id", {"other": "request.path.id"}, {"id": 7}, {"id": 8}, {}),
        (
            "filter",
            f"{BODY}[].status",
            {"other": "request.query.status"},
            [{"status": "open"}],
            [{"status": "open"}, {"status": "shut"}],
            [],
        ),
        ("limits", "request.query.limit", {"of": BODY}, [1, 2], [1, 2, 3], {}),
        (
            "sorted",
            f"{BODY}[]",
            {"by": "p", "direction": "ascending", "when": {"request.query.sort": "price"}},
            [{"p": 1}, {"p": 2}],
            [{"p": 2}, {"p": 1}],
            [{"p": 2}],
        ),
        (
            "sorted",
            f"{BODY}[]",
            {"by": None, "direction": "descending", "when": {"request.query.sort": "name"}},
            None,
            None,
            [1, 2],
        ),
        (
            "variant",
            BODY,
            {"by": "t", "cases": {"a": ["x"], "b": []}},
            {"t": "a", "x": 1},
            {"t": "b", "x": 1},
            {"t": "c"},
        ),
        (
            "together",
            f"{BODY}.x",
            {"other": f"{BODY}.y", "how": "requires"},
            {"x": 1, "y": 2},
            {"x": 1},
            {"y": 1},
        ),
        ("together", f"{BODY}.x", {"other": f"{BODY}.y", "how": "excludes"}, {"x": 1}, {"x": 1, "y": 2}, {}),
    ],
)
def test_holding(name: str, subject: str, value: Any, holding: Any, broken: Any, neither: Any) -> None:
    clause = Clause(
        producer="p", operation="GET /orders/{id}", subject=parse(subject), kind=kind_from(name, value)
    )
    assert clause.statement
    if holding is not None:
        assert clause.hold(places(holding)) is Holds.YES
        assert clause.hold(places(broken)) is Holds.NO
    assert clause.hold(places(neither)) is Holds.NOT_APPLICABLE


def test_partners_are_part_of_what_a_clause_is_about() -> None:
    def clause(other: str, operation: str = "GET /orders/{id}") -> Clause:
        kind = kind_from("echo", {"other": other})
        return Clause(producer="p", operation=operation, subject=parse(f"{BODY}.id"), kind=kind)

    assert clause("request.path.id").id != clause("request.query.id").id
    renamed = clause("request.path.order_id", "GET /orders/{order_id}")
    assert clause("request.path.id").id == renamed.id, "names of path parameters do not count"


def test_aligned_rows_are_those_of_the_innermost_common_item() -> None:
    got = {"orders": [{"id": 1, "lines": [{"p": 1}, {"p": 2}]}, {"id": 2, "lines": [{"p": 3}]}], "all": 3}
    subjects = [parse(f"{BODY}.orders[].id"), parse(f"{BODY}.orders[].lines[].p")]
    assert list(aligned(places(got), *subjects)) == [([1], [1, 2]), ([2], [3])]
    assert common_item(subjects) == parse(f"{BODY}.orders[]").parts
    assert list(aligned(places(got), parse(f"{BODY}.all"), subjects[1])) == [([3], [1, 2, 3])]
    assert list(aligned(places(got), subjects[0], parse("request.query.limit"))) == [([1], [2]), ([2], [2])]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [(1, 1.0, True), ("42", 42, True), (True, 1, False), (True, True, True), ("a", "b", False)],
)
def test_same(one: Any, two: Any, expected: bool) -> None:
    assert same(one, two) is expected


def test_moments_and_ranks() -> None:
    assert (
        moment("2026-03-01T12:00:00+01:00") == moment("2026-03-01T11:00:00Z") == moment("2026-03-01T11:00:00")
    )
    assert moment("Sun, 01 Mar 2026 11:00:00 GMT") == moment("2026-03-01T11:00:00Z")
    assert moment("2026-03-99") is moment("no date at all") is moment("short") is None
    assert (rank(True), rank(2), rank("x")) == (None, 2.0, None)


def test_sums_may_be_rounded() -> None:
    assert close(10.0, 10.004)
    assert not close(10.0, 10.01)
    assert close(10.0, 10.012, terms=3)
