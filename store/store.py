"""The store: observations and summaries, kept in SQLite or PostgreSQL.

Everything is written in transactions: one `write` is one *batch*, one `save` is one fold. Iterators read page
by page and hold nothing open; what is written while they run, they may or may not show. `producer=None` means
all of them, `since` is inclusive and `until` exclusive, both Unix nanoseconds. Every method raises
`StoreError` where the database refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from store.codec import decode_texts, encode_json
from store.counting import Counts, capture, span
from store.engine import Database, open_database
from store.errors import StoreError
from store.glimpses import Glimpse, around, named, newest
from store.reading import read_exchanges, read_messages
from store.records import Exchange, KnownConsumer, Message
from store.saving import Turn, save
from store.schema import ensure_current
from store.size import size_bytes
from store.summaries import in_windows, read_summaries, summarised_producers
from store.tables import (
    batches,
    between,
    counters,
    exchanges,
    known_consumers,
    messages,
    of,
    renames,
    windows,
)
from store.tables import summaries as summaries_table
from store.writing import Written, write_batch

__all__ = ["Counts", "Glimpse", "Store", "Turn", "Written"]

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from store.records import Capture, Loss, Summary, SummaryKey
    from store.saving import Merge


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

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store, None of a server's."""
        return self._database.path

    @property
    def address(self) -> str:
        """The URL with which another process opens the same store. May hold a password: never show it."""
        database = self._database
        if database.path is not None:
            return str(database.path)
        return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def database(self) -> Database:
        """What the store is in, for `store.retention`."""
        return self._database

    @property
    def size_bytes(self) -> int:
        """What it takes on the disk."""
        return size_bytes(self._database)

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
        """Write one batch in one transaction. A record whose id is stored already adds to nothing."""
        with self._database.writing() as connection:
            return write_batch(connection, exchanges, messages, losses)

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
        where = [*of(exchanges, producer), *between(exchanges.c.started_at, since, until)]
        return read_exchanges(self._database, where, limit=limit, newest=newest)

    def messages(
        self,
        *,
        producer: str | None = None,
        exchange: str | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> Iterator[Message]:
        """Messages in the order recorded: all, those that one exchange carried, or (`""`) that none did."""
        seen_at = func.coalesce(messages.c.delivered_at, messages.c.published_at, messages.c.acknowledged_at)
        where = [*of(messages, producer), *between(seen_at, since, until)]
        if exchange is not None:
            where.append(messages.c.exchange == exchange)
        return read_messages(self._database, where)

    def observation(self, id_prefix: str) -> Exchange | Message:
        """The exchange or message with this id, or the only one whose id starts so.

        Raises:
            StoreError: there is none, or there are several.
        """
        found = self.named(id_prefix)
        if not found:
            raise StoreError(
                f"There is no observation {id_prefix!r}.",
                "`defacto exchanges` and `defacto messages` list them with their ids.",
            )
        if len(found) > 1:
            raise StoreError(
                f"Several observations have an id that starts with {id_prefix!r}.", "Give more of it."
            )
        return self.opened(found)[0]

    # Observations at a glance: bounded, whatever is stored

    def named(self, id_prefix: str) -> list[Glimpse]:
        """The observation with this id; else those whose id starts so, a few at most."""
        return named(self._database, id_prefix)

    def glimpses(
        self, kind: type[Exchange | Message], *, before: int | None = None, limit: int
    ) -> list[Glimpse]:
        """Exchanges or messages, the last recorded first: before a `Glimpse.seq` where one is given."""
        return newest(self._database, kind, before=before, limit=limit)

    def around(self, kind: type[Exchange | Message], one: Glimpse, *, limit: int) -> list[Glimpse]:
        """Exchanges or messages recorded just before and just after an observation, nearest first."""
        return around(self._database, kind, one, limit)

    def opened(self, glimpses: Sequence[Glimpse]) -> list[Exchange | Message]:
        """The records themselves, in the order given; what was removed meanwhile is left out."""
        calls = [one.seq for one in glimpses if one.kind is Exchange]
        events = [one.seq for one in glimpses if one.kind is Message]
        found: dict[object, Exchange | Message] = {}
        if calls:
            read = read_exchanges(self._database, [exchanges.c.seq.in_(calls)])
            found |= {(Exchange, one.id): one for one in read}
        if events:
            found |= {
                (Message, one.id): one for one in read_messages(self._database, [messages.c.seq.in_(events)])
            }
        return [found[one.kind, one.id] for one in glimpses if (one.kind, one.id) in found]

    def count(self, *, producer: str | None = None) -> int:
        """The number of exchanges that are kept."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(exchanges).where(*of(exchanges, producer))
            return connection.execute(query).scalar_one()

    # What was counted about them: outlives the raw rows

    def producers(self) -> list[str]:
        """The names of all producers that anything is known of, sorted."""
        with self._database.reading() as connection:
            query = select(windows.c.producer).union(
                select(counters.c.producer), select(summaries_table.c.producer)
            )
            return sorted(connection.scalars(query))

    def span(self, producer: str | None = None) -> tuple[int, int] | None:
        """The instants of the first and the last observation, None where there is none."""
        with self._database.reading() as connection:
            return span(connection, producer)

    def capture(
        self, *, producer: str | None = None, since: int | None = None, until: int | None = None
    ) -> Capture:
        """What the recorder saw, missed and changed, in whole hours: those that the period touches."""
        with self._database.reading() as connection:
            return capture(connection, producer, since, until)

    # The fold

    def unfolded(self) -> list[int]:
        """The batches that no fold has taken in yet, ascending. Ask this before reading their summaries."""
        with self._database.reading() as connection:
            return list(
                connection.scalars(select(batches.c.id).where(~batches.c.folded).order_by(batches.c.id))
            )

    def latest_batch(self) -> int:
        """The number of the batch that was written last, 0: none is kept."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(batches.c.id))) or 0

    def batch(self, batch_id: int) -> Iterator[Exchange | Message]:
        """The exchanges of one batch in the order recorded, then its messages."""
        yield from read_exchanges(self._database, [exchanges.c.batch == batch_id])
        yield from read_messages(self._database, [messages.c.batch == batch_id])

    def save(
        self,
        news: Mapping[SummaryKey, Merge],
        *,
        folded: Sequence[int] = (),
        counted: Counts | None = None,
        turn: Turn | None = None,
    ) -> bool:
        """End a fold in one transaction: merge what is new into the summaries, whoever else saves meanwhile.

        Args:
            news: of each summary, how its stored state becomes the one to keep.
            folded: the batches that `news` is of.
            counted: what was observed and lost, where it is not written as batches.
            turn: names this save, where it may be tried again after an answer was lost.

        Returns:
            False where this turn was saved before; nothing is changed then.

        Raises:
            StoreError: one of the batches was folded by someone else meanwhile; nothing is changed then.
        """
        return save(self._database, news, folded=folded, counted=counted, turn=turn)

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

        `since`, `until` and `window` (exactly this one) ask for windows by their start; what is kept for all
        time (`window_start` 0) is always among them.
        """
        where = in_windows(since, until, window)
        for name in summarised_producers(self._database) if producer is None else [producer]:
            yield from read_summaries(self._database, name, where, families, routes)

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
            select(renames.c.former, renames.c.present).where(*of(renames, producer)).order_by(renames.c.seq)
        )
        today: dict[str, str] = {}
        with self._database.reading() as connection:
            for former, present in connection.execute(query):
                today = {key: present if value == former else value for key, value in today.items()}
                today[former] = present
                today.pop(present, None)  # a key that came back is a former one no more
        return today
