"""HTTP of any version: the client's first bytes tell which, and one decoder goes on with the connection."""

from __future__ import annotations

from string import ascii_letters, digits
from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.http1 import Http1Decoder
from proxy.decoders.http2 import PREFACE, Http2Decoder
from proxy.decoders.tls import TlsDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Decoder, Instant, Limits, Origin
    from proxy.raw import RawRecord

_TLS = b"\x16\x03"
"""A handshake record of any version."""
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~" + ascii_letters.encode() + digits.encode())
"""What a method is made of (RFC 9110 section 5.6.2)."""


class HttpDecoder:
    """One connection."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._origin = origin
        self._limits = limits
        self._first = b""
        self._decoder: Decoder = Http1Decoder(origin, limits)
        self._chosen = False

    @property
    def open_requests(self) -> int:
        """Requests seen that have not become exchanges yet."""
        return self._decoder.open_requests

    @property
    def held_bytes(self) -> int:
        """Bytes of heads and bodies that are kept for them, roughly."""
        return self._decoder.held_bytes + len(self._first)

    @property
    def wants_bytes(self) -> bool:
        """Whether there is still something to learn from them."""
        return self._decoder.wants_bytes

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""
        if not self._chosen:
            self._first += data
            chosen = _choice(self._first)
            if chosen is None:
                return iter(())  # the next byte will tell
            self._chosen = True
            if chosen is not Http1Decoder:
                self._decoder = chosen(self._origin, self._limits)
            data, self._first = self._first, b""
        return self._decoder.client_data(data, at)

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes."""
        if not self._chosen and not self._first:
            raise Opaque(Reason.OTHER_PROTOCOL, 1)  # where the server speaks first, it is no HTTP
        return self._decoder.server_data(data, at)

    def client_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The client ended its direction (FIN)."""
        return self._decoder.client_eof(at)

    def server_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The server ended its direction (FIN)."""
        return self._decoder.server_eof(at)

    def client_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The client's connection broke (RST)."""
        return self._decoder.client_reset(at)

    def server_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The server's connection broke (RST)."""
        return self._decoder.server_reset(at)

    def refused(self, at: Instant) -> Iterator[RawRecord]:
        """The server could not be reached."""
        return self._decoder.refused(at)

    def gap(self, requests: int) -> None:
        """Bytes are missing here, `requests` requests began before; what follows begins a new one."""
        self._chosen = True
        self._first = b""
        self._decoder.gap(requests)


def _choice(first: bytes) -> type[Http1Decoder | Http2Decoder | TlsDecoder] | None:
    """What begins so; None: too little has been seen."""
    for start, decoder in ((PREFACE, Http2Decoder), (_TLS, TlsDecoder)):
        if first.startswith(start):
            return decoder
        if start.startswith(first):
            return None
    if first[0] not in _TOKEN and first[:1] not in {b"\r", b"\n"}:  # an empty line may come before a request
        raise Opaque(Reason.OTHER_PROTOCOL, 1)
    return Http1Decoder
