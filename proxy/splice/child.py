"""A process of the recorder that is started again when it dies.

Each has a lifeline, a pipe whose closing tells it to end; when the supervisor dies, however it dies, the
children end.
"""

from __future__ import annotations

import signal
from time import monotonic
from typing import TYPE_CHECKING, Any

from store.processes import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from store.processes import OwnProcess

RESTART_S = (0.2, 10.0)
"""The pause before a child that died is started again, doubled each time up to the longest; a child that
lived for longer than that starts from the first again."""
FINISH_S = 10.0
"""A child gets so much longer than its own deadline before it is killed."""


class Child:
    """One of them.

    Args:
        name: what people call it.
        target: called in the process with `arguments` and the child's end of its lifeline.
        arguments: picklable.
    """

    def __init__(self, name: str, target: Callable[..., None], arguments: tuple[object, ...]) -> None:
        self.name = name
        self.process: OwnProcess | None = None
        self._target = target
        self._arguments = arguments
        self._pause_s = RESTART_S[0]
        self._restart_at: float | None = None
        self._kill_at: float | None = None
        self._lifeline: Connection | None = None

    def start(self) -> None:
        """Start it, with a fresh lifeline."""
        context = processes()
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self._target, args=(*self._arguments, theirs), name=f"defacto {self.name}"
        )
        process.start()
        theirs.close()
        self.process, self._lifeline = process, ours
        self._restart_at = None
        self._started = monotonic()

    def said(self, within_s: float) -> Any:
        """What it says when it serves; None where it does not in that time.

        Raises:
            EOFError: it ended instead.
        """
        if self._lifeline is None or not self._lifeline.poll(within_s):
            return None
        return self._lifeline.recv()

    def died(self) -> str:
        """Plan to start it again; what to tell people."""
        code = self._reap()
        if monotonic() - self._started > RESTART_S[1]:
            self._pause_s = RESTART_S[0]
        self._restart_at = monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, RESTART_S[1])
        return f"the {self.name} ended ({_exit(code)}), starting it again"

    def start_if_due(self) -> None:
        """Start it again if its pause is over."""
        if self._restart_at is not None and monotonic() >= self._restart_at:
            self.start()

    def end(self, within_s: float) -> None:
        """Tell it to finish its work; `ended` kills it if it has not some time after `within_s` seconds."""
        self._restart_at = None
        self._kill_at = monotonic() + within_s + FINISH_S
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None

    def hurry(self, within_s: float) -> None:
        """There is less time than was said."""
        self._kill_at = min(self._kill_at or 0.0, monotonic() + within_s)

    def ended(self) -> bool | None:
        """Whether it ended in good order; None while it is still there."""
        if self.process is None:
            return False
        if self.process.exitcode is None and self._kill_at is not None and monotonic() > self._kill_at:
            self.process.kill()
            self.process.join()
        if self.process.exitcode is None:
            return None
        return self._reap() == 0

    def _reap(self) -> int | None:
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None
        if self.process is None:
            return None
        self.process.join()
        code = self.process.exitcode
        self.process.close()
        self.process = None
        return code


def mend(child: Child) -> Iterator[str]:
    """Start a child again if it has died; what to tell people."""
    if child.process is not None and child.process.exitcode is not None:
        yield child.died()
    child.start_if_due()


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
