"""Where records go once they are safe to keep: a batch writer in front of the store.

`Sink` is the plug point; a sidecar that keeps nothing raw is another one. `StoreSink` writes a batch when it
is full or old enough. A store that refuses is tried again, less and less often, while what waits fits the
memory allowed for it; then the oldest is given up and counted. Nothing that a store does raises here.
"""

from __future__ import annotations

import logging
from collections import deque
from itertools import islice
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from store.errors import StoreError
from store.records import Exchange, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from store.records import Body, Loss

BATCH_COUNT = 1000
"""Records in one transaction: where SQLite and PostgreSQL are at their best, and small enough to lose."""
BATCH_AGE_NS = 500_000_000
"""So fresh is what a report shows."""
WAITING_BYTES = 64 * 1024 * 1024
"""Bodies and headers that may wait for a store that refuses."""
RETRY_NS = (500_000_000, 30_000_000_000)
"""The first pause after a refusal, doubled up to the longest."""

logger = logging.getLogger(__name__)

Record = Exchange | Message


class Sink(Protocol):
    """Takes records."""

    @property
    def waiting(self) -> int:
        """Records taken and not yet dealt with for good."""

    def add(self, record: Record) -> None:
        """Take one."""

    def tick(self) -> None:
        """Do what is due. Called at least twice a second."""

    def close(self) -> None:
        """Write what waits; what cannot be written is counted."""


class LossBook(Protocol):
    """Losses that the store does not know of yet."""

    def unwritten(self) -> Sequence[Loss]:
        """What was counted since the last call of `written`."""

    def written(self) -> None:
        """The last answer of `unwritten` is stored."""


class Writer(Protocol):
    """What the sink needs of `store.store.Store`."""

    def write(
        self,
        exchanges: Sequence[Exchange] = (),
        messages: Sequence[Message] = (),
        *,
        losses: Sequence[Loss] = (),
    ) -> object:
        """Write one batch, or raise."""


class Patience:
    """When the store is written to next, and what is said about one that refuses.

    Args:
        every_ns: the pause while all is well.
        now_ns: a monotonic clock.
    """

    def __init__(self, every_ns: int, now_ns: Callable[[], int]) -> None:
        self._every_ns = every_ns
        self._now_ns = now_ns
        self._due_ns = 0
        self._pause_ns = 0
        self._refusal = ""

    @property
    def due(self) -> bool:
        """Whether it is time."""
        return self._now_ns() >= self._due_ns

    @property
    def refused(self) -> bool:
        """Whether the store refused the last time."""
        return self._pause_ns > 0

    def begin(self) -> None:
        """It is being written to."""
        self._due_ns = self._now_ns() + self._every_ns

    def refuse(self, error: StoreError) -> None:
        """It refused: wait, each time longer."""
        if error.message != self._refusal:  # once, not at every attempt
            self._refusal = error.message
            logger.warning("%s It is tried again; records wait, in bounds.", error.message)
        self._pause_ns = min(max(2 * self._pause_ns, RETRY_NS[0]), RETRY_NS[1])
        self._due_ns = self._now_ns() + self._pause_ns

    def accept(self, pause_ns: int = 0) -> None:
        """It is written; the next time is at least a pause from now."""
        self._pause_ns = 0
        self._refusal = ""
        self._due_ns = max(self._due_ns, self._now_ns() + pause_ns)


class StoreSink:
    """The batch writer.

    Args:
        store: written to.
        losses: written along with each batch.
        stored: told of each batch that was stored.
        lost: told of each record that was given up, and whether the record itself was at fault.
        now_ns: a monotonic clock.
    """

    def __init__(
        self,
        store: Writer,
        losses: LossBook,
        *,
        stored: Callable[[Sequence[Record]], None],
        lost: Callable[[Record, bool], None],
        now_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._patience = Patience(BATCH_AGE_NS, now_ns)
        self._store = store
        self._losses = losses
        self._stored = stored
        self._lost = lost
        self._queue: deque[Record] = deque()
        self._bytes = 0

    @property
    def waiting(self) -> int:
        """Records taken and not yet dealt with for good."""
        return len(self._queue)

    def add(self, record: Record) -> None:
        """Take one; write if that fills a batch."""
        self._queue.append(record)
        self._bytes += weight(record)
        while self._bytes > WAITING_BYTES:
            self._lost(self._take(), False)
        if len(self._queue) >= BATCH_COUNT and not self._patience.refused:
            self._write()

    def tick(self) -> None:
        """Write if the last time is long enough ago."""
        if self._patience.due:
            self._write()

    def close(self) -> None:
        """Write what waits; what cannot be written is counted."""
        self._write()
        while self._queue:
            self._lost(self._take(), False)

    def _write(self) -> None:
        """Empty the queue, a batch at a time, until the store refuses.

        Where something other than the store is at fault, a record is: smaller and smaller batches find it,
        and it is left out.
        """
        self._patience.begin()
        count = BATCH_COUNT
        while True:
            batch = list(islice(self._queue, count))
            losses = self._losses.unwritten()
            if not batch and not losses:
                return
            exchanges = [record for record in batch if isinstance(record, Exchange)]
            messages = [record for record in batch if isinstance(record, Message)]
            try:
                self._store.write(exchanges, messages, losses=losses)
            except StoreError as error:
                self._patience.refuse(error)
                return
            except Exception as error:  # noqa: BLE001 - whatever a record does to the store, the rest goes on
                count = len(batch) // 2
                if count == 0:
                    logger.warning("a record could not be stored: %s: %s", type(error).__name__, error)
                    if not batch:
                        return
                    self._lost(self._take(), True)
                    count = 1
            else:
                self._accepted(batch)
                count = min(BATCH_COUNT, 2 * count)

    def _accepted(self, batch: Sequence[Record]) -> None:
        self._patience.accept()
        self._losses.written()
        for _ in batch:
            self._take()
        self._stored(batch)

    def _take(self) -> Record:
        record = self._queue.popleft()
        self._bytes -= weight(record)
        return record


def weight(record: Record) -> int:
    """Bytes a record takes, roughly: its bodies and a fixed part for the rest."""
    if isinstance(record, Message):
        bodies: tuple[Body | None, ...] = (record.payload,)
    else:
        bodies = (record.request_body, record.response_body)
    return 2048 + sum(len(body.content) for body in bodies if body is not None)
