"""The tables, as SQLAlchemy Core knows them. `migrations/` makes them; a test holds the two together.

A *batch* is what one transaction wrote. It is visible wholly or not at all, and `batches.folded` says whether
inference has taken it in: that makes an incremental fold exact, whoever writes meanwhile. `seq` is the order
recorded. A `weight` says how many records one stands for that sampling kept.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
    false,
    text,
)

from store.text import AnyText

metadata = MetaData()

_Serial = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER names SQLite's own row id
_TEXT = AnyText().with_variant(AnyText(collation="C"), "postgresql")


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _body(name: str) -> list[Column[object]]:
    """A body of a record: a reference to its content, and what is its own. Null where there was none."""
    return [
        Column(name, LargeBinary),
        Column(f"{name}_size", BigInteger),
        Column(f"{name}_wire_size", BigInteger),
        Column(f"{name}_media_type", _TEXT),
        Column(f"{name}_truncated", Boolean),
    ]


def _weight() -> Column[float]:
    return Column("weight", Double, nullable=False, server_default=text("1"))


def _identity(name: str, *, nullable: bool = False) -> list[Column[object]]:
    return [
        Column(f"{name}_basis", _TEXT, nullable=nullable),
        Column(f"{name}_value", _TEXT, nullable=nullable),
        Column(f"{name}_source", _TEXT, nullable=nullable),
        Column(f"{name}_verified", Boolean, nullable=nullable),
    ]


batches = Table(
    "batches",
    metadata,
    Column("id", _Serial, primary_key=True),
    Column("folded", Boolean, nullable=False),
    _integer("last_at", nullable=True),
    Column("bytes", BigInteger, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)
"""`last_at` is the instant of the last of its records, `bytes` roughly what it added to the store."""

Index(
    "batches_unfolded",
    batches.c.id,
    sqlite_where=batches.c.folded == false(),
    postgresql_where=~batches.c.folded,
)

bodies = Table(
    "bodies",
    metadata,
    Column("seq", _Serial, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("coding", SmallInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("digest", name="bodies_digest"),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("seq", _Serial, primary_key=True),
    _integer("batch"),
    _text("id"),
    _text("producer"),
    *_identity("identity"),
    _text("lane"),
    _text("source"),
    _text("protocol"),
    _integer("started_at"),
    _text("method"),
    _text("scheme"),
    _text("authority"),
    _text("path"),
    _text("query"),
    _text("request_headers"),
    _text("request_trailers"),
    *_body("request_body"),
    _integer("status", nullable=True),
    _text("response_headers"),
    _text("response_trailers"),
    *_body("response_body"),
    _integer("request_ns", nullable=True),
    _integer("wait_ns", nullable=True),
    _integer("duration_ns", nullable=True),
    _text("outcome"),
    _text("connection"),
    _text("peer"),
    _text("flaws"),
    _integer("redacted"),
    _weight(),
    UniqueConstraint("id", name="exchanges_id"),
    Index("exchanges_batch", "batch"),
)

messages = Table(
    "messages",
    metadata,
    Column("seq", _Serial, primary_key=True),
    _integer("batch"),
    _text("id"),
    _text("producer"),
    _text("lane"),
    _text("source"),
    _text("protocol"),
    _text("channel"),
    _text("type"),
    *_identity("publisher", nullable=True),
    *_identity("consumer", nullable=True),
    _text("key", nullable=True),
    _integer("partition", nullable=True),
    _integer("sequence", nullable=True),
    _text("headers"),
    *_body("payload"),
    _integer("published_at", nullable=True),
    _integer("delivered_at", nullable=True),
    _integer("acknowledged_at", nullable=True),
    _text("acknowledgement"),
    _integer("redeliveries", nullable=True),
    _text("exchange"),
    _text("flaws"),
    _integer("redacted"),
    _weight(),
    UniqueConstraint("id", name="messages_id"),
    Index("messages_batch", "batch"),
    Index("messages_exchange", "exchange"),
)

windows = Table(
    "windows",
    metadata,
    _text("producer"),
    _integer("window_start"),
    _integer("exchanges"),
    _integer("messages"),
    _integer("first_at", nullable=True),
    _integer("last_at", nullable=True),
    Column("unseen", Double, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("producer", "window_start", name="windows_key"),
)
"""What was observed in each hour of each producer; outlives the raw rows. `unseen` is what those that were
observed stand for beyond themselves."""

counters = Table(
    "counters",
    metadata,
    _text("producer"),
    _integer("window_start"),
    _text("counter"),
    _text("reason"),
    _integer("count"),
    PrimaryKeyConstraint("producer", "window_start", "counter", "reason", name="counters_key"),
)
"""What was lost, cut, redacted or flawed in each hour, by reason (`""` where a counter has none)."""

summaries = Table(
    "summaries",
    metadata,
    Column("seq", _Serial, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    _text("producer"),
    _integer("window_start"),
    _text("route"),
    _text("consumer"),
    _text("family"),
    Column("state", LargeBinary, nullable=False),
    UniqueConstraint("key", name="summaries_key"),
    Index("summaries_window", "producer", "window_start", "seq"),
)
"""`key` is a digest of the next five: a route can be longer than PostgreSQL lets an index entry be."""

saves = Table(
    "saves",
    metadata,
    Column("saver", _TEXT, primary_key=True),
    _integer("number"),
)
"""How often each who saves summaries has done so (`""`: the folds of batches, together). Their sum changes
with every save, and a save that is tried again is known by its number."""

known_consumers = Table(
    "known_consumers",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("name"),
    _text("identities"),
    _text("owner"),
    _text("contact"),
)

renames = Table(
    "renames",
    metadata,
    Column("seq", _Serial, primary_key=True),
    _text("producer"),
    _text("former"),
    _text("present"),
    _integer("at"),
    sqlite_autoincrement=True,
)
"""Operation keys that gave way to others, in the order it happened."""


def of(table: Table, producer: str | None) -> list[ColumnElement[bool]]:
    """The condition that a row is of a producer; none for all of them."""
    return [] if producer is None else [table.c.producer == producer]


def between(column: ColumnElement[int], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    """The condition that an instant lies in a period, its start included and its end not."""
    lower = [] if since is None else [column >= since]
    upper = [] if until is None else [column < until]
    return [*lower, *upper]
