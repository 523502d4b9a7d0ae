"""The page, served for tests from a thread: of a real store, in the process of the test."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from aiohttp import web
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from reports.web.app import make_app
from reports.web.keeper import Keeper
from reports.web.security import Access
from reports.web.snapshot import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.web.snapshot import Snapshot, Sources


def wait_until_ready(url: str) -> None:
    """Ask until a server has read its store."""
    with requests.Session() as session:
        again = Retry(total=100, status_forcelist=[503], backoff_factor=0.05, backoff_max=0.5)
        session.mount("http://", HTTPAdapter(max_retries=again))
        assert session.get(f"{url.rstrip('/')}/readyz", timeout=20).text == "ready\n"


class Served:
    """A running server."""

    def __init__(self, url: str, keeper: Keeper) -> None:
        self.url = url
        self.keeper = keeper

    @property
    def snapshot(self) -> Snapshot:
        """What it shows now."""
        return self.keeper.snapshot


@contextmanager
def serving(
    sources: Sources,
    access: Access | None = None,
    *,
    first: Snapshot | None = None,
    writable: bool = False,
    unread: bool = False,
) -> Iterator[Served]:
    """Serve on a free port of loopback.

    `first` is the snapshot to begin with; without one all is read here, or by the server if it is `unread`.
    """
    loop, ready = asyncio.new_event_loop(), threading.Event()
    keeper = Keeper(sources, None if unread else first or read(sources))
    app = make_app(keeper, access or Access(), writable=writable)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    ports: list[int] = []

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(start())
            ready.set()
            loop.run_forever()
            loop.run_until_complete(runner.cleanup())
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield Served(f"http://127.0.0.1:{ports[0]}", keeper)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
