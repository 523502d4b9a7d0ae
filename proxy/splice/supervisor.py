"""The supervisor: binds the ports, keeps forwarders and decoder running, and ends them in order.

It holds the listening sockets, so that a worker that is started again serves the connections that came
meanwhile. Each child has a lifeline, a pipe whose closing tells it to end; when the supervisor dies, however
it dies, the children end.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from time import monotonic
from typing import TYPE_CHECKING

from proxy.counters import Counters
from proxy.splice import decoder_process, worker
from proxy.splice.status import Status
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from typing import TextIO

    from proxy.config import Config
    from proxy.splice.settings import Lane, Settings

REFRESH_S = 0.5
RESTART_S = (0.2, 10.0)
"""The pause before a child that died is started again, doubled each time up to the longest; a child that
lived for longer than that starts from the first again."""
PROBE_S = 2.0
START_S = 30.0
FINISH_S = 10.0
"""A child gets so much longer than its own deadline before it is killed."""

_spawn = get_context("spawn")
"""Children share nothing with us but what they are given."""


class Child:
    """A process that is started again when it dies."""

    def __init__(self, name: str, target: Callable[..., None], arguments: tuple[object, ...]) -> None:
        self.name = name
        self._target = target
        self._arguments = arguments
        self._pause_s = RESTART_S[0]
        self.restart_at: float | None = None
        self.process: SpawnProcess | None = None
        self.lifeline: Connection | None = None

    def start(self) -> None:
        """Start it, with a fresh lifeline."""
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(
            target=self._target, args=(*self._arguments, theirs), name=f"defacto {self.name}"
        )
        process.start()
        theirs.close()
        self.process, self.lifeline = process, ours
        self.restart_at = None
        self._started = monotonic()

    def died(self) -> str:
        """Plan to start it again; what to tell people."""
        code = self.process.exitcode if self.process is not None else None
        if monotonic() - self._started > RESTART_S[1]:
            self._pause_s = RESTART_S[0]
        self.restart_at = monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, RESTART_S[1])
        self._drop()
        return f"the {self.name} ended ({_exit(code)}), starting it again"

    def end(self) -> None:
        """Tell it to finish."""
        if self.lifeline is not None:
            self.lifeline.close()
            self.lifeline = None

    def join(self, within_s: float) -> bool:
        """Wait for it, and kill it after that; whether it ended in good order."""
        process = self.process
        if process is None:
            return False
        process.join(within_s)
        if process.exitcode is None:
            process.kill()
            process.join()
        good = process.exitcode == 0
        self._drop()
        return good

    def _drop(self) -> None:
        self.end()
        if self.process is not None:
            self.process.close()
            self.process = None


class Supervisor:
    """One run of the recorder.

    Args:
        settings: for the workers and the decoder.
        listeners: bound sockets, for each lane one.
        config: for the decoder's recorder.
        store_url: for the decoder.
        stream: where messages go.
    """

    def __init__(
        self,
        settings: Settings,
        listeners: Sequence[socket.socket],
        config: Config,
        store_url: str,
        stream: TextIO,
    ) -> None:
        self._settings = settings
        self._listeners = tuple(listeners)
        self._counters = Counters.create(
            settings.counters_path, workers=settings.workers, lanes=len(settings.lanes)
        )
        self._status = Status(stream, self._counters)
        self._workers = [
            Child("forwarder", worker.run, (settings, index, self._listeners))
            for index in range(settings.workers)
        ]
        self._decoder = Child("decoder", decoder_process.run, (settings, config, store_url))
        self._signals, self._signalled = os.pipe()

    def run(self) -> None:
        """Record until SIGINT or SIGTERM; a second one ends without waiting for anything."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: os.write(self._signalled, b"."))
        for child in (*self._workers, self._decoder):
            child.start()
        try:
            self._await_workers()
            for lane, listener in zip(self._settings.lanes, self._listeners, strict=True):
                self._announce(lane, listener)
            self._watch()
        finally:
            self._finish()
            self._status.say(self._status.summary())

    def _await_workers(self) -> None:
        for child in self._workers:
            lifeline = child.lifeline
            try:
                if lifeline is None or not lifeline.poll(START_S):
                    raise DefactoError(f"the {child.name} did not start within {START_S:g} seconds")
                lifeline.recv()
            except EOFError:
                raise DefactoError(f"the {child.name} could not be started") from None

    def _announce(self, lane: Lane, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        scheme = "https" if lane.upstream_tls else "http"
        upstream = f"{scheme}://{_address(lane.upstream_host, lane.upstream_port)}"
        self._status.say(f"listening on {_address(host, port)} -> {upstream} ({lane.producer})")
        if error := _unreachable(lane):
            self._status.say(
                f"warning: {upstream} cannot be reached ({error}); "
                "until it can, requests are refused as they would be without defacto"
            )

    def _watch(self) -> None:
        """Keep everything running until a signal comes."""
        while True:
            children = [*self._workers, self._decoder]
            running = {child.process.sentinel: child for child in children if child.process is not None}
            ready = wait([self._signals, *running], REFRESH_S)
            if self._signals in ready:
                return
            for sentinel in ready:
                child = running[sentinel]  # type: ignore[index]  # a sentinel is an int
                child.process.join()  # type: ignore[union-attr]  # it is running, so it has one
                self._status.say(child.died())
            for child in children:
                if child.restart_at is not None and monotonic() >= child.restart_at:
                    child.start()
            self._status.refresh()

    def _finish(self) -> None:
        """Accept no more, let the workers drain, then the decoder finish."""
        with suppress(OSError):
            os.read(self._signals, 1) if wait([self._signals], 0) else None
        for listener in self._listeners:
            listener.close()
        for child in self._workers:
            child.end()
        drain_s = self._settings.drain_s
        for child in self._workers:
            self._join(child, 2 * drain_s)
        self._decoder.end()
        if not self._join(self._decoder, drain_s):
            self._status.say("the decoder did not end in good order; what it had not stored is lost")

    def _join(self, child: Child, within_s: float) -> bool:
        """Wait for a child, unless a signal says that there is no time."""
        if child.process is not None:
            wait([self._signals, child.process.sentinel], within_s + FINISH_S)
        return child.join(0 if wait([self._signals], 0) else 1.0)


def bind(host: str, port: int, *, shared: bool) -> socket.socket:
    """A bound socket.

    Raises:
        DefactoError: the address is taken, not ours, or not allowed.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, reuse_port=shared)
    except OSError as error:
        place = _address(host, port)
        reason = (error.strerror or str(error)).lower()
        raise DefactoError(
            f"cannot listen on {place}: {reason}", "Give another address with --listen."
        ) from None


def _unreachable(lane: Lane) -> str:
    """Why the upstream cannot be reached, `""` if it can."""
    try:
        socket.create_connection((lane.upstream_host, lane.upstream_port), timeout=PROBE_S).close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _exit(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
