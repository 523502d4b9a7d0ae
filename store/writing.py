"""One batch: the statements of one writing transaction, in the order that keeps it exact.

Whoever calls is the only writer meanwhile (`Database.writing`), so what is looked up here still holds when it is used.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Table, case, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from store import bodies
from store.bulk import insert_rows, present
from store.codec import Contents, Row, encode_exchange, encode_message
from store.records import Exchange, Loss, Message, window_of
from store.tables import batches, counters, exchanges, messages, windows
from store.tables import bodies as bodies_table
from store.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

_Record = TypeVar("_Record", Exchange, Message)


def instant_of(record: Exchange | Message) -> int | None:
    """When a record was seen: what it is counted under."""
    if isinstance(record, Exchange):
        return record.started_at
    return record.delivered_at if record.delivered_at is not None else record.published_at


def write_batch(
    connection: Connection,
    exchanges_: Sequence[Exchange],
    messages_: Sequence[Message],
    losses: Sequence[Loss],
) -> int:
    """Write what is not there yet, and count it; returns how many records were added."""
    contents: Contents = {}
    fresh_exchanges = _fresh(connection, exchanges, exchanges_)
    fresh_messages = _fresh(connection, messages, messages_)
    exchange_rows = [encode_exchange(exchange, contents) for exchange in fresh_exchanges]
    message_rows = [encode_message(message, contents) for message in fresh_messages]
    if exchange_rows or message_rows:
        batch = connection.execute(insert(batches).values(folded=False).returning(batches.c.id)).scalar_one()
        _write_bodies(connection, contents)
        for table, rows in ((exchanges, exchange_rows), (messages, message_rows)):
            for row in rows:
                row["batch"] = batch
            insert_rows(connection, table, rows)
    _count(connection, fresh_exchanges, fresh_messages, losses)
    return len(exchange_rows) + len(message_rows)


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens to a row that is there already; both databases spell it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _fresh(connection: Connection, table: Table, records: Sequence[_Record]) -> list[_Record]:
    by_id: dict[str, _Record] = {}
    for record in records:
        by_id.setdefault(escape(record.id), record)  # of two with one id the first counts
    for known in present(connection, table.c.id, by_id):
        del by_id[known]
    return list(by_id.values())


def _write_bodies(connection: Connection, contents: Contents) -> None:
    rows = []
    for digest in contents.keys() - present(connection, bodies_table.c.digest, contents):
        coding, packed = bodies.pack(contents[digest])
        rows.append({"digest": digest, "coding": int(coding), "content": packed})
    insert_rows(connection, bodies_table, rows)


def _count(
    connection: Connection,
    exchanges_: Sequence[Exchange],
    messages_: Sequence[Message],
    losses: Sequence[Loss],
) -> None:
    seen: dict[tuple[str, int], Row] = {}
    counts: Counter[tuple[str, int, str, str]] = Counter()
    records: tuple[Exchange | Message, ...] = (*exchanges_, *messages_)
    for record in records:
        instant = instant_of(record)
        window = 0 if instant is None else window_of(instant)
        row = seen.setdefault((record.producer, window), _empty_window(record.producer, window))
        _see(row, record, instant)
        for counter, reason, count in _notable(record):
            counts[record.producer, window, counter, reason] += count
    for loss in losses:
        counts[loss.producer, loss.window_start, "lost", loss.reason] += loss.count
    _add_windows(connection, list(seen.values()))
    _add_counts(connection, counts)


def _empty_window(producer: str, window: int) -> Row:
    return {
        "producer": producer,
        "window_start": window,
        "exchanges": 0,
        "messages": 0,
        "first_at": None,
        "last_at": None,
    }


def _see(row: Row, record: Exchange | Message, instant: int | None) -> None:
    row["exchanges" if isinstance(record, Exchange) else "messages"] += 1
    if instant is not None:
        row["first_at"] = instant if row["first_at"] is None else min(row["first_at"], instant)
        row["last_at"] = instant if row["last_at"] is None else max(row["last_at"], instant)


def _notable(record: Exchange | Message) -> Iterator[tuple[str, str, int]]:
    """What makes an observation less than the whole truth: counter, reason, how much."""
    if record.redacted:
        yield "redacted", "", record.redacted
    for flaw in record.flaws:
        yield "flaw", flaw, 1
    kept = (record.request_body, record.response_body) if isinstance(record, Exchange) else (record.payload,)
    if any(body is not None and body.truncated for body in kept):
        yield "truncated", "", 1


def _add_windows(connection: Connection, rows: list[Row]) -> None:
    if not rows:
        return
    statement = upsert(connection, windows)
    new, old = statement.excluded, windows.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["producer", "window_start"],
            set_={
                "exchanges": old.exchanges + new.exchanges,
                "messages": old.messages + new.messages,
                # Compared with null nothing is true, so that the other one remains.
                "first_at": case(
                    (new.first_at < old.first_at, new.first_at),
                    else_=func.coalesce(old.first_at, new.first_at),
                ),
                "last_at": case(
                    (new.last_at > old.last_at, new.last_at), else_=func.coalesce(old.last_at, new.last_at)
                ),
            },
        ),
        rows,
    )


def _add_counts(connection: Connection, counts: Counter[tuple[str, int, str, str]]) -> None:
    if not counts:
        return
    statement = upsert(connection, counters)
    columns = ("producer", "window_start", "counter", "reason")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=columns, set_={"count": counters.c["count"] + statement.excluded["count"]}
        ),
        [dict(zip(columns, key, strict=True), count=count) for key, count in counts.items()],
    )
