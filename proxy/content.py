"""Content codings undone: gzip, deflate, br and zstd, alone or stacked (RFC 9110 section 8.4), within bounds.

A stream that ends early gives what came before its end; one that is corrupt gives nothing, because what a
decoder made of the bytes before the damage cannot be trusted. Output beyond the limit is counted and not
kept, and beyond `COUNTED_LIMITS` limits not even counted. Of a bomb, a few bytes that unpack to very many,
little is unpacked and less is kept, since a body that is cut is searched for secrets from end to end: so it
costs about as much as other bytes that take as long to send.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import brotli
import zstandard

COUNTED_LIMITS = 16
"""How many times the limit is unpacked to learn the true size before we stop and call it "at least"."""

PLAUSIBLE_TIMES = 100
"""What says something does not unpack to more times its length on the wire; deflate could, to 1,032 times."""
BOMB_BYTES = 4 * 1024
"""Kept of what is longer than is counted."""

MAX_CODINGS = 4
"""More codings on one body than anybody uses are taken for an attack on the decoder."""

_CHUNK_BYTES = 64 * 1024
_BROTLI_CHUNK_BYTES = 16
"""Brotli before 1.2 cannot bound its output, and a meta-block of some bytes may expand to 16 MiB."""
_ZSTD_CHUNK_BYTES = 1024
"""A block of four bytes may expand to 128 KiB (RFC 8878 section 3.1.1.2), this much to 32 MiB."""
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
"""RFC 9659: what a decoder of the `zstd` content coding must support, and all that it need."""

Decoder = Callable[[bytes], Iterator[bytes]]
"""Gives decoded chunks; raises `EOFError` behind the last one where the stream is not complete."""


class UndecodableError(Exception):
    """The bytes are not what their content coding says, or nobody knows that coding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Bytes without their codings, cut at the limit; `size` is the length before the cut, at least.

    `complete` is false where the stream ended before its end.
    """

    content: bytes
    size: int
    complete: bool = True

    @property
    def truncated(self) -> bool:
        """Whether `content` is only the beginning."""
        return len(self.content) < self.size or not self.complete


def codings_of(values: Iterable[str]) -> tuple[str, ...]:
    """The codings of `Content-Encoding` field values in the order applied, `identity` left out."""
    names = (name.strip().lower() for value in values for name in value.split(","))
    return tuple(name for name in names if name and name != "identity")


def decode(data: bytes, codings: tuple[str, ...], limit: int) -> Decoded:
    """Undo `codings`, the last one first, and keep at most `limit` bytes.

    Raises:
        UndecodableError: corrupt bytes, an unknown coding, or more than `MAX_CODINGS`.
    """
    if not codings or not data:
        return Decoded(content=data[:limit], size=len(data))
    if len(codings) > MAX_CODINGS:
        raise UndecodableError(f"{len(codings)} content codings on one body")
    complete = True
    count = min(limit * COUNTED_LIMITS, max(limit, PLAUSIBLE_TIMES * len(data)))
    for coding in codings[:0:-1]:
        # What is wrapped here is compressed itself: a limit on it must not cut what would fit in the end.
        inner = _collect(coding, data, keep=count, count=count)
        data, complete = inner.content, complete and inner.complete
    outer = _collect(codings[0], data, keep=limit, count=count)
    content = outer.content[:BOMB_BYTES] if outer.size > count else outer.content
    return replace(outer, content=content, complete=complete and outer.complete)


def _collect(coding: str, data: bytes, *, keep: int, count: int) -> Decoded:
    decoder = _DECODERS.get(coding)
    if decoder is None:
        raise UndecodableError(f"unknown content coding {coding!r}")
    kept, size, complete = bytearray(), 0, True
    try:
        for chunk in decoder(data):
            kept += chunk[: keep - len(kept)]
            size += len(chunk)
            if size > count:
                break
    except EOFError:
        complete = False
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise UndecodableError(f"{coding}: {error}") from error
    return Decoded(content=bytes(kept), size=size, complete=complete)


def _gunzip(data: bytes) -> Iterator[bytes]:
    """Members one after the other (RFC 1952 section 2.2); other bytes behind the first are ignored."""
    first = True
    while data and (first or data.startswith(b"\x1f\x8b")):
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        yield from _inflate(member, data)
        data = member.unused_data
        first = False


def _undeflate(data: bytes) -> Iterator[bytes]:
    """Zlib format as the RFC says, or raw deflate as some servers send: a zlib header is a multiple of 31."""
    zlib_header = data[0] & 0x0F == zlib.DEFLATED and (
        len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0
    )
    yield from _inflate(zlib.decompressobj(wbits=zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS), data)


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while not stream.eof:
        chunk = stream.decompress(data, _CHUNK_BYTES)
        if not chunk and not stream.eof:
            raise EOFError
        yield chunk
        data = stream.unconsumed_tail


def _unbrotli(data: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    for start in range(0, len(data), _BROTLI_CHUNK_BYTES):
        yield stream.process(data[start : start + _BROTLI_CHUNK_BYTES])
        if stream.is_finished():
            return
    raise EOFError


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Frames one after the other (RFC 8878 section 3.1)."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    while data:
        frame = decompressor.decompressobj()
        for start in range(0, len(data), _ZSTD_CHUNK_BYTES):
            yield frame.decompress(data[start : start + _ZSTD_CHUNK_BYTES])
            if frame.eof:
                data = frame.unused_data + data[start + _ZSTD_CHUNK_BYTES :]
                break
        else:
            raise EOFError


_DECODERS: dict[str, Decoder] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
