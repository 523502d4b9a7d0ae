"""Kafka's clients are kept on their lane: the addresses that brokers advertise are replaced by local ones.

Clients connect to whatever address a broker names, so that a proxy must change these, and it changes nothing
else: those of Metadata, FindCoordinator and DescribeCluster, and the `NodeEndpoints` of Produce, Fetch,
ShareFetch and ShareAcknowledge (KIP-951). A reply is known by its correlation id, and brokers answer in the
order of the requests. Framing and headers are those of the Kafka protocol guide.
"""

from __future__ import annotations

from collections import OrderedDict
from struct import Struct
from typing import TYPE_CHECKING

from proxy.splice.kafka_layouts import LAYOUTS, is_unknown
from proxy.splice.kafka_reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.splice.kafka_layouts import Layout

NOTED_LIMIT = 16_384
"""Requests remembered; beyond that the oldest are forgotten, and their replies pass. Produce requests that
want no reply (acks=0) are among them until the reply to a later request shows that they got none."""

_SIZE = Struct("!i")
_REQUEST = Struct("!hhi")
"""API key, version and correlation id: how every request begins."""
_CORRELATION = Struct("!i")


class AddressRewriter:
    """One connection.

    Args:
        local: the address to show in place of a broker's node id, host and port.
    """

    def __init__(self, local: Callable[[int, str, int], tuple[str, int]]) -> None:
        self.withheld = 0
        """Replies whose addresses were taken out, as they were too long to have them replaced."""
        self._local = local
        self._unread = 0
        self._noted: OrderedDict[int, Layout | None] = OrderedDict()
        """Requests by correlation id, None where the reply's version is unknown."""
        self._request = _Boundary(_SIZE.size + _REQUEST.size)
        self._response = _Boundary(_SIZE.size + _CORRELATION.size)
        self._reply: Reply | None = None

    @property
    def undecoded(self) -> int:
        """Replies that may name brokers and passed unchanged: of unknown versions, or not to be read.

        A direction that is not Kafka's counts once.
        """
        return self._unread + self._request.lost + self._response.lost

    def client(self, data: bytes) -> None:
        """The client sent bytes."""
        boundary = self._request
        data = boundary.joined(data)
        at = boundary.left
        while (size := boundary.frame(data, at)) is not None:
            if size >= boundary.head:
                self._note(*_REQUEST.unpack_from(data, at + _SIZE.size))
            at += size
        boundary.stop(data, at)

    def server(self, data: bytes) -> bytes:
        """The broker sent bytes; what is to be sent to the client now.

        Besides a reply that is being read, at most the first bytes of a frame are held.
        """
        boundary = self._response
        data = boundary.joined(data)
        pieces: list[bytes] = []
        sent = 0  # so much of `data` is in the pieces, or held by a reply
        at = boundary.left
        if self._reply is not None:
            sent = self._pass(self._reply, data[:at], pieces)
        while (size := boundary.frame(data, at)) is not None:
            reply = self._begun(data, at, size)
            if reply is not None:
                pieces.append(data[sent:at])
                sent = at + self._pass(reply, data[at : at + size], pieces)
            at += size
        boundary.stop(data, at)
        if not pieces and not boundary.start:
            return data
        pieces.append(data[sent : len(data) - len(boundary.start)])
        return b"".join(pieces)

    def server_end(self) -> bytes:
        """The broker sends no more; what was held of a frame that did not become whole."""
        held = self._response.start
        if self._reply is not None:
            held = self._reply.rest()
            self._reply = None
        return held

    def _note(self, key: int, version: int, correlation: int) -> None:
        layout = LAYOUTS.get((key, version))
        if layout is None and not is_unknown(key, version):
            return
        self._noted.pop(correlation, None)
        self._noted[correlation] = layout
        if len(self._noted) > NOTED_LIMIT:
            self._noted.popitem(last=False)

    def _begun(self, data: bytes, at: int, size: int) -> Reply | None:
        """The reply that begins here, if addresses in it are to be replaced."""
        if size < self._response.head or not self._noted:
            return None
        (correlation,) = _CORRELATION.unpack_from(data, at + _SIZE.size)
        if correlation not in self._noted:
            return None
        layout = self._answered(correlation)
        if layout is None:
            self._unread += 1
            return None
        return Reply(size, layout, self._local)

    def _answered(self, correlation: int) -> Layout | None:
        """What was noted of a request; those before it get no reply any more."""
        while True:
            noted, layout = self._noted.popitem(last=False)
            if noted == correlation:
                return layout

    def _pass(self, reply: Reply, piece: bytes, pieces: list[bytes]) -> int:
        """Hand a reply its bytes, and take what it gives; how many it got."""
        pieces.append(reply.feed(piece))
        self._reply = None if reply.done else reply
        if reply.done:
            self._unread += reply.undecoded
            self.withheld += reply.withheld
        return len(piece)


class _Boundary:
    """Where in a stream its frames begin.

    Args:
        head: bytes of a frame, with its length, that must be there before it is dealt with; shorter frames
            (SASL tokens of a version 0 handshake) must be there as a whole.
    """

    def __init__(self, head: int) -> None:
        self.head = head
        self.left = 0
        """Bytes of a frame that are still to come."""
        self.start = b""
        """The beginning of a frame whose head is not whole."""
        self.lost = False
        """What comes has no frames."""

    def joined(self, data: bytes) -> bytes:
        """What is left of the last call, and this."""
        return self.start + data if self.start else data

    def frame(self, data: bytes, at: int) -> int | None:
        """The size of the frame that begins here, with its length; None where that cannot be said yet."""
        if self.lost or len(data) - at < _SIZE.size:
            return None
        size = _SIZE.size + _SIZE.unpack_from(data, at)[0]
        if size < _SIZE.size:
            self.lost = True  # not Kafka, and nothing to hold on to
            return None
        return size if len(data) - at >= min(size, self.head) else None

    def stop(self, data: bytes, at: int) -> None:
        """`data` ends, and the next frame would begin `at`."""
        self.left = max(0, at - len(data))
        self.start = b"" if self.lost else data[at:]
