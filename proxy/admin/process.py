"""The admin process, beside the traffic, which can die without anybody noticing in it.

An HTTP listener, and where it is asked for a thread that sends metrics.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from aiohttp import web

from proxy.admin.app import is_local, make_app
from proxy.admin.export import ExportThread
from proxy.admin.state import State
from proxy.logs import log_to_stderr

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection
    from pathlib import Path

    from proxy.admin.export import Export


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Of the listener. `token` is what may pause and resume capture, `""`: nobody may.

    `export` is where metrics are sent, None: nowhere.
    """

    runtime: Path
    token: str = ""
    export: Export | None = None
    log_format: str = "text"


def run(settings: AdminSettings, listener: socket.socket | None, lifeline: Connection) -> None:
    """The process. One message is sent on `lifeline` when it serves; without a `listener` it only exports."""
    for number in (signal.SIGINT, signal.SIGTERM):  # only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    log_to_stderr("admin", settings.log_format)
    asyncio.run(_serve(settings, listener, lifeline))


async def _serve(settings: AdminSettings, listener: socket.socket | None, lifeline: Connection) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(lifeline.fileno(), stop.set)
    export = None
    if settings.export is not None:
        export = ExportThread(State(settings.runtime), _version(), settings.export)
        export.start()
    runner = None if listener is None else await _listen(settings, listener)
    lifeline.send("serving")
    await stop.wait()
    if runner is not None:
        await runner.cleanup()
    if export is not None:
        export.end()


async def _listen(settings: AdminSettings, listener: socket.socket) -> web.AppRunner:
    host = listener.getsockname()
    app = make_app(
        State(settings.runtime),
        token=settings.token,
        version=_version(),
        loopback=isinstance(host, str) or is_local(host[0]),
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def _version() -> str:
    try:
        return version("defacto")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"
