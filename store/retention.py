"""Retention: raw observations go by age and size, summaries and counts stay.

What goes is whole batches, in the order recorded. By age a batch goes once its last record is older and it
was folded. By size folded batches go first; where that is not enough, those that were not folded go too, and
are counted as loss (`retention`). Bodies go when no record that is left refers to them.

Everything is done in small transactions with pauses, so that writers wait for milliseconds. Whoever is
stopped half-way leaves a store that is whole; bodies that nothing refers to are found by the next run.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from time import monotonic, sleep, time_ns
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from store.counting import Counts
from store.records import Loss, window_of
from store.size import size_bytes, used_bytes
from store.tables import batches, bodies, exchanges, messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, CursorResult, Table

    from store.engine import Database
    from store.store import Store

REASON = "retention"
"""Why observations that were never folded are lost."""

STEP_BYTES = 4 << 20
STEP_BATCHES = 200
"""Bytes, and number, of batches that go in one transaction."""
STEP_BODIES = 1_000
STEP_PAGES = 500
"""Pages of a SQLite file that are given back in one transaction."""
LEAST_PAUSE_S = 0.005


@dataclass(slots=True)
class Pruned:
    """What one run removed, and the size of the store before and after: in use, and on the disk (bytes).

    `unfolded` are those of the exchanges and messages that no fold had taken in.
    """

    batches: int = 0
    exchanges: int = 0
    messages: int = 0
    bodies: int = 0
    unfolded: int = 0
    used_before: int = 0
    used_after: int = 0
    size_before: int = 0
    size_after: int = 0


def prune(
    store: Store,
    *,
    older_than_ns: int | None = None,
    max_bytes: int | None = None,
    now_ns: Callable[[], int] = time_ns,
    progress: Callable[[Pruned], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Pruned:
    """Remove what is too old and what is too much.

    Args:
        store: written to; others may write meanwhile.
        older_than_ns: the age from which on records go.
        max_bytes: what may be in use. Summaries and counts are part of it and are not removed.
        now_ns: Unix ns.
        progress: told after each step what was removed so far.
        goes_on: asked before each step; with False the run ends early.

    Raises:
        StoreError: the store failed; what was removed before that is.
    """
    return _Run(store.database, now_ns(), progress, goes_on).run(older_than_ns, max_bytes)


class _Run:
    def __init__(
        self,
        database: Database,
        now_ns: int,
        progress: Callable[[Pruned], None] | None,
        goes_on: Callable[[], bool],
    ) -> None:
        self._database = database
        self._now_ns = now_ns
        self._progress = progress
        self._goes_on = goes_on
        self._done = Pruned(used_before=used_bytes(database), size_before=size_bytes(database))

    def run(self, older_than_ns: int | None, max_bytes: int | None) -> Pruned:
        if older_than_ns is not None:
            self._remove([batches.c.folded, batches.c.last_at < self._now_ns - older_than_ns], None)
            self._sweep()
        if max_bytes is not None:
            for folded in (True, False):
                while (excess := used_bytes(self._database) - max_bytes) > 0:
                    if not self._remove([batches.c.folded == folded], excess):
                        break
                    self._sweep()
        self._give_back()
        self._done.used_after = used_bytes(self._database)
        self._done.size_after = size_bytes(self._database)
        return self._done

    def _steps(self) -> Iterator[None]:
        """One after the other, each after a pause as long as the last one took, until it is to end."""
        while self._goes_on():
            began = monotonic()
            yield
            if self._progress is not None:
                self._progress(self._done)
            sleep(max(LEAST_PAUSE_S, monotonic() - began))

    def _remove(self, which: Sequence[ColumnElement[bool]], enough: int | None) -> int:
        """Remove batches, the oldest first, until that many bytes are gone (None: all); returns how many."""
        before, gone = self._done.batches, 0
        for _ in self._steps():
            with self._database.writing() as connection:
                left = STEP_BYTES if enough is None else min(STEP_BYTES, enough - gone)
                ids, size = _oldest(connection, which, left)
                if not ids:
                    break
                self._remove_batches(connection, ids)
            gone += size
            if enough is not None and gone >= enough:
                break
        return self._done.batches - before

    def _remove_batches(self, connection: Connection, ids: Sequence[int]) -> None:
        these = batches.c.id.in_(ids)
        unfolded = connection.scalars(select(batches.c.id).where(these, ~batches.c.folded)).all()
        losses = _losses(connection, unfolded) if unfolded else []
        Counts(losses=losses).write(connection)
        done = self._done
        done.unfolded += sum(loss.count for loss in losses)
        done.exchanges += _gone(connection.execute(delete(exchanges).where(exchanges.c.batch.in_(ids))))
        done.messages += _gone(connection.execute(delete(messages).where(messages.c.batch.in_(ids))))
        done.batches += _gone(connection.execute(delete(batches).where(these)))

    def _sweep(self) -> None:
        """Remove the bodies that nothing refers to.

        They are looked for while others write. A record that was written since may refer to one of them
        again, so these are looked through before each removal.
        """
        with self._database.reading() as connection:
            seen = {table.name: _last(connection, table) for table in (exchanges, messages)}
            unused = select(bodies.c.digest).except_(*map(select, _references()))
            streamed = connection.execution_options(yield_per=STEP_BODIES)
            with closing(streamed.scalars(unused)) as found:
                for _, digests in zip(self._steps(), found.partitions(), strict=False):
                    with self._database.writing() as writing:
                        wanted = bodies.c.digest.in_(set(digests) - _referred_since(writing, seen))
                        self._done.bodies += _gone(writing.execute(delete(bodies).where(wanted)))

    def _give_back(self) -> None:
        """Give the room that was freed in a SQLite file back to the disk; a server does so by itself."""
        if self._database.path is None:
            return
        free = _free_pages(self._database)
        for _ in self._steps():
            _run_pragma(self._database, f"incremental_vacuum({STEP_PAGES})")
            before, free = free, _free_pages(self._database)
            if not free or free == before:  # none left, or the file was made without this
                break
        _run_pragma(self._database, "wal_checkpoint(PASSIVE)")  # the other kinds would make writers wait


def _oldest(
    connection: Connection, which: Sequence[ColumnElement[bool]], enough: int
) -> tuple[list[int], int]:
    """The first batches that together have enough bytes, or all of a step, and the bytes that they have."""
    query = select(batches.c.id, batches.c.bytes).where(*which).order_by(batches.c.id).limit(STEP_BATCHES)
    ids: list[int] = []
    size = 0
    for number, bytes_ in connection.execute(query).all():
        if size >= enough:
            break
        ids.append(number)
        size += bytes_
    return ids, size


def _losses(connection: Connection, unfolded: Sequence[int]) -> list[Loss]:
    """What is lost with batches that were not folded, by producer and hour."""
    lost: Counter[tuple[str, int]] = Counter()
    for table, at in (
        (exchanges, exchanges.c.started_at),
        (messages, func.coalesce(messages.c.delivered_at, messages.c.published_at, 0)),
    ):
        for producer, instant in connection.execute(
            select(table.c.producer, at).where(table.c.batch.in_(unfolded))
        ):
            lost[producer, window_of(instant)] += 1
    return [
        Loss(producer=producer, window_start=window, reason=REASON, count=count)
        for (producer, window), count in lost.items()
    ]


def _references() -> tuple[Column[bytes], ...]:
    """Where records refer to bodies."""
    return exchanges.c.request_body, exchanges.c.response_body, messages.c.payload


def _referred_since(connection: Connection, seen: Mapping[str, int]) -> set[bytes]:
    """The bodies that records written after the last one seen of each table refer to."""
    return {
        bytes(digest)
        for column in _references()
        for digest in connection.scalars(
            select(column).where(column.table.c.seq > seen[column.table.name], column.is_not(None))
        )
    }


def _last(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.max(table.c.seq))) or 0


def _gone(result: CursorResult[Any]) -> int:
    return result.rowcount


def _free_pages(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())


def _run_pragma(database: Database, pragma: str) -> None:
    """Run one to its end. `execute` would stop at the first step of one that gives no rows."""
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        if driver is not None:
            driver.executescript(f"PRAGMA {pragma}")
