"""Bodies by their content: named by digest, kept once, compressed where that helps."""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b
from threading import local

from zstandard import ZstdCompressor, ZstdDecompressor

_SMALLEST = 256
"""Bytes below which compression is not tried. Above, it pays for its time with what need not be written."""

_threads = local()  # a zstandard context must not be shared by threads at work


class Coding(IntEnum):
    """How the content of a stored body is written."""

    PLAIN = 0
    ZSTD = 1


def digest(content: bytes) -> bytes:
    """The name of a content: 128 bits of BLAKE2b."""
    return blake2b(content, digest_size=16).digest()


def pack(content: bytes) -> tuple[Coding, bytes]:
    """The form to store."""
    if len(content) >= _SMALLEST:
        packed = _compressor().compress(content)
        if len(packed) < len(content):
            return Coding.ZSTD, packed
    return Coding.PLAIN, content


def unpack(coding: int, packed: bytes) -> bytes:
    """The content again. Only what `pack` made is ever read, so its stated length can be trusted."""
    return _decompressor().decompress(packed) if coding == Coding.ZSTD else bytes(packed)


def _compressor() -> ZstdCompressor:
    if not hasattr(_threads, "compressor"):
        _threads.compressor = ZstdCompressor(level=1)
    compressor: ZstdCompressor = _threads.compressor
    return compressor


def _decompressor() -> ZstdDecompressor:
    if not hasattr(_threads, "decompressor"):
        _threads.decompressor = ZstdDecompressor()
    decompressor: ZstdDecompressor = _threads.decompressor
    return decompressor
