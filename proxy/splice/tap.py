"""The tap: copies of what is forwarded, handed to the decoder through a bounded queue.

The queue is the write buffer of one Unix stream socket per worker; the decoder connects to it, and connects
again after a crash. Where the queue has no room the copy is dropped and counted; the traffic never waits.

Loss is made to fall on whole exchanges. For that the tap counts, per connection and without parsing, the
requests that began and the responses that followed (`Copy`). A connection where both are equal stands between
exchanges, and only there does copying stop (queue above its high-water mark) or start again (room, and the
client's bytes begin a request). Only above the hard limit is an exchange cut in its middle. Before anything
is copied again a `GAP` frame says so.

The count is a guess by byte pattern. A body that holds a raw request line makes it wrong, and then the
connection is not copied again after a gap. A response can only be taken for another's where requests were
pipelined unseen, within a gap, and a read in the middle of a body began like a status line.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from struct import Struct
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, cast

from proxy.counters import Counter
from proxy.splice.frames import HEADER, Kind

if TYPE_CHECKING:
    from proxy.counters import Counters, Row
    from proxy.splice.settings import Settings

BATCH_BYTES = 256 * 1024
BATCH_S = 0.002
"""Copies are joined to one write, until they are so many or so old: the decoder wakes up less often."""

MUTE = Struct("=QQ")
"""What the decoder writes back: a connection of which it wants no more copies, and the loss counter under
which the requests that still come are to be counted (0: none, the connection left HTTP by agreement)."""

COUNT = Struct("=Q")
"""Payload of a GAP: requests that began on the connection so far."""

_REQUESTS, _COPIED = int(Counter.REQUESTS), int(Counter.COPIED)
_CLIENT_DATA, _SERVER_DATA = int(Kind.CLIENT_DATA), int(Kind.SERVER_DATA)
_PACK = HEADER.pack


class Tap:
    """One worker's end of the hand-over."""

    def __init__(self, settings: Settings, counters: Counters, worker: int) -> None:
        self.link: asyncio.Transport | None = None
        self.full = False
        """Above the high-water mark: no new exchange is copied."""
        self._path = settings.tap_path(worker)
        self._rows = [counters.forwarder(worker, lane) for lane in range(len(settings.lanes))]
        self._settled = [counters.decoder(worker, lane) for lane in range(len(settings.lanes))]
        self._hard_bytes = settings.queue_bytes
        self._nonce = secrets.token_hex(6).encode()
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._copies: dict[int, Copy] = {}
        self._last_id = 0
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.AbstractServer | None = None
        self._closing = False
        self._linked = asyncio.Event()
        self._unlinked = asyncio.Event()
        self._unlinked.set()

    async def listen(self) -> None:
        """Let the decoder connect."""
        self._server = await self._loop.create_unix_server(lambda: _Link(self), str(self._path))

    async def wait_for_decoder(self, within_s: float) -> None:
        """Until one has connected, for as long as that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._linked.wait(), within_s)

    async def close(self, within_s: float) -> None:
        """Hand over what is queued, for as long as that, and end."""
        self._closing = True
        self._flush()
        if self._server is not None:
            self._server.close()
        if self.link is not None:
            self.link.close()
            try:
                await asyncio.wait_for(self._unlinked.wait(), within_s)
            except TimeoutError:
                self.link.abort()

    def copy(self, lane: int, peer: str) -> Copy:
        """The copy of a connection that has just been accepted."""
        self._last_id += 1
        copy = self._copies[self._last_id] = Copy(self, self._last_id, lane, peer.encode(), self._rows[lane])
        return copy

    def forget(self, identifier: int) -> None:
        """The connection has ended."""
        self._copies.pop(identifier, None)

    def send(self, connection: int, lane: int, kind: int, payload: bytes = b"", requests: int = 0) -> None:
        """Queue a frame. Needs a link."""
        batch = self._batch
        if not batch:
            self._timer = self._loop.call_later(BATCH_S, self._flush)
        batch.append(_PACK(connection, monotonic_ns(), time_ns(), len(payload), lane, kind, requests))
        batch.append(payload)
        self._batch_bytes += len(payload)
        if self._batch_bytes > BATCH_BYTES:
            self._flush()

    @property
    def overfull(self) -> bool:
        """Above the hard limit: nothing more fits."""
        return self.full and self.link is not None and self.link.get_write_buffer_size() > self._hard_bytes

    def linked(self, link: asyncio.Transport) -> None:
        """A decoder has connected; a former one that is still there is taken for dead."""
        if self.link is not None:
            former = self.link
            self.unlinked(former)
            former.abort()
        self.link = link
        self.full = False
        self._linked.set()
        self._unlinked.clear()
        high = self._hard_bytes * 3 // 4
        link.set_write_buffer_limits(high=high, low=high * 15 // 16)
        for lane, row in enumerate(self._rows):
            self.send(row[_COPIED], lane, Kind.HELLO, self._nonce)

    def unlinked(self, link: asyncio.Transport) -> None:
        """A decoder has gone, and with it everything that it had not stored."""
        if link is not self.link:
            return
        self.link = None
        self._batch.clear()
        self._batch_bytes = 0
        self._linked.clear()
        self._unlinked.set()
        if self._closing:
            return  # the decoder counts what it does not get done
        for row, settled in zip(self._rows, self._settled, strict=True):
            row[Counter.DECODER_DIED] += max(0, row[_COPIED] - settled[Counter.SETTLED])

    def mute(self, connection: int, reason: int) -> None:
        """The decoder wants no more of a connection."""
        copy = self._copies.get(connection)
        if copy is not None:
            copy.mute(reason)

    def _flush(self) -> None:
        if self._batch and self.link is not None:
            if self._timer is not None:
                self._timer.cancel()
            data = b"".join(self._batch)
            self._batch.clear()
            self._batch_bytes = 0
            self.link.write(data)


class Copy:
    """One connection as the tap sees it: requests begun, requests answered, and whether it is copied.

    A request is a line that ends in its version and CRLF; an answer is a read that starts with a status line,
    1xx not counted. An answer too many means that a request was missed (its line fell on the edge of a read),
    and heals it.
    """

    __slots__ = (
        "_answered",
        "_asked",
        "_copying",
        "_id",
        "_lane",
        "_link",
        "_muted",
        "_peer",
        "_row",
        "_tap",
        "moved",
    )

    def __init__(self, tap: Tap, identifier: int, lane: int, peer: bytes, row: Row) -> None:
        self._tap = tap
        self._id = identifier
        self._lane = lane
        self._peer = peer
        self._row = row
        self._asked = 0
        self._answered = 0
        self._copying = False
        self._link: asyncio.Transport | None = None
        """The link that this connection was announced on."""
        self._muted: int | None = None
        self.moved = True
        """Set whenever bytes pass; whoever wants to know whether a connection is quiet clears it."""
        row[Counter.CONNECTIONS] += 1

    @property
    def between_exchanges(self) -> bool:
        """Every request that began has been answered, at least in part."""
        return self._asked == self._answered

    def client(self, data: bytes) -> None:
        """The client sent something."""
        self.moved = True
        requests = data.count(b" HTTP/1.1\r\n") or data.count(b" HTTP/1.0\r\n")
        if self._asked == self._answered:
            self._turn(requests)
        elif self._copying:
            self._cut_if_overfull()
        if requests:
            self._asked += requests
            self._row[_REQUESTS] += requests
            if not self._copying:
                self._lose(requests)
        if self._copying:
            self._row[_COPIED] += requests
            self._tap.send(self._id, self._lane, _CLIENT_DATA, data, requests)

    def server(self, data: bytes) -> None:
        """The server sent something."""
        self.moved = True
        if data.startswith(b"HTTP/1.") and data[9:10] != b"1":
            self._answered += 1
            self._asked = max(self._asked, self._answered)
        if self._copying:
            self._cut_if_overfull()
            if self._copying:
                self._tap.send(self._id, self._lane, _SERVER_DATA, data)

    def event(self, kind: Kind) -> None:
        """An end was closed or reset, or the upstream refused."""
        if kind is Kind.REFUSED:
            self._row[Counter.REFUSED] += 1
        if self._copying and self._link is self._tap.link:
            self._tap.send(self._id, self._lane, kind)

    def close(self) -> None:
        """The connection has ended, on both sides."""
        tap = self._tap
        if tap.link is not None and self._link is tap.link:
            tap.send(self._id, self._lane, Kind.CLOSE)
        tap.forget(self._id)

    def mute(self, reason: int) -> None:
        """Copy no more; count what still comes under `reason`, or not at all where that is 0."""
        self._muted = reason
        self._copying = False

    def _turn(self, requests: int) -> None:
        """Between exchanges: decide whether what begins now is copied."""
        tap = self._tap
        wanted = tap.link is not None and not tap.full and self._muted is None
        if self._copying and self._link is tap.link:
            if not wanted:
                self._copying = False
                if not requests:
                    self._row[Counter.QUEUE_FULL] += 1  # more of a body whose answer came early
        elif wanted and (requests or not self._asked):
            self._announce()
        else:
            self._copying = False

    def _announce(self) -> None:
        """Start copying, on this link for the first time or after a gap."""
        tap = self._tap
        if self._link is not tap.link:
            self._link = tap.link
            tap.send(self._id, self._lane, Kind.OPEN, self._peer)
        if self._asked:
            tap.send(self._id, self._lane, Kind.GAP, COUNT.pack(self._asked))
        self._copying = True

    def _cut_if_overfull(self) -> None:
        """Within an exchange: stop copying only where nothing more fits, or the decoder has gone."""
        tap = self._tap
        if self._link is not tap.link:  # what was lost with the link is counted there
            self._copying = False
        elif tap.overfull:
            self._copying = False
            self._row[Counter.QUEUE_FULL] += max(1, self._asked - self._answered)

    def _lose(self, requests: int) -> None:
        if self._muted is not None:
            reason = self._muted
        elif self._tap.link is None:
            reason = Counter.DECODER_DOWN
        else:
            reason = Counter.QUEUE_FULL if self._tap.full else Counter.UNSYNCHRONISED
        if reason:
            self._row[reason] += requests


class _Link(asyncio.Protocol):
    """The decoder's connection."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._link = cast("asyncio.Transport", transport)
        self._tap.linked(self._link)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % MUTE.size
        for connection, reason in MUTE.iter_unpack(data[:whole]):
            self._tap.mute(connection, reason)
        self._rest = data[whole:]

    def pause_writing(self) -> None:
        self._tap.full = True

    def resume_writing(self) -> None:
        self._tap.full = False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._tap.unlinked(self._link)
