"""The version of a store, and how an older one becomes current. Alembic is loaded only for that."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

    from store.engine import Database

HEAD = "0002"
"""The newest revision in `migrations/versions/`: what this version of defacto reads and writes."""

_ALEMBIC = Lock()
"""What migrations speak to is global to a process: one store at a time."""

VERSION_TABLE = "defacto_version"
"""Where a store says its revision: not in the table that another program's Alembic would use."""


def ensure_current(database: Database, *, create: bool) -> None:
    """Make the tables, or migrate them, or say why that cannot be.

    Two processes may come here at the same time: the second one waits, looks again and finds nothing to do.

    Raises:
        StoreError: the store was made by a newer version, is not a store, or must be changed and cannot be.
    """
    with database.reading() as connection:
        found = _revision(connection)
        if found == HEAD:
            return
        _must_be_ours(connection, found, database)
    if found is None and not create:
        raise StoreError(
            f"Nothing is recorded yet in {database.shown}.", "Run `defacto record` or `defacto import`."
        )
    if database.read_only:
        raise StoreError(
            f"The store {database.shown} was made by an older version of defacto, and is read-only.",
            "Open it once where it can be written, so that it is brought up to date.",
        )
    _prepare_file(database)
    with database.writing() as connection:
        if _revision(connection) != HEAD:
            _upgrade(connection, database)


def configuration() -> Config:
    """Alembic's configuration: where the migrations are, which travel inside the package."""
    from alembic.config import Config  # noqa: PLC0415 (a tenth of a second that most openings need not spend)

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()


def _must_be_ours(connection: Connection, found: str | None, database: Database) -> None:
    """A SQLite file with tables but no version is another program's; a PostgreSQL database may be shared."""
    if found is None and database.path is not None and inspect(connection).get_table_names():
        raise StoreError(
            f"{database.shown} is not a defacto store: it is the database of another program.",
            "Name another file with --store.",
        )


def _prepare_file(database: Database) -> None:
    """Switch a new SQLite file to WAL, and to giving back the room of what is removed, a little at a time.

    Both stay with the file, and must be done outside a transaction; the second before there are tables.
    """
    if database.path is None:
        return
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        if driver is not None and driver.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            driver.execute("PRAGMA auto_vacuum=INCREMENTAL")
            driver.execute("PRAGMA journal_mode=WAL")


def _upgrade(connection: Connection, database: Database) -> None:
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.util import CommandError  # noqa: PLC0415

    config = configuration()
    config.attributes["connection"] = connection
    try:
        with _ALEMBIC:
            command.upgrade(config, HEAD)
    except CommandError as error:
        raise StoreError(
            f"The store {database.shown} was made by a newer version of defacto.",
            "Install that version: pip install --upgrade defacto",
        ) from error
