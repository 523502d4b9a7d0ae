"""The shop served in this process, its clients as processes of their own, and all that passed between."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web

from examples.shop.server import make_app
from examples.shop.truth import blank

ROOT = Path(__file__).parents[2]
CLIENTS = ("billing", "warehouse", "storefront", "analytics", "marketplace")


@dataclass(frozen=True, slots=True)
class Passed:
    """One request with its response, as the shop saw it."""

    consumer: str
    operation: str
    target: str
    segments: tuple[str, ...]
    query: dict[str, str]
    request_headers: dict[str, str]
    request_body: Any
    status: str
    response_headers: dict[str, str]
    response_body: Any


@dataclass(slots=True)
class Traffic:
    """What passed, in the order of the answers, and what the clients said at the end."""

    exchanges: list[Passed] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)


def run_shop(seconds: float) -> Traffic:
    """Serve the shop, run all clients against it, and return what passed."""
    traffic = Traffic()
    ready, loop = threading.Event(), asyncio.new_event_loop()
    base: list[str] = []
    thread = threading.Thread(target=_serve, args=(loop, traffic, base, ready))
    thread.start()
    try:
        assert ready.wait(10), "the shop did not start"
        options = ["--base", base[0], "--seconds", str(seconds)]
        clients = {
            name: subprocess.Popen(
                [sys.executable, "-W", "error", "-m", f"examples.shop.clients.{name}", *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in CLIENTS
        }
        for name, client in clients.items():
            said, complained = client.communicate(timeout=seconds + 40)
            assert client.returncode == 0, complained
            assert not complained
            traffic.said[name] = said.strip()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    return traffic


def _serve(
    loop: asyncio.AbstractEventLoop, traffic: Traffic, base: list[str], ready: threading.Event
) -> None:
    @web.middleware
    async def record(request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        traffic.exchanges.append(await _passed(request, response))
        return response

    async def start() -> web.AppRunner:
        app = make_app(seed=7)
        app.middlewares.insert(0, record)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    asyncio.set_event_loop(loop)
    runner = loop.run_until_complete(start())
    loop.run_forever()
    loop.run_until_complete(runner.cleanup())
    loop.close()


async def _passed(request: web.Request, response: Any) -> Passed:
    resource = request.match_info.route.resource
    body = await request.text()
    return Passed(
        consumer=_consumer(request),
        operation=blank(f"{request.method} {resource.canonical if resource else request.path}"),
        target=request.path_qs,
        segments=tuple(request.path.split("/")[1:]),
        query=dict(request.query),
        request_headers={name.lower(): value for name, value in request.headers.items()},
        request_body=json.loads(body) if body else None,
        status=str(response.status),
        response_headers={name.lower(): value for name, value in response.headers.items()},
        response_body=json.loads(response.text) if _is_json(request, response) else None,
    )


def _consumer(request: web.Request) -> str:
    """Who it is, from the evidence that each client gives."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        return str(jwt.decode(credentials, options={"verify_signature": False})["azp"])
    if scheme == "Basic":
        return base64.b64decode(credentials).decode().partition(":")[0]
    if "X-Api-Key" in request.headers:
        return "marketplace"
    return request.headers.get("X-Consumer-Id") or request.headers["User-Agent"].partition("/")[0]


def _is_json(request: web.Request, response: Any) -> bool:
    return request.method != "HEAD" and "json" in response.content_type and bool(response.text)
