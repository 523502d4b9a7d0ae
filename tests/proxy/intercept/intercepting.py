"""The process of an intercept lane, with a test in the place of the decoder, and services behind it."""

from __future__ import annotations

import asyncio
import pickle
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxy.counters import Counter, Counters
from proxy.decoders.decoder import Instant, Limits, Opaque, Origin
from proxy.decoders.http1 import Http1Decoder
from proxy.intercept import process
from proxy.intercept.ca import prepare
from proxy.raw import RawExchange, RawMessage
from proxy.splice.child import Child
from proxy.splice.frames import FrameReader, Kind
from proxy.splice.settings import Address, Lane, Settings
from tests.cli.sidecar import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from proxy.decoders.decoder import Decoder
    from proxy.raw import RawRecord

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PATIENCE_S = 30


def run(main: Coroutine[Any, Any, None]) -> None:
    """A test that hangs fails."""
    asyncio.run(asyncio.wait_for(main, PATIENCE_S))


@dataclass
class Intercepting:
    """What a test sees of the process."""

    port: int
    pid: int
    counters: Counters
    child: Child
    ca: Path
    records: list[RawRecord] = field(default_factory=list)

    @property
    def exchanges(self) -> list[RawExchange]:
        return [one for one in self.records if isinstance(one, RawExchange)]

    @property
    def messages(self) -> list[RawMessage]:
        return [one for one in self.records if isinstance(one, RawMessage)]

    @property
    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

    def count(self, counter: Counter) -> int:
        return self.counters.total(counter)

    async def seen(self, exchanges: int, messages: int = 0) -> None:
        """Wait until so many have come."""
        while len(self.exchanges) < exchanges or len(self.messages) < messages:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def intercepting(
    tmp_path: Path, upstream: int = 0, *, taking: bool = True, queue_bytes: int = 1 << 26, **lane: Any
) -> AsyncIterator[Intercepting]:
    """The process at work in front of a local port; with `taking` false nobody reads what it hands over."""
    folder = tmp_path / "ca"
    prepare(folder)
    given = Lane(
        **{
            "producer": "orders",
            "source": "here",
            "mode": "reverse",
            "upstream": Address(host="127.0.0.1", port=upstream),
            "listen": Address(host="127.0.0.1", port=free_port()),
            "ca_dir": str(folder),
            **lane,
        }
    )
    settings = Settings(runtime=tmp_path, lanes=(given,), workers=0, queue_bytes=queue_bytes, drain_s=2)
    counters = Counters.create(settings.counters_path, workers=1, lanes=1)
    child = Child("intercept lane", process.run, (settings, 0, 0))
    child.start()
    decoder: asyncio.Task[None] | None = None
    try:
        reader, writer = await _linked(settings.tap_path(0))
        said = await asyncio.to_thread(child.said, PATIENCE_S)
        assert said == "serving"
        assert child.process is not None
        assert child.process.pid is not None
        running = Intercepting(given.listen.port, child.process.pid, counters, child, folder)
        if taking:
            decoder = asyncio.create_task(_decode(reader, running.records))
        yield running
        child.end(2)
        while (ended := child.ended()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert ended
        if decoder is not None:
            await decoder
        await closed(writer)
    finally:
        if child.process is not None:
            child.process.kill()
        counters.close()


async def _linked(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        with suppress(OSError):
            return await asyncio.open_unix_connection(path)
        await asyncio.sleep(0.01)


async def _decode(reader: asyncio.StreamReader, records: list[RawRecord]) -> None:
    frames = FrameReader()
    while data := await reader.read(1 << 16):
        records.extend(
            pickle.loads(frame.payload) for frame in frames.feed(data) if frame.kind == Kind.RECORD
        )


@asynccontextmanager
async def serving(talk: Talk, **options: Any) -> AsyncIterator[int]:
    """A TCP service; its port."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            await closed(writer)

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def spliced(upstream: int, exchanges: list[RawExchange]) -> AsyncIterator[int]:
    """A relay that shows what passes to the splice lane's decoder; its port."""
    number = 0

    async def relay(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        nonlocal number
        number += 1
        origin = Origin(producer="orders", source="here", connection=f"c{number}", peer="127.0.0.1")
        decoder = Http1Decoder(origin, Limits())
        server, to_server = await asyncio.open_connection("127.0.0.1", upstream)
        await asyncio.gather(
            _pass_on(client, to_server, "client", decoder, exchanges),
            _pass_on(server, to_client, "server", decoder, exchanges),
        )
        await closed(to_server)
        await closed(to_client)

    async with serving(relay) as port:
        yield port


async def _pass_on(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    side: str,
    decoder: Decoder,
    exchanges: list[RawExchange],
) -> None:
    loop = asyncio.get_running_loop()

    def tell(event: str, *data: bytes) -> None:
        at = Instant(int(loop.time() * 1e9), int(loop.time() * 1e9))
        with suppress(Opaque):
            for record in getattr(decoder, f"{side}_{event}")(*data, at):
                assert isinstance(record, RawExchange)
                exchanges.append(record)

    try:
        while data := await source.read(1 << 16):
            tell("data", data)
            target.write(data)
        tell("eof")
    except ConnectionError:
        tell("reset")
    with suppress(OSError):
        target.write_eof() if side == "client" else target.close()


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, however its other end took its leave."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def asked(port: int, request: bytes) -> bytes:
    """A connection's whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):
        answer = await reader.read()
    await closed(writer)
    return answer


def comparable(exchange: RawExchange) -> RawExchange:
    """Without what differs by nature: lane, ids, connection, and times beyond whether they are known."""
    return replace(
        exchange,
        lane="",  # type: ignore[arg-type]
        fingerprint=(),
        connection="",
        started_at=0,
        request_ns=_known(exchange.request_ns),
        wait_ns=_known(exchange.wait_ns),
        duration_ns=_known(exchange.duration_ns),
    )


def _known(length_ns: int | None) -> int | None:
    return None if length_ns is None else 1
