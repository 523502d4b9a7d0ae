"""What a lane hands over: an exchange, message or event as it was on the wire, before identity and redaction.

Raw records hold secrets. They live only in memory, between a decoder or an importer and the `Recorder`,
which turns each into a `store.records.Exchange` or a `store.records.Message`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from store.records import Headers, Identity, Lane, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBody:
    """A body with its transfer coding removed and its content coding (`Content-Encoding`) still on.

    `data` may have been cut at the lane's limit; `size` is the number of bytes transferred all the same.
    `decoded` is true where a recording already undid the content coding (HAR).
    """

    data: bytes
    size: int
    decoded: bool = False

    @property
    def truncated(self) -> bool:
        """Whether `data` is only the beginning."""
        return len(self.data) < self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExchange:
    """One request with its response, as on the wire.

    `target` is the request-target as sent (origin, absolute, authority or asterisk form, RFC 9112
    section 3.2). Header names are lower case, values decoded as ISO-8859-1 without outer white space.
    Times as in `store.records.Exchange`. `fingerprint` is what makes this exchange the same one when it
    is seen again: the connection and its ordinal on it for live traffic, all its content for a
    recording. `client_certificate` is the subject of the certificate that the client proved to own to us.
    """

    producer: str
    lane: Lane
    source: str
    fingerprint: tuple[str | int | bytes, ...]
    protocol: str
    started_at: int
    method: str
    target: str
    scheme: str
    authority: str
    request_headers: Headers = ()
    request_trailers: Headers = ()
    request_body: RawBody | None = None
    status: int | None = None
    response_headers: Headers = ()
    response_trailers: Headers = ()
    response_body: RawBody | None = None
    request_ns: int | None = None
    wait_ns: int | None = None
    duration_ns: int | None = None
    outcome: Outcome = Outcome.COMPLETE
    connection: str = ""
    peer: str = ""
    client_certificate: str = ""
    flaws: tuple[str, ...] = ()


class Sender(Enum):
    """Which end of its connection sent a message."""

    CLIENT = auto()
    SERVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """One message of a stream that an exchange opened: a WebSocket message, a server-sent event.

    `carrier` is that exchange as far as it is known; the message belongs to its consumer, and its channel is
    the carrier's path. `ordinal` counts the messages of the carrier from 0, both directions together. `at` is
    Unix ns, when the last byte of the message was seen, None where a recording does not say. `type` is the
    stream's own word for what kind of message it is: `text` or `binary` of a WebSocket, the `event` field of
    a server-sent event. `key` is the event's id. `media_type` is the payload's where it is known.
    """

    carrier: RawExchange
    ordinal: int
    protocol: str
    sender: Sender
    at: int | None
    payload: RawBody
    type: str = ""
    key: str | None = None
    media_type: str = ""
    flaws: tuple[str, ...] = ()


class Link(NamedTuple):
    """The connection that carries events between a client and a broker: what is the same for all of them.

    `carrier` is the exchange that opened it, where that was one: the handshake of a WebSocket.
    """

    producer: str
    lane: Lane
    source: str
    protocol: str
    connection: str
    peer: str
    client_certificate: str = ""
    carrier: RawExchange | None = None


class RawEvent(NamedTuple):
    """One message through a broker, as one connection carried it. There are many: it is quick to make.

    `ordinal` counts the events of a connection from 0, in the order in which the messages came. `sender` is
    CLIENT where the connection's client published it, SERVER where it was delivered to that
    client. `client` is all that the connection has said of its client so far: `basis` one of `group`,
    `queue`, `client-id`, `connection-name`, `user`, and `source` the protocol's own words (`CONNECT
    client id`); never a credential. `at` is Unix ns, when its last byte was seen; `published_at` when the
    message itself says that it was published. `channel` is what was published to: a topic, subject,
    routing key or stream. `payload` is as on the wire, None where there is none (a tombstone). `headers`
    are the message's own, names in lower case and as HTTP has them where it has such a name (`content-
    type`, `content-encoding`). `key`, `partition` and `sequence` are as in `store.records.Message`.
    `redeliveries` counts earlier deliveries, None where the protocol does not say. `acknowledgement` is
    the protocol's own word for what became of it, told `acknowledged_at`; a delivery that has one and no
    payload is the acknowledgement alone.
    """

    link: Link
    ordinal: int
    sender: Sender
    channel: str
    at: int
    client: tuple[Identity, ...] = ()
    payload: RawBody | None = None
    headers: Headers = ()
    type: str = ""
    key: str | None = None
    partition: int | None = None
    sequence: int | None = None
    published_at: int | None = None
    acknowledged_at: int | None = None
    acknowledgement: str = ""
    redeliveries: int | None = None
    flaws: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> tuple[str | int | bytes, ...]:
        """As in `RawExchange`."""
        return self.link.producer, self.link.connection, self.ordinal

    @property
    def producer(self) -> str:
        """Whose events these are."""
        return self.link.producer

    @property
    def lane(self) -> Lane:
        """How they came to us."""
        return self.link.lane

    @property
    def source(self) -> str:
        """Where its lane listens, or what was read."""
        return self.link.source

    @property
    def protocol(self) -> str:
        """The broker's."""
        return self.link.protocol

    @property
    def peer(self) -> str:
        """The client's address."""
        return self.link.peer

    @property
    def client_certificate(self) -> str:
        """The subject of the certificate that the client proved to own to us."""
        return self.link.client_certificate


RawRecord = RawExchange | RawMessage | RawEvent
