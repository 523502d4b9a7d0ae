"""Summaries: what inference keeps, and the exact end of a fold."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, tuple_, update

from store.bulk import upsert
from store.errors import StoreError
from store.records import Summary
from store.tables import batches, between, summaries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from store.engine import Database

_COLUMNS = ("producer", "window_start", "route", "consumer", "family", "state")
_PAGE_ROWS = 200
_IN_QUERY = 1000
"""Routes up to this many are looked for by the database, more are picked out here."""


def mark_folded(connection: Connection, ids: Sequence[int], shown: str) -> None:
    """Mark batches as folded, all of them or none."""
    for batch in ids:
        pending = (batches.c.id == batch, ~batches.c.folded)
        if connection.execute(update(batches).where(*pending).values(folded=True)).rowcount != 1:
            raise StoreError(
                f"Another process has folded the same traffic of {shown} meanwhile.",
                "Nothing is lost and nothing was counted twice. Run `defacto infer` again.",
            )


def replace_summaries(connection: Connection, saved: Iterable[Summary], drop: Iterable[Summary]) -> None:
    """Delete the summaries of some keys, then put others in the place of what was there."""
    for summary in drop:
        connection.execute(delete(summaries).where(summaries.c.key == _key(summary)))
    statement = upsert(connection, summaries)
    replacing = statement.on_conflict_do_update(
        index_elements=["key"], set_={"state": statement.excluded.state}
    )
    for summary in saved:
        row = {name: getattr(summary, name) for name in _COLUMNS}
        connection.execute(replacing, row | {"key": _key(summary)})


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


def _key(summary: Summary) -> bytes:
    parts = (summary.producer, str(summary.window_start), summary.route, summary.consumer, summary.family)
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
