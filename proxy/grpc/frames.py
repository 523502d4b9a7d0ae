"""Length-prefixed messages: a byte of flags, the length in four bytes, the message ("gRPC over HTTP2").

gRPC-Web has trailers as the last one of them, and may write them all in base64 ("gRPC Web").
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, NamedTuple

from proxy.content import UndecodableError, codings_of, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.records import Headers

_PREFIX_BYTES = 5
_COMPRESSED = 0x01
_TRAILERS = 0x80
_PADDED = re.compile(rb"[^=]+=*")


class Frame(NamedTuple):
    """A message as it was sent, or trailers; `end` is where it ends."""

    compressed: bool
    trailers: bool
    content: bytes
    end: int


class Unframed(NamedTuple):
    """What a body holds: whole messages, unpacked; trailers; and how far it was read.

    `full` is true where there was more than the limit allows.
    """

    messages: tuple[bytes, ...]
    trailers: Headers
    end: int
    full: bool


def unframe(data: bytes, encoding: str, limit: int) -> Unframed:
    """The messages of a body.

    Args:
        data: the body, or its beginning.
        encoding: the value of `grpc-encoding`: what messages are packed with that are.
        limit: bytes of all messages together; what is longer is left out, with all behind it.

    Raises:
        ValueError: it is no sequence of such messages.
        UndecodableError: a message is corrupt, or packed in an unknown way.
    """
    messages: list[bytes] = []
    trailers: Headers = ()
    codings, left, end = codings_of((encoding,)), limit, 0
    for frame in frames(data):
        content = _unpacked(frame.content, codings, left) if frame.compressed else frame.content
        if content is None or len(content) > left:
            return Unframed(tuple(messages), trailers, end, full=True)
        left, end = left - len(content), frame.end
        if frame.trailers:
            trailers += tuple(_fields(content))
        else:
            messages.append(content)
    return Unframed(tuple(messages), trailers, end, full=False)


def frames(data: bytes) -> Iterator[Frame]:
    """The whole ones, in order.

    Raises:
        ValueError: the flags are none that are known.
    """
    start = 0
    while start + _PREFIX_BYTES <= len(data):
        flags = data[start]
        if flags & ~(_COMPRESSED | _TRAILERS):
            raise ValueError(f"flags {flags:#x} at byte {start}")
        begin = start + _PREFIX_BYTES
        end = begin + int.from_bytes(data[start + 1 : begin], "big")
        if end > len(data):
            return
        yield Frame(bool(flags & _COMPRESSED), bool(flags & _TRAILERS), data[begin:end], end)
        start = end


def from_base64(data: bytes) -> bytes:
    """Base64 in pieces, each padded by itself: what is whole of it.

    Raises:
        ValueError: it is none.
    """
    return b"".join(a2b_base64(piece[: len(piece) // 4 * 4]) for piece in _PADDED.findall(data))


def _unpacked(content: bytes, codings: tuple[str, ...], limit: int) -> bytes | None:
    """A message that was packed, None if it is longer than the limit."""
    if not codings:
        raise UndecodableError("packed, and nobody says in which way")
    unpacked = decode(content, codings, limit)
    if not unpacked.complete:
        raise UndecodableError("the packed message has no end")
    return None if unpacked.truncated else unpacked.content


def _fields(text: bytes) -> Iterator[tuple[str, str]]:
    """Fields as HTTP/1 writes them."""
    for line in text.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
