"""Planned changes, and what is to be decided anew, as a calendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from icalendar import Calendar, Event

from reports.untrusted import for_terminal
from store.records import record_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from contract.changing.model import Planned
    from contract.ledger.model import Ledger


class Day(NamedTuple):
    """One day that somebody must know of. `key` is the same whenever the calendar is made anew."""

    key: str
    day: date
    summary: str
    about: str


def calendar(ledger: Ledger, changes: Mapping[str, Planned], now: int) -> bytes:
    """The calendar at an instant (Unix ns); an entry that was moved keeps its UID, so that it moves."""
    made = Calendar()
    made.add("prodid", "-//defacto//changes//EN")
    made.add("version", "2.0")
    stamp = datetime.fromtimestamp(now // 10**9, UTC)
    name = ledger.interface.title or ledger.interface.producer
    for one in (*_of_changes(changes), *_of_entries(ledger)):
        event = Event()
        event.add("uid", f"{record_id(ledger.interface.producer, one.key)}@defacto")
        event.add("dtstamp", stamp)
        event.add("dtstart", one.day)  # without an end it is that day (RFC 5545, section 3.6.1)
        event.add("summary", for_terminal(f"{name}: {one.summary}" if name else one.summary))
        event.add("description", for_terminal(one.about))
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _of_changes(changes: Mapping[str, Planned]) -> Iterator[Day]:
    for id_, planned in changes.items():
        if planned.closed:
            continue
        about = f"{planned.subject_words}. {planned.reason} Change {id_}.".replace(" .", ".")
        if planned.announced is None:
            yield Day(f"{id_} announce", planned.announce_by, f"announce by today: {planned.what}", about)
        else:
            yield Day(f"{id_} announce", planned.announced, f"announced: {planned.what}", about)
        begins = planned.deprecated or planned.deprecated_from
        if begins:
            yield Day(f"{id_} deprecated", begins, f"deprecated: {planned.what}", about)
        yield Day(f"{id_} effective", planned.effective, f"takes effect: {planned.what}", about)
        if planned.review:
            yield Day(f"{id_} review", planned.review, f"look again at: {planned.what}", about)


def _of_entries(ledger: Ledger) -> Iterator[Day]:
    for id_, entry in ledger.entries.items():
        name = entry.key or id_
        if entry.review:
            yield Day(f"{id_} review", entry.review, f"decide anew: {name}", entry.reason)
        if entry.remove:
            yield Day(f"{id_} remove", entry.remove, f"goes: {name}", entry.reason)
