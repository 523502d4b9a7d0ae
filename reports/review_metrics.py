"""The figures of a review, each over the windows of the past: months, or weeks or days while there are few.

A window is measured with the ledger as it stood at its end, and with the documents as they are today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from contract.claim import Decision, Level, Standing
from contract.subject import parse
from contract.verification.checks import Check, checks_of
from reports.period_words import headline
from reports.review import Metric, Reading
from reports.review_material import day_of, first_relied
from reports.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contract.claim import Dependence
    from contract.ledger.model import Entry, Ledger
    from contract.verification.guarantees import Guarantee
    from reports.drift import Drift
    from reports.periods import Change, Comparison
    from reports.review_material import Material

MOST_WINDOWS = 12


@dataclass(frozen=True, slots=True)
class Window:
    """A period of the past, from `since` on and before `until` (Unix ns)."""

    name: str
    since: int
    until: int

    @property
    def days(self) -> tuple[date, date]:
        """Its first and its last day."""
        return day_of(self.since), day_of(self.until - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was observed in a window. `comparison` is with the window before, None: there is none."""

    window: Window
    drift: Drift
    comparison: Comparison | None


def windows(first: int, now: int) -> list[Window]:
    """The latest windows from the first observation to now (Unix ns); the last one ends now."""
    end = datetime.fromtimestamp(now // 10**9, UTC)
    start = datetime.fromtimestamp(first // 10**9, UTC).replace(hour=0, minute=0, second=0)
    length = end - start
    if length > timedelta(days=62):
        start, step, form = start.replace(day=1), _next_month, "%Y-%m"
    elif length > timedelta(days=14):
        start, step, form = start - timedelta(days=start.weekday()), _next_week, "%Y-%m-%d"
    else:
        step, form = _next_day, "%Y-%m-%d"
    found = []
    while start < end:
        following = step(start)
        found.append(Window(start.strftime(form), _ns(start), min(_ns(following), now)))
        start = following
    return found[-MOST_WINDOWS:]


def ledger_of(ledger: Ledger, day: date) -> Ledger:
    """A ledger with what had been decided by the end of a day."""
    known = {id_: _until(entry, day) for id_, entry in ledger.entries.items()}
    return replace(ledger, entries={id_: one for id_, one in known.items() if one.stances})


def metrics(material: Material, seen: Sequence[Seen], guarantees: Sequence[Guarantee]) -> tuple[Metric, ...]:
    """All figures.

    Args:
        material: what the review is made of.
        seen: what was observed by window, the earliest first.
        guarantees: what is guaranteed today.
    """

    def over(measure: Callable[[Material, Seen], Reading]) -> tuple[Reading, ...]:
        return tuple(measure(material, one) for one in seen)

    return (
        Metric(
            slug="incidents",
            title="Contract incidents",
            about="As written down with defacto incident; near-misses are told, and not counted.",
            unit="number",
            readings=over(_incidents),
        ),
        Metric(
            slug="surprises",
            title="Consumer surprises",
            about="What a consumer used, and the producer changed or dropped before that was announced.",
            unit="number",
            readings=over(_surprises),
        ),
        Metric(
            slug="decided",
            title="From first seen to decided, median",
            about="Days from when somebody first relied on a clause to the decision about it.",
            unit="days",
            readings=over(_decided),
        ),
        Metric(
            slug="disputes",
            title="Disputed",
            about="Of the clauses that anybody has spoken about, those on which the sides differ.",
            unit="share",
            readings=over(_disputes),
        ),
        Metric(
            slug="coverage",
            title="Guarantees checked before consumers notice",
            about="Of what is guaranteed, what a gate or a test sees, not only what was recorded.",
            unit="share",
            readings=tuple(_coverage(material, one, guarantees) for one in seen),
        ),
        Metric(
            slug="declared",
            title="Observed behaviour that is declared",
            about="Of the clauses seen to hold, those that a document or the ledger speaks of.",
            unit="share",
            readings=over(_declared),
        ),
    )


def _incidents(material: Material, seen: Seen) -> Reading:
    first, last = seen.window.days
    found = {id_: one for id_, one in material.incidents.items() if first <= one.at.date() <= last}
    hurt = sum(one.kind == "incident" for one in found.values())
    return Reading(
        window=seen.window.name,
        value=hurt,
        items=tuple(f"{id_} ({one.kind}): {one.what}" for id_, one in found.items()),
    )


def _surprises(material: Material, seen: Seen) -> Reading:
    comparison = seen.comparison
    if comparison is None or None in {comparison.before.map.window, comparison.after.map.window}:
        return Reading(window=seen.window.name, value=None)
    found = tuple(
        f"{link.consumer}: {change.operation} {headline(change)}"
        for change in comparison.harmful
        for link in _surprised(change, material)
    )
    return Reading(window=seen.window.name, value=len(found), items=found)


def _surprised(change: Change, material: Material) -> Iterator[Dependence]:
    """The consumers that used what is no longer so, if it was not announced before it changed."""
    moments = [claim.evidence.first_seen for claim in change.after] or [
        claim.evidence.last_seen for claim in change.before
    ]
    changed = min((moment for moment in moments if moment is not None), default=None)
    if changed is None or any(day <= day_of(changed) for day in _announced(change, material)):
        return
    yield from (link for link in change.harmed if link.level.rank >= Level.USED.rank)


def _announced(change: Change, material: Material) -> Iterator[date]:
    """The days on which it was said that something goes: deprecated in the ledger, or a change announced."""
    for claim in change.before:
        entry = material.ledger.entries.get(claim.clause.id)
        if entry is not None and entry.at is not None and entry.decision is Decision.DEPRECATED:
            yield entry.at
    for one in material.planned:
        planned = one.planned
        operation = planned.operation in {"", change.operation}
        place = not planned.place or (change.place is not None and change.place.under(parse(planned.place)))
        if planned.announced is not None and operation and place:
            yield planned.announced


def _decided(material: Material, seen: Seen) -> Reading:
    first, last = seen.window.days
    took: dict[str, int] = {}
    for id_, entry in material.ledger.entries.items():
        claim = material.claims.get(id_)
        if claim is None or entry.at is None or not first <= entry.at <= last:
            continue
        began = first_relied(claim)
        if entry.decision is not Decision.UNDECIDED and began is not None:
            took[claim.clause.key] = max(0, (entry.at - day_of(began)).days)
    return Reading(
        window=seen.window.name,
        value=median(took.values()) if took else None,
        items=tuple(f"{key}: {count(days, 'day')}" for key, days in took.items()),
    )


def _disputes(material: Material, seen: Seen) -> Reading:
    entries = ledger_of(material.ledger, seen.window.days[1]).entries
    disputed = {id_: entry for id_, entry in entries.items() if entry.disputed}
    return Reading(
        window=seen.window.name,
        value=len(disputed) / len(entries) if entries else None,
        items=tuple(entry.key or id_ for id_, entry in disputed.items()),
    )


def _coverage(material: Material, seen: Seen, guarantees: Sequence[Guarantee]) -> Reading:
    last = seen.window.days[1]
    entries = material.ledger.entries
    standing = [
        one
        for one in guarantees
        if (entry := entries.get(one.clause.id)) is None or entry.at is None or entry.at <= last
    ]
    documented = material.whole.documents
    bare = [
        one
        for one in standing
        if not {Check.GATE, Check.REPLAY, Check.TEST}
        & {*checks_of(one.clause, declared=one.clause.producer in documented)}
    ]
    return Reading(
        window=seen.window.name,
        value=1 - len(bare) / len(standing) if standing else None,
        items=tuple(f"not checked: {one.clause.key}" for one in bare),
    )


def _declared(material: Material, seen: Seen) -> Reading:
    del material
    told = [
        claim
        for compared in seen.drift.compared
        for claim in compared.operation.claims
        if claim.standing is not Standing.UNOBSERVED and claim.clause.kind.informative and not claim.candidate
    ]
    bare = [claim for claim in told if claim.standing is Standing.UNDECLARED]
    return Reading(
        window=seen.window.name,
        value=1 - len(bare) / len(told) if told else None,
        items=tuple(f"not declared: {claim.clause.key}" for claim in bare),
    )


def _until(entry: Entry, day: date) -> Entry:
    """An entry as it stood at the end of a day; what has no day was always there."""
    decided = entry.at is None or entry.at <= day
    positions = {who: one for who, one in entry.positions.items() if one.at is None or one.at <= day}
    decision = entry.decision if decided else Decision.UNDECIDED
    return msgspec.structs.replace(entry, positions=positions, decision=decision)


def _next_month(start: datetime) -> datetime:
    return (start + timedelta(days=32)).replace(day=1)


def _next_week(start: datetime) -> datetime:
    return start + timedelta(days=7)


def _next_day(start: datetime) -> datetime:
    return start + timedelta(days=1)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**9
