"""The forwarder: what arrives on one side leaves on the other, unchanged, and nothing else happens here.

Each accepted connection becomes a `Splice` of two `End`s. What one end sees, the other side is shown:

    data                   written, and copied to the tap after that
    other side is full     reading stops until it drains (both ways)
    end of stream (FIN)    the other side's stream ends too; the connection goes on in the other direction
    reset (RST), timeout   the other side is reset
    upstream unreachable   the client is reset, and the refusal counted

Bytes that the client sends before the upstream connection stands are kept: one read, then reading stops.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING, cast

from proxy.splice.entrance import Entrance
from proxy.splice.frames import Kind
from proxy.splice.tls import certificate_name
from proxy.splice.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.splice.proxy_protocol import Origin
    from proxy.splice.settings import Lane
    from proxy.splice.tap import Copy, Tap
    from proxy.splice.whole import WholeCopy

HIGH_WATER_BYTES = 256 * 1024
"""Bytes waiting to be written on one side above which the other is not read: one read of uvloop's."""

QUIET_CHECK_S = 0.2
"""While draining: a connection between exchanges on which nothing moved for so long is closed."""

_LINGER_NONE = Struct("ii").pack(1, 0)
"""`SO_LINGER` on, zero seconds: closing sends RST."""

_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n"


