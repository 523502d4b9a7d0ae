"""The supervisor: holds the ports, keeps one configuration at work, and ends it in order.

It answers signals: SIGTERM and SIGINT end the recorder, a second one without waiting for anything; SIGHUP
takes up a changed configuration; SIGUSR2 starts the program anew, which takes over the ports and ends this
one.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from proxy.admin.state import LaneSeen, point_at
from proxy.counters import Gauge
from proxy.splice.admin import AdminListener
from proxy.splice.generation import Generation
from proxy.splice.listening import Listeners
from proxy.splice.status import Status
from proxy.splice.systemd import notify
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from proxy.splice.admin import Admin
    from proxy.splice.decoder_process import Capture
    from proxy.splice.settings import Address, Lane, Settings

REFRESH_S = 0.5
PROBE_S = 2.0
TAKEOVER = "DEFACTO_TAKEOVER_FROM"
"""In the environment of a program that is to take over: the process to end once it serves."""

_SIGNALS = {
    signal.SIGINT: b"e",
    signal.SIGTERM: b"e",
    signal.SIGHUP: b"r",
    signal.SIGUSR2: b"t",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a configuration asks for: the lanes, what becomes of the copies, and the admin listener."""

    lanes: tuple[Lane, ...]
    capture: Capture
    admin: Admin

    @property
    def addresses(self) -> list[Address | None]:
        """Where each lane listens; None: mitmproxy binds its own socket, and a capture has none."""
        return [None if lane.mode or lane.interface else lane.listen for lane in self.lanes]


