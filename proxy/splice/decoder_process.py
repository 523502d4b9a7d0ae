"""The decoder process: reads the taps, decodes, records, writes the store.

It gives way to the forwarders (`nice`), and connects to them, so that it can die and be started again while
they go on. It ends when its lifeline is closed and the taps have nothing more, or when its time to finish is
over.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from proxy.budgets import Action, Budgets, Governor, Meters, QueueWatch
from proxy.counters import Counter, Counters, Gauge
from proxy.logs import log_to_stderr
from proxy.losses import CountedLosses
from proxy.recorder import Recorder
from proxy.redaction.key import key_path, load_key
from proxy.sampling import SampledSink, Sampler
from proxy.sink import StoreSink
from proxy.splice.decode import WorkerFrames
from proxy.splice.frames import FrameError, FrameReader
from proxy.splice.settings import ANY_PRODUCER
from proxy.splice.tap import ALL, MUTE
from store.errors import StoreUnreachableError
from store.records import Exchange
from store.store import Store
from store.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from proxy.config import Config
    from proxy.counters import Row
    from proxy.sink import Record, Sink
    from proxy.splice.settings import Settings

NICENESS = 10
"""Where the processors are all busy, forwarding comes first and copies are shed."""
READ_BYTES = 1024 * 1024
REOPEN_S = 2.0
"""Between two attempts to reach a store that does not answer at the start."""
TICK_S = 0.1

_BUDGETS = {one.reason: one for one in (Counter.CPU_BUDGET, Counter.MEMORY_BUDGET, Counter.DISK_BUDGET)}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What becomes of the copies.

    `config` says what is kept and what that may cost. `make_sink` is called as `StoreSink` is, which it is
    where exchanges are kept. With `named` the store is told the consumers that the configuration names.
    """

    config: Config
    store_url: str
    make_sink: Callable[..., Sink] = StoreSink
    named: bool = False


def run(settings: Settings, capture: Capture, lifeline: Connection) -> None:
    """The process."""
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a terminal signals the whole group; only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    with suppress(PermissionError):  # a sandbox may forbid it
        os.nice(NICENESS)
    log_to_stderr("decoder", settings.log_format)
    counters = Counters(settings.counters_path)
    store = _opened(capture, lifeline)
    if store is not None:
        with store:
            DecoderProcess(settings, counters, capture, store, lifeline).run()


def _opened(capture: Capture, lifeline: Connection) -> Store | None:
    """The store, once it can be reached; None if the end comes first.

    Until then nobody reads the taps, and what passes is counted (`decoder-down`).
    """
    told = False
    while True:
        try:
            store = Store.open(capture.store_url)
            if capture.named:
                store.name_consumers(capture.config.known_consumers)
        except StoreUnreachableError as error:
            if not told:
                logger.warning("%s It is tried again; until then nothing is captured.", error.message)
                told = True
            if lifeline.poll(REOPEN_S):
                return None
        else:
            return store