class Forwarder:
    """All connections of one worker."""

    def __init__(self, lanes: tuple[Lane, ...], tap: Tap) -> None:
        self.tap = tap
        self._splices: set[Splice] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._ways = [Way(index, lane) for index, lane in enumerate(lanes)]
        for way in self._ways:
            if way.lane.upgrades:
                from proxy.splice.nats_lane import NatsSplice  # noqa: PLC0415 - it is made of what is here

                way.splice = NatsSplice
        self._entrances = [self._entrance(way) for way in self._ways]

    def listen(self, listeners: tuple[socket.socket | None, ...]) -> None:
        """Accept connections on one bound socket for each lane; None: it has a process of its own."""
        for entrance, listener in zip(self._entrances, listeners, strict=True):
            if listener is not None and not entrance.lane.token:
                entrance.open(listener)
                if entrance.lane.protocol == "kafka":
                    self._follow_brokers(entrance.lane, listener.getsockname()[1])

    def _entrance(self, way: Way) -> Entrance:
        greet = _greet if way.lane.upgrades else None
        return Entrance(way.lane, partial(self._accept, way), partial(self.tap.malformed, way.index), greet)

    def _follow_brokers(self, lane: Lane, port: int) -> None:
        """Let the clients of a Kafka lane find its brokers through it."""
        from proxy.splice.kafka_lane import Brokers, KafkaSplice  # noqa: PLC0415 - it is made of what is here

        index = next(way.index for way in self._ways if way.lane is lane)

        def lead(to: Lane, listener: socket.socket) -> Way:
            way = Way(index, to)
            way.splice = splice
            entrance = self._entrance(way)
            self._entrances.append(entrance)
            entrance.open(listener)
            return way

        brokers = Brokers(lane, port, lead)
        splice = partial(KafkaSplice, brokers=brokers)
        self._ways[index].splice = splice

    def refresh(self) -> None:
        """Take up certificates that were replaced."""
        for entrance in self._entrances:
            entrance.refresh()

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._splices)

    async def drain(self, within_s: float) -> None:
        """Accept no more, wait for the exchanges under way, and cut what is left after `within_s` seconds."""
        arriving = [task for entrance in self._entrances for task in entrance.close()]
        if arriving:
            await asyncio.wait(arriving, timeout=min(QUIET_CHECK_S, within_s))
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while (left := end - loop.time()) > 0 and not await self._empty_within(min(QUIET_CHECK_S, left)):
            for splice in tuple(self._splices):
                splice.close_if_quiet()
        for one in arriving:
            one.cancel()
        for splice in tuple(self._splices):
            splice.abort()
        await self._empty_within(QUIET_CHECK_S)  # connection_lost runs, which tells the tap

    def opened(self, splice: Splice) -> None:
        """One connection more."""
        self._splices.add(splice)
        self._empty.clear()

    def finished(self, splice: Splice) -> None:
        """One connection less."""
        self._splices.discard(splice)
        splice.way.connections -= 1
        if not self._splices:
            self._empty.set()

    async def _empty_within(self, seconds: float) -> bool:
        """Whether no connection is left after that time, or before."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), seconds)
        return not self._splices

    def _accept(self, way: Way, origin: Origin | None) -> asyncio.Protocol:
        limit = way.lane.max_connections
        if limit and way.connections >= limit:
            self.tap.rejected(way.index)
            return _Rejected()
        way.connections += 1
        return way.splice(self, way, origin).client


class Way:
    """A lane with what its connections share. `splice` makes one."""

    def __init__(self, index: int, lane: Lane) -> None:
        self.index = index
        self.connections = 0
        self.splice: Callable[[Forwarder, Way, Origin | None], Splice] = Splice
        self.lead_to(lane)

    def lead_to(self, lane: Lane) -> None:
        """Lead elsewhere from now on."""
        self.lane = lane
        self.upstream = Upstream(lane)


class Splice:
    """One client connection and its upstream connection.

    `origin` is what the PROXY protocol said of the client, where it was asked.
    """

    def __init__(
        self,
        forwarder: Forwarder,
        way: Way,
        origin: Origin | None,
        ends: tuple[type[End], type[End]] | None = None,
    ) -> None:
        client, server = ends or (End, End)
        self.client = client(self, Kind.CLIENT_EOF, Kind.CLIENT_RESET)
        self.server = server(self, Kind.SERVER_EOF, Kind.SERVER_RESET)
        self.client.other, self.server.other = self.server, self.client
        self.copy: Copy | WholeCopy | None = None
        self.way = way
        self._forwarder = forwarder
        self._origin = origin
        self._connecting: asyncio.Task[None] | None = None

    async def greet(self, client: socket.socket) -> None:
        """What is to be said to a client before its TLS; only of lanes where that begins inside."""

    def opened(self, end: End, transport: asyncio.Transport) -> None:
        """One side stands: the client first, then the server."""
        enable_keep_alive(transport)
        if end is self.client:
            self._begin(transport)
        elif self.client.done:
            end.abort()
        else:
            self.client.release()

    def early(self, data: bytes) -> None:
        """The client's first bytes came before the upstream connection stood."""
        if self._connecting is None:
            self._connect("h2" if data.startswith(_HTTP2_PREFACE) else "")

    def _begin(self, transport: asyncio.Transport) -> None:
        lane = self.way.lane
        peer = transport.get_extra_info("peername")
        host = self._origin.source.host if self._origin is not None else peer[0] if peer else ""
        certificate = ""
        alpn = ""
        if lane.tls is not None:
            certificate = certificate_name(transport.get_extra_info("peercert"))
            alpn = transport.get_extra_info("ssl_object").selected_alpn_protocol() or ""
        copy = self.copy = self._forwarder.tap.copy(
            self.way.index, host, scheme="http" if lane.tls is None else "https", certificate=certificate
        )
        self.client.copy, self.server.copy = copy.client, copy.server
        self._forwarder.opened(self)
        if lane.upstream_tls is None or lane.tls is not None or lane.upgrades:
            self._connect(alpn)
        # Else the upstream is to be asked for what the client speaks, which its first bytes tell.

    def closed(self, end: End, error: Exception | None) -> None:
        """One side is gone."""
        if error is not None:
            if not end.other.done:
                self._tell(end.reset)
            end.other.abort()
        else:
            end.other.close()
        if self._connecting is not None:
            self._connecting.cancel()
        if self.client.done and (self.server.done or self.server.transport is None):
            self._finish()

    def ended(self, end: End) -> None:
        """One side will send no more."""
        self._tell(end.eof)
        other = end.other
        if other.transport is None:
            if self._connecting is None:
                self._connect("")  # the client ended before it said anything
            return  # told to the upstream as soon as it stands
        if end.ended and other.ended:
            end.close()
            other.close()
        elif other.transport.can_write_eof():
            other.transport.write_eof()
        else:
            other.close()  # TLS cannot end one direction only

    def close_if_quiet(self) -> None:
        """End the connection if it stands between exchanges and nothing has moved since the last call."""
        copy = self.copy
        if copy is not None and copy.between_exchanges and not copy.moved:
            self.client.close()
            self.server.close()
        elif copy is not None:
            copy.moved = False

    def abort(self) -> None:
        """Reset both sides."""
        self.client.abort()
        self.server.abort()

    def _connect(self, alpn: str) -> None:
        self._connecting = asyncio.ensure_future(self._connected(alpn))

    async def _connected(self, alpn: str) -> None:
        try:
            await self._connect_upstream(alpn)
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError
            self._tell(Kind.REFUSED)
            self.client.abort()

    async def _connect_upstream(self, alpn: str) -> None:
        await self.way.upstream.connect(lambda: self.server, alpn, self._origin, self.client.transport)

    def _tell(self, kind: Kind) -> None:
        if self.copy is not None:
            self.copy.event(kind)

    def _finish(self) -> None:
        if self.copy is not None:
            self.copy.close()
            self.copy = None
        self._forwarder.finished(self)


