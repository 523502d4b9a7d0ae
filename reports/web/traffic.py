"""What was recorded, as the page asks for it: bounded reads of the store, under the names of the moment.

A list is walked from the newest on. However few observations fit its filter, one request looks at no more
than `MOST_LOOKED`, and says so; the next one goes on where it ended.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from contract.operation import RECEIVE, SEND
from inference.names import Names
from inference.paths import PathModel
from reports.listing import Listed, Wanted, listed, same, status_fits
from reports.message_listing import ListedMessage, listed_messages
from reports.web import links
from reports.when import read_instant
from reports.words import count, verb
from store.errors import QuestionError
from store.records import Exchange, Message
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inference.paths import Operations
    from reports.web.snapshot import Snapshot, Sources
    from store.glimpses import Glimpse, Kind

PAGE = 50
"""Rows of a list."""
MOST_LOOKED = 5_000
"""Observations that one request looks at."""
MOST_OPENED = 1_000
"""Of these, how many are opened: what one is called may stand in its body."""
MOST_FILTER = 1_000
"""Characters of a filter; no name is longer."""

_STATUS = re.compile(r"[1-9]([0-9]{2}|[xX]{2})|none")
_PLAIN = re.compile(r"[^#*?]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which observations a list is of, as its address says; `""` wants all.

    `since` and `until` are as written, `before` is the id of the observation that the list goes on after.
    """

    producer: str = ""
    consumer: str = ""
    operation: str = ""
    status: str = ""
    since: str = ""
    until: str = ""
    before: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Read an address.

        Raises:
            QuestionError: a status or an instant is none.
        """
        given = {name: query.get(name, "").strip()[:MOST_FILTER] for name in cls.__slots__}
        if given["status"] and not _STATUS.fullmatch(given["status"]):
            raise QuestionError("Give a status such as 404, a class such as 5XX, or none.")
        for name in ("since", "until"):
            if given[name]:
                read_instant(given[name])
        return cls(**given)

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return any(value for name, value in asdict(self).items() if name != "before")

    def address(self, path: str, **other: str) -> str:
        """The address of a list with these filters, and others in the place of some."""
        return links.to(path, **{**asdict(self), **other})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: its rows, how many observations were looked at for them, and what it goes on after.

    `after` is `""` where there is nothing older.
    """

    rows: Sequence[Listed | ListedMessage]
    looked: int
    filtered: bool
    after: str = ""

    @property
    def words(self) -> str:
        """How much of the traffic the rows are."""
        if not self.filtered:
            return f"The {count(len(self.rows), 'observation')} recorded last."
        found = count(len(self.rows), "observation")
        said = f"{found} of the {self.looked:,} that were looked at {verb(len(self.rows), 'fits', 'fit')}."
        return f"{said} There may be more further back." if self.after else said


@contextmanager
def opened(sources: Sources, snapshot: Snapshot) -> Iterator[tuple[Store, Names]]:
    """The store, and what things are called in it."""
    declared = tuple(
        (one.producer, tuple(operation.key for operation in one.operations)) for one in snapshot.documents
    )
    with Store.open(sources.store, create=False) as store:
        yield store, _names(sources.store, snapshot.stamp, declared)


def page_of(store: Store, names: Names, kind: Kind, filters: Filters, start: Glimpse | None) -> Page:
    """The newest observations that fit, before a place in the order if one is given."""
    most = MOST_LOOKED if filters.any else PAGE
    seen = store.glimpses(kind, before=start.seq if start else None, limit=most + 1)
    more, seen = len(seen) > most, seen[:most]
    sieve = _Sieve(filters, names)
    likely = [one for one in seen if sieve.may_fit(one)]
    last = likely[MOST_OPENED - 1] if len(likely) > MOST_OPENED else seen[-1] if more else None
    rows: list[Listed | ListedMessage] = []
    for start_of_some in range(0, min(len(likely), MOST_OPENED), PAGE + 1):
        some = likely[start_of_some : min(start_of_some + PAGE + 1, MOST_OPENED)]
        rows += _listed(store.opened(some), names, filters)
        if len(rows) > PAGE:
            last = next(one for one in likely if one.id == rows[PAGE - 1].id)
            break
    looked = seen.index(last) + 1 if last else len(seen)
    return Page(rows=rows[:PAGE], looked=looked, filtered=filters.any, after=last.id if last else "")


def _listed(
    records: Iterable[Exchange | Message], names: Names, filters: Filters
) -> Iterator[Listed | ListedMessage]:
    for record in records:
        if isinstance(record, Message):
            yield from listed_messages(
                [record], names, consumer=filters.consumer, operation=filters.operation
            )
        else:
            wanted = Wanted(consumer=filters.consumer, operation=filters.operation, status=filters.status)
            yield from listed([record], names, wanted)


class _Sieve:
    """What can be told at a glance: whether an observation may fit a filter."""

    def __init__(self, filters: Filters, names: Names) -> None:
        self._filters = filters
        self._names = names
        self._since = read_instant(filters.since) if filters.since else None
        self._until = read_instant(filters.until) if filters.until else None
        self._verb = filters.operation.partition(" ")[0]

    def may_fit(self, one: Glimpse) -> bool:
        """False where it surely does not."""
        filters = self._filters
        return (
            (not filters.producer or one.producer == filters.producer)
            and (not filters.consumer or same(self._names.consumer_of(one.party), filters.consumer))
            and (not filters.status or one.kind is Message or status_fits(one.status, filters.status))
            and self._in_time(one.at)
            and (not filters.operation or self._may_be(one))
        )

    def _in_time(self, at: int | None) -> bool:
        if self._since is None and self._until is None:
            return True
        return (
            at is not None
            and (self._since is None or at >= self._since)
            and (self._until is None or at < self._until)
        )

    def _may_be(self, one: Glimpse) -> bool:
        """Whether it may be of the operation: a type that tells operations of one path apart is not known."""
        wanted = self._filters.operation
        if one.kind is Message:
            return self._verb not in {SEND, RECEIVE} or one.delivered is (self._verb == RECEIVE)
        if one.method == "CONNECT" or not _PLAIN.fullmatch(wanted):
            return True
        return self._names.operations[one.producer].of(one.method, one.path) == wanted


class _Known(dict[str, "Operations"]):
    """The operations of each producer; of one that came after they were read, as its paths look."""

    def __missing__(self, producer: str) -> Operations:
        found = self[producer] = PathModel().operations(())
        return found


@lru_cache(maxsize=4)
def _names(address: str, stamp: str, declared: tuple[tuple[str, tuple[str, ...]], ...]) -> Names:
    """The names of a store, read once for each snapshot."""
    del stamp
    with Store.open(address, create=False) as store:
        found = Names.of(store, dict(declared))
    return Names(found.known, _Known(found.operations))
