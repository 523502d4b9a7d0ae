"""TCP streams put together again from captured segments, each connection fed to a decoder (RFC 9293).

Segments may come out of order, twice and overlapping; of bytes that were seen twice the first count. Bytes
that are missing end the reading of their connection: what would follow cannot be told apart safely.
Everything is bounded: segments that wait for one before them, connections, and how long one may be silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Limits, Origin
from proxy.mirror.conversation import REQUEST, Conversation
from proxy.mirror.packets import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.mirror.conversation import Lost
    from proxy.mirror.packets import Segment
    from proxy.raw import RawRecord
    from store.records import Lane

WAITING_BYTES = 1 << 20
"""Of segments that wait for one before them, on one side of a connection: four times the largest window that
is common. More means that it was not captured."""
CONNECTIONS = 20_000
SILENT_NS = 600 * 10**9
"""A connection on which nothing was seen for so long is over: its end was not captured."""

_MODULUS = 1 << 32


class Reassembler:
    """All connections of one capture.

    Args:
        producer: whose traffic this is; `""` takes the host of each exchange.
        source: the capture, as observations name it.
        lane: as observations name it.
        body_bytes: kept of each body.
    """

    def __init__(self, producer: str, source: str, lane: Lane, body_bytes: int) -> None:
        self._producer = producer
        self._source = source
        self._lane = lane
        self._limits = Limits(body_bytes=body_bytes)
        self._connections: dict[frozenset[tuple[str, int]], _Connection] = {}
        self._look_at = 0

    def feed(self, segment: Segment, at: int) -> Iterator[RawRecord | Lost]:
        """What a segment completes. `at` is Unix ns; segments come in the order captured."""
        key = frozenset((segment.source, segment.destination))
        connection = self._connections.get(key)
        if segment.flags & SYN and not segment.flags & ACK and connection is not None:
            if connection.is_start(segment):
                return  # the same SYN once more
            yield from self._drop(key)  # the ports are used again
            connection = None
        if connection is None:
            connection = self._begin(key, segment, at)
            if connection is None:
                return
        yield from connection.take(segment, at)
        if connection.over:
            yield from self._drop(key)
        if at > self._look_at:
            self._look_at = at + SILENT_NS // 10
            yield from self._forget(at)

    def end(self) -> Iterator[RawRecord | Lost]:
        """The capture ends."""
        for key in list(self._connections):
            yield from self._drop(key)

    def _begin(self, key: frozenset[tuple[str, int]], segment: Segment, at: int) -> _Connection | None:
        started = bool(segment.flags & SYN)
        if started and segment.flags & ACK:
            return None  # the client's SYN was not captured: its request will show who it is
        if not started and not REQUEST.match(segment.data):
            return None
        if len(self._connections) >= CONNECTIONS:
            return None
        client, server = segment.source, segment.destination
        name = f"{client[0]}:{client[1]}-{server[0]}:{server[1]}-{segment.seq}-{at}"
        origin = Origin(
            producer=self._producer, source=self._source, connection=name, peer=client[0], lane=self._lane
        )
        connection = _Connection(origin, self._limits, client, segment.seq)
        if not started:
            connection.join(segment)
        self._connections[key] = connection
        return connection

    def _forget(self, now: int) -> Iterator[RawRecord | Lost]:
        for key, connection in list(self._connections.items()):
            if connection.seen_at < now - SILENT_NS:
                yield from self._drop(key)

    def _drop(self, key: frozenset[tuple[str, int]]) -> Iterator[RawRecord | Lost]:
        yield from self._connections.pop(key).end()


class _Connection:
    """One connection, its two directions and what is said on it."""

    def __init__(self, origin: Origin, limits: Limits, client: tuple[str, int], first: int) -> None:
        self.over = False
        self.seen_at = 0
        self._client = client
        self._first = first
        self._said = Conversation(origin, limits)
        self._sides = {True: _Side(), False: _Side()}

    def is_start(self, segment: Segment) -> bool:
        """Whether it is this connection's own SYN."""
        return segment.source == self._client and segment.seq == self._first

    def join(self, segment: Segment) -> None:
        """Begin with a client's segment in the middle of the connection."""
        self._sides[True].following = segment.seq
        self._sides[False].following = segment.ack

    def take(self, segment: Segment, at: int) -> Iterator[RawRecord]:
        """What a segment completes."""
        self.seen_at = at
        client = segment.source == self._client
        side = self._sides[client]
        if segment.flags & RST:
            self.over = True
            yield from self._said.reset(at, client=client)
            return
        for data in side.take(segment):
            yield from self._said.data(data, at, client=client)
        at_the_end = side.ends and any(one.waits for one in self._sides.values())
        if side.missing or at_the_end:
            self._said.give_up("packets are missing")
        if side.ends:
            side.ends = False
            side.ended = True
            yield from self._said.eof(at, client=client)
        self.over = all(one.ended for one in self._sides.values())

    def end(self) -> Iterator[Lost]:
        """What came to nothing."""
        yield from self._said.end()


class _Side:
    """One direction: what came, in the order sent."""

    def __init__(self) -> None:
        self.following: int | None = None
        """The sequence number of the next byte."""
        self.missing = False
        self.ends = False
        self.ended = False
        self._waiting: dict[int, bytes] = {}
        self._end: int | None = None

    @property
    def waits(self) -> bool:
        """Segments are here whose predecessors are not."""
        return bool(self._waiting)

    def take(self, segment: Segment) -> Iterator[bytes]:
        """The bytes that are next, if the segment has or frees them."""
        seq = segment.seq
        if segment.flags & SYN:
            seq = (seq + 1) % _MODULUS
            if self.following is None:
                self.following = seq
        if self.following is None:
            self.following = seq  # of a direction whose start was not captured
        if segment.flags & FIN and self._end is None:
            self._end = (seq + len(segment.data)) % _MODULUS
        if segment.data:
            kept = self._waiting.get(seq, b"")
            if len(segment.data) > len(kept):
                self._waiting[seq] = segment.data
            yield from self._ready()
        if self._end is not None and self.following == self._end and not self.ended:
            self.ends = True

    def _ready(self) -> Iterator[bytes]:
        while self._waiting:
            following = self.following or 0
            seq = min(self._waiting, key=lambda one: _distance(one, following))
            seen = -_distance(seq, following)
            if seen < 0:
                break
            fresh = self._waiting.pop(seq)[seen:]
            if fresh:
                self.following = (following + len(fresh)) % _MODULUS
                yield fresh
        if sum(map(len, self._waiting.values())) > WAITING_BYTES:
            self.missing = True
            self._waiting.clear()


def _distance(seq: int, following: int) -> int:
    """How far ahead a sequence number is, negative where it is behind (RFC 9293 section 3.4)."""
    return (seq - following + _MODULUS // 2) % _MODULUS - _MODULUS // 2
