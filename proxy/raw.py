"""What a lane hands over: an exchange or a message as it was on the wire, before identity and redaction.

Raw records hold secrets. They live only in memory, between a decoder or an importer and the `Recorder`,
which turns each into a `store.records.Exchange` or a `store.records.Message`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from store.records import Headers, Lane, Outcome


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


RawRecord = RawExchange | RawMessage
