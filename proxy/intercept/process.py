"""The process of an intercept lane: mitmproxy, with our addon and none of its own displays.

It hands its records to the decoder through a tap, as a forwarder does its copies, and never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxy.counters import Counters, Gauge
from proxy.intercept.addon import RecordingAddon
from proxy.logs import log_to_stderr
from proxy.splice.tap import Tap
from proxy.splice.worker import DECODER_START_S, raise_file_limit
from store.errors import DefactoError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from proxy.splice.settings import Lane, Settings, UpstreamTls

QUIET_S = 0.1
"""While draining: so often it is looked whether anything is under way."""

logger = logging.getLogger(__name__)


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
    try:
        asyncio.run(_serve(settings, tap, index, lifeline))
    except DefactoError as error:
        logger.error("%s", error.message)  # noqa: TRY400 - it is said, there is nothing to trace
        sys.exit(1)


async def _serve(settings: Settings, number: int, index: int, lifeline: Connection) -> None:
    loop, stop, serving = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.add_reader(lifeline.fileno(), stop.set)
    counters = Counters(settings.counters_path)
    gauges = counters.worker_gauges(number)
    gauges[Gauge.PID] = os.getpid()
    tap = Tap(settings, counters, number)
    await tap.listen()
    lane, row = settings.lanes[index], counters.forwarder(number, index)
    addon = RecordingAddon(tap, index, lane, row, serving.set)
    master = _master(lane, addon, settings.runtime / f"upstream-{index}.pem")
    await tap.wait_for_decoder(DECODER_START_S)
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


def _master(lane: Lane, addon: RecordingAddon, client_pem: Path) -> Any:
    """Mitmproxy as the lane asks for it.

    Raises:
        DefactoError: it does not take what is asked for.
    """
    from mitmproxy.exceptions import OptionsError  # noqa: PLC0415 - an extra, and slow to import
    from mitmproxy.options import Options  # noqa: PLC0415
    from mitmproxy.tools.dump import DumpMaster  # noqa: PLC0415

    options = Options(
        mode=[_spec(lane)],
        listen_host=lane.listen.host,
        listen_port=lane.listen.port,
        confdir=lane.ca_dir,
    )
    master = DumpMaster(options, with_termlog=False, with_dumper=False)
    try:
        options.update(**_given(lane, client_pem))
    except OptionsError as error:
        raise DefactoError(f"mitmproxy does not take the lane on {lane.listen}: {error}") from None
    master.addons.add(addon)
    return master


def _given(lane: Lane, client_pem: Path) -> dict[str, Any]:
    """What is not as mitmproxy has it by itself: bytes are to be changed as little as can be."""
    given: dict[str, Any] = {"keep_host_header": True}
    if lane.mode == "reverse":  # it leads to the service and nowhere else
        given |= {"block_global": False, "onboarding": False}
    tls = lane.upstream_tls
    if tls is not None and tls.ca:
        given["ssl_verify_upstream_trusted_ca"] = tls.ca
    if tls is not None and tls.certificate:
        _write_pair(client_pem, tls)
        given["client_certs"] = str(client_pem)
    return given


def _write_pair(path: Path, tls: UpstreamTls) -> None:
    """A certificate and its key in one file, as mitmproxy wants them, in our own runtime directory.

    Raises:
        DefactoError: they cannot be read any more.
    """
    try:
        pair = b"\n".join(Path(file).read_bytes() for file in (tls.key, tls.certificate))
        path.unlink(missing_ok=True)  # of the process before us
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(pair)
    except OSError as error:
        raise DefactoError(
            f"cannot show the upstream the certificate {tls.certificate}: {(error.strerror or '').lower()}"
        ) from None


def _spec(lane: Lane) -> str:
    """Mitmproxy's own word for the mode."""
    if lane.mode not in {"reverse", "upstream"}:
        return lane.mode
    scheme = "https" if lane.upstream_tls is not None else "http"
    return f"{lane.mode}:{scheme}://{lane.upstream}"
