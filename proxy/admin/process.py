"""The admin process: an HTTP listener beside the traffic, which can die without anybody noticing in it."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from aiohttp import web

from proxy.admin.app import is_local, make_app
from proxy.admin.state import State
from proxy.logs import log_to_stderr

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Of the listener. `token` is what may pause and resume capture, `""`: nobody may."""

    runtime: Path
    token: str = ""
    log_format: str = "text"


def run(settings: AdminSettings, listener: socket.socket, lifeline: Connection) -> None:
    """The process. One message is sent on `lifeline` when it serves."""
    for number in (signal.SIGINT, signal.SIGTERM):  # only the supervisor decides
        signal.signal(number, signal.SIG_IGN)
    log_to_stderr("admin", settings.log_format)
    asyncio.run(_serve(settings, listener, lifeline))


async def _serve(settings: AdminSettings, listener: socket.socket, lifeline: Connection) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(lifeline.fileno(), stop.set)
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
    lifeline.send("serving")
    await stop.wait()
    await runner.cleanup()


def _version() -> str:
    try:
        return version("defacto")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"
