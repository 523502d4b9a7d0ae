"""What the workshop makes in another process: a review, two periods compared, where changes stand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web

from contract.changing.progress import Progress, instant_of
from contract.openapi import DeclaredContract
from inference.contract_map import build
from reports.change_reading import owners_of, progress_of
from reports.period_diff import compare_periods
from reports.reading import ensure_in_order, observed_in
from reports.review_material import day_of
from reports.review_metrics import ledger_of
from reports.review_reading import Reader, read_earlier, reviewed, reviews_beside
from reports.web.change_view import producer_of, under_way
from reports.web.site import KEEPER, page, snapshot_of
from reports.web.workshop import WORKSHOP
from reports.when import read_instant, read_period
from store.errors import QuestionError
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from contract.changing.model import Planned
    from contract.incidents import Incident
    from contract.ledger.model import Ledger, Owner
    from reports.periods import Comparison, Observed
    from reports.review import Review
    from reports.web.snapshot import Sources

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Changes to follow, by id with whose interface each is of (`""`: unknown), and the ledger."""

    ledger: Ledger
    changes: Mapping[str, tuple[str, Planned]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where changes stand on a day, in the order in which they were asked for; who answers for consumers."""

    today: date
    progress: tuple[Progress, ...]
    owners: Mapping[str, Owner]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A review that was asked for: its first day, the days of those that were saved (the latest first).

    `review` is None while it is being made.
    """

    since: date
    saved: tuple[date, ...]
    review: Review | None


PATIENCE = 1.5
"""Seconds that a request waits before it says that the answer is being made."""
LOOK = 0.03
"""Seconds between two looks at whether it is there."""
AGAIN_SECONDS = 2
"""After how long a program should ask again for what is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a review needs besides the traffic."""

    documents: tuple[DeclaredContract, ...]
    ledger: Ledger
    incidents: Mapping[str, Incident]


async def made(request: web.Request, work: Any, *arguments: Hashable, given: Any = None) -> Any:
    """What the workshop makes of the sources, None: it is not ready yet.

    Raises:
        DefactoError: it cannot be made.
    """
    sources, stamp = request.app[KEEPER].sources, snapshot_of(request).stamp
    answer = WORKSHOP.ask(stamp, work, sources, *arguments, given=given).answer
    patient_until = monotonic() + PATIENCE
    while not answer.done() and monotonic() < patient_until:  # noqa: ASYNC110  # a callback would outlive us
        await asyncio.sleep(LOOK)
    return answer.result() if answer.done() else None


async def review_asked(request: web.Request, since: str) -> Asked:
    """The review of what is new since a day, written as an instant may be; `""`: since the last saved one.

    Raises:
        HTTPNotFound: nothing was observed yet.
        QuestionError: it is no day before today.
        DefactoError: it cannot be made.
    """
    snapshot = snapshot_of(request)
    if not snapshot.producers:
        raise web.HTTPNotFound(text="There is no review yet: nothing was observed.")
    saved = await asyncio.to_thread(_saved, reviews_beside(request.app[KEEPER].sources.ledger))
    begin = day_of(read_instant(since)) if since else default_since(saved, snapshot.whole.window)
    if begin >= day_of(time_ns()):
        raise QuestionError("The review must end after it begins: say a day before today.")
    given = Decided(documents=snapshot.documents, ledger=snapshot.ledger, incidents=snapshot.incidents)
    found = await made(request, make_review, begin, given=given)
    return Asked(since=begin, saved=tuple(saved), review=found)


async def changes_followed(request: web.Request, *ids: str) -> Followed | None:
    """Where changes stand, None: it is not ready yet.

    Those under way are read together, so that they are read once.
    """
    snapshot = snapshot_of(request)
    current = under_way(snapshot)
    ids = tuple(current) if current.keys() >= set(ids) else ids
    if not ids:
        return Followed(today=datetime.now(UTC).date(), progress=(), owners={})
    changes = {id_: (producer_of(snapshot, snapshot.changes[id_]), snapshot.changes[id_]) for id_ in ids}
    given = Plans(ledger=snapshot.ledger, changes=changes)
    found: Followed | None = await made(request, follow, ids, given=given)
    return found


def being_made(request: web.Request, what: str, *styles: str) -> web.Response:
    """A page that says so, and asks again by itself."""
    return page(request, "making.html", what=what, again=str(request.rel_url), styles=styles)


def ensure_made(what: str, found: T | None) -> T:
    """What was made, for programs.

    Raises:
        HTTPServiceUnavailable: it is not ready yet.
    """
    if found is None:
        raise web.HTTPServiceUnavailable(
            text=f"{what} is being made: ask again.", headers={"Retry-After": str(AGAIN_SECONDS)}
        )
    return found


def make_review(sources: Sources, since: date, given: Decided) -> Review:
    """The review of what is new from a day on; what was open in one that was saved on that day is followed.

    Raises:
        DefactoError: the store cannot be read.
    """
    now = time_ns()
    saved = reviews_beside(sources.ledger) / f"{since}.json"
    with Store.open(sources.store, create=False) as store:
        known = {one.producer: one for one in given.documents}
        documents = [known.get(name) or DeclaredContract.nothing(name) for name in store.producers()]
        keys = {one.producer: [each.key for each in one.operations] for one in documents}
        whole = build(store, until=now, declared=keys)
    ledger = ledger_of(given.ledger, day_of(now))
    reader = Reader(store_url=sources.store, ledger=ledger, now=now, whole=whole, documents=documents)
    earlier = read_earlier(saved) if saved.is_file() else None
    return reviewed(reader, given.incidents, instant_of(since), earlier)


def make_comparison(
    sources: Sources, producer: str, earlier: str, later: str, given: None = None
) -> Comparison:
    """Two periods, as they are written, held against each other.

    Raises:
        QuestionError: one is no period, they overlap, or there is no such producer.
        DefactoError: the store cannot be read.
    """
    del given
    one, two = read_period(earlier), read_period(later)
    ensure_in_order(one, two)
    with Store.open(sources.store, create=False) as store:
        before, after = (observed_in(store, producer or None, span) for span in (one, two))
    comparison = compare_periods(before, after)
    return replace(comparison, before=_slim(before), after=_slim(after))


def follow(sources: Sources, ids: tuple[str, ...], given: Plans) -> Followed:
    """Who used what changes, until now. Of what is of nobody's interface only the days can be told.

    Raises:
        DefactoError: the store cannot be read.
    """
    now, found = time_ns(), []
    with Store.open(sources.store, create=False) as store:
        for id_ in ids:
            producer, planned = given.changes[id_]
            if producer:
                found += progress_of(store, producer, given.ledger, {id_: planned}, now)
            else:
                found.append(Progress(id=id_, planned=planned, today=day_of(now), standings=()))
        owners = owners_of(store, given.ledger)
    return Followed(today=day_of(now), progress=tuple(found), owners=owners)


def default_since(saved: Sequence[date], window: tuple[int, int] | None) -> date:
    """Where a review begins that is not told: at the last one before today, else a month before the end."""
    now = time_ns()
    month = day_of(min(window[1], now) if window else now) - timedelta(days=30)
    return max((day for day in saved if day < day_of(now)), default=month)


def _saved(folder: Path) -> list[date]:
    """The days of the reviews that were saved, the latest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found, reverse=True)


def _slim(observed: Observed) -> Observed:
    """A period without what only the comparison needed: results are kept, maps are large."""
    producers = tuple(
        replace(
            producer,
            operations=tuple(
                replace(one, claims=(), explained=(), durations=(), schemas={}, selections=())
                for one in producer.operations
            ),
        )
        for producer in observed.map.producers
    )
    return replace(observed, map=replace(observed.map, producers=producers), counted={})
