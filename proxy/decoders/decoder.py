"""What every decoder is: one connection's bytes in, exchanges, messages and events out.

A decoder is told what happened on its connection, in order, and gives the records that became complete.
Where it cannot go on it raises `Opaque`: the connection is then forwarded as before and not looked at any
more. It never raises anything else on whatever bytes, and its memory is bounded by its `Limits`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.raw import RawExchange, RawRecord


class Instant(NamedTuple):
    """A moment: `wall_ns` is Unix time, `monotonic_ns` measures lengths of time."""

    wall_ns: int
    monotonic_ns: int


class Reason(StrEnum):
    """Why a connection cannot be decoded further. The names are those of the counters."""

    OTHER_PROTOCOL = "other-protocol"
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    UNSYNCHRONISED = "unsynchronised"


class Opaque(Exception):  # noqa: N818 - it is the end of a decoder's work, not always an error
    """The rest of the connection is not decoded.

    `reason` is None where it left HTTP by agreement (an upgrade, a tunnel). `lost` counts the requests that
    were seen and do not become exchanges.
    """

    def __init__(self, reason: Reason | None, lost: int = 0) -> None:
        super().__init__(reason or "left HTTP")
        self.reason = reason
        self.lost = lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a connection comes from.

    `connection` is unique among all recorders and runs. `scheme` is what the client spoke: `https` where its
    TLS ends at us. `client_certificate` is the subject of the certificate that it proved to own then.
    `common` is where the decoders of one lane leave what all of them need to know, each under a name of its
    own, bounded. `carrier` is the exchange that opened the connection, if one did: the handshake of a
    WebSocket.
    """

    producer: str
    source: str
    connection: str
    peer: str
    lane: Lane = Lane.SPLICE
    scheme: str = "http"
    client_certificate: str = ""
    carrier: RawExchange | None = None
    common: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a decoder's memory, for one connection."""

    body_bytes: int = 1024 * 1024
    """Kept of each body; sizes are counted on."""
    head_bytes: int = 256 * 1024
    """A longer head makes the connection opaque. Servers refuse heads long before that (commonly at 8 - 64
    KiB)."""
    in_flight: int = 256
    """Pipelined requests without an answer."""


class Decoder(Protocol):
    """One connection."""

    @property
    def open_requests(self) -> int:
        """Requests seen that have not become exchanges yet."""

    @property
    def held_bytes(self) -> int:
        """Bytes of heads and bodies that are kept for them, roughly."""

    @property
    def wants_bytes(self) -> bool:
        """Whether more bytes can tell it anything; how the connection ends it is told in any case."""

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes."""

    def client_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The client ended its direction (FIN)."""

    def server_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The server ended its direction (FIN)."""

    def client_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The client's connection broke (RST)."""

    def server_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The server's connection broke (RST)."""

    def refused(self, at: Instant) -> Iterator[RawRecord]:
        """The server could not be reached."""

    def gap(self, requests: int) -> None:
        """Bytes are missing here, `requests` requests began before; what follows begins a new one."""