class End(asyncio.Protocol):
    """One side of a splice."""

    __slots__ = ("_early", "copy", "done", "ended", "eof", "other", "reset", "splice", "transport")

    other: End
    copy: Callable[[bytes], None]

    def __init__(self, splice: Splice, eof: Kind, reset: Kind) -> None:
        self.splice = splice
        self.eof = eof
        self.reset = reset
        self.transport: asyncio.Transport | None = None
        self.ended = False
        """This side has sent its last byte."""
        self.done = False
        """This side is gone."""
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The side stands."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self.splice.opened(self, self.transport)

    def data_received(self, data: bytes) -> None:
        """Bytes: over to the other side, then to the tap."""
        other = self.other.transport
        if other is not None:
            other.write(data)
        else:
            self._early.append(data)
            self.pause()
            self.splice.early(data)
        self.copy(data)

    def eof_received(self) -> bool:
        """The side has ended its direction; True keeps the other open, where there can be one without it."""
        self.ended = True
        self.splice.ended(self)
        return self.transport is not None and self.transport.can_write_eof()

    def pause_writing(self) -> None:
        """The side takes no more for now, so the other is not read."""
        self.other.pause()

    def resume_writing(self) -> None:
        """The side has room again."""
        self.other.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """The side is gone, in good order (None) or not."""
        self.done = True
        self.splice.closed(self, exc)

    def release(self) -> None:
        """The other side stands now: send it what came before, and read on."""
        other = self.other.transport
        if other is None:
            return
        for data in self._early:
            other.write(data)
        self._early.clear()
        if self.ended and other.can_write_eof():
            other.write_eof()
        self.resume()

    def pause(self) -> None:
        """Read no more for now."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def close(self) -> None:
        """End this side after what is still to be written."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Reset this side, unless it is gone already."""
        if self.transport is not None and not self.done:
            reset(self.transport)


class _Rejected(asyncio.Protocol):
    """A connection beyond the limit: reset at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        reset(cast("asyncio.Transport", transport))


async def _greet(protocol: asyncio.Protocol, client: socket.socket) -> None:
    if not isinstance(protocol, End):
        lose(client)
        raise ConnectionResetError  # it is one too many
    await protocol.splice.greet(client)


def reset(transport: asyncio.Transport) -> None:
    """Close with RST, where the socket has such a thing."""
    handle = transport.get_extra_info("socket")
    if handle is not None:
        lose(handle)
    transport.abort()


def lose(handle: socket.socket) -> None:
    """Let closing it send RST, where it has such a thing."""
    if handle.family != socket.AF_UNIX:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)


def enable_keep_alive(transport: asyncio.Transport) -> None:
    """Let the kernel notice a peer that vanished: the ends no longer probe each other, but us."""
    handle = transport.get_extra_info("socket")
    if handle is not None:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
