"""A process that reads the sources whenever it is asked to, and can be ended while it does.

It leads a group of its own, so that what folding starts ends with it, and Ctrl-C is told to the server alone.
It ends by itself when the server is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from reports.web.snapshot import Progress, read
from store.errors import DefactoError
from store.processes import processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from reports.web.snapshot import Snapshot, Sources


class ReaderLostError(Exception):
    """The process was ended from outside."""


class Reader:
    """The process, from when it is made until its `end`."""

    def __init__(self) -> None:
        context = processes()
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,))
        self._process.start()
        theirs.close()
        self._thread = ThreadPoolExecutor(1, "reader")

    @property
    def pid(self) -> int | None:
        """The process's id, which is its group's as well."""
        return self._process.pid

    async def read(self, sources: Sources, tell: Callable[[Progress], None] = lambda _: None) -> Snapshot:
        """Read everything, as `reports.web.snapshot.read` does; `tell` is called from another thread.

        Raises:
            ReaderLostError: the process has ended, and reads nothing any more.
            DefactoError: the store, a document or the ledger cannot be read.
            OSError: likewise.
        """
        outcome = await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, sources, tell)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def end(self) -> None:
        """End the process, whatever it does."""
        if self._process.is_alive():
            self._end_group()
            self._process.kill()
        self._process.join()
        self._thread.shutdown()
        self._ours.close()

    def _ask(self, sources: Sources, tell: Callable[[Progress], None]) -> Snapshot | Exception:
        try:
            self._ours.send(sources)
        except OSError:
            return ReaderLostError()
        try:
            while isinstance(received := self._ours.recv(), Progress):
                tell(received)
            outcome: Snapshot | Exception = received
        except (EOFError, OSError):  # it was ended before it answered, or while it did
            self._end_group()
            return ReaderLostError()
        return outcome

    def _end_group(self) -> None:
        if self._process.pid is not None:
            with suppress(ProcessLookupError):  # it has just begun, and leads none yet; or all have ended
                os.killpg(self._process.pid, signal.SIGKILL)


def _work(theirs: Connection) -> None:
    """What the process does."""
    os.setpgid(0, 0)
    with suppress(EOFError, OSError):  # nobody is there to ask, or to hear the answer
        while True:
            theirs.send(_outcome(theirs.recv(), theirs.send))


def _outcome(sources: Sources, tell: Callable[[Progress], None]) -> Snapshot | Exception:
    try:
        return read(sources, tell)
    except (DefactoError, OSError) as error:
        return error
    except Exception:  # noqa: BLE001  # a bug: the server logs where it happened, and goes on
        return RuntimeError(traceback.format_exc())
