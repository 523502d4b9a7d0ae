"""Summaries: what inference keeps, by key."""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, tuple_

from store.bulk import upsert
from store.records import Summary
from store.tables import between, summaries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from store.engine import Database
    from store.records import SummaryKey

_COLUMNS = ("producer", "window_start", "route", "consumer", "family", "state")
_PAGE_ROWS = 200
_IN_QUERY = 1000
"""Routes up to this many are looked for by the database, more are picked out here."""


def states(connection: Connection, keys: Sequence[SummaryKey]) -> dict[SummaryKey, bytes]:
    """The states of those that are stored. At most a thousand keys."""
    by_digest = {_digest(key): key for key in keys}
    query = select(summaries.c.key, summaries.c.state).where(summaries.c.key.in_(by_digest))
    return {by_digest[bytes(digest)]: bytes(state) for digest, state in connection.execute(query)}


def put_summaries(connection: Connection, given: Iterable[tuple[SummaryKey, bytes]]) -> None:
    """Put states in the place of what was there."""
    statement = upsert(connection, summaries)
    replacing = statement.on_conflict_do_update(
        index_elements=["key"], set_={"state": statement.excluded.state}
    )
    remaining = iter(given)
    while page := tuple(islice(remaining, _PAGE_ROWS)):
        connection.execute(
            replacing,
            [dict(zip(_COLUMNS, (*key, state), strict=True), key=_digest(key)) for key, state in page],
        )


def summarised_producers(database: Database) -> list[str]:
    """The producers that there are summaries of, sorted."""
    with database.reading() as connection:
        return sorted(connection.scalars(select(summaries.c.producer).distinct()))


def read_summaries(
    database: Database,
    producer: str,
    where: Sequence[ColumnElement[bool]],
    families: Collection[str] | None,
    routes: Collection[str] | None,
) -> Iterator[Summary]:
    """Summaries of one producer by window, page by page."""
    place = tuple_(summaries.c.window_start, summaries.c.seq)  # the order of the index `summaries_window`
    columns = [summaries.c[name] for name in _COLUMNS]
    query = select(summaries.c.seq, *columns).where(summaries.c.producer == producer, *where)
    if families is not None:
        query = query.where(summaries.c.family.in_(families))
    if routes is not None and len(routes) <= _IN_QUERY:
        query = query.where(summaries.c.route.in_(routes))
    query = query.order_by(summaries.c.window_start, summaries.c.seq).limit(_PAGE_ROWS)
    last: tuple[int, int] | None = None
    while True:
        with database.reading() as connection:
            rows = connection.execute(query if last is None else query.where(place > last)).all()
        for row in rows:
            if routes is None or row.route in routes:
                yield Summary(**dict(zip(_COLUMNS, row[1:], strict=True)))
        if len(rows) < _PAGE_ROWS:
            return
        last = (rows[-1].window_start, rows[-1].seq)


def in_windows(since: int | None, until: int | None, window: int | None) -> list[ColumnElement[bool]]:
    """The condition that a window starts in a period, or is this one, or stands for all time."""
    start = summaries.c.window_start
    wanted = between(start, since, until)
    if window is not None:
        wanted.append(start == window)
    return [or_(start == 0, condition) for condition in wanted]


def _digest(key: SummaryKey) -> bytes:
    digest = blake2b(digest_size=16)
    for part in key:
        raw = str(part).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
