"""Opening a database: what a URL means, how each connection is set up, and what a transaction is.

SQLite runs in WAL mode, so that readers and one writer do not wait for each other. A writing transaction
takes the write lock at once: one that reads first and then wants to write could be refused, and would have to
start anew.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import URL, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from store.errors import StoreError
from store.faults import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

PATIENCE_S = 30
"""Seconds to wait for a lock that another process holds, and for a server to accept a connection."""

WAL_BYTES = 16 << 20
"""What the write-ahead log of a SQLite file is cut to when it has grown larger and was taken over."""

_WRITERS = 0xDEFAC70
"""The PostgreSQL advisory lock that writers hold, so that there is one at a time, as in SQLite.

Then rows become visible in the order of their `seq`, duplicates and counters are exact without retries, and
writers that share bodies cannot deadlock. A batch holds it for some tens of milliseconds.
"""


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database. `shown` is its URL as people may see it; `path` is the file of a SQLite one."""

    engine: Engine
    shown: str
    path: Path | None = None
    read_only: bool = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store. Errors come out as `StoreError`."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, alone among those that do, and rolls back on any error."""
        with (
            self._explained(),
            self.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS})"))
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(error.orig, self.shown) from error
        except (
            self.engine.dialect.loaded_dbapi.Error
        ) as error:  # COPY, and set-up, speak to the driver themselves
            raise explain(error, self.shown) from error


def open_database(url: str, *, create: bool) -> Database:
    """The database that a URL or a file name means; it may have no tables, nor a file, yet.

    Raises:
        StoreError: the URL means nothing, the driver is missing, or the file is not there and may not
            be made.
    """
    if "://" not in url:
        return _open_sqlite(Path(url), create=create)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"{_masked(url)} is not a database URL.", _FORMS) from error
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise StoreError(
                    f"{url} names no file; a store must be one that other commands can open.", _FORMS
                )
            return _open_sqlite(Path(parsed.database), create=create)
        case "postgresql" | "postgres":
            return _open_postgresql(parsed)
        case other:
            raise StoreError(f"defacto cannot keep a store in {other}.", _FORMS)


_LONGEST_NAME = 255
"""Bytes of a file's name, as common file systems have it."""
_FORMS = "Use a file name such as defacto.db, or postgresql://user@host/database."


def _masked(url: str) -> str:
    """A URL that could not be parsed, without what may be a password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{'***@' if '@' in rest else ''}{rest.rpartition('@')[2]}"


def _open_sqlite(path: Path, *, create: bool) -> Database:
    shown = str(path)
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise StoreError(f"{shown[:_LONGEST_NAME]}… is too long for the name of a file.", _FORMS)
    if path.is_dir():
        raise StoreError(f"{shown} is a folder, not a store.", "Name a file in it, such as defacto.db.")
    if not path.exists():
        _must_be_creatable(path, create=create)
    folder_writable = os.access(path.parent, os.W_OK)
    read_only = path.exists() and not (folder_writable and os.access(path, os.W_OK))
    # A reader of a WAL database keeps an index beside it. Where it cannot, and no writer has left one, SQLite
    # may take the file as one that does not change.
    immutable = read_only and not folder_writable and not path.with_name(f"{path.name}-wal").exists()
    mode = "ro" if read_only else "rwc" if create else "rw"
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}{'&immutable=1' if immutable else ''}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE_S, check_same_thread=False)
        connection.isolation_level = None  # transactions begin where we say so, and hold DDL too
        try:
            # A power cut may lose the last batches, never the file.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return Database(engine, shown, path, read_only)


def _must_be_creatable(path: Path, *, create: bool) -> None:
    if not create:
        raise StoreError(
            f"Nothing is recorded yet: there is no store {path}.", "Run `defacto record` or `defacto import`."
        )
    if not path.parent.is_dir():
        raise StoreError(
            f"There is no folder {path.parent} to make the store {path.name} in.", "Make the folder first."
        )
    if not os.access(path.parent, os.W_OK):
        raise StoreError(
            f"The store {path} cannot be made: its folder is read-only.", "Name a file elsewhere."
        )


def _open_postgresql(url: URL) -> Database:
    if find_spec("psycopg") is None:
        raise StoreError(
            "The PostgreSQL driver is not installed.", "Install it with: pip install 'defacto[postgres]'"
        )
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": PATIENCE_S, "application_name": "defacto"},
        pool_pre_ping=True,
    )
    return Database(engine, shown)
