"""The process of a push lane: an HTTP endpoint that hands what it is given to the decoder through a tap."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from aiohttp import web

from proxy.counters import Counters, Gauge
from proxy.logs import log_to_stderr
from proxy.mirror.push import make_app
from proxy.splice.tap import Tap

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection

    from proxy.splice.settings import Settings


def run(settings: Settings, tap: int, index: int, listener: socket.socket, lifeline: Connection) -> None:
    """The process.

    Args:
        settings: of the whole generation.
        tap: which of its taps is ours.
        index: which of its lanes we are.
        listener: bound.
        lifeline: one message is sent on it when we serve; we end when it is closed.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    log_to_stderr("push", settings.log_format)
    asyncio.run(_serve(settings, tap, index, listener, lifeline))


async def _serve(
    settings: Settings, number: int, index: int, listener: socket.socket, lifeline: Connection
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(lifeline.fileno(), stop.set)
    counters = Counters(settings.counters_path)
    gauges = counters.worker_gauges(number)
    gauges[Gauge.PID] = os.getpid()
    tap = Tap(settings, counters, number)
    await tap.listen()
    lane = settings.lanes[index]
    runner = web.AppRunner(make_app(lane, index, tap, lane.token), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, shutdown_timeout=settings.drain_s).start()
    gauges[Gauge.SERVING] = 1
    lifeline.send("serving")
    await stop.wait()
    gauges[Gauge.SERVING] = 0
    await runner.cleanup()
    await tap.close(settings.drain_s)
