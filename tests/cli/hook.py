"""A webhook that listens while a command runs."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hook:
    """Its URL, what it answers, and what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 204
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        self.events.append(await request.json())
        return web.Response(status=self.status)


@contextmanager
def hook() -> Iterator[Hook]:
    """Serve it in a thread of its own."""
    mine, started, loop = Hook(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/", mine.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        mine.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield mine
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
