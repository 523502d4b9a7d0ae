"""What takes too long for a request: made in a process of its own, one at a time, and kept for who asks next.

A page asks, waits a moment, and where that is not enough shows that it is being made and asks again. What was
made of a former state of the sources is shown, with its time, until the next is there: a busy store never
keeps a reader waiting twice.
"""

from __future__ import annotations

import signal
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from store.errors import DefactoError, QuestionError
from store.processes import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from multiprocessing.connection import Connection

KEPT = 12
"""Results that are kept; who asks for more of them makes the oldest go."""
WAITING = 4
"""Questions that wait for their turn; whoever asks for more is told to come again."""
REST = 10.0
"""Times the length of the making that pass before it is made anew because the sources changed."""
REST_AFTER_FAILURE_SECONDS = 5.0
"""How long a failure is told: what made it fail may be gone, though the sources are the same."""


@dataclass(kw_only=True)
class Piece:
    """One answer, and of which state of the sources it is."""

    stamp: str
    answer: Future[Any] = field(default_factory=Future)
    done: float = 0.0
    took: float = 0.0

    def serves(self, stamp: str) -> bool:
        """Whether a finished one need not be made anew for a state."""
        passed = monotonic() - self.done
        if self.failed:
            return self.stamp == stamp and passed < REST_AFTER_FAILURE_SECONDS
        return self.stamp == stamp or passed < REST * self.took

    @property
    def failed(self) -> bool:
        """Whether a finished one came to nothing."""
        return self.answer.exception() is not None


class Workshop:
    """Answers by question. It may be asked from any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Piece] = OrderedDict()
        self._next: dict[Hashable, Piece] = {}
        self._lock, self._bench = Lock(), Lock()

    def ask(self, stamp: str, work: Callable[..., object], *arguments: Hashable, given: Any = None) -> Piece:
        """The answer of `work(*arguments, given)`; begun if it is not there, or is of another state.

        Args:
            stamp: the state of the sources that the answer should be of.
            work: a function of a module; it runs in another process.
            arguments: what the answer depends on besides the state.
            given: what it needs of the state.

        Raises:
            QuestionError: too much is being made already.
        """
        key = (work.__qualname__, *arguments)
        with self._lock:
            known = self._kept.get(key)
            if key not in self._next and (known is None or not known.serves(stamp)):
                if len(self._next) >= WAITING:
                    raise QuestionError("Too much is being made already.", "Ask again in a minute.")
                self._next[key] = piece = Piece(stamp=stamp)
                Thread(target=self._make, args=(key, piece, work, (*arguments, given)), daemon=True).start()
            if known is None or (known.failed and key in self._next):
                return self._next[key]
            return known

    def _make(self, key: Hashable, piece: Piece, work: Callable[..., object], given: tuple[Any, ...]) -> None:
        with self._bench:  # one at a time
            began = monotonic()
            try:
                outcome = _elsewhere(work, given)
            except Exception as error:  # noqa: BLE001  # no process to be had, or its answer cannot be read
                outcome = error  # whoever asked is told, and the next may ask again
        with self._lock:
            piece.done, piece.took = monotonic(), monotonic() - began
            del self._next[key]
            self._kept[key] = piece
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        if isinstance(outcome, Exception):
            piece.answer.set_exception(outcome)
        else:
            piece.answer.set_result(outcome)


def _elsewhere(work: Callable[..., object], given: tuple[Any, ...]) -> object:
    """What the work comes to, or why it does not, made in a process that ends with this one."""
    context = processes()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, given), daemon=True)
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except (EOFError, OSError):  # before it sent anything, or while it did
        return DefactoError("the process that makes this page has failed", "The log of the server says more.")
    finally:
        ours.close()
        process.join()


def _work(out: Connection, work: Callable[..., object], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this
    try:
        out.send(work(*given))
    except DefactoError as error:
        out.send(error)
    out.close()


WORKSHOP = Workshop()
"""The one of this process."""
