"""Any protocol: the first bytes of a connection tell which, and its decoder goes on.

What begins like none of them, or in the middle of a conversation, is not guessed at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.table import decoder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Decoder, Instant, Limits, Origin
    from proxy.raw import RawRecord

_ENOUGH = 16
"""Bytes that tell every protocol from the others."""

_CLIENT_FIRST = (
    ("amqp", re.compile(rb"AMQP\0\0\x09\x01")),
    ("mqtt", re.compile(rb"\x10[\x80-\xff]{0,3}[\0-\x7f]\0\x04MQTT[\x04\x05]", re.DOTALL)),
    ("redis", re.compile(rb"\*[1-9]\d*\r\n\$\d+\r\n|PING\r\n|(?i:HELLO) [23]")),
    ("http", re.compile(rb"[A-Z]{3,12} [/*h\w]|PRI \* HTTP|\x16\x03")),
    # below 128 MB of size, an API key, its version, a correlation id, and the length of the client's id
    ("kafka", re.compile(rb"[\0-\x07].{3}\0[\0-\x5f]\0[\0-\x1f].{4}(?:\xff\xff|\0)", re.DOTALL)),
)
_NATS = b"INFO {"


class AutoDecoder:
    """One connection."""

    open_requests = 0

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._origin = origin
        self._limits = limits
        self._first = b""
        self._decoder: Decoder | None = None

    @property
    def held_bytes(self) -> int:
        """What the decoder keeps, or what is kept for it."""
        return len(self._first) if self._decoder is None else self._decoder.held_bytes

    @property
    def wants_bytes(self) -> bool:
        """Whether there is still something to learn from them."""
        return self._decoder is None or self._decoder.wants_bytes

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""
        if self._decoder is not None:
            return self._decoder.client_data(data, at)
        self._first += data
        name = next((name for name, start in _CLIENT_FIRST if start.match(self._first)), None)
        if name is not None:
            return self._chosen(name).client_data(self._take(), at)
        if len(self._first) >= _ENOUGH:
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        return iter(())

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes; where it speaks first, that tells."""
        if self._decoder is not None:
            return self._decoder.server_data(data, at)
        self._first += data
        if self._first.startswith(_NATS):
            return self._chosen("nats").server_data(self._take(), at)
        if not _NATS.startswith(self._first):
            raise Opaque(Reason.OTHER_PROTOCOL, 1)
        return iter(())

    def client_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The client ended its direction (FIN)."""
        return iter(()) if self._decoder is None else self._decoder.client_eof(at)

    def server_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The server ended its direction (FIN)."""
        return iter(()) if self._decoder is None else self._decoder.server_eof(at)

    def client_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The client's connection broke (RST)."""
        return iter(()) if self._decoder is None else self._decoder.client_reset(at)

    def server_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The server's connection broke (RST)."""
        return iter(()) if self._decoder is None else self._decoder.server_reset(at)

    def refused(self, at: Instant) -> Iterator[RawRecord]:
        """The server could not be reached."""
        del at
        return iter(())

    def gap(self, requests: int) -> None:
        """Bytes are missing here."""
        if self._decoder is None:
            raise Opaque(Reason.UNSYNCHRONISED, 1)
        self._decoder.gap(requests)

    def _chosen(self, name: str) -> Decoder:
        self._decoder = decoder_of(name)(self._origin, self._limits)
        return self._decoder

    def _take(self) -> bytes:
        first, self._first = self._first, b""
        return first
