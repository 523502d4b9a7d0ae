"""Keeps the snapshot fresh: another process reads it anew when a store, a document or the ledger changes.

Reading takes minutes where there is much; in a process of its own it slows no page, and the pages show the
former picture, with its time, until the new one is there. Before the first is there, it says how far it is.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import TYPE_CHECKING

from reports.web.ahead import make_ahead
from reports.web.arrivals import Arrivals, arrivals
from reports.web.reader import Reader, ReaderLostError
from reports.web.snapshot import stamp_of
from store.errors import DefactoError
from store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.web.snapshot import Progress, Snapshot, Sources

LOOK_SECONDS = 2.0
"""How often the sources are looked at."""
REST = 2.0
"""Times the length of one reading that pass before the next: a busy store shall not keep a core busy."""
REST_AFTER_LOSS_SECONDS = 30.0
WAITING_NEWS = 16
"""News that wait for a slow page; it gets the latest picture anyway."""

_log = logging.getLogger("defacto.serve")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is told to pages that are open.

    `observed` is the number of all that was recorded, `rate` how many came a second since the last look
    (None: not known yet). `fresh` says that there is a new snapshot, `trouble` why it cannot be made.
    """

    at: int
    observed: int
    rate: float | None
    fresh: bool = False
    trouble: str = ""


class NotReadYetError(DefactoError):
    """There is no snapshot yet."""


class Keeper:
    """The latest snapshot, and who wants to know of the next. Without a `first` one it reads that itself."""

    news: News
    arrivals: Arrivals
    """What came with each of the latest snapshots; like the news, there is nothing before the first one."""

    def __init__(self, sources: Sources, first: Snapshot | None = None) -> None:
        self.sources = sources
        self.progress: Progress | None = None
        """How far the reading is; None: it has just begun."""
        self._snapshot: Snapshot | None = None
        self._begun = asyncio.Event()
        self._hopeless: Exception | None = None
        self._listeners: set[asyncio.Queue[News | None]] = set()
        self._looked = monotonic()
        self._rested = 0.0
        self._failed = ""
        """Why the latest reading came to nothing: said until one comes to something."""
        self._at_once = asyncio.Event()
        if first is not None:
            self._begin(first)

    @property
    def ready(self) -> bool:
        """Whether there is a snapshot."""
        return self._snapshot is not None

    @property
    def snapshot(self) -> Snapshot:
        """The latest one.

        Raises:
            NotReadYetError: there is none yet.
        """
        if self._snapshot is None:
            far = f" {self.progress.words}." if self.progress else ""
            raise NotReadYetError(f"The store is being read.{far}", "Ask again in a moment.")
        return self._snapshot

    async def first(self) -> Snapshot:
        """The first snapshot, as soon as it is there.

        Raises:
            DefactoError: the store, a document or the ledger cannot be read; nothing is looked at any more.
            OSError: likewise.
        """
        await self._begun.wait()
        if self._hopeless is not None:
            raise self._hopeless
        return self.snapshot

    async def run(self) -> None:
        """Look at the sources for ever; unless they could not be read even once."""
        while self._hopeless is None:
            reader = Reader()
            try:
                if not self.ready:
                    await self._read_first(reader)
                if self.ready:
                    await self._look_again_and_again(reader)
            except ReaderLostError:  # out of memory, as a rule; the next one may have more luck
                self._fail("the process that reads the sources was ended from outside")
                self._rested = monotonic() + REST_AFTER_LOSS_SECONDS
            finally:
                reader.end()

    async def _read_first(self, reader: Reader) -> None:
        try:
            found = await reader.read(self.sources, self._note)
            await asyncio.to_thread(make_ahead, found)
        except ReaderLostError:
            said = "the process that reads the store was ended from outside"
            self._give_up(DefactoError(said, "It may need more memory than there is."))
        except Exception as error:  # noqa: BLE001  # whoever waits for the first one is told
            self._give_up(error)
        else:
            self._begin(found)

    def _begin(self, first: Snapshot) -> None:
        self._snapshot = first
        self.news = News(at=time_ns(), observed=first.whole.capture.observed, rate=None)
        self.arrivals = Arrivals(first.stamp)
        self._looked = monotonic()
        self._begun.set()

    def _give_up(self, why: Exception) -> None:
        self._hopeless = why
        self._begun.set()

    def _note(self, progress: Progress) -> None:
        self.progress = progress

    async def _look_again_and_again(self, reader: Reader) -> None:
        while True:
            try:
                await asyncio.wait_for(self._at_once.wait(), LOOK_SECONDS)
            except TimeoutError:
                pass
            else:
                self._at_once.clear()
                self._rested = 0.0
            try:
                await self._look(reader)
            except DefactoError as error:
                self._fail(error.message)
            except OSError as error:
                self._fail(f"the sources cannot be read: {error.strerror or error}")
            except ReaderLostError:
                raise
            except Exception:  # noqa: BLE001  # the pages must not grow old in silence
                _log.exception("reading failed")
                self._fail("reading the sources failed; the log of the server says why")

    def look_now(self) -> None:
        """Look at once: somebody has changed the ledger here."""
        self._at_once.set()

    @property
    def listeners(self) -> int:
        """How many wait for news."""
        return len(self._listeners)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[News | None]]:
        """A queue of what is new from now on; None says that nothing more will come."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(WAITING_NEWS)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def end(self) -> None:
        """Tell all who listen that nothing more will come."""
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    async def _look(self, reader: Reader) -> None:
        observed = await asyncio.to_thread(_observed, self.sources)
        stamp = await asyncio.to_thread(stamp_of, self.sources)
        if stamp == self.snapshot.stamp:
            self._failed = ""
        elif monotonic() >= self._rested:
            await self._read(reader, observed)
            return
        self._tell(observed, trouble=self._failed)

    async def _read(self, reader: Reader, observed: int) -> None:
        began = monotonic()
        try:
            found = await reader.read(self.sources, self._note)
        finally:  # what fails may take as long
            took = monotonic() - began
            self._rested = monotonic() + REST * took
        arrived = await asyncio.to_thread(arrivals, self.snapshot, found)
        await asyncio.to_thread(make_ahead, found)
        self._failed = ""
        self._snapshot = found
        self.arrivals.add(found.stamp, arrived)
        _log.info("read anew in %.1f s", took)
        self._tell(observed, fresh=True)

    def _fail(self, trouble: str) -> None:
        self._failed = trouble
        self._tell(trouble=trouble)

    def _tell(self, observed: int | None = None, *, fresh: bool = False, trouble: str = "") -> None:
        now, before = monotonic(), self.news
        passed, self._looked = now - self._looked, now
        if observed is None:
            observed, rate = before.observed, None
        else:
            rate = max(0, observed - before.observed) / passed if passed > 0 else None
        self.news = News(at=time_ns(), observed=observed, rate=rate, fresh=fresh, trouble=trouble)
        if trouble and trouble != before.trouble:
            _log.warning("%s", trouble)
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(self.news)


def _observed(sources: Sources) -> int:
    with Store.open(sources.store, create=False) as store:
        return store.capture().observed
