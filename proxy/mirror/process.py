"""The process of a mirror lane: it hands what it is shown to the decoder through a tap, and forwards nothing.

A push lane is shown observations by HTTP, a capture lane packets by the kernel.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from typing import TYPE_CHECKING

from aiohttp import web

from proxy.counters import Counter, Counters, Gauge
from proxy.logs import log_to_stderr
from proxy.mirror.conversation import Lost
from proxy.mirror.live import Capture
from proxy.mirror.packets import segment_of
from proxy.mirror.push import make_app
from proxy.mirror.reassembly import Reassembler
from proxy.raw import RawExchange
from proxy.splice.tap import Tap
from store.records import Lane as LaneKind

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable
    from multiprocessing.connection import Connection

    from proxy.counters import Row
    from proxy.raw import RawRecord
    from proxy.splice.settings import Lane, Settings


def run(
    settings: Settings, tap: int, index: int, listener: socket.socket | None, lifeline: Connection
) -> None:
    """The process.

    Args:
        settings: of the whole generation.
        tap: which of its taps is ours.
        index: which of its lanes we are.
        listener: bound, of a push lane.
        lifeline: one message is sent on it when we serve; we end when it is closed.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    log_to_stderr("mirror", settings.log_format)
    asyncio.run(_serve(settings, tap, index, listener, lifeline))


async def _serve(
    settings: Settings, number: int, index: int, listener: socket.socket | None, lifeline: Connection
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(lifeline.fileno(), stop.set)
    counters = Counters(settings.counters_path)
    gauges = counters.worker_gauges(number)
    gauges[Gauge.PID] = os.getpid()
    tap = Tap(settings, counters, number)
    await tap.listen()
    lane = settings.lanes[index]
    if lane.interface:
        capturing = _Capturing(lane, index, tap, counters.forwarder(number, index))
        loop.add_reader(capturing.socket, capturing.read)
    else:
        runner = web.AppRunner(make_app(lane, index, tap, lane.token), access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener, shutdown_timeout=settings.drain_s).start()  # type: ignore[arg-type]
    gauges[Gauge.SERVING] = 1
    lifeline.send("serving")
    await stop.wait()
    gauges[Gauge.SERVING] = 0
    if lane.interface:
        loop.remove_reader(capturing.socket)
        capturing.end()
    else:
        await runner.cleanup()
    await tap.close(settings.drain_s)


class _Capturing:
    """Packets to records."""

    def __init__(self, lane: Lane, index: int, tap: Tap, row: Row) -> None:
        self._capture = Capture(lane.interface, lane.ports)
        self._reassembler = Reassembler(lane.producer, lane.source, LaneKind.MIRROR, lane.body_limit_bytes)
        self._index = index
        self._tap = tap
        self._row = row
        self.socket = self._capture.socket

    def read(self) -> None:
        """Packets have come."""
        for packet, at in self._capture.packets():
            segment = segment_of(packet, self._capture.link)
            if segment is not None:
                self._take(self._reassembler.feed(segment, at))

    def end(self) -> None:
        """No more come."""
        self._take(self._reassembler.end())

    def _take(self, found: Iterable[RawRecord | Lost]) -> None:
        for one in found:
            if isinstance(one, Lost):
                self._row[Counter.REQUESTS] += one.requests
                self._row[Counter.PACKETS_MISSING] += one.requests
            else:
                packed = pickle.dumps(one, pickle.HIGHEST_PROTOCOL)
                self._tap.record(self._index, packed, int(isinstance(one, RawExchange)))
