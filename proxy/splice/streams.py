"""How many requests begin and end on an HTTP/2 connection, told from the frames' headers alone (RFC 9113).

The tap needs no more than that, and gets it without HPACK: nine bytes a frame are looked at, the payloads are
stepped over. On a connection that breaks the protocol the counts are worth nothing, and do no harm.
"""

from __future__ import annotations

from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

_HEADER = Struct("!HBBBL")
"""Length (in two parts), type, flags, stream."""
_HEADER_BYTES = _HEADER.size
_DATA, _HEADERS, _RST_STREAM = 0, 1, 3
_END_STREAM = 0x1
OPEN_LIMIT = 1024
"""Streams that are remembered as open; servers allow 100 to 250 at a time."""


class Streams:
    """One connection, from its preface on."""

    __slots__ = ("_client", "_last", "_open", "_server")

    def __init__(self) -> None:
        self._client = _Walk(len(PREFACE))
        self._server = _Walk(0)
        self._open: set[int] = set()
        self._last = 0

    def client(self, data: bytes) -> tuple[int, int]:
        """Requests that begin in what the client sent, and those that it gave up."""
        begun = ended = 0
        for kind, _, stream in self._client.headers(data):
            if kind == _HEADERS and stream > self._last and stream & 1:
                self._last = stream
                begun += 1
                if len(self._open) < OPEN_LIMIT:
                    self._open.add(stream)
            elif kind == _RST_STREAM and stream in self._open:
                self._open.discard(stream)
                ended += 1
        return begun, ended

    def server(self, data: bytes) -> int:
        """Requests whose answer ends in what the server sent."""
        ended = 0
        for kind, flags, stream in self._server.headers(data):
            end = kind == _RST_STREAM or (kind in {_DATA, _HEADERS} and flags & _END_STREAM)
            if end and stream in self._open:
                self._open.discard(stream)
                ended += 1
        return ended


class _Walk:
    """From frame to frame of one direction, in reads of any size."""

    __slots__ = ("_rest", "_skip")

    def __init__(self, skip: int) -> None:
        self._skip = skip
        """Bytes until the next frame's header."""
        self._rest = b""

    def headers(self, data: bytes) -> list[tuple[int, int, int]]:
        """Type, flags and stream of each frame whose header is complete with `data`."""
        found = []
        if self._rest:
            data = self._rest + data
            self._rest = b""
        at, size = self._skip, len(data)
        while at + _HEADER_BYTES <= size:
            high, low, kind, flags, stream = _HEADER.unpack_from(data, at)
            found.append((kind, flags, stream & 0x7FFFFFFF))
            at += _HEADER_BYTES + (high << 8 | low)
        if at < size:
            self._rest = data[at:]
            self._skip = 0
        else:
            self._skip = at - size
        return found
