"""Frames of AMQP 0-9-1 (specification section 4.2): one direction of a connection, cut from its bytes.

What stands in methods and content headers is pamqp's business. It has one exception for "incomplete" and for
"corrupt", so frames are cut here, by their seven bytes. Bodies are not put together: their pieces are given
as they come.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from pamqp import commands, header

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8

Frame = tuple[int, int, Any]
"""Its kind, its channel, and a method as pamqp has it, a `ContentHead`, or a `BodyPiece`."""

_HEAD = Struct(">BHI")
_INDEX = Struct(">I")
_BODY_SIZE = Struct(">4xQ")
_AROUND = _HEAD.size + 1
"""Bytes of a frame that are not its payload."""
_END = 0xCE


class ContentHead(NamedTuple):
    """A content header. Where its properties are not `readable`, those before the first bad one are there."""

    body_size: int
    properties: Any
    readable: bool
    wire_bytes: int


class BodyPiece(NamedTuple):
    """A piece of a body, and how much more of it comes in the same frame."""

    data: bytes
    to_come: int


class FrameReader:
    """One direction.

    Args:
        head_bytes: the longest method or content header that is read.
    """

    def __init__(self, head_bytes: int) -> None:
        self._head_bytes = head_bytes
        self._rest = bytearray()
        """The beginning of a frame."""
        self._needed = 0
        """How long that has to be to get any further."""
        self._channel = 0
        self._left = 0
        """To come of a body's frame under way, with its end mark; 0: none is."""

    @property
    def held_bytes(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._rest)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end in `data`, but heartbeats, and the pieces of bodies in it.

        Raises:
            Opaque: the bytes are no frames, or one is too large.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return
            data = bytes(self._rest)
            self._rest.clear()
        at, end = 0, len(data)
        while at < end:
            if self._left:
                piece = data[at : at + self._left - 1]
                if piece:
                    self._left -= len(piece)
                    at += len(piece)
                    yield BODY, self._channel, BodyPiece(piece, self._left - 1)
                else:
                    _check_end(data[at])
                    self._left = 0
                    at += 1
                continue
            kind, channel, size = self._begun(data, at)
            if kind == BODY:
                self._channel, self._left = channel, size + 1
                at += _HEAD.size
                continue
            if end - at < self._needed:
                self._rest += data[at:]
                return
            at += self._needed
            _check_end(data[at - 1])
            if kind != HEARTBEAT:
                yield kind, channel, _READERS[kind](data[at - size - 1 : at - 1])

    def _begun(self, data: bytes, at: int) -> tuple[int, int, int]:
        """The kind, channel and size of the frame that begins there, and how many bytes it needs."""
        self._needed = _HEAD.size
        if len(data) - at < _HEAD.size:
            return 0, 0, 0
        kind, channel, size = _HEAD.unpack_from(data, at)
        if kind != BODY:
            if kind != HEARTBEAT and kind not in _READERS:
                raise malformed()
            if size > self._head_bytes:
                raise Opaque(Reason.TOO_LARGE, 1)
            self._needed = size + _AROUND
        return kind, channel, size


def malformed() -> Opaque:
    """The stream breaks the specification."""
    return Opaque(Reason.MALFORMED, 1)


def _check_end(mark: int) -> None:
    if mark != _END:
        raise malformed()


def _read_method(payload: bytes) -> Any:
    try:
        method = commands.INDEX_MAPPING[_INDEX.unpack_from(payload)[0]]()
        method.unmarshal(payload[_INDEX.size :])
    except Exception:  # noqa: BLE001 - pamqp raises what its tables, struct and codecs happen to raise
        raise malformed() from None
    return method


def _read_content_head(payload: bytes) -> ContentHead:
    """Publishers set properties as they like (a time in nanoseconds, Latin-1), and brokers let them.

    So a bad property costs the rest of them, not the connection: the size of the body stands before them.
    """
    if len(payload) < _BODY_SIZE.size:
        raise malformed()
    head = header.ContentHeader()
    readable = True
    try:
        head.unmarshal(payload)
    except Exception:  # noqa: BLE001 - as above
        readable = False
    return ContentHead(_BODY_SIZE.unpack_from(payload)[0], head.properties, readable, len(payload))


_READERS = {METHOD: _read_method, HEADER: _read_content_head}
