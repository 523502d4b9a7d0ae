"""A schema registry over HTTP, for tests: subjects with versions, as Confluent's API has them."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator


class Registry:
    """What it has, and who asked for what.

    `versions` are by subject; each has an id, a schema and what else an answer holds. `serialized` are
    descriptors in base64, by id. `login` is wanted if it is set.
    """

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.serialized: dict[int, str] = {}
        self.answers: dict[str, web.Response] = {}
        self.login = f"Basic {b64encode(':'.join(login).encode()).decode()}" if login else ""
        self.asked: list[str] = []
        self.url = ""

    def register(self, subject: str, number: int, schema: str, **more: Any) -> None:
        """One more version of a subject."""
        known = self.versions.setdefault(subject, [])
        known.append({"subject": subject, "version": len(known) + 1, "id": number, "schema": schema, **more})

    async def answer(self, request: web.Request) -> web.Response:
        """What the real ones answer."""
        path = request.raw_path.removeprefix("/apis/ccompat/v7")
        self.asked.append(path)
        if self.login and request.headers.get("authorization") != self.login:
            return web.json_response({"error_code": 401, "message": "Unauthorized"}, status=401)
        if path in self.answers:
            return self.answers[path]
        path, _, query = path.partition("?")
        if path == "/subjects":
            return web.json_response(list(self.versions))
        for subject, versions in self.versions.items():
            base = f"/subjects/{quote(subject, safe='')}/versions"
            if path == base:
                return web.json_response([one["version"] for one in versions])
            for one in versions:
                if path in {f"{base}/{one['version']}", f"{base}/latest" if one is versions[-1] else ""}:
                    return web.json_response(self._shown(one, query))
        return web.json_response({"error_code": 40401, "message": "Subject not found"}, status=404)

    def _shown(self, version: dict[str, Any], query: str) -> dict[str, Any]:
        serialized = self.serialized.get(version["id"]) if query == "format=serialized" else None
        return version if serialized is None else {**version, "schema": serialized}


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """The registry on a port of its own, at a path as Apicurio's compatible API has one."""
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", registry.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        registry.url = f"http://{host}:{port}/apis/ccompat/v7"
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield registry
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(asyncio.sleep(0.01))  # transports close in the loop's next turns
        loop.close()
