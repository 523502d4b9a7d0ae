"""A running `defacto record` and a real service behind it, for tests."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from store.store import Store

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from store.records import Exchange, Message

ROOT = Path(__file__).parents[2]
DEFACTO = [sys.executable, "-c", "from cli.main import main; main()"]
PATIENCE_S = 60


class Recorder:
    """A running `defacto record`."""

    def __init__(self, *options: str, store: Path | str, lanes: int = 1) -> None:
        self.store = store
        self._process = subprocess.Popen(
            [*DEFACTO, "record", "--store", str(store), "--drain", "5", "--admin", "off", *options],
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.lines: list[str] = []
        self.addresses = [self.line(r"listening on (\S+) -> \S+ \(\S+\)")[1] for _ in range(lanes)]

    @property
    def port(self) -> int:
        """The first lane's."""
        return self.ports[0]

    @property
    def ports(self) -> list[int]:
        """The lanes', in the order of the configuration."""
        return [int(address.rpartition(":")[2]) for address in self.addresses]

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def line(self, pattern: str) -> re.Match[str]:
        """The next message that says so."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(self.lines)

    def end(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Tell it to end; its summary line."""
        self._process.send_signal(number)
        _, rest = self._process.communicate(timeout=PATIENCE_S)
        assert self._process.returncode == 0, rest
        return rest.splitlines()[-1]

    def wait(self) -> None:
        """Until it has ended by itself."""
        assert self._process.wait(timeout=PATIENCE_S) == 0

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        with self._process:  # closes its pipe and waits
            self._process.kill()

    def decoder(self) -> int:
        """The decoder's process id: the child that gives way to the others; waits until there is one."""
        end = time.monotonic() + PATIENCE_S
        while os.getpriority(os.PRIO_PROCESS, self._nicest()) <= 0:
            assert time.monotonic() < end
            time.sleep(0.05)
        return self._nicest()

    def _nicest(self) -> int:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return max(map(int, children), key=lambda pid: os.getpriority(os.PRIO_PROCESS, pid))

    def stored(self) -> list[Exchange]:
        with Store.open(str(self.store)) as store:
            return list(store.exchanges())

    def messages(self) -> list[Message]:
        with Store.open(str(self.store)) as store:
            return list(store.messages())


@contextmanager
def recorder(tmp_path: Path, port: int, *options: str) -> Iterator[Recorder]:
    upstream = f"http://127.0.0.1:{port}"
    running = Recorder(
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        upstream,
        "--producer",
        "orders",
        *options,
        store=tmp_path / "d.db",
    )
    try:
        yield running
    finally:
        running.kill()


@contextmanager
def service(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A real aiohttp server in a thread of its own."""

    async def orders(request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.match_info["id"], "status": "paid"})

    async def take(request: web.Request) -> web.StreamResponse:
        return web.json_response({"bytes": len(await request.read())}, status=201)

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(3):
            await response.write(b"x" * 1000)
        return response

    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response(text="done")

    app = web.Application()
    app.add_routes(
        [
            web.get("/orders/{id}", orders),
            web.post("/orders", take),
            web.get("/stream", stream),
            web.get("/slow", slow),
        ]
    )
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), 0

    async def start() -> web.AppRunner:
        nonlocal port
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
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
    yield port
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def free_row(count: int) -> int:
    """A port with free ones behind it, so many in all."""
    first = 21_000 + os.getpid() % 300 * 100  # other tests may look for theirs at the same time
    for port in range(first, 60_000, 10):
        with ExitStack() as probes, suppress(OSError):
            for n in range(count):
                probes.enter_context(socket.create_server(("127.0.0.1", port + n)))
            return port
    raise AssertionError("no free ports")


def numbers(summary: str) -> tuple[int, int]:
    """Recorded and lost."""
    match = re.match(r"([\d,]+) exchanges (?:and [\d,]+ messages )?recorded, ([\d,]+) lost", summary)
    assert match is not None, summary
    return int(match[1].replace(",", "")), int(match[2].replace(",", ""))
