"""The tap's wire format: what a forwarder tells the decoder about its connections, as length-prefixed frames.

Sans-io: the tap packs `HEADER` and appends the payload, `FrameReader` takes bytes in pieces of any size and
gives frames back. Both ends are the same version of the same program on one machine, so there is no
negotiation; a stream that is not ours is an error at the first header.

    connection u64 | monotonic_ns u64 | wall_ns u64 | size u32 | lane u8 | kind u8 | requests u16 | payload
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct as Packing
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = Packing("=QQQIBBH")
PAYLOAD_LIMIT_BYTES = 16 * 1024 * 1024
"""Far above what one read of a socket gives (256 KiB under uvloop): a longer frame means a broken stream."""


class Kind(IntEnum):
    """What a frame says."""

    HELLO = 1
    """First frame of a link. `connection` is how many requests this worker had copied before."""
    OPEN = 2
    """A client connected; the payload is an `Opening`."""
    REFUSED = 3
    """The upstream could not be reached; the client is cut off."""
    CLIENT_DATA = 4
    SERVER_DATA = 5
    CLIENT_EOF = 6
    SERVER_EOF = 7
    CLIENT_RESET = 8
    SERVER_RESET = 9
    CLOSE = 10
    """Nothing more comes from this connection."""
    GAP = 11
    """Something was not copied. What follows, if anything, begins a request while no other is unanswered."""
    RECORD = 12
    """A record that a lane made itself, pickled: both ends are ours, and nobody else may open the socket."""


class Frame(NamedTuple):
    """One thing that happened on one connection.

    `monotonic_ns` measures lengths of time, `wall_ns` is Unix time. `lane` is the listener's index in the
    settings. `requests` says how many requests seem to begin in the payload, as the tap counts them
    (`tap.Copy`).
    """

    connection: int
    monotonic_ns: int
    wall_ns: int
    lane: int
    kind: int
    requests: int
    payload: bytes


class Opening(Struct, frozen=True, array_like=True):
    """What is known of a client when it has connected.

    Its address, what it spoke to us (`http`, or `https` where its TLS ended here), and whom its certificate
    names.
    """

    peer: str
    scheme: str = "http"
    certificate: str = ""

    def packed(self) -> bytes:
        """As the payload of an OPEN frame."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def unpacked(cls, payload: bytes) -> Opening:
        """From the payload of an OPEN frame."""
        return msgspec.msgpack.decode(payload, type=cls)


class FrameError(Exception):
    """The bytes are not frames."""


class FrameReader:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes | memoryview) -> Iterator[Frame]:
        """The frames that are complete with `data`; what is left over is kept for the next call.

        Raises:
            FrameError: a header that no tap writes.
        """
        buffer = b"".join((self._rest, data))
        self._rest = b""
        offset, end, header = 0, len(buffer), HEADER.size
        while end - offset >= header:
            connection, monotonic_ns, wall_ns, size, lane, kind, requests = HEADER.unpack_from(buffer, offset)
            if size > PAYLOAD_LIMIT_BYTES or not Kind.HELLO <= kind <= Kind.RECORD:
                raise FrameError(f"not a frame header: kind {kind}, {size} bytes")
            after = offset + header + size
            if after > end:
                break
            payload = buffer[offset + header : after]
            yield Frame(connection, monotonic_ns, wall_ns, lane, kind, requests, payload)
            offset = after
        self._rest = buffer[offset:]
