"""The tap: copies of what is forwarded, handed to the decoder through a bounded queue.

The queue is the write buffer of one Unix stream socket per worker; the decoder connects to it, and connects
again after a crash. Where the queue has no room the copy is dropped and counted; the traffic never waits.

Loss is made to fall on whole exchanges. For that the tap counts, per connection and without parsing, the
requests that began and the responses that followed (`Copy`). A connection where both are equal stands between
exchanges, and only there does copying stop (queue above its high-water mark) or start again (room, and the
client's bytes begin a request). Only above the hard limit is an exchange cut in its middle. Before anything
is copied again a `GAP` frame says so. HTTP/2 is copied from its first byte or not at all.

The count is a guess by byte pattern. A body that holds a raw request line makes it wrong, and then the
connection is not copied again after a gap. A response can only be taken for another's where requests were
pipelined unseen, within a gap, and a read in the middle of a body began like a status line.
"""

from __future__ import annotations

import asyncio
import secrets
from bisect import bisect_left
from contextlib import suppress
from struct import Struct
from time import monotonic_ns, time_ns
from typing import TYPE_CHECKING, cast

from proxy.counters import ADDED_BOUNDS_NS, Counter, Gauge
from proxy.splice.frames import HEADER, PAYLOAD_LIMIT_BYTES, Kind, Opening
from proxy.splice.streams import PREFACE, Streams
from proxy.splice.whole import WholeCopy

if TYPE_CHECKING:
    from proxy.counters import Counters, Row
    from proxy.splice.settings import Settings

BATCH_BYTES = 256 * 1024
BATCH_S = 0.002
"""Copies are joined to one write, until they are so many or so old: the decoder wakes up less often."""

SAMPLE_EVERY = 64
"""Of so many reads one is measured."""

MUTE = Struct("=QQ")
"""What the decoder writes back: a connection of which it wants no more copies, and the loss counter under
which the requests that still come are to be counted (0: none, the connection left HTTP by agreement)."""

EVENTS_ONLY = 2**64 - 1
"""In the place of the counter: no more bytes are wanted, but how the connection ends is."""

ALL = 0
"""In the place of a connection: nothing new is to be copied, until a MUTE of `ALL` with 0 lifts it."""

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
        self.paused = 0
        """The loss counter of what is not copied because the decoder asked for a pause; 0: it did not."""
        self._path = settings.tap_path(worker)
        self._lanes = settings.lanes
        self._rows = [counters.forwarder(worker, lane) for lane in range(len(settings.lanes))]
        self._counters = counters
        self._worker = worker
        self._hard_bytes = settings.queue_bytes
        self._gauges = counters.worker_gauges(worker)
        self._control = counters.control
        self._added = counters.added(worker)
        self._until_sample = SAMPLE_EVERY
        self._nonce = secrets.token_hex(6).encode()
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._copies: dict[int, Copy | WholeCopy] = {}
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

    def copy(self, lane: int, peer: str, *, scheme: str = "http", certificate: str = "") -> Copy | WholeCopy:
        """The copy of a connection that has just been accepted; what is known of it is as in `Opening`."""
        self._last_id += 1
        opening = Opening(peer, scheme, certificate).packed()
        kind = Copy if self._lanes[lane].protocol == "http" else WholeCopy
        copy = self._copies[self._last_id] = kind(self, self._last_id, lane, opening, self._rows[lane])
        return copy

    @property
    def busy(self) -> bool:
        """What cannot be taken now may be taken a little later: no decoder is there, or the queue is full."""
        return self.link is None or (self.full and not self.paused)

    def record(self, lane: int, packed: bytes, requests: int) -> bool:
        """Hand over a record that a lane made itself (`Kind.RECORD`); False: it was lost, and counted.

        Args:
            lane: its index.
            packed: the record.
            requests: 1 for an exchange, 0 for a message.
        """
        row = self._rows[lane]
        row[_REQUESTS] += requests
        reason = 0
        if self.link is None:
            reason = int(Counter.DECODER_DOWN)
        elif self.full or self.paused:
            reason = self.paused or int(Counter.QUEUE_FULL)
        elif len(packed) > PAYLOAD_LIMIT_BYTES:
            reason = int(Counter.TOO_LARGE)
        if reason:
            row[reason] += requests
            return False
        row[_COPIED] += requests
        self.send(0, lane, Kind.RECORD, packed, requests)
        return True

    def malformed(self, lane: int) -> None:
        """A connection did not begin as the lane demands."""
        self._rows[lane][Counter.CONNECTIONS] += 1
        self._rows[lane][Counter.MALFORMED] += 1

    def refused(self, lane: int) -> None:
        """The upstream cannot be had for a connection, and no byte of the client's has been seen."""
        self._rows[lane][Counter.CONNECTIONS] += 1
        self._rows[lane][Counter.REFUSED] += 1

    def rejected(self, lane: int) -> None:
        """A connection was one too many."""
        self._rows[lane][Counter.REJECTED] += 1

    def forget(self, identifier: int) -> None:
        """The connection has ended."""
        self._copies.pop(identifier, None)

    def send(self, connection: int, lane: int, kind: int, payload: bytes = b"", requests: int = 0) -> None:
        """Queue a frame. Needs a link."""
        batch = self._batch
        if not batch:
            self._timer = self._loop.call_later(BATCH_S, self._flush)
        now = monotonic_ns()
        batch.append(_PACK(connection, now, time_ns(), len(payload), lane, kind, requests))
        batch.append(payload)
        self._batch_bytes += len(payload)
        if self._batch_bytes > BATCH_BYTES:
            self._flush()
        self._until_sample -= 1
        if not self._until_sample:
            self._until_sample = SAMPLE_EVERY
            self._loop.call_soon(self._measure, now)

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
        self.paused = int(Counter.PAUSED) if self._control[Gauge.PAUSED] else 0
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
            return  # the decoder counts what it does not get done; where it is killed, who ends it does
        for lane, row in enumerate(self._rows):
            row[Counter.DECODER_DIED] += self._counters.unsettled(self._worker, lane)
            row[Counter.GIVEN_UP] = row[_COPIED]

    def mute(self, connection: int, reason: int) -> None:
        """The decoder wants no more of a connection; of no connection at all (`ALL`), until it says 0."""
        if connection == ALL:
            self.paused = reason
            return
        copy = self._copies.get(connection)
        if copy is not None:
            copy.mute(reason)

    def _measure(self, since_ns: int) -> None:
        """How long bytes stayed in this process: from their read until the loop has written them."""
        added_ns = monotonic_ns() - since_ns
        self._added[bisect_left(ADDED_BOUNDS_NS, added_ns)] += 1
        self._gauges[Gauge.ADDED_NS] += added_ns

    def _flush(self) -> None:
        if self._batch and self.link is not None:
            if self._timer is not None:
                self._timer.cancel()
            data = b"".join(self._batch)
            self._batch.clear()
            self._batch_bytes = 0
            self.link.write(data)
            self._gauges[Gauge.QUEUE_BYTES] = self.link.get_write_buffer_size()


