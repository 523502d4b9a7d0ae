"""The store: observations and summaries, kept in SQLite or PostgreSQL.

Everything is written in transactions: one `write` is one *batch*, one `save` is one fold. Iterators read page by page
and hold nothing open; what is written while they run, they may or may not show. `producer=None` means all of them,
`since` is inclusive and `until` exclusive, both Unix nanoseconds. Every method raises `StoreError` where the database
refuses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select, tuple_, update

from store.codec import decode_texts, encode_json
from store.engine import Database, open_database
from store.errors import StoreError
from store.reading import read_exchanges, read_messages
from store.records import Capture, Exchange, KnownConsumer, Loss, Message, Summary, window_of
from store.schema import ensure_current
from store.tables import batches, counters, exchanges, known_consumers, messages, renames, summaries, windows
from store.writing import upsert, write_batch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from sqlalchemy import ColumnElement, Table

_SUMMARY_PAGE = 200
_SUMMARY_COLUMNS = ("producer", "window_start", "route", "consumer", "family", "state")
_IN_QUERY = 1000
"""Routes up to this many are looked for by the database, more are picked out here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of a write: how many records were added, and how many were there already."""

    added: int
    duplicates: int


class Store:
    """An opened store. Safe to use from several threads; not to be carried over a fork."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Store:
        """Open a store, make its tables if it is new, and migrate it if it is older than this program.

        Args:
            url: a file name, `sqlite:///file`, or `postgresql://user:password@host:port/database`.
            create: False for commands that only read: nothing recorded yet is then an error that says so.
        """
        database = open_database(url, create=create)
        try:
            ensure_current(database, create=create)
        except BaseException:
            database.engine.dispose()
            raise
        return cls(database)

    @property
    def url(self) -> str:
        """Where the store is, as people may see it: a password is hidden."""
        return self._database.shown

    def close(self) -> None:
        """Close all connections. The store cannot be used afterwards."""
        self._database.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Observations

    def write(
        self,
        exchanges: Sequence[Exchange] = (),
        messages: Sequence[Message] = (),
        *,
        losses: Sequence[Loss] = (),
    ) -> Written:
        """Write one batch in one transaction. A record whose id is stored already adds nothing, to no counter."""
        with self._database.writing() as connection:
            added = write_batch(connection, exchanges, messages, losses)
        return Written(added=added, duplicates=len(exchanges) + len(messages) - added)

    def exchanges(
        self,
        *,
        producer: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int | None = None,
        newest: bool = False,
    ) -> Iterator[Exchange]:
        """Exchanges in the order recorded; with `newest` the other way round, the last recorded first."""
        where = [*_of(exchanges, producer), *_between(exchanges.c.started_at, since, until)]
        return read_exchanges(self._database, where, limit=limit, newest=newest)

    def messages(self, *, producer: str | None = None, exchange: str | None = None) -> Iterator[Message]:
        """Messages in the order recorded: all, or those that one exchange carried."""
        where = _of(messages, producer)
        if exchange is not None:
            where.append(messages.c.exchange == exchange)
        return read_messages(self._database, where)

    def exchange(self, id_prefix: str) -> Exchange:
        """The exchange with this id, or the only one whose id starts so.

        Raises:
            StoreError: there is none, or there are several.
        """
        identifier = exchanges.c.id
        where = [identifier >= id_prefix, identifier < id_prefix + "\U0010ffff"]
        with self._database.reading() as connection:
            found = list(connection.scalars(select(identifier).where(*where).order_by(identifier).limit(2)))
        if not found:
            raise StoreError(
                f"There is no exchange {id_prefix!r}.", "`defacto exchanges` lists them with their ids."
            )
        if len(found) > 1 and found[0] != id_prefix:
            raise StoreError(
                f"Several exchanges have an id that starts with {id_prefix!r}.", "Give more of it."
            )
        return next(read_exchanges(self._database, [identifier == found[0]]))

    def count(self, *, producer: str | None = None) -> int:
        """The number of exchanges that are kept."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(exchanges).where(*_of(exchanges, producer))
            return connection.execute(query).scalar_one()

    # What was counted about them: outlives the raw rows

    def producers(self) -> list[str]:
        """The names of all producers that anything is known of, sorted."""
        with self._database.reading() as connection:
            query = select(windows.c.producer).union(
                select(counters.c.producer), select(summaries.c.producer)
            )
            return sorted(connection.scalars(query))

    def span(self, producer: str | None = None) -> tuple[int, int] | None:
        """The instants of the first and the last observation, None where there is none."""
        with self._database.reading() as connection:
            query = select(func.min(windows.c.first_at), func.max(windows.c.last_at)).where(
                *_of(windows, producer)
            )
            first, last = connection.execute(query).one()
        return None if first is None else (first, last)

    def capture(
        self, *, producer: str | None = None, since: int | None = None, until: int | None = None
    ) -> Capture:
        """What the recorder saw, missed and changed, in whole hours: those that the period touches."""
        since = None if since is None else window_of(since)
        seen = windows.c.exchanges + windows.c.messages
        observed = select(func.coalesce(func.sum(seen), 0)).where(
            *_of(windows, producer), *_between(windows.c.window_start, since, until)
        )
        counted = (
            select(counters.c.counter, counters.c.reason, func.sum(counters.c["count"]))
            .where(*_of(counters, producer), *_between(counters.c.window_start, since, until))
            .group_by(counters.c.counter, counters.c.reason)
            .order_by(counters.c.counter, counters.c.reason)
        )
        by_counter: dict[str, Counter[str]] = {
            "lost": Counter(),
            "flaw": Counter(),
            "truncated": Counter(),
            "redacted": Counter(),
        }
        with self._database.reading() as connection:
            total = int(connection.execute(observed).scalar_one())
            for counter, reason, count in connection.execute(counted):
                by_counter[counter][reason] = int(count)
        return Capture(
            observed=total,
            lost=dict(by_counter["lost"]),
            truncated=by_counter["truncated"].total(),
            redacted=by_counter["redacted"].total(),
            flaws=dict(by_counter["flaw"]),
        )

    # The fold

    def unfolded(self) -> list[int]:
        """The batches that no fold has taken in yet, ascending. Ask before reading the summaries they go into."""
        with self._database.reading() as connection:
            return list(
                connection.scalars(select(batches.c.id).where(~batches.c.folded).order_by(batches.c.id))
            )

    def batch(self, batch_id: int) -> Iterator[Exchange]:
        """The exchanges of one batch, in the order recorded."""
        return read_exchanges(self._database, [exchanges.c.batch == batch_id])

    def save(
        self, saved: Iterable[Summary] = (), *, folded: Sequence[int] = (), drop: Iterable[Summary] = ()
    ) -> None:
        """End a fold in one transaction: drop summaries, put others in the place of what was there, mark batches.

        Args:
            saved: what is known now, each instead of the summary with the same key, if there is one.
            folded: the batches that `saved` now includes.
            drop: summaries to delete, by key; their state does not matter. Dropped before others are saved.

        Raises:
            StoreError: one of the batches was folded by someone else meanwhile; nothing is changed then.
        """
        with self._database.writing() as connection:
            for batch in folded:
                marked = connection.execute(
                    update(batches).where(batches.c.id == batch, ~batches.c.folded).values(folded=True)
                )
                if marked.rowcount != 1:
                    raise StoreError(
                        f"Another process has folded the same traffic of {self.url} meanwhile.",
                        "Nothing is lost and nothing was counted twice. Run `defacto infer` again.",
                    )
            for summary in drop:
                connection.execute(delete(summaries).where(summaries.c.key == _key(summary)))
            statement = upsert(connection, summaries)
            replacing = statement.on_conflict_do_update(
                index_elements=["key"], set_={"state": statement.excluded.state}
            )
            for summary in saved:
                row = {name: getattr(summary, name) for name in _SUMMARY_COLUMNS}
                connection.execute(replacing, row | {"key": _key(summary)})

    def summaries(
        self,
        *,
        producer: str | None = None,
        families: Collection[str] | None = None,
        since: int | None = None,
        until: int | None = None,
        window: int | None = None,
        routes: Collection[str] | None = None,
    ) -> Iterator[Summary]:
        """Summaries, by producer and then by window.

        `since`, `until` and `window` (exactly this one) ask for windows by their start; what is kept for all time
        (`window_start` 0) is always among them.
        """
        where = _windows(since, until, window)
        if families is not None:
            where.append(summaries.c.family.in_(families))
        if routes is not None and len(routes) <= _IN_QUERY:
            where.append(summaries.c.route.in_(routes))
        for name in [producer] if producer is not None else self._summarised():
            for summary in self._summaries_of(name, where):
                if routes is None or summary.route in routes:
                    yield summary

    def _summarised(self) -> list[str]:
        with self._database.reading() as connection:
            return sorted(connection.scalars(select(summaries.c.producer).distinct()))

    def _summaries_of(self, producer: str, where: Sequence[ColumnElement[bool]]) -> Iterator[Summary]:
        place = tuple_(summaries.c.window_start, summaries.c.seq)  # the order of the index `summaries_window`
        columns = [summaries.c[name] for name in _SUMMARY_COLUMNS]
        query = select(summaries.c.seq, *columns).where(summaries.c.producer == producer, *where)
        query = query.order_by(summaries.c.window_start, summaries.c.seq).limit(_SUMMARY_PAGE)
        last: tuple[int, int] | None = None
        while True:
            page = query if last is None else query.where(place > last)
            with self._database.reading() as connection:
                rows = connection.execute(page).all()
            for row in rows:
                yield Summary(**dict(zip(_SUMMARY_COLUMNS, row[1:], strict=True)))
            if len(rows) < _SUMMARY_PAGE:
                return
            last = (rows[-1].window_start, rows[-1].seq)

    # What people named, and what got another name

    def name_consumers(self, consumers: Sequence[KnownConsumer]) -> None:
        """Replace what is known of the consumers; their order stays, since the first that matches counts."""
        rows: list[dict[str, Any]] = [
            {
                "position": position,
                "name": consumer.name,
                "identities": encode_json(consumer.identities),
                "owner": consumer.owner,
                "contact": consumer.contact,
            }
            for position, consumer in enumerate(consumers)
        ]
        with self._database.writing() as connection:
            connection.execute(delete(known_consumers))
            if rows:
                connection.execute(insert(known_consumers), rows)

    def consumers(self) -> list[KnownConsumer]:
        """The consumers that `name_consumers` named, in its order."""
        with self._database.reading() as connection:
            rows = connection.execute(select(known_consumers).order_by(known_consumers.c.position)).all()
        return [
            KnownConsumer(
                name=row.name, identities=decode_texts(row.identities), owner=row.owner, contact=row.contact
            )
            for row in rows
        ]

    def rename_operations(self, producer: str, replaced: Mapping[str, str], at: int) -> None:
        """Keep that operation keys gave way to others (former → present) at an instant."""
        rows = [
            {"producer": producer, "former": old, "present": new, "at": at} for old, new in replaced.items()
        ]
        if rows:
            with self._database.writing() as connection:
                connection.execute(insert(renames), rows)

    def former_operations(self, producer: str) -> dict[str, str]:
        """Every operation key that was given up, and the one that stands in its place today."""
        query = (
            select(renames.c.former, renames.c.present).where(*_of(renames, producer)).order_by(renames.c.seq)
        )
        today: dict[str, str] = {}
        with self._database.reading() as connection:
            for former, present in connection.execute(query):
                today = {key: present if value == former else value for key, value in today.items()}
                today[former] = present
                today.pop(present, None)  # a key that came back is a former one no more
        return today


def _of(table: Table, producer: str | None) -> list[ColumnElement[bool]]:
    return [] if producer is None else [table.c.producer == producer]


def _between(column: ColumnElement[int], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    lower = [] if since is None else [column >= since]
    upper = [] if until is None else [column < until]
    return [*lower, *upper]


def _windows(since: int | None, until: int | None, window: int | None) -> list[ColumnElement[bool]]:
    start = summaries.c.window_start
    wanted = _between(start, since, until)
    if window is not None:
        wanted.append(start == window)
    return [or_(start == 0, condition) for condition in wanted]


def _key(summary: Summary) -> bytes:
    parts = (summary.producer, str(summary.window_start), summary.route, summary.consumer, summary.family)
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
