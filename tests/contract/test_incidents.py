from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.incidents import Incident, add, appended, of_clause, parse, path_beside, read
from contract.ledger.errors import LedgerError

NINE = datetime(2026, 3, 4, 9, 12, tzinfo=UTC)
ID = "mc6u623nbrsn"

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)
moments = st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
names = st.lists(texts.filter(bool), max_size=3).map(tuple)


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    at = draw(moments)
    hours = st.none() | st.integers(0, 100).map(lambda n: at + timedelta(hours=n))
    return Incident(
        what=draw(texts),
        at=at,
        kind=draw(st.sampled_from(["incident", "near-miss"])),
        by=draw(texts),
        clauses=draw(st.sampled_from([(), (ID,)])),
        surprised=draw(names),
        understood=draw(hours),
        resolved=draw(hours),
        follow_ups=draw(names),
    )


@given(st.lists(incidents(), max_size=4))
def test_what_is_added_is_read_and_what_was_there_stays(given: list[Incident]) -> None:
    text, ids = "# ours\nincidents:  # below\n", {}
    for one in given:
        longer, id_ = appended(text, "x", one)
        assert longer.startswith(text)
        assert id_ not in ids
        ids[id_] = one
        text = longer
    assert parse(text, "x") == ids
    days = [one.at for one in parse(text, "x").values()]
    assert days == sorted(days)


def test_the_first_one_makes_the_file_and_edits_by_hand_are_kept(tmp_path: Path) -> None:
    path = path_beside(tmp_path / "contract.yaml")
    assert path.name == "contract.incidents.yaml"
    assert read(path) == {}
    assert add(path, Incident(what="total: became a text", at=NINE, clauses=(ID,))) == "2026-03-04-1"
    mended = (
        path.read_text() + "    understood: 2026-03-05  # anna looked\n    resolved: 2026-03-05 10:00:00\n"
    )
    path.write_text(mended)
    assert add(path, Incident(what="again", at=NINE, kind="near-miss")) == "2026-03-04-2"
    assert path.read_text().startswith(mended)
    first, second = read(path).values()
    assert first.understood == datetime(2026, 3, 5, tzinfo=UTC)
    assert first.resolved == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert second.kind == "near-miss"
    assert list(of_clause(read(path), ID)) == ["2026-03-04-1"]


def test_the_day_is_that_in_utc() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert appended("", "x", Incident(what="x", at=late))[1] == "2026-03-05-1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("incident: {}", "unknown key incident"),
        ("incidents: [a]", "must be a mapping"),
        ("incidents: {a: b}", "incidents.a must be a mapping"),
        ("incidents: {a: {what: x}}", "missing required field `at`"),
        ("incidents: {a: {what: x, at: yesterday}}", "Invalid RFC3339"),
        ("incidents: {a: {what: x, at: 2026-03-04, colour: red}}", "unknown key colour"),
        ("incidents: {a: {what: x, at: 2026-03-04, clauses: [orders]}}", "'orders' is no id of a clause"),
        ("incidents: {a: {what: x, at: 2026-03-04, resolved: 2026-03-01}}", "resolved before it happened"),
        ("incidents: {a: &b {what: x, at: 2026-03-04}, c: *b}", "aliases"),
        ("a: [", "is no YAML"),
    ],
)
def test_what_cannot_be_meant_is_named(text: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        parse(text, "x")


@pytest.mark.parametrize("text", ["incidents: {}\n", "incidents:\n    a: {what: x, at: 2026-03-04}\n"])
def test_what_cannot_be_added_to_is_left_alone(text: str) -> None:
    with pytest.raises(LedgerError, match="without harm"):
        appended(text, "x", Incident(what="x", at=NINE))
