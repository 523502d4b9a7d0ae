from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from contract.changing.model import Planned
from contract.ledger.reading import parse
from reports.change_calendar import calendar
from reports.untrusted import for_terminal

DAYS = st.dates(date(1970, 1, 2), date(2200, 1, 1))
NOW = 1_700_000_000 * 10**9
LEDGER = parse(
    "interface: {producer: shop}\n"
    "clauses:\n"
    "  aaaaaaaaaaaa: {key: GET /a, decision: deprecated, remove: 2027-01-01, review: 2026-06-01}\n",
    "here",
)


@given(what=st.text(), reason=st.text(), effective=DAYS, review=DAYS, announced=st.none() | DAYS)
def test_whatever_is_written_is_read_back(
    what: str, reason: str, effective: date, review: date, announced: date | None
) -> None:
    planned = Planned(what=what, reason=reason, effective=effective, review=review, announced=announced)
    written = calendar(parse("", "here"), {"a": planned}, NOW)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))  # RFC 5545 section 3.1
    events = {str(one["summary"]): one for one in Calendar.from_ical(written).walk("VEVENT")}
    assert all(not one.errors for one in events.values())
    days = {summary: one["dtstart"].dt for summary, one in events.items()}
    shown = for_terminal(what)
    assert days[f"takes effect: {shown}"] == effective
    assert days[f"look again at: {shown}"] == review
    if announced:
        assert days[f"announced: {shown}"] == announced
        assert days[f"deprecated: {shown}"] == min(announced, effective)


@pytest.mark.parametrize("effective", [date.min, date(2027, 1, 1), date.max])
@pytest.mark.parametrize("notice_days", [-(10**12), 0, 10**12])
def test_no_day_is_too_far_away(effective: date, notice_days: int) -> None:
    planned = Planned(what="x", effective=effective, notice_days=notice_days)
    events = Calendar.from_ical(calendar(parse("", "here"), {"a": planned}, NOW)).walk("VEVENT")
    assert {one["dtstart"].dt for one in events} == {effective, planned.announce_by}


def test_what_is_to_be_decided_anew_is_in_it() -> None:
    events = Calendar.from_ical(calendar(LEDGER, {}, NOW)).walk("VEVENT")
    assert {str(one["summary"]): one["dtstart"].dt for one in events} == {
        "shop: decide anew: GET /a": date(2026, 6, 1),
        "shop: goes: GET /a": date(2027, 1, 1),
    }


def test_a_day_that_is_moved_keeps_its_uid() -> None:
    made = [
        {str(one["uid"]) for one in Calendar.from_ical(calendar(LEDGER, {"a": planned}, NOW)).walk("VEVENT")}
        for planned in (Planned(what="x", effective=date(2027, 1, n)) for n in (1, 2))
    ]
    assert made[0] == made[1]
    closed = Planned(what="x", effective=date(2027, 1, 1), closed=date(2027, 1, 2))
    assert len(Calendar.from_ical(calendar(LEDGER, {"a": closed}, NOW)).walk("VEVENT")) == 2
