"""One batch: the statements of one writing transaction, in the order that keeps it exact.

Whoever calls is the only writer meanwhile (`Database.writing`), so what is looked up here still holds when it
is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import BigInteger, Table, insert, update

from store import bodies
from store.bulk import insert_rows, present
from store.codec import Contents, Row, encode_exchange, encode_message
from store.counting import Counts, instant
from store.records import Exchange, Loss, Message
from store.tables import batches, exchanges, messages
from store.tables import bodies as bodies_table
from store.text import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_Record = TypeVar("_Record", Exchange, Message)

ROW_BYTES, BODY_BYTES = 300, 100
"""What a row takes beside its texts, and a body beside its content: numbers, digests, indexes. Measured."""

_LEAST, _MOST = -(2**62), 2**63 - 1
"""What a number in a record may be: 64 bits, and the window of an instant must fit as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of a write: how many records were added, were there already, or have numbers beyond 64 bits.

    The last are not stored; they are counted as lost, `unstorable`.
    """

    added: int
    duplicates: int
    unstorable: int = 0


def write_batch(
    connection: Connection,
    given_exchanges: Sequence[Exchange],
    given_messages: Sequence[Message],
    losses: Sequence[Loss],
) -> Written:
    """Write what is not there yet, and count it."""
    contents: Contents = {}
    new_exchanges = _fresh(connection, exchanges, given_exchanges)
    new_messages = _fresh(connection, messages, given_messages)
    pairs_by_table = (
        (exchanges, _storable(exchanges, [(new, encode_exchange(new, contents)) for new in new_exchanges])),
        (messages, _storable(messages, [(new, encode_message(new, contents)) for new in new_messages])),
    )
    added = [record for _, pairs in pairs_by_table for record, _ in pairs]
    if added:
        last_at = max((at for record in added if (at := instant(record)) is not None), default=None)
        batch = connection.execute(
            insert(batches).values(folded=False, last_at=last_at).returning(batches.c.id)
        ).scalar_one()
        size = _write_bodies(connection, contents)
        for table, pairs in pairs_by_table:
            rows = [row for _, row in pairs]
            for row in rows:
                row["batch"] = batch
            size += insert_rows(connection, table, rows) + ROW_BYTES * len(rows)
        connection.execute(update(batches).where(batches.c.id == batch).values(bytes=size))
    fresh: tuple[Exchange | Message, ...] = (*new_exchanges, *new_messages)
    unstorable = _unstorable(fresh, added) if len(added) < len(fresh) else []
    Counts(added, [*losses, *unstorable]).write(connection)
    given = len(given_exchanges) + len(given_messages)
    return Written(added=len(added), duplicates=given - len(fresh), unstorable=len(unstorable))


def _fresh(connection: Connection, table: Table, records: Sequence[_Record]) -> list[_Record]:
    by_id: dict[str, _Record] = {}
    for record in records:
        by_id.setdefault(escape(record.id), record)  # of two with one id the first counts
    for known in present(connection, table.c.id, by_id):
        del by_id[known]
    return list(by_id.values())


def _write_bodies(connection: Connection, contents: Contents) -> int:
    """Write the contents that are new; returns roughly what they take (bytes)."""
    rows: list[Row] = []
    for digest in contents.keys() - present(connection, bodies_table.c.digest, contents):
        coding, packed = bodies.pack(contents[digest])
        rows.append({"digest": digest, "coding": int(coding), "content": packed})
    insert_rows(connection, bodies_table, rows)
    return sum(len(row["content"]) + BODY_BYTES for row in rows)


def _storable(table: Table, pairs: list[tuple[_Record, Row]]) -> list[tuple[_Record, Row]]:
    names = _integers(table)
    numbers = [row[name] or 0 for name in names for _, row in pairs]
    if not numbers or (min(numbers) >= _LEAST and max(numbers) <= _MOST):
        return pairs
    return [pair for pair in pairs if all(_LEAST <= (pair[1][name] or 0) <= _MOST for name in names)]


@lru_cache
def _integers(table: Table) -> tuple[str, ...]:
    ours = {"seq", "batch"}
    return tuple(
        column.name
        for column in table.columns
        if isinstance(column.type, BigInteger) and column.name not in ours
    )


def _unstorable(fresh: Sequence[Exchange | Message], added: Sequence[Exchange | Message]) -> list[Loss]:
    kept = {id(record) for record in added}
    return [
        Loss(producer=record.producer, window_start=0, reason="unstorable", count=1)
        for record in fresh
        if id(record) not in kept
    ]
