"""The shop served in this process, its consumers as processes of their own, and all that passed between."""

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

from examples.shop.events import CHANNELS, EXCHANGE, Event, connected
from examples.shop.server import OUTBOX, make_app
from examples.shop.truth import blank
from tests.examples.brokers import own_broker, started

ROOT = Path(__file__).parents[2]
CLIENTS = ("billing", "warehouse", "storefront", "analytics", "marketplace")
SUBSCRIBERS = ("screening", "ledger", "loyalty")


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
    events: list[tuple[str, Event]] = field(default_factory=list)
    """Channel and payload."""
    said: dict[str, str] = field(default_factory=dict)


def run_shop(seconds: float) -> Traffic:
    """Serve the shop with a broker, run all consumers against it, and return what passed."""
    with own_broker() as events:
        return _run(events, seconds)


def _run(events: str, seconds: float) -> Traffic:
    traffic = Traffic()
    ready, loop = threading.Event(), asyncio.new_event_loop()
    base: list[str] = []
    thread = threading.Thread(target=_serve, args=(loop, traffic, events, base, ready))
    thread.start()
    try:
        assert ready.wait(10), "the shop did not start"
        subscribers = {
            name: started(f"examples.shop.subscribers.{name}", "--base", base[0], "--events", events)
            for name in SUBSCRIBERS
        }
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
            traffic.said[name] = _said(client, seconds + 40)
        for name, subscriber in subscribers.items():
            subscriber.terminate()
            traffic.said[name] = _said(subscriber, 10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
    return traffic


def _said(consumer: subprocess.Popen[str], patience: float) -> str:
    said, complained = consumer.communicate(timeout=patience)
    assert consumer.returncode == 0, complained
    assert not complained
    return said.strip()


def _serve(
    loop: asyncio.AbstractEventLoop, traffic: Traffic, events: str, base: list[str], ready: threading.Event
) -> None:
    @web.middleware
    async def record(request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        traffic.exchanges.append(await _passed(request, response))
        return response

    async def hear() -> None:
        async with connected(events, "test") as broker:
            async for delivery in await broker.subscribe(CHANNELS):
                traffic.events.append((delivery.channel, delivery.event))

    async def start() -> tuple[web.AppRunner, list[asyncio.Task[None]]]:
        app = make_app(seed=7)
        app.middlewares.insert(0, record)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        base.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        tasks = [loop.create_task(hear()), loop.create_task(app[OUTBOX].deliver(events, EXCHANGE))]
        ready.set()
        return runner, tasks

    asyncio.set_event_loop(loop)
    runner, tasks = loop.run_until_complete(start())
    loop.run_forever()
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, runner.cleanup(), return_exceptions=True))
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