class Supervisor:
    """One run of the recorder.

    Args:
        plan: reads the configuration; asked at the start and at every SIGHUP.
        settings: makes a generation's settings, given its directory and its lanes.
        workers: forwarder processes.
        stream: where messages go.
        log_format: `text` or `json`.
    """

    def __init__(
        self,
        plan: Callable[[], Plan],
        settings: Callable[[Path, tuple[Lane, ...]], Settings],
        workers: int,
        stream: TextIO,
        log_format: str = "text",
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._status = Status(stream, log_format)
        self._log_format = log_format
        self._listeners = Listeners(workers)
        self._generations: list[Generation] = []
        """All that have not ended."""
        self._successor = 0
        """The process that is to take over."""
        self._signals, self._signalled = os.pipe()

    def run(self) -> None:
        """Record until SIGINT or SIGTERM.

        Raises:
            DefactoError: the configuration cannot be carried out.
        """
        for number, word in _SIGNALS.items():
            signal.signal(number, lambda *_, word=word: os.write(self._signalled, word))
        with tempfile.TemporaryDirectory(prefix="defacto-", ignore_cleanup_errors=True) as runtime:  # 0700
            self._runtime = Path(runtime)
            self._admin = AdminListener(self._runtime, self._listeners, self._log_format, self._status.say)
            try:
                self._watch(self._begin())
            finally:
                self._finish()
            self._status.say(self._status.summary())

    def _start(self, plan: Plan) -> Generation:
        """Bring a configuration to work."""
        listeners = self._listeners.bind(plan.addresses)
        folder = Path(tempfile.mkdtemp(dir=self._runtime))
        generation = Generation(self._settings(folder, plan.lanes), listeners, plan.capture)
        self._generations.append(generation)
        self._status.watch(generation.counters)
        self._pass_on_pause(generation)
        generation.start()
        point_at(self._runtime, folder, _seen(plan.lanes, listeners[0]))
        self._listeners.keep([*plan.addresses, *self._admin.take_up(plan.admin)])
        for lane, listener in zip(plan.lanes, listeners[0], strict=True):
            self._announce(lane, listener)
        return generation

    def _pass_on_pause(self, generation: Generation) -> None:
        """Capture that was paused stays so under a new configuration."""
        if len(self._generations) > 1:
            paused = self._generations[-2].counters.control[Gauge.PAUSED]
            generation.counters.control[Gauge.PAUSED] = paused

    def _begin(self) -> Generation:
        """The first configuration, and a word to whoever waits for it."""
        generation = self._start(self._plan())
        notify(f"READY=1\nMAINPID={os.getpid()}")
        former = os.environ.pop(TAKEOVER, "")
        if former.isdecimal() and int(former) == os.getppid():
            os.kill(int(former), signal.SIGTERM)
        return generation

    def _announce(self, lane: Lane, listener: socket.socket | None) -> None:
        scheme = ("https://" if lane.tls is not None else "") + _name(listener, lane)
        upstream = upstream_name(lane)
        self._status.say(f"listening on {scheme} -> {upstream} ({lane.producer})")
        if not lane.upstream.host and not lane.upstream.path:
            return
        if error := _unreachable(lane):
            self._status.say(
                f"warning: {upstream} cannot be reached ({error}); "
                "until it can, requests are refused as they would be without defacto"
            )

    def _watch(self, current: Generation) -> None:
        """Keep everything running until it is to end."""
        while True:
            sentinels = [child.process.sentinel for child in current.children if child.process is not None]
            if self._signals in wait([self._signals, *sentinels], REFRESH_S):
                word = os.read(self._signals, 1)
                if word == b"e":
                    return
                if word == b"r":
                    current = self._reload(current)
                elif not self._successor:
                    self._hand_over()
            for message in (*current.mend(), *self._admin.mend()):
                self._status.say(message)
            self._retire()
            self._look_at_successor()
            self._status.refresh()

    def _reload(self, current: Generation) -> Generation:
        """Take up the configuration as it is now; where it cannot be carried out, the old one stays."""
        try:
            new = self._start(_replaceable(self._plan(), current))
        except DefactoError as error:
            self._status.say(f"the configuration was not taken up: {error.message} {error.hint}".rstrip())
            for generation in self._generations:
                if generation is not current:
                    generation.end()
            return current
        current.end()
        self._status.say("the configuration was taken up; connections under way end as they began")
        return new

    def _hand_over(self) -> None:
        """Start the program as it is installed now, on our sockets; it ends us when it serves."""
        self._successor = os.fork()  # nothing else runs in this process: no thread, no event loop
        if self._successor:
            self._status.say("starting the program anew; this one ends once the new one serves")
            return
        with suppress(BaseException):
            self._listeners.hand_over()
            os.environ[TAKEOVER] = str(os.getppid())
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
        os._exit(1)

    def _look_at_successor(self) -> None:
        if self._successor and os.waitpid(self._successor, os.WNOHANG)[0]:
            self._successor = 0
            self._status.say("the program could not be started anew; this one goes on")

    def _retire(self) -> None:
        for generation in tuple(self._generations):
            if generation.ending and generation.ended():
                self._generations.remove(generation)
                if generation.complaint:
                    self._status.say(generation.complaint)

    def _finish(self) -> None:
        """Accept no more, let the workers drain, then the decoders finish."""
        if not self._successor:
            notify("STOPPING=1")
        self._listeners.close(handed_over=bool(self._successor))
        self._admin.end()
        for generation in self._generations:
            generation.end()
        until = monotonic() + max((one.patience_s for one in self._generations), default=0.0)
        while self._generations and monotonic() < until:
            if wait([self._signals], 0.02) and os.read(self._signals, 1) == b"e":
                for generation in self._generations:
                    generation.hurry()
            self._retire()


def _replaceable(plan: Plan, current: Generation) -> Plan:
    """A plan that can be carried out beside the configuration at work."""
    if any(lane.mode for lane in (*plan.lanes, *current.settings.lanes)):
        raise DefactoError("a lane that is mitmproxy keeps its port.", "Start the recorder again.")
    return plan


def _seen(lanes: tuple[Lane, ...], listeners: tuple[socket.socket | None, ...]) -> tuple[LaneSeen, ...]:
    return tuple(
        LaneSeen(lane.producer, _name(listener, lane), upstream_name(lane))
        for lane, listener in zip(lanes, listeners, strict=True)
    )


def upstream_name(lane: Lane) -> str:
    """Where a lane's bytes go, as a URL."""
    if lane.upstream.path:
        return str(lane.upstream)
    if not lane.upstream.host:
        return lane.mode or ("packets" if lane.interface else "/v1/observations")
    secure = "s" if lane.upstream_tls is not None else ""
    return f"{lane.protocol}{secure}://{lane.upstream}"


def _name(listener: socket.socket | None, lane: Lane) -> str:
    if listener is None:
        return lane.interface or str(lane.listen)
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unreachable(lane: Lane) -> str:
    """Why the upstream cannot be reached, `""` if it can."""
    upstream = lane.upstream
    try:
        if upstream.path:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(PROBE_S)
                probe.connect(upstream.path)
        else:
            socket.create_connection((upstream.host, upstream.port), timeout=PROBE_S).close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""
