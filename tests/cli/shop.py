"""The shop, recorded through the sidecar, and builds of it that differ: for tests of verification."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from cli.demo_command import Process, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLIENTS = ("storefront", "billing", "warehouse", "analytics")
SECONDS = "4"


class Shop:
    """A running shop with what its clients left in it, and the store of what they did."""

    def __init__(self, url: str, store: Path) -> None:
        self.url = url
        self.store = str(store)


@contextmanager
def recorded_shop(folder: Path) -> Iterator[Shop]:
    """The shop goes on after the recording: what was asked for is still there."""
    store = folder / "shop.db"
    with ExitStack() as running:
        shop = running.enter_context(Service("shop", folder, ["-m", "examples.shop.server", "--port", "0"]))
        url = f"http://{shop.addresses[0]}"
        config = folder / "defacto.toml"
        config.write_text(f'[[lane]]\nproducer = "shop"\nlisten = "127.0.0.1:0"\nupstream = "{url}"\n')
        flags = ("--store", str(store), "--config", str(config), "--admin", "off")
        with Service("sidecar", folder, ["-m", "cli", "record", *flags]) as sidecar, ExitStack() as working:
            base = f"http://{sidecar.addresses[0]}"
            clients = [
                working.enter_context(
                    Process(
                        name,
                        folder,
                        ["-m", f"examples.shop.clients.{name}", "--base", base, "--seconds", SECONDS],
                    )
                )
                for name in CLIENTS
            ]
            for client in clients:
                assert client.process.wait(60) == 0, client.last_words
        with Process("infer", folder, ["-m", "cli", "infer", "--store", str(store)]) as infer:
            assert infer.process.wait(60) == 0, infer.last_words
        yield Shop(url, store)


class Answer:
    """What a build is about to answer; a fault changes it."""

    def __init__(self, path: str, status: int, body: Any) -> None:
        self.path = path
        self.status = status
        self.body = body
        self.delay_s = 0.0


@contextmanager
def build(upstream: str, fault: Callable[[Answer], None]) -> Iterator[str]:
    """The shop with a fault, as a server of its own in front of it."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    urls: list[str] = []
    seen: list[tuple[str, str]] = []

    async def relay(request: web.Request) -> web.Response:
        seen.append((request.method, request.path))
        sent = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, upstream + request.path_qs, headers=sent, data=await request.read()
            ) as got,
        ):
            raw = await got.read()
            is_json = "json" in got.content_type
            answer = Answer(request.path, got.status, json.loads(raw) if is_json and raw else None)
            fault(answer)
            await asyncio.sleep(answer.delay_s)
            body = json.dumps(answer.body).encode() if is_json and raw else raw
            kept = {name: got.headers[name] for name in ("Content-Type", "ETag") if name in got.headers}
            return web.Response(body=body, status=answer.status, headers=kept)

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", relay)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def unchanged(answer: Answer) -> None:
    """No fault."""


def renamed(answer: Answer) -> None:
    """`billing_ref` of an order is called otherwise."""
    if answer.path.startswith("/orders/") and isinstance(answer.body, dict) and "billing_ref" in answer.body:
        answer.body["billing_reference"] = answer.body.pop("billing_ref")


def slower(answer: Answer) -> None:
    """The list of products takes its time."""
    if answer.path == "/products":
        answer.delay_s = 0.6


def another_status(answer: Answer) -> None:
    """An order is answered 206 instead of 200."""
    if answer.path.startswith("/orders/") and answer.status == 200:
        answer.status = 206


def gone(answer: Answer) -> None:
    """The operation is not there any more."""
    if answer.path.startswith("/orders/"):
        answer.status, answer.body = 404, {"title": "Not found"}
