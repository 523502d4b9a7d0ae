"""Planned changes for the page: where each stands, its days as a picture, and who still has to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from contract.changing.headers import sent
from contract.changing.progress import DEPENDING, State
from reports.change import STATES, warnings, when
from reports.change_headers import headers_envoy, headers_form, headers_nginx
from reports.change_notices import Notice, parts
from reports.change_reading import notices
from reports.json_form import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contract.changing.model import Planned
    from contract.changing.progress import Progress, Standing
    from contract.ledger.model import Owner
    from reports.web.making import Followed
    from reports.web.snapshot import Snapshot

MOST = 100
"""Changes of one list."""
MOST_TICKS = 6
"""Of an axis; their labels stand side by side."""
_AIR = 5
"""Days before the first and after the last."""


class Mark(NamedTuple):
    """A day of a change on its picture, in per cent of the width. `kind` is a class of the style."""

    at: float
    kind: str
    words: str
    day: date


class Tick(NamedTuple):
    """The beginning of a month."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Days:
    """An axis of days that pictures share."""

    first: date
    last: date

    @classmethod
    def of(cls, changes: Iterable[Planned], today: date) -> Days:
        """One that holds all days of some changes, and today."""
        days = [day.toordinal() for one in changes for _, _, day in _days(one)] + [today.toordinal()]
        first, last = max(1, min(days) - _AIR), min(date.max.toordinal(), max(days) + _AIR)
        return cls(date.fromordinal(first), date.fromordinal(last))

    def at(self, day: date) -> float:
        """Where a day stands, in per cent with one digit."""
        return round(100 * (day - self.first).days / (self.last - self.first).days, 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The beginnings of months; where there are many, only of some."""
        begin = self.first.year * 12 + self.first.month  # counted from zero: the month after the first day's
        months = range(begin, self.last.year * 12 + self.last.month)
        firsts = [date(month // 12, month % 12 + 1, 1) for month in months[:: len(months) // MOST_TICKS + 1]]
        return tuple(Tick(self.at(day), day.strftime("%Y-%m")) for day in firsts)

    def marks(self, planned: Planned) -> tuple[Mark, ...]:
        """The days of a change, the earliest first."""
        return tuple(Mark(self.at(day), kind, words, day) for kind, words, day in _days(planned))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One change of the list."""

    found: Progress
    producer: str
    marks: tuple[Mark, ...]
    chip: str
    bad: bool
    moved: int
    depending: int
    silent: int
    untold: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """One consumer of a change, and what became of it. `answer` is what its side said, in words."""

    standing: Standing
    owner: str
    words: str
    bad: bool
    told: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Headers:
    """What to send with answers, in three forms; `left` says why for some changes nothing can be sent."""

    json: str
    nginx: str
    envoy: str
    left: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The list. `days` is None where there is none."""

    found: tuple[Progress, ...]
    open: tuple[Line, ...]
    closed: tuple[tuple[str, Planned], ...]
    waiting: tuple[tuple[str, str], ...]
    days: Days | None
    today: date
    headers: Headers | None
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change."""

    found: Progress
    producer: str
    when: str
    warnings: tuple[str, ...]
    days: Days
    marks: tuple[Mark, ...]
    people: tuple[Person, ...]
    notices: tuple[tuple[Notice, tuple[tuple[str, str], ...]], ...]
    headers: Headers | None
    link: str
    """Where it is explained, if that is on the web; `""`: it is not."""


def under_way(snapshot: Snapshot) -> dict[str, Planned]:
    """The changes that are not closed, those whose day is next first, as many as are followed at once."""
    current = ((id_, one) for id_, one in snapshot.changes.items() if not one.closed)
    return dict(sorted(current, key=lambda item: (item[1].effective, item[0]))[:MOST])


def changes_view(snapshot: Snapshot, followed: Followed) -> Changes:
    """The planned changes."""
    current = {id_: one for id_, one in snapshot.changes.items() if not one.closed}
    found = followed.progress
    days = Days.of((one.planned for one in found), followed.today) if found else None
    closed = sorted(
        ((id_, one) for id_, one in snapshot.changes.items() if one.closed),
        key=lambda item: (item[1].closed or date.min, item[0]),
        reverse=True,
    )
    return Changes(
        found=found,
        open=tuple(_line(one, producer_of(snapshot, one.planned), days) for one in found) if days else (),
        closed=tuple(closed[:MOST]),
        waiting=tuple((one.id, said) for one in found for said in warnings(one)),
        days=days,
        today=followed.today,
        headers=_headers(current),
        left_out=len(current) - len(found),
    )


def change_view(snapshot: Snapshot, followed: Followed, id_: str) -> Change:
    """One change."""
    found = next(one for one in followed.progress if one.id == id_)
    planned, owners = found.planned, followed.owners
    producer = producer_of(snapshot, planned)
    told = notices(snapshot.ledger, producer, found, owners, found.today) if not planned.closed else []
    days = Days.of([planned], found.today)
    return Change(
        found=found,
        producer=producer,
        when=when(found),
        warnings=tuple(warnings(found)),
        days=days,
        marks=days.marks(planned),
        people=tuple(_person(one, owners) for one in found.standings),
        notices=tuple((one, tuple(parts(one))) for one in told[:MOST]),
        headers=_headers({id_: planned}),
        link=planned.link if planned.link.startswith(("https://", "http://")) else "",
    )


def producer_of(snapshot: Snapshot, planned: Planned) -> str:
    """Whose interface it is: as the ledger says, the only one, or whose operation it is; `""`: unknown."""
    named = snapshot.ledger.interface.producer
    if named in snapshot.producers:
        return named
    if len(snapshot.producers) == 1:
        return snapshot.producers[0]
    owners = {producer for producer, key in snapshot.compared if key == planned.operation}
    return owners.pop() if len(owners) == 1 else ""


def _line(found: Progress, producer: str, days: Days) -> Line:
    states = [one.state for one in found.standings]
    return Line(
        found=found,
        producer=producer,
        marks=days.marks(found.planned),
        chip=_chip(found),
        bad=found.failing,
        moved=sum(state in {State.MIGRATED, State.LEFT} for state in states),
        depending=sum(state in DEPENDING for state in states),
        silent=sum(state in {State.ASLEEP, State.CUT_OFF} for state in states),
        untold=len(found.untold),
    )


def _chip(found: Progress) -> str:
    """The one thing to know of a change, in a word or two."""
    if found.overdue:
        return "overdue"
    if found.early:
        return "gone too early"
    if found.unannounced:
        return "not announced in time"
    if found.short:
        return "told late"
    if found.planned.announced is None:
        return "not announced"
    return "in use" if found.depending else "nobody left"


def _person(one: Standing, owners: Mapping[str, Owner]) -> Person:
    owner, told = owners.get(one.consumer), one.told
    answered = told is not None and told.acknowledged is not None
    return Person(
        standing=one,
        owner=owner.text if owner else "",
        words=STATES[one.state],
        bad=one.state in {State.RETURNED, State.CUT_OFF},
        told=f"{told.at}{f' by {told.channel}' if told.channel else ''}" if told and told.at else "",
        answer=f"{told.acknowledged} {told.by}{f': {told.answer}' if told.answer else ''}"
        if answered and told
        else "",
    )


def _headers(changes: Mapping[str, Planned]) -> Headers | None:
    """None: there is no change to speak of."""
    if not changes:
        return None
    found, left = sent(changes)
    return Headers(
        json=to_json(headers_form(found)).strip() if found else "",
        nginx=headers_nginx(found).strip() if found else "",
        envoy=headers_envoy(found).strip() if found else "",
        left=left,
    )


def _days(planned: Planned) -> list[tuple[str, str, date]]:
    """The days of a change as a class of the style, a word, and the day; the earliest first."""
    known: Sequence[tuple[str, str, date | None]] = (
        ("proposed", "proposed", planned.proposed),
        ("due", "to be announced by", None if planned.announced else planned.announce_by),
        ("announced", "announced", planned.announced),
        ("deprecated", "deprecated", planned.deprecated),
        ("review", "to be looked at again", planned.review),
        ("effective", "takes effect", planned.effective),
        ("closed", planned.outcome or "closed", planned.closed),
    )
    return sorted(((kind, words, day) for kind, words, day in known if day), key=lambda one: one[2])
