"""What was counted about the observations, by producer and window. It outlives them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from store.bulk import upsert
from store.records import Capture, Exchange, Loss, Message, window_of
from store.tables import between, counters, of, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from store.codec import Row


class Counts:
    """Records and losses, counted by producer and window, until they are written.

    So what was observed can be counted without being stored.
    """

    def __init__(self, records: Iterable[Exchange | Message] = (), losses: Iterable[Loss] = ()) -> None:
        self._seen: dict[tuple[str, int], Row] = {}
        self._counts: Counter[tuple[str, int, str, str]] = Counter()
        for record in records:
            self.add(record)
        for loss in losses:
            self.lose(loss)

    def add(self, record: Exchange | Message) -> None:
        """Count one that was observed."""
        at = instant(record)
        window = 0 if at is None else window_of(at)
        row = self._seen.get((record.producer, window))
        if row is None:
            row = self._seen[record.producer, window] = _empty_window(record.producer, window)
        _see(row, record, at)
        for counter, reason, number in _notable(record):
            self._counts[record.producer, window, counter, reason] += number

    def lose(self, loss: Loss) -> None:
        """Count what was not."""
        self._counts[loss.producer, loss.window_start, "lost", loss.reason] += loss.count

    def write(self, connection: Connection) -> None:
        """Add all of it to what is stored."""
        _add_windows(connection, list(self._seen.values()))
        _add_counts(connection, self._counts)


def span(connection: Connection, producer: str | None) -> tuple[int, int] | None:
    """The instants of the first and the last observation."""
    query = select(func.min(windows.c.first_at), func.max(windows.c.last_at)).where(*of(windows, producer))
    first, last = connection.execute(query).one()
    return None if first is None else (first, last)


def capture(connection: Connection, producer: str | None, since: int | None, until: int | None) -> Capture:
    """The counts of the windows that a period touches."""
    since = None if since is None else window_of(since)
    observed = select(
        func.coalesce(func.sum(windows.c.exchanges + windows.c.messages), 0),
        func.coalesce(func.sum(windows.c.unseen), 0.0),
    ).where(*of(windows, producer), *between(windows.c.window_start, since, until))
    counted = (
        select(counters.c.counter, counters.c.reason, func.sum(counters.c["count"]))
        .where(*of(counters, producer), *between(counters.c.window_start, since, until))
        .group_by(counters.c.counter, counters.c.reason)
        .order_by(counters.c.counter, counters.c.reason)
    )
    totals: dict[str, dict[str, int]] = {"lost": {}, "flaw": {}, "truncated": {}, "redacted": {}}
    for counter, reason, number in connection.execute(counted):
        totals[counter][reason] = int(number)
    seen, unseen = connection.execute(observed).one()
    return Capture(
        observed=int(seen),
        lost=totals["lost"],
        truncated=sum(totals["truncated"].values()),
        redacted=sum(totals["redacted"].values()),
        flaws=totals["flaw"],
        unseen=float(unseen),
    )


def instant(record: Exchange | Message) -> int | None:
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
        "unseen": 0.0,
    }


def _see(row: Row, record: Exchange | Message, at: int | None) -> None:
    row["exchanges" if isinstance(record, Exchange) else "messages"] += 1
    row["unseen"] += record.weight - 1.0
    if at is not None:
        row["first_at"] = at if row["first_at"] is None else min(row["first_at"], at)
        row["last_at"] = at if row["last_at"] is None else max(row["last_at"], at)


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
                "unseen": old.unseen + new.unseen,
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
