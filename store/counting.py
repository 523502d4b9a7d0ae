"""What was counted about the observations, by producer and window. It outlives them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from store.bulk import upsert
from store.records import Capture, Exchange, Loss, Message, window_of
from store.tables import between, counters, of, windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from store.codec import Row


def count(connection: Connection, records: Sequence[Exchange | Message], losses: Sequence[Loss]) -> None:
    """Add records and losses to the counts of their windows."""
    seen: dict[tuple[str, int], Row] = {}
    counts: Counter[tuple[str, int, str, str]] = Counter()
    for record in records:
        instant = _instant(record)
        window = 0 if instant is None else window_of(instant)
        row = seen.get((record.producer, window))
        if row is None:
            row = seen[record.producer, window] = _empty_window(record.producer, window)
        _see(row, record, instant)
        for counter, reason, number in _notable(record):
            counts[record.producer, window, counter, reason] += number
    for loss in losses:
        counts[loss.producer, loss.window_start, "lost", loss.reason] += loss.count
    _add_windows(connection, list(seen.values()))
    _add_counts(connection, counts)


def span(connection: Connection, producer: str | None) -> tuple[int, int] | None:
    """The instants of the first and the last observation."""
    query = select(func.min(windows.c.first_at), func.max(windows.c.last_at)).where(*of(windows, producer))
    first, last = connection.execute(query).one()
    return None if first is None else (first, last)


def capture(connection: Connection, producer: str | None, since: int | None, until: int | None) -> Capture:
    """The counts of the windows that a period touches."""
    since = None if since is None else window_of(since)
    observed = select(func.coalesce(func.sum(windows.c.exchanges + windows.c.messages), 0)).where(
        *of(windows, producer), *between(windows.c.window_start, since, until)
    )
    counted = (
        select(counters.c.counter, counters.c.reason, func.sum(counters.c["count"]))
        .where(*of(counters, producer), *between(counters.c.window_start, since, until))
        .group_by(counters.c.counter, counters.c.reason)
        .order_by(counters.c.counter, counters.c.reason)
    )
    totals: dict[str, dict[str, int]] = {"lost": {}, "flaw": {}, "truncated": {}, "redacted": {}}
    for counter, reason, number in connection.execute(counted):
        totals[counter][reason] = int(number)
    return Capture(
        observed=int(connection.execute(observed).scalar_one()),
        lost=totals["lost"],
        truncated=sum(totals["truncated"].values()),
        redacted=sum(totals["redacted"].values()),
        flaws=totals["flaw"],
    )


def _instant(record: Exchange | Message) -> int | None:
    """When a record was seen: what it is counted under. Window 0 is for what nobody knows the time of."""
    if isinstance(record, Exchange):
        return record.started_at
    return record.delivered_at if record.delivered_at is not None else record.published_at


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