class Copy:
    """One connection as the tap sees it: requests begun, requests answered, and whether it is copied.

    In HTTP/1.1 a request is a line that ends in its version and CRLF; an answer is a read that starts with
    a status line, 1xx not counted. An answer too many means that a request was missed (its line fell on the
    edge of a read), and heals it. In HTTP/2 frames tell (`Streams`).
    """

    __slots__ = (
        "_answered",
        "_asked",
        "_copying",
        "_id",
        "_lane",
        "_link",
        "_muted",
        "_opening",
        "_row",
        "_streams",
        "_tap",
        "_told",
        "moved",
    )

    def __init__(self, tap: Tap, identifier: int, lane: int, opening: bytes, row: Row) -> None:
        self._tap = tap
        self._id = identifier
        self._lane = lane
        self._opening = opening
        self._row = row
        self._asked = 0
        self._answered = 0
        self._copying = False
        self._link: asyncio.Transport | None = None
        """The link that this connection was announced on."""
        self._muted: int | None = None
        self._told = False
        """Not copied, but its events are told."""
        self._streams: Streams | None = None
        """Where the connection speaks HTTP/2: counts for us."""
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
        if self._streams is not None or (not self._asked and data.startswith(PREFACE)):
            requests = self._client_streams(data)
        else:
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
        if self._streams is not None:
            self._answered += self._streams.server(data)
        elif data.startswith(b"HTTP/1.") and data[9:10] != b"1":
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
        if (self._copying or self._told) and self._link is self._tap.link:
            self._tap.send(self._id, self._lane, kind)

    def close(self) -> None:
        """The connection has ended, on both sides."""
        tap = self._tap
        if tap.link is not None and self._link is tap.link:
            tap.send(self._id, self._lane, Kind.CLOSE)
        tap.forget(self._id)

    def mute(self, reason: int) -> None:
        """Copy no more; count what still comes under `reason`, or not at all where that is 0."""
        if reason == EVENTS_ONLY:
            self._told = True
            reason = 0
        self._muted = reason
        self._copying = False

    def _client_streams(self, data: bytes) -> int:
        """HTTP/2: requests that begin.

        Header compression needs every byte from the first on. So copying begins with the connection or never,
        is stopped only where it must be, and then for good.
        """
        tap = self._tap
        if self._streams is None:
            self._streams = Streams()
            if tap.link is not None and not tap.full and not tap.paused:
                self._announce()
        elif self._copying:
            self._cut_if_overfull()
            if tap.paused and self._copying:
                self._cut(tap.paused)
        requests, given_up = self._streams.client(data)
        self._answered += given_up
        return requests

    def _turn(self, requests: int) -> None:
        """Between exchanges: decide whether what begins now is copied."""
        tap = self._tap
        wanted = tap.link is not None and not tap.full and not tap.paused and self._muted is None
        if self._copying and self._link is tap.link:
            if not wanted:
                self._copying = False
                if not requests:  # more of a body whose answer came early
                    self._row[tap.paused or Counter.QUEUE_FULL] += 1
        elif wanted and (requests or not self._asked):
            self._announce()
        else:
            self._copying = False

    def _announce(self) -> None:
        """Start copying, on this link for the first time or after a gap."""
        tap = self._tap
        if self._link is not tap.link:
            self._link = tap.link
            tap.send(self._id, self._lane, Kind.OPEN, self._opening)
        if self._asked:
            tap.send(self._id, self._lane, Kind.GAP, COUNT.pack(self._asked))
        self._copying = True

    def _cut_if_overfull(self) -> None:
        """Within an exchange: stop copying only where nothing more fits, or the decoder has gone."""
        tap = self._tap
        if self._link is not tap.link:  # what was lost with the link is counted there
            self._copying = False
        elif tap.overfull:
            self._cut(Counter.QUEUE_FULL)

    def _cut(self, reason: int) -> None:
        """Copy no more, whatever is under way."""
        self._copying = False
        under_way = self._asked - self._answered
        self._row[reason] += under_way if self._streams is not None else max(1, under_way)
        self._tap.send(self._id, self._lane, Kind.GAP, COUNT.pack(self._asked))

    def _lose(self, requests: int) -> None:
        if self._muted is not None:
            reason = self._muted
        elif self._tap.link is None:
            reason = Counter.DECODER_DOWN
        elif self._tap.paused:
            reason = self._tap.paused
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
