"""Many rows at once, by the quickest way each driver has.

SQLAlchemy builds the statement once; the values go to the driver as they are. What the column types would do
to each value, which is the escape of `store.text`, is done here by the row.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite

from store.text import AnyText, escape, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy import Column, Connection

    from store.codec import Row

_LOOKED_UP = 1000
"""Keys in one lookup: well below the number of parameters that any SQLite allows."""


def insert_rows(connection: Connection, table: Table, rows: list[Row]) -> int:
    """Insert rows that are known not to be there. Each has all the table's columns but `seq`.

    Returns the number of characters of their texts.
    """
    if not rows:
        return 0
    values, characters = _values(table, rows)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, values)
    else:
        statement = str(
            insert(table).values(dict.fromkeys(_columns(table))).compile(dialect=connection.dialect)
        )
        connection.exec_driver_sql(statement, list(values))
    return characters


def present(connection: Connection, column: Column[Any], keys: Collection[Any]) -> set[Any]:
    """Those of the keys that a column holds; texts among them already escaped."""
    table, name = column.table.name, column.name
    if connection.dialect.name == "postgresql":
        query = f"SELECT {name} FROM {table} WHERE {name} = ANY(%s)"  # noqa: S608 (our own names)
        return set(connection.exec_driver_sql(query, (list(keys),)).scalars())
    found: set[Any] = set()
    remaining = iter(keys)
    while some := tuple(islice(remaining, _LOOKED_UP)):
        places = ",".join("?" * len(some))
        query = f"SELECT {name} FROM {table} WHERE {name} IN ({places})"  # noqa: S608 (our own names)
        found.update(connection.exec_driver_sql(query, some).scalars())
    return found


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens to a row that is there already; both databases spell it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY takes a row in half the time of INSERT."""
    preparer = connection.dialect.identifier_preparer
    columns = ", ".join(preparer.quote(name) for name in _columns(table))
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {preparer.quote(table.name)} ({columns}) FROM STDIN") as copy,
    ):
        for values in rows:
            copy.write_row(values)


def _values(table: Table, rows: list[Row]) -> tuple[Iterator[tuple[Any, ...]], int]:
    """The values as they are stored, and the number of characters in their texts."""
    pick, texts = _picker(table), _texts(table)
    # One look at all texts at once is nearly always all that is needed.
    together = "".join([row[name] or "" for name in texts for row in rows])
    if not is_plain(together):
        for row in rows:
            row.update({name: escape(row[name]) for name in texts if row[name] is not None})
    return map(pick, rows), len(together)


@lru_cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name != "seq")


@lru_cache
def _picker(table: Table) -> Callable[[Row], tuple[Any, ...]]:
    return itemgetter(*_columns(table))


@lru_cache
def _texts(table: Table) -> tuple[str, ...]:
    return tuple(name for name in _columns(table) if isinstance(table.c[name].type, AnyText))