class DecoderProcess:
    """The loop over the taps."""

    def __init__(
        self, settings: Settings, counters: Counters, capture: Capture, store: Store, lifeline: Connection
    ) -> None:
        self._settings = settings
        self._counters = counters
        self._recorder = Recorder.from_config(capture.config)
        self._lifeline = lifeline
        producers = [lane.producer for lane in settings.lanes]
        self._lanes = {(lane.producer, lane.source): row for row, lane in enumerate(settings.lanes)}
        losses = CountedLosses(counters, producers, time_ns)
        config = capture.config
        sampler = Sampler(load_key(key_path(config.redaction.key_file)), config.capture.sample)
        sink = capture.make_sink(store, losses, stored=self._stored, lost=self._lost)
        self._sink: Sink = SampledSink(sink, sampler, self._left_out)
        budgets = Budgets(
            cpu=config.capture.cpu_budget,
            memory_bytes=config.capture.memory_budget,
            disk_bytes=config.capture.disk_budget,
        )
        self._governor = Governor(budgets, Meters(lambda: store.size_bytes), sampler)
        self._queues = QueueWatch(sampler, settings.taps * settings.queue_bytes)
        age, size = config.capture.retain_age, config.capture.retain_size
        wanted = age is not None or size is not None
        self._upkeep = Upkeep(store, older_than_ns=age, max_bytes=size) if wanted else None
        self._selector = selectors.DefaultSelector()
        self._selector.register(lifeline, selectors.EVENT_READ)
        self._common: list[dict[str, Any]] = [{} for _ in settings.lanes]
        self._links: dict[int, _Link] = {}
        self._frames: dict[int, WorkerFrames] = {}
        """Of each worker the last link's, kept until the next: what it handed over may still wait in the
        sink."""
        self._end: float | None = None
        self._file = store.file
        self._inode = _inode(store.file)
        self._gauges = counters.decoder_gauges
        self._gauges[Gauge.PID] = os.getpid()
        self._gauges[Gauge.SERVING] = 1
        self._paused = -1
        """The reason for which taps were last told to pause (0: none); -1: they were told nothing yet."""

    def run(self) -> None:
        """Until there is nothing more to do."""
        while not self._finished():
            self._obey()
            if self._end is None:
                self._connect()
            for key, _ in self._selector.select(TICK_S):
                if key.fileobj is self._lifeline:
                    self._selector.unregister(self._lifeline)
                    self._end = monotonic() + self._settings.drain_s
                else:
                    self._read(key.data)
            self._sink.tick()
            self._settle()
            self._tell()
            self._look_after_store()
            if self._upkeep is not None:
                self._upkeep.tick()
        if self._upkeep is not None:
            self._upkeep.close()
        self._sink.close()
        self._settle()
        self._count_unread()
        self._sink.close()  # the losses counted just now

    def _finished(self) -> bool:
        return self._end is not None and (not self._links or monotonic() > self._end)

    def _obey(self) -> None:
        """Let the taps know when capture is to pause, and when to go on."""
        verdict = self._governor.tick()
        wanted = 0
        if self._counters.control[Gauge.PAUSED]:
            wanted = int(Counter.PAUSED)
        elif verdict.action is Action.STOP:
            wanted = int(_BUDGETS[verdict.reason])
        if wanted != self._paused:
            self._paused = wanted
            for link in self._links.values():
                link.mute(ALL, wanted)

    def _look_after_store(self) -> None:
        """End if the store's file was taken away: what is written to it from then on, nobody can read.

        We are started again, and make a new one.
        """
        if self._file is not None and _inode(self._file) != self._inode:
            raise SystemExit(f"defacto decoder: the store {self._file} is gone; a new one is begun")

    def _tell(self) -> None:
        """How long records have waited for the store, and how much waits for us."""
        self._queues.look(
            sum(
                self._counters.worker_gauges(worker)[Gauge.QUEUE_BYTES]
                for worker in range(self._settings.taps)
            )
        )
        if not self._sink.waiting:
            self._gauges[Gauge.WAITING_SINCE] = 0
        elif not self._gauges[Gauge.WAITING_SINCE]:
            self._gauges[Gauge.WAITING_SINCE] = time_ns()

    def _connect(self) -> None:
        """Find the taps that we are not connected to; a worker that is not there yet is tried again."""
        for worker in range(self._settings.taps):
            if worker in self._links:
                continue
            tap = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                tap.connect(str(self._settings.tap_path(worker)))
            except OSError:
                tap.close()
                continue
            link = self._links[worker] = _Link(worker, tap)
            lanes = self._settings.lanes
            self._frames[worker] = WorkerFrames(
                worker, lanes, self._counters, self._recorder, self._sink, link.mute, self._common
            )
            self._selector.register(tap, selectors.EVENT_READ, link)
            link.mute(ALL, self._paused)

    def _read(self, link: _Link) -> None:
        frames = self._frames[link.worker]
        try:
            data = link.tap.recv(READ_BYTES)
            for frame in link.reader.feed(data):
                frames.handle(frame)
        except (OSError, FrameError) as error:
            logger.warning("lost a forwarder: %s", error)
            data = b""
        if not data:
            frames.end()
            self._selector.unregister(link.tap)
            link.tap.close()
            del self._links[link.worker]

    def _settle(self) -> None:
        for frames in self._frames.values():
            frames.settle()

    def _count_unread(self) -> None:
        """What was copied and not dealt with in the time there was."""
        for link in self._links.values():
            self._frames[link.worker].end()
        for worker, frames in self._frames.items():
            for lane in range(len(self._settings.lanes)):
                copied = self._counters.forwarder(worker, lane)[Counter.COPIED]
                self._counters.decoder(worker, lane)[Counter.SHUTDOWN] += frames.unsettled(lane, copied)

    def _stored(self, records: Sequence[Record]) -> None:
        for record in records:
            counter = Counter.OBSERVED if isinstance(record, Exchange) else Counter.MESSAGES
            self._row(record)[counter] += 1
        self._settle()  # at once: whoever is killed now has counted what is stored
        self._gauges[Gauge.LAST_STORED_AT] = time_ns()
        self._gauges[Gauge.WAITING_SINCE] = 0

    def _left_out(self, record: Record) -> None:
        if isinstance(record, Exchange):
            self._row(record)[Counter.SAMPLED_OUT] += 1

    def _lost(self, record: Record, record_at_fault: bool) -> None:  # noqa: FBT001 - the sink's own word
        reason = Counter.DECODER_ERROR if record_at_fault else Counter.STORE_UNAVAILABLE
        self._row(record)[reason] += 1

    def _row(self, record: Record) -> Row:
        own, any_ = ((name, record.source) for name in (record.producer, ANY_PRODUCER))
        return self._counters.decoder(0, self._lanes.get(own, self._lanes.get(any_, 0)))


def _inode(file: Path | None) -> int:
    """Which file it is; 0: none."""
    try:
        return file.stat().st_ino if file is not None else 0
    except OSError:
        return 0


class _Link:
    """The connection to one worker's tap."""

    def __init__(self, worker: int, tap: socket.socket) -> None:
        self.worker = worker
        self.tap = tap
        self.reader = FrameReader()

    def mute(self, connection: int, reason: int) -> None:
        """Ask for no more copies of a connection."""
        with suppress(OSError):  # a forwarder that has gone sends no more anyway
            self.tap.sendall(MUTE.pack(connection, reason))
