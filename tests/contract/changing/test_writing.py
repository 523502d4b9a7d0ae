from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.changing.model import Dependent, Planned
from contract.changing.writing import one_line, parse, put, told_fields, written
from contract.claim import Level
from contract.ledger.errors import LedgerError
from contract.ledger.reading import parse as parse_ledger
from contract.ledger.template import template

PLANNED = Planned(what="totals are rounded", effective=date(2027, 1, 1), by="anna")
TEXTS = st.text(max_size=30)
DAYS = st.dates()


@given(
    what=TEXTS.filter(one_line),
    who=TEXTS.filter(one_line),
    reason=TEXTS,
    day=DAYS,
    told=DAYS,
    last_seen=st.none() | DAYS,
)
@settings(max_examples=60)
def test_what_is_written_is_read_back(
    what: str, who: str, reason: str, day: date, told: date, last_seen: date | None
) -> None:
    dependent = Dependent(level=Level.USED, basis=reason, count=3, last_seen=last_seen)
    planned = Planned(what=what, effective=day, reason=reason, consumers={who: dependent})
    text = put(template("shop"), "here", "abc", written(planned))
    text = put(
        text, "here", "abc", {"announced": told, "told": {one_line(who): told_fields(None, told, reason)}}
    )
    read = parse(text, "here")["abc"]
    assert (read.what, read.reason, read.effective) == (one_line(what), one_line(reason), day)
    assert read.consumers[one_line(who)].last_seen == last_seen
    assert (read.told[one_line(who)].at, read.announced) == (told, told)
    assert not parse_ledger(text, "here").notes


@pytest.mark.parametrize(
    "text",
    [
        template("shop"),
        "",
        "interface: {producer: shop}",
        "# first\nclauses:\n  aaaaaaaaaaaa: {decision: guaranteed}\n",
        "changes:\n  # of old\n  old:\n    what: x  # why\n    effective: 2026-01-01\n\n# b\nclauses: {}\n",
        "changes:\nclauses: {}\n",
        "changes: {}\n# the end\n",
        "clauses: {}\r\nchanges:\r\n  old: {what: x, effective: 2026-01-01}\r\n",
    ],
)
def test_nothing_else_is_touched(text: str) -> None:
    once = put(text, "here", "new", written(PLANNED))
    twice = put(once, "here", "new", {"closed": date(2027, 2, 1), "by": None})
    kept = [line for line in text.splitlines() if line and not line.startswith("changes:")]
    assert [line for line in twice.splitlines() if line in kept] == kept
    assert len(twice.splitlines()) == len(once.splitlines())
    assert parse(twice, "here")["new"].closed == date(2027, 2, 1)
    assert ("\r\n" in twice) == ("\r\n" in text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("changes: [a]", "must be a mapping"),
        ("changes: {a: {what: x}}", "effective"),
        ("changes: {a: {what: x, effective: soon}}", "changes.a"),
        ("changes: {a: {what: x, effective: 2026-01-01, place: '..'}}", "not a subject"),
        ("changes: {a: [}", "is no YAML"),
    ],
)
def test_what_is_no_change_is_named(text: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        parse(text, "here")


def test_braces_are_refused_or_kept() -> None:
    text = "changes: {\na: {what: x, effective: 2026-01-01}\n}\n"
    with pytest.raises(LedgerError):
        put(text, "here", "new", written(PLANNED))


def test_who_is_told_again_was_told_the_first_time() -> None:
    fields: dict[str, Any] = {"told": {"billing": told_fields(None, date(2026, 1, 1), "mail")}}
    read = parse(put("", "here", "a", {**written(PLANNED), **fields}), "here")["a"]
    assert told_fields(read.told["billing"], date(2026, 2, 1), "chat") == {
        "at": date(2026, 1, 1), "channel": "chat",
    }  # fmt: skip
