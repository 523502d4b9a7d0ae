"""Records out of the store, page by page: memory stays bounded, and no transaction stays open between pages.

So a slow reader holds nothing up, and an iterator that is left half-way leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Table, select

from store import bodies
from store.codec import Contents, Row, decode_exchange, decode_message
from store.records import Exchange, Message
from store.tables import bodies as bodies_table
from store.tables import exchanges, messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from store.engine import Database

_PAGE_ROWS = 500
_PAGE_BYTES = 8 << 20
"""Of bodies, loaded at once. A single larger record is a page of its own."""

_Record = TypeVar("_Record", Exchange, Message)


def read_exchanges(
    database: Database,
    where: Sequence[ColumnElement[bool]],
    *,
    limit: int | None = None,
    newest: bool = False,
) -> Iterator[Exchange]:
    """Exchanges in the order recorded, or the other way round."""
    references = ("request_body", "response_body")
    yield from _read(database, exchanges, references, decode_exchange, where, limit=limit, newest=newest)


def read_messages(database: Database, where: Sequence[ColumnElement[bool]]) -> Iterator[Message]:
    """Messages in the order recorded."""
    yield from _read(database, messages, ("payload",), decode_message, where, limit=None, newest=False)


def _read(
    database: Database,
    table: Table,
    references: tuple[str, ...],
    decode: Callable[[Row, Contents], _Record],
    where: Sequence[ColumnElement[bool]],
    *,
    limit: int | None,
    newest: bool,
) -> Iterator[_Record]:
    seq, names = table.c.seq, table.c.keys()
    query = select(table).where(*where).order_by(seq.desc() if newest else seq)
    last: int | None = None
    while limit is None or limit > 0:
        rows = _PAGE_ROWS if limit is None else min(limit, _PAGE_ROWS)
        page = query if last is None else query.where(seq < last if newest else seq > last)
        with database.reading() as connection:
            found = [dict(zip(names, row, strict=True)) for row in connection.execute(page.limit(rows))]
        for part in _parts(found, references):
            with database.reading() as connection:
                contents = _contents(connection, part, references)
            for row in part:
                if all(row[reference] is None or row[reference] in contents for reference in references):
                    yield decode(row, contents)  # of the others retention has just removed the bodies
        if len(found) < rows:
            return
        last = found[-1]["seq"]
        limit = None if limit is None else limit - rows


def _parts(rows: Sequence[Row], references: tuple[str, ...]) -> Iterator[list[Row]]:
    """The rows of a page in runs whose bodies fit into memory together."""
    part: list[Row] = []
    room = _PAGE_BYTES
    for row in rows:
        size = sum(row[f"{reference}_size"] or 0 for reference in references)
        if part and size > room:
            yield part
            part, room = [], _PAGE_BYTES
        part.append(row)
        room -= size
    if part:
        yield part


def _contents(connection: Connection, rows: list[Row], references: tuple[str, ...]) -> Contents:
    wanted = {row[reference] for row in rows for reference in references} - {None}
    if not wanted:
        return {}
    table: Any = bodies_table.c
    query = select(table.digest, table.coding, table.content).where(table.digest.in_(wanted))
    return {
        bytes(digest): bodies.unpack(coding, content) for digest, coding, content in connection.execute(query)
    }
