"""Kafka's frames: four bytes of length, then a request or a reply (protocol guide, "Protocol Primitives")."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Limits

FRAME_BYTES = 128 * 1024 * 1024
"""No frame is longer: brokers refuse requests from 100 MiB on (`socket.request.max.bytes`), and clients fetch
up to 50. What begins in text, TLS or MQTT reads as a length beyond it."""


class Frame(NamedTuple):
    """What one length announced; `data` is only its beginning where it is not `whole`."""

    data: bytes
    whole: bool


class FrameReader:
    """One direction of a connection.

    A frame holds many messages, so four times what is kept of one is kept of it, and a head. Of a longer
    one the beginning is given as soon as it is there, and the rest is passed over.
    """

    def __init__(self, limits: Limits) -> None:
        self._limit = 4 * limits.body_bytes + limits.head_bytes
        self._beginning = limits.head_bytes
        self._buffer = bytearray()
        self._passing = 0
        """Bytes still to pass over."""

    @property
    def held_bytes(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that bytes complete.

        Raises:
            Opaque: a length that is none.
        """
        passed = min(self._passing, len(data))
        self._passing -= passed
        buffer = self._buffer
        buffer += data[passed:] if passed else data
        at = 0
        while len(buffer) - at >= 4:
            size = int.from_bytes(buffer[at : at + 4], "big")
            if size > FRAME_BYTES:
                raise Opaque(Reason.MALFORMED, 1)
            whole = size <= self._limit
            end = at + 4 + (size if whole else self._beginning)
            if len(buffer) < end:
                break
            yield Frame(bytes(buffer[at + 4 : end]), whole)
            at += 4 + size
            if at > len(buffer):
                self._passing = at - len(buffer)
                at = len(buffer)
        del buffer[:at]
