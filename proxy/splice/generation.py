"""The processes that carry out one configuration: forwarders and their decoder.

A new configuration is a new generation, started beside the old one on the same listening sockets; the old one
then accepts no more, finishes what is under way, and goes. So no connection is dropped, whatever changed.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from proxy.counters import Counter, Counters
from proxy.intercept import process as intercept
from proxy.mirror import process as mirror
from proxy.splice import decoder_process, worker
from proxy.splice.child import FINISH_S, Child, mend
from store.errors import DefactoError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from proxy.splice.decoder_process import Capture
    from proxy.splice.settings import Settings

START_S = 30.0


class Generation:
    """One configuration at work.

    Args:
        settings: for the workers and the decoder; its `runtime` directory exists and is ours.
        listeners: for each worker its sockets, one for each lane, None for one that binds its own.
        capture: what the decoder does with what it is given.
    """

    def __init__(
        self, settings: Settings, listeners: Sequence[tuple[socket.socket | None, ...]], capture: Capture
    ) -> None:
        self.settings = settings
        self.counters = Counters.create(
            settings.counters_path, workers=settings.taps, lanes=len(settings.lanes)
        )
        self._workers = [
            Child("forwarder", worker.run, (settings, index, sockets))
            for index, sockets in enumerate(listeners)
        ]
        self._workers += [
            Child("intercept lane", intercept.run, (settings, settings.workers + place, lane))
            for place, lane in enumerate(settings.intercepted)
        ]
        self._workers += [
            Child("mirror lane", mirror.run, (settings, settings.taps - place, lane, listeners[0][lane]))
            for place, lane in enumerate(reversed(settings.mirrored), 1)
        ]
        self._decoder = Child("decoder", decoder_process.run, (settings, capture))
        self.ending = False
        self._decoder_told = False
        self.complaint = ""
        """What people should be told about its end, `""` where all is well."""

    def start(self) -> None:
        """Start everything, and wait until connections are accepted.

        Raises:
            DefactoError: a forwarder could not be started.
        """
        for child in self.children:
            child.start()
        for child in self._workers:
            try:
                if child.said(START_S) is None:
                    raise DefactoError(f"the {child.name} did not start within {START_S:g} seconds")
            except EOFError:
                raise DefactoError(f"the {child.name} could not be started") from None

    @property
    def children(self) -> tuple[Child, ...]:
        """All processes."""
        return (*self._workers, self._decoder)

    def mend(self) -> Iterator[str]:
        """Start again what has died; what to tell people."""
        for child in self.children:
            yield from mend(child)

    def end(self) -> None:
        """Accept no more and finish; `ended` has to be asked until it is true."""
        if self.ending:
            return
        self.ending = True
        for child in self._workers:
            child.end(2 * self.settings.drain_s)

    def hurry(self) -> None:
        """Wait for nothing."""
        for child in self.children:
            child.hurry(0.0)

    def ended(self) -> bool:
        """Whether all is done: first the workers, which hand over their last copies, then the decoder."""
        if not self._decoder_told:
            if any(child.ended() is None for child in self._workers):
                return False
            self._decoder.end(self.settings.drain_s)
            self._decoder_told = True
        good = self._decoder.ended()
        if good is None:
            return False
        if not good:
            self._count_unsettled()
            self.complaint = "the decoder did not end in good order; what it had not stored is lost"
        shutil.rmtree(self.settings.runtime, ignore_errors=True)
        return True

    def _count_unsettled(self) -> None:
        """What a decoder that was killed had been given and did not count. All writers have ended."""
        for lane in range(len(self.settings.lanes)):
            for tap in range(self.settings.taps):
                lost = self.counters.unsettled(tap, lane)
                self.counters.forwarder(tap, lane)[Counter.SHUTDOWN] += lost

    @property
    def patience_s(self) -> float:
        """After so long it has ended, one way or the other."""
        return 3 * self.settings.drain_s + 2 * FINISH_S
