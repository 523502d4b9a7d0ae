"""A forwarder worker: the process around `forward.Forwarder` and its tap.

It lives until its lifeline, a pipe from the supervisor, is closed: on purpose, or because the supervisor
died.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import uvloop

from proxy.counters import Counters, Gauge
from proxy.logs import log_to_stderr
from proxy.splice.forward import Forwarder
from proxy.splice.tap import Tap

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection

    from proxy.splice.settings import Settings

DECODER_START_S = 3.0
"""At the start connections wait in the listen queue until the decoder is there, but no longer than that."""

REFRESH_S = 5.0
"""So often certificates are looked at."""


def run(
    settings: Settings, worker: int, listeners: tuple[socket.socket | None, ...], lifeline: Connection
) -> None:
    """The process.

    `listeners` are bound, one for each lane (None: it has a process of its own). One message is sent on
    `lifeline` when it serves.
    """
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a terminal signals the whole group; only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    raise_file_limit()
    log_to_stderr(f"forwarder {worker}", settings.log_format)
    counters = Counters(settings.counters_path)
    uvloop.run(_serve(settings, counters, worker, listeners, lifeline))


async def _serve(
    settings: Settings,
    counters: Counters,
    worker: int,
    listeners: tuple[socket.socket | None, ...],
    lifeline: Connection,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(lifeline.fileno(), stop.set)
    gauges = counters.worker_gauges(worker)
    gauges[Gauge.PID] = os.getpid()
    tap = Tap(settings, counters, worker)
    forwarder = Forwarder(settings.lanes, tap)
    await tap.listen()
    await tap.wait_for_decoder(DECODER_START_S)
    forwarder.listen(listeners)
    gauges[Gauge.SERVING] = 1
    lifeline.send("serving")
    refreshing = loop.create_task(_refresh(forwarder))
    await stop.wait()
    refreshing.cancel()
    gauges[Gauge.SERVING] = 0
    await forwarder.drain(settings.drain_s)
    await tap.close(settings.drain_s)


async def _refresh(forwarder: Forwarder) -> None:
    while True:
        await asyncio.sleep(REFRESH_S)
        forwarder.refresh()


def raise_file_limit() -> None:
    """As many connections as the system lets us have: two files each."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # an unlimited hard limit cannot be asked for everywhere
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
