"""TLS that passes through: whom the client asked for, and when; nothing else can be known.

The ClientHello is in the clear (RFC 8446 section 4.1.2) and may name the server (SNI, RFC 6066 section 3).
The connection becomes one record at its end: an exchange with method CONNECT and protocol `tls`, because that
is what it amounts to, a tunnel to a name. Its `wait_ns` is the time to the server's first byte, `duration_ns`
the life of the connection; how many requests passed, and how they went, nobody can say. The name is `""`
where the client gave none, or gave it encrypted (ECH).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Opaque, Reason
from proxy.raw import RawExchange
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin

HELLO_LIMIT_BYTES = 64 * 1024
"""A longer ClientHello is none; with post-quantum key shares they take two KiB."""

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME, _HOST_NAME = 0, 0


class TlsDecoder:
    """One connection."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        del limits  # nothing of the payload is kept
        self._origin = origin
        self._hello = bytearray()
        self._records = bytearray()
        self._name: str | None = None
        self._begun: Instant | None = None
        self._answered: Instant | None = None
        self._done = False

    @property
    def open_requests(self) -> int:
        """The tap sees no request in what is encrypted."""
        return 0

    @property
    def held_bytes(self) -> int:
        """Of the ClientHello, until it is whole."""
        return len(self._hello) + len(self._records)

    @property
    def wants_bytes(self) -> bool:
        """Whether there is still something to learn from them."""
        return self._name is None or self._answered is None

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawExchange]:
        """The client sent bytes."""
        if self._begun is None:
            self._begun = at
        if self._name is None:
            self._records += data
            self._read_records()
        yield from ()

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawExchange]:
        """The server sent bytes."""
        del data
        if self._answered is None:
            self._answered = at
        yield from ()

    def client_eof(self, at: Instant) -> Iterator[RawExchange]:
        """The client ended its direction."""
        del at
        yield from ()

    def server_eof(self, at: Instant) -> Iterator[RawExchange]:
        """The server ended its direction, and with it the connection."""
        return self._end(Outcome.OPAQUE, at)

    def client_reset(self, at: Instant) -> Iterator[RawExchange]:
        """The client is gone."""
        return self._end(Outcome.CLIENT_CLOSED, at)

    def server_reset(self, at: Instant) -> Iterator[RawExchange]:
        """The server is gone."""
        return self._end(Outcome.SERVER_CLOSED, at)

    def refused(self, at: Instant) -> Iterator[RawExchange]:
        """There is no server."""
        return self._end(Outcome.REFUSED, at)

    def gap(self, requests: int) -> None:
        """Bytes are missing: no harm once the name is known."""
        del requests
        if self._name is None:
            raise Opaque(Reason.UNSYNCHRONISED)

    def _end(self, outcome: Outcome, at: Instant) -> Iterator[RawExchange]:
        begun = self._begun
        if self._done or begun is None:
            return
        self._done = True
        origin, name = self._origin, self._name or ""
        yield RawExchange(
            producer=origin.producer,
            lane=origin.lane,
            source=origin.source,
            fingerprint=(origin.producer, origin.connection, 1),
            protocol="tls",
            started_at=begun.wall_ns,
            method="CONNECT",
            target=name,
            scheme="https",
            authority=name,
            wait_ns=self._answered.monotonic_ns - begun.monotonic_ns if self._answered is not None else None,
            duration_ns=at.monotonic_ns - begun.monotonic_ns,
            outcome=outcome,
            connection=origin.connection,
            peer=origin.peer,
        )

    def _read_records(self) -> None:
        """Put the handshake message together from its records (RFC 8446 section 5.1)."""
        while len(self._records) >= 5:
            size = int.from_bytes(self._records[3:5])
            if self._records[0] != _HANDSHAKE or size > HELLO_LIMIT_BYTES:
                raise Opaque(Reason.MALFORMED)
            if len(self._records) < 5 + size:
                return
            self._hello += self._records[5 : 5 + size]
            del self._records[: 5 + size]
            if len(self._hello) >= 4 and self._read_hello():
                return
            if len(self._hello) > HELLO_LIMIT_BYTES:
                raise Opaque(Reason.TOO_LARGE)

    def _read_hello(self) -> bool:
        """Read the ClientHello if it is whole; whether it was."""
        size = int.from_bytes(self._hello[1:4])
        if self._hello[0] != _CLIENT_HELLO or size > HELLO_LIMIT_BYTES:
            raise Opaque(Reason.MALFORMED)
        if len(self._hello) < 4 + size:
            return False
        try:
            self._name = server_name(bytes(self._hello[4 : 4 + size]))
        except IndexError:
            raise Opaque(Reason.MALFORMED) from None
        self._hello.clear()
        self._records.clear()
        return True


def server_name(hello: bytes) -> str:
    """The host name in the body of a ClientHello, `""` where there is none.

    Raises:
        IndexError: it ends too early.
    """
    at = 2 + 32  # version and random
    at = _past(hello, at, 1)  # session id
    at = _past(hello, at, 2)  # cipher suites
    at = _past(hello, at, 1)  # compression methods
    if at == len(hello):
        return ""  # no extensions
    end = _past(hello, at, 2)
    at += 2
    while at < end:
        kind = int.from_bytes(hello[at : at + 2])
        after = _past(hello, at + 2, 2)
        if kind == _SERVER_NAME:
            return _host_name(hello[at + 4 : after])
        at = after
    return ""


def _host_name(names: bytes) -> str:
    at = 2
    while at < len(names):
        after = _past(names, at + 1, 2)
        if names[at] == _HOST_NAME:
            return names[at + 3 : after].decode("ascii", "replace").lower()
        at = after
    return ""


def _past(data: bytes, at: int, width: int) -> int:
    """Behind a vector whose length takes `width` bytes."""
    if at + width > len(data):
        raise IndexError(at)
    after = at + width + int.from_bytes(data[at : at + width])
    if after > len(data):
        raise IndexError(after)
    return after
