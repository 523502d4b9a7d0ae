"""How large a store is: on the disk, and of that what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store.tables import batches, bodies, exchanges, messages, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from store.engine import Database

RAW = (batches, bodies, exchanges, messages)
"""The tables of raw observations: what retention removes."""


def size_bytes(database: Database) -> int:
    """What the store takes on the disk: the file of a SQLite store and its log, the tables on a server."""
    if database.path is not None:
        return sum(map(_file_bytes, (database.path, wal_of(database.path))))
    with database.reading() as connection:
        return _relations_bytes(connection, metadata.tables.values())


def used_bytes(database: Database) -> int:
    """What the store would take without the room that was freed in it and will be used again.

    On a server it is an estimate: what the batches were measured at when they were written, and all the rest.
    """
    with database.reading() as connection:
        if database.path is not None:
            pages, free, page = (
                int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                for name in ("page_count", "freelist_count", "page_size")
            )
            return (pages - free) * page
        measured = connection.execute(select(func.coalesce(func.sum(batches.c.bytes), 0))).scalar_one()
        kept = [table for table in metadata.tables.values() if table not in RAW]
        return int(measured) + _relations_bytes(connection, kept)


def wal_of(path: Path) -> Path:
    """The write-ahead log of a SQLite file."""
    return path.with_name(f"{path.name}-wal")


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _relations_bytes(connection: Connection, tables: Iterable[Table]) -> int:
    sizes = [func.pg_total_relation_size(table.name) for table in tables]
    return int(connection.execute(select(sum(sizes[1:], start=sizes[0]))).scalar_one())
