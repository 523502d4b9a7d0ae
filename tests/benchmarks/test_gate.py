"""The scorer of the gate counts right: what is found, at its place, and what is called breaking wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.gate import Outcome, cases, judge, row
from benchmarks.gate_pairs import Pair, pairs
from tests.contract.changes.cases import api, query

if TYPE_CHECKING:
    from pathlib import Path

UNDOUBTED = [pair for pair in pairs() if not pair.doubt]
FALSE = {"registry: property removed from a partially open model 1 (schema)"}
"""Patterns of names are not followed."""

BARE = api()
MUST = api(parameters=[query(required=True)])
MAY = api(parameters=[query()])
PLACE = "GET /things query limit"


def folder(at: Path, old: str, new: str, verdict: str, place: str) -> Path:
    (at / "one").mkdir()
    (at / "one" / "a.json").write_text(old)
    (at / "one" / "b.json").write_text(new)
    rows = [
        ["old", "new", "verdict", "place", "doubt"],
        ["one/a.json", "one/b.json", verdict, place, ""],
    ]
    (at / "cases.tsv").write_text("".join("\t".join(cells) + "\n" for cells in rows))
    return at


@pytest.mark.parametrize(
    ("old", "new", "verdict", "place", "expected"),
    [
        (BARE, MUST, "breaking", PLACE, Outcome.FOUND),
        (BARE, MUST, "breaking", "GET /things query size", Outcome.ELSEWHERE),
        (BARE, MAY, "breaking", PLACE, Outcome.MISSED),
        (BARE, MUST, "warning", PLACE, Outcome.FOUND),
        (BARE, MAY, "warning", PLACE, Outcome.MISSED),
        (BARE, MAY, "compatible", "", Outcome.QUIET),
        (BARE, MUST, "compatible", "", Outcome.FALSE),
        (BARE, "{}", "breaking", PLACE, Outcome.REFUSED),
        ("type Query { a: Int }", MUST, "breaking", PLACE, Outcome.REFUSED),
    ],
)
def test_a_case_is_judged(
    tmp_path: Path, old: str, new: str, verdict: str, place: str, expected: Outcome
) -> None:
    (case,) = cases(folder(tmp_path, old, new, verdict, place))
    assert case.name == "one: one/b.json"
    assert judge(case).outcome is expected


def test_figures_of_a_source(tmp_path: Path) -> None:
    judged = [judge(case) for case in cases(folder(tmp_path, BARE, MUST, "breaking", PLACE))]
    assert row("one", judged).split() == ["one", "1", "1", "0", "0", "100.0%", "0", "0", "0", "0", "0"]
    assert row("none", []).split()[5] == "-"


def test_a_verdict_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="maybe"):
        list(cases(folder(tmp_path, BARE, MUST, "maybe", "")))


@pytest.mark.parametrize("pair", UNDOUBTED, ids=lambda pair: pair.name)
def test_public_cases_that_nobody_doubts_are_judged_as_their_source_does(pair: Pair) -> None:
    expected = {Outcome.FALSE} if pair.name in FALSE else {Outcome.FOUND, Outcome.QUIET}
    assert judge(pair).outcome in expected
