"""Bodies on their way through: nothing is held up, and what is kept of all of them together is bounded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from proxy.raw import RawBody

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Room:
    """Bytes that may be kept at a time, over all bodies under way."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> int:
        """How many of `size` bytes may be kept."""
        granted = min(size, self._left)
        self._left -= granted
        return granted

    def give_back(self, size: int) -> None:
        """So many are not kept any more."""
        self._left += size


class Tee:
    """A body that passes: its first bytes are kept as far as there is room, all are counted.

    Args:
        limit: bytes kept of this body.
        room: of all bodies.
    """

    def __init__(self, limit: int, room: Room) -> None:
        self._limit = limit
        self._room = room
        self._kept = bytearray()
        self._size = 0
        self.also: Callable[[bytes], None] | None = None
        """Given every piece as well."""

    def feed(self, data: bytes) -> bytes:
        """A piece, which goes on as it is; what goes wrong here must not hold it up."""
        if len(self._kept) == min(self._size, self._limit):  # nothing is missing in what is kept so far
            wanted = min(len(data), self._limit - len(self._kept))
            self._kept += data[: self._room.take(wanted)]
        self._size += len(data)
        if self.also is not None and data:
            try:
                self.also(data)
            except Exception:
                logger.exception("a stream of events could not be read any further")
                self.also = None
        return data

    def body(self) -> RawBody | None:
        """What has passed so far."""
        return RawBody(data=bytes(self._kept), size=self._size) if self._size else None

    def forget(self) -> None:
        """It was handed over, or never will be."""
        self._room.give_back(len(self._kept))
        self._kept = bytearray()
        self._limit = 0
