"""The first tables: raw observations, what was counted about them, and what inference keeps."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("folded", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "batches_unfolded",
        "batches",
        ["id"],
        sqlite_where=sa.text("folded = 0"),
        postgresql_where=sa.text("NOT folded"),
    )
    op.create_table(
        "bodies",
        sa.Column("seq", SERIAL, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("coding", sa.SmallInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("digest", name="bodies_digest"),
    )
    _create_observations()
    _create_counts()
    _create_inference()


def _create_observations() -> None:
    op.create_table(
        "exchanges",
        sa.Column("seq", SERIAL, primary_key=True),
        _integer("batch"),
        *(_text(name) for name in ("id", "producer")),
        *_identity("identity", nullable=False),
        *(_text(name) for name in ("lane", "source", "protocol")),
        _integer("started_at"),
        *(_text(name) for name in ("method", "scheme", "authority", "path", "query")),
        *(_text(name) for name in ("request_headers", "request_trailers")),
        *_body("request_body"),
        _integer("status", nullable=True),
        *(_text(name) for name in ("response_headers", "response_trailers")),
        *_body("response_body"),
        *(_integer(name, nullable=True) for name in ("request_ns", "wait_ns", "duration_ns")),
        *(_text(name) for name in ("outcome", "connection", "peer", "flaws")),
        _integer("redacted"),
        sa.UniqueConstraint("id", name="exchanges_id"),
    )
    op.create_index("exchanges_batch", "exchanges", ["batch"])
    op.create_table(
        "messages",
        sa.Column("seq", SERIAL, primary_key=True),
        _integer("batch"),
        *(_text(name) for name in ("id", "producer", "lane", "source", "protocol", "channel", "type")),
        *_identity("publisher", nullable=True),
        *_identity("consumer", nullable=True),
        _text("key", nullable=True),
        *(_integer(name, nullable=True) for name in ("partition", "sequence")),
        _text("headers"),
        *_body("payload"),
        *(_integer(name, nullable=True) for name in ("published_at", "delivered_at", "acknowledged_at")),
        _text("acknowledgement"),
        _integer("redeliveries", nullable=True),
        *(_text(name) for name in ("exchange", "flaws")),
        _integer("redacted"),
        sa.UniqueConstraint("id", name="messages_id"),
    )
    op.create_index("messages_batch", "messages", ["batch"])
    op.create_index("messages_exchange", "messages", ["exchange"])


def _create_counts() -> None:
    op.create_table(
        "windows",
        _text("producer"),
        *(_integer(name) for name in ("window_start", "exchanges", "messages")),
        *(_integer(name, nullable=True) for name in ("first_at", "last_at")),
        sa.PrimaryKeyConstraint("producer", "window_start", name="windows_key"),
    )
    op.create_table(
        "counters",
        _text("producer"),
        _integer("window_start"),
        *(_text(name) for name in ("counter", "reason")),
        _integer("count"),
        sa.PrimaryKeyConstraint("producer", "window_start", "counter", "reason", name="counters_key"),
    )


def _create_inference() -> None:
    op.create_table(
        "summaries",
        sa.Column("seq", SERIAL, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        _text("producer"),
        _integer("window_start"),
        *(_text(name) for name in ("route", "consumer", "family")),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("key", name="summaries_key"),
    )
    op.create_index("summaries_window", "summaries", ["producer", "window_start", "seq"])
    op.create_table(
        "known_consumers",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("name", "identities", "owner", "contact")),
    )
    op.create_table(
        "renames",
        sa.Column("seq", SERIAL, primary_key=True),
        *(_text(name) for name in ("producer", "former", "present")),
        _integer("at"),
        sqlite_autoincrement=True,
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _identity(name: str, *, nullable: bool) -> list[sa.Column[Any]]:
    return [
        *(sa.Column(f"{name}_{part}", TEXT, nullable=nullable) for part in ("basis", "value", "source")),
        sa.Column(f"{name}_verified", sa.Boolean, nullable=nullable),
    ]


def _body(name: str) -> list[sa.Column[Any]]:
    return [
        sa.Column(name, sa.LargeBinary),
        sa.Column(f"{name}_size", sa.BigInteger),
        sa.Column(f"{name}_wire_size", sa.BigInteger),
        sa.Column(f"{name}_media_type", TEXT),
        sa.Column(f"{name}_truncated", sa.Boolean),
    ]
