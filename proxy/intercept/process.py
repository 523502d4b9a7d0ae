"""The process of an intercept lane: mitmproxy, with our addon and none of its own displays.

It hands its records to the decoder through a tap, as a forwarder does its copies, and never waits for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

from proxy.counters import Counters, Gauge
from proxy.intercept.addon import RecordingAddon
from proxy.logs import log_to_stderr
from proxy.splice.tap import Tap
from proxy.splice.worker import raise_file_limit

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from proxy.splice.settings import Lane, Settings

QUIET_S = 0.1
"""While draining: so often it is looked whether anything is under way."""


def run(settings: Settings, tap: int, index: int, lifeline: Connection) -> None:
    """The process.

    Args:
        settings: of the whole generation.
        tap: which of its taps is ours.
        index: which of its lanes we are.
        lifeline: one message is sent on it when we serve; we end when it is closed.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    raise_file_limit()
    log_to_stderr("intercept", settings.log_format)
    asyncio.run(_serve(settings, tap, index, lifeline))


async def _serve(settings: Settings, number: int, index: int, lifeline: Connection) -> None:
    loop, stop, serving = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.add_reader(lifeline.fileno(), stop.set)
    counters = Counters(settings.counters_path)
    gauges = counters.worker_gauges(number)
    gauges[Gauge.PID] = os.getpid()
    tap = Tap(settings, counters, number)
    await tap.listen()
    row = counters.forwarder(number, index)
    addon = RecordingAddon(tap, index, settings.lanes[index], row, serving.set)
    master = _master(settings.lanes[index], addon)
    working = loop.create_task(master.run())
    waiting = [loop.create_task(event.wait()) for event in (serving, stop)]
    await asyncio.wait([working, *waiting], return_when=asyncio.FIRST_COMPLETED)
    if serving.is_set() and not working.done():
        gauges[Gauge.SERVING] = 1
        lifeline.send("serving")
        await asyncio.wait([working, waiting[1]], return_when=asyncio.FIRST_COMPLETED)
    gauges[Gauge.SERVING] = 0
    end = loop.time() + settings.drain_s
    while addon.under_way > 0 and loop.time() < end and not working.done():  # noqa: ASYNC110
        await asyncio.sleep(QUIET_S)
    master.shutdown()
    await working
    await tap.close(settings.drain_s)


def _master(lane: Lane, addon: RecordingAddon) -> Any:
    """Mitmproxy as the lane asks for it."""
    from mitmproxy.options import Options  # noqa: PLC0415 - an extra, and slow to import
    from mitmproxy.tools.dump import DumpMaster  # noqa: PLC0415

    options = Options(
        mode=[_spec(lane)],
        listen_host=lane.listen.host,
        listen_port=lane.listen.port,
        confdir=lane.ca_dir,
    )
    master = DumpMaster(options, with_termlog=False, with_dumper=False)
    given: dict[str, Any] = {"keep_host_header": True}  # bytes are to be changed as little as can be
    if lane.upstream_tls is not None and lane.upstream_tls.ca:
        given["ssl_verify_upstream_trusted_ca"] = lane.upstream_tls.ca
    options.update(**given)
    master.addons.add(addon)
    return master


def _spec(lane: Lane) -> str:
    """Mitmproxy's own word for the mode."""
    if lane.mode not in {"reverse", "upstream"}:
        return lane.mode
    scheme = "https" if lane.upstream_tls is not None else "http"
    return f"{lane.mode}:{scheme}://{lane.upstream}"
