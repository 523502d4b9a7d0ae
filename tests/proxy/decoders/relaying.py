"""A relay between real clients and a real broker that shows what passes to a decoder for each connection."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING

import pytest

from proxy.decoders.decoder import Instant, Limits, Origin
from proxy.raw import RawEvent, Sender
from tests.proxy.decoders.playing import ORIGIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from typing import Any

    from proxy.decoders.decoder import Decoder

    Made = Callable[[Origin, Limits], Decoder]

Played = list[tuple[str, bytes, Instant]]
"""What a decoder was told: the name of its method, the bytes, and when."""

HOST = "127.0.0.1"


def needs(port: int, name: str) -> None:
    """Skip where nothing answers."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        pytest.skip(f"no {name} on {HOST}:{port}")


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @wraps(test)
    def run(*given: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*given, **named), 30))

    return run


@dataclass
class Relay:
    """Its port, what passed on each connection, and what the decoders made of it."""

    port: int = 0
    connections: list[Played] = field(default_factory=list)
    events: list[RawEvent] = field(default_factory=list)

    @property
    def published(self) -> list[RawEvent]:
        return [one for one in self.events if one.sender is Sender.CLIENT]

    @property
    def delivered(self) -> list[RawEvent]:
        return [one for one in self.events if one.sender is Sender.SERVER]


def unchanged(port: int) -> Callable[[str, bytes], bytes]:
    """What passes on the bytes of a side as they are."""
    del port
    return lambda _side, data: data


@asynccontextmanager
async def relaying(
    upstream: int,
    decoder: Made,
    changing: Callable[[int], Callable[[str, bytes], bytes]] = unchanged,
) -> AsyncIterator[Relay]:
    """The relay; at the end every connection has been told to its decoder, to its end.

    Args:
        upstream: the broker's port.
        decoder: makes the decoder of a connection.
        changing: makes, given the relay's own port, what changes the bytes of one connection on their way.
    """
    relay, open_tasks = Relay(), set[asyncio.Task[None]]()

    async def accept(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_tasks.add(task)
        server, to_server = await asyncio.open_connection(HOST, upstream)
        one: Played = []
        relay.connections.append(one)
        reading, changed = decoder(replace(ORIGIN, common={}), Limits()), changing(relay.port)

        async def copy(side: str, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            end = "eof"
            try:
                while data := await source.read(65_536):
                    if passed := changed(side, data):
                        tell(f"{side}_data", passed)
                        target.write(passed)
                        await target.drain()
            except OSError:
                end = "reset"
            tell(f"{side}_{end}", b"")
            with suppress(OSError):
                target.write_eof() if side == "client" else target.close()

        def tell(what: str, data: bytes) -> None:
            at = Instant(time.time_ns(), time.monotonic_ns())
            one.append((what, data, at))
            relay.events.extend(_told(reading, what, data, at))

        try:
            await asyncio.gather(copy("client", client, to_server), copy("server", server, to_client))
        finally:
            for writer in (to_server, to_client):
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    listener = await asyncio.start_server(accept, HOST, 0)
    relay.port = listener.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        listener.close()
        if open_tasks:
            _, late = await asyncio.wait(open_tasks, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@contextmanager
def relaying_aside(upstream: int, decoder: Made) -> Iterator[Relay]:
    """The same in a thread of its own, for clients that run in this one."""
    begun, ending = threading.Event(), threading.Event()
    found: list[Relay] = []

    async def relayed() -> None:
        async with relaying(upstream, decoder) as relay:
            found.append(relay)
            begun.set()
            await asyncio.to_thread(ending.wait)

    thread = threading.Thread(target=lambda: asyncio.run(relayed()))
    thread.start()
    try:
        assert begun.wait(5)
        yield found[0]
    finally:
        ending.set()
        thread.join(10)


def replayed(played: Played, decoder: Made, size: int = 1 << 30) -> list[RawEvent]:
    """What a new decoder makes of a recorded connection, in pieces of at most so many bytes."""
    reading = decoder(replace(ORIGIN, common={}), Limits())
    return [
        event
        for what, data, at in played
        for start in range(0, len(data) or 1, size)
        for event in _told(reading, what, data[start : start + size], at)
    ]


def same_in_pieces(relay: Relay, decoder: Made, *sizes: int) -> None:
    """Every connection, in pieces of so many bytes: the same events."""
    for played in relay.connections:
        whole = replayed(played, decoder)
        for size in sizes:
            assert replayed(played, decoder, size) == whole


def _told(reading: Decoder, what: str, data: bytes, at: Instant) -> Iterator[RawEvent]:
    given = (data, at) if what.endswith("data") else (at,)
    events: Iterator[RawEvent] = getattr(reading, what)(*given)
    return events
