"""A compressed file as a stream that ends, rather than fails, where its bytes end early or are corrupt.

So what came before is kept, and the reader of the format finds that something is missing.
"""

from __future__ import annotations

import io
import zlib
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK_BYTES = 1 << 16
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Gunzip(io.RawIOBase):
    """The unpacked bytes of gzip members (RFC 1952), or of a zlib stream as mitmproxy's `.zhar` is."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._pending = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Unpack at most as many bytes as fit; 0 at the end."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._unpack(len(view))
        except zlib.error:
            return 0
        view[: len(data)] = data
        return len(data)

    def _unpack(self, size: int) -> bytes:
        while True:
            if self._member.eof:
                self._pending = self._member.unused_data or self._packed.read(_CHUNK_BYTES)
                if not self._pending:
                    return b""
                self._member = zlib.decompressobj(_GZIP_OR_ZLIB)
            packed = self._pending or self._packed.read(_CHUNK_BYTES)
            data = self._member.decompress(packed, size)
            self._pending = self._member.unconsumed_tail
            if data or not packed:
                return data
