"""A forwarder worker inside the test's own event loop, between a real client socket and a real server."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from proxy.counters import Counter, Counters
from proxy.splice.forward import Forwarder
from proxy.splice.frames import FrameReader
from proxy.splice.settings import Address, Lane, Settings
from proxy.splice.tap import MUTE, Tap

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Coroutine

    from proxy.splice.frames import Frame

Handler = "Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]"
PATIENCE_S = 20


def run(main: Coroutine[Any, Any, None]) -> None:
    """As the worker does, under uvloop; a test that hangs fails."""
    uvloop.run(asyncio.wait_for(main, PATIENCE_S))


@dataclass
class Worker:
    """What a test sees of it."""

    port: int
    tap: Tap
    forwarder: Forwarder
    counters: Counters
    settings: Settings

    def count(self, counter: Counter) -> int:
        return self.counters.total(counter)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@asynccontextmanager
async def worker(
    upstream_port: int, protocol: str = "http", *, lane: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Worker]:
    """One lane; `lane` and `settings` are what differs from the defaults."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        upstream = Address(host="127.0.0.1", port=upstream_port)
        made = Lane(producer="p", source="here", upstream=upstream, protocol=protocol, **(lane or {}))
        given = Settings(runtime=Path(folder), lanes=(made,), **settings)
        counters = Counters.create(given.counters_path, workers=1, lanes=1)
        tap = Tap(given, counters, 0)
        forwarder = Forwarder(given.lanes, tap)
        await tap.listen()
        forwarder.listen((listener,))
        try:
            yield Worker(listener.getsockname()[1], tap, forwarder, counters, given)
        finally:
            await forwarder.drain(0)
            await tap.close(0.5)


@asynccontextmanager
async def server(handler: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server; its handler's errors are the test's."""
    errors: list[BaseException] = []

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            writer.close()

    listening = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=tls)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    assert errors == []


class Decoder:
    """The decoder's end of the tap, reading only when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.frames = FrameReader()

    @classmethod
    async def connect(cls, to: Worker) -> Decoder:
        decoder = cls(*await asyncio.open_unix_connection(str(to.settings.tap_path(0))))
        await eventually(lambda: to.tap.link is not None)
        return decoder

    async def read(self, until: Callable[[Frame], bool]) -> list[Frame]:
        """Frames up to the first that fits."""
        seen: list[Frame] = []
        while not any(until(frame) for frame in seen):
            data = await self.reader.read(1 << 20)
            assert data, seen
            seen += self.frames.feed(data)
        return seen

    def mute(self, connection: int, reason: int) -> None:
        self.writer.write(MUTE.pack(connection, reason))

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds; `run` bounds how long."""
    while not condition():  # noqa: ASYNC110 - a condition on what other code does has no event
        await asyncio.sleep(0.005)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    handle = writer.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    writer.transport.abort()
