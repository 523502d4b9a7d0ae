"""Weights of sampled records, the age and size of batches, and how often summaries were saved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

EXCHANGE_BYTES, MESSAGE_BYTES = 1_100, 600
"""What one takes on average: batches that are there already are not measured."""


def upgrade() -> None:
    for table in ("exchanges", "messages"):
        op.add_column(table, sa.Column("weight", sa.Double, nullable=False, server_default=sa.text("1")))
    op.add_column("windows", sa.Column("unseen", sa.Double, nullable=False, server_default=sa.text("0")))
    op.add_column("batches", sa.Column("last_at", sa.BigInteger))
    size = sa.Column("bytes", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    op.add_column("batches", size)
    op.create_table(
        "saves",
        sa.Column("saver", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    _measure("exchanges", "started_at", EXCHANGE_BYTES)
    _measure("messages", "coalesce(delivered_at, published_at)", MESSAGE_BYTES)


def _measure(table: str, instant: str, each: int) -> None:
    """Give the batches there are the last instant of their records, and a size."""
    last = f"(SELECT max({instant}) FROM {table} WHERE {table}.batch = batches.id)"  # noqa: S608 (our own)
    count = f"(SELECT count(*) FROM {table} WHERE {table}.batch = batches.id)"  # noqa: S608 (our own)
    op.execute(f"UPDATE batches SET bytes = bytes + {each} * {count}")  # noqa: S608 (our own names)
    op.execute(
        f"UPDATE batches SET last_at = {last}"  # noqa: S608 (our own names)
        f" WHERE last_at IS NULL OR last_at < {last}"
    )
