"""The records: what was seen, once it is safe to keep.

A record is immutable and holds nothing secret: redaction has run before one is made. Times are integer
nanoseconds; an instant (`*_at`) counts from the Unix epoch, a length of time (`*_ns`) from the start of its
own record. `None` always means "not known", never zero.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Headers = tuple[tuple[str, str], ...]
"""Header fields in the order received, names in lower case, a repeated name repeated (RFC 9110 section 5)."""


class Lane(StrEnum):
    """How an observation reached us."""

    SPLICE = "splice"
    INTERCEPT = "intercept"
    IMPORT = "import"
    MIRROR = "mirror"
    """A copy that somebody else handed over."""


class Outcome(StrEnum):
    """How an exchange ended, as the consumer saw it."""

    COMPLETE = "complete"
    CLIENT_CLOSED = "client-closed"
    """The consumer hung up before the whole response had arrived."""
    SERVER_CLOSED = "server-closed"
    """The producer closed the connection before the response was complete."""
    REFUSED = "refused"
    """No connection to the producer could be made."""
    OPAQUE = "opaque"
    """The connection left HTTP (CONNECT, or an upgrade) and what followed was not decoded."""
    ERROR = "error"
    """A recording says that the exchange failed, without saying at which end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who sent or received something, and how we know.

    `basis` is the kind of evidence: `mtls`, `jwt`, `api-key`, `header`, `basic`, `user-agent`, `address`, or
    `none`. `value` is what the evidence said (a credential only as its token). `source` is where it
    stood, such as `header x-consumer-id` or `claim azp`. `verified` is true only where a signature was
    checked here or the evidence comes from a terminating proxy that the configuration trusts.
    """

    basis: str
    value: str
    source: str = ""
    verified: bool = False

    @property
    def key(self) -> str:
        """What aliases are matched against: `basis:value`."""
        return f"{self.basis}:{self.value}"


UNIDENTIFIED = Identity(basis="none", value="unidentified")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A message body after its content coding was undone, redacted, and cut at the configured size.

    `size` is the length in bytes before the cut (after decoding the content coding), `wire_size` the
    length as transferred. `media_type` is `type/subtype` in lower case without parameters, `""` where
    none was given.
    """

    content: bytes
    size: int
    wire_size: int
    media_type: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One observed HTTP request with its response.

    `started_at` is when the first byte of the request was seen. `request_ns`, `wait_ns` and `duration_ns` run
    from there to the last byte of the request, the first byte of the response and the last byte of the
    response. `authority` is the host the consumer asked for (with a port that is not the scheme's
    default), `path` and `query` are percent-encoded as sent, `query` without its `?`. `connection`
    groups the exchanges of one connection, `peer` is the consumer's address without port, each `""`
    where a recording does not say. `flaws` names what was wrong with the bytes
    (`request-body-duplicate-keys`, `response-body-undecodable`). `redacted` counts the values that were
    replaced by tokens. `weight` is how many exchanges it stands for: one over the probability with which
    sampling kept it (`proxy/sampling.py`).
    """

    id: str
    producer: str
    identity: Identity
    lane: Lane
    source: str
    protocol: str
    started_at: int
    method: str
    scheme: str
    authority: str
    path: str
    query: str = ""
    request_headers: Headers = ()
    request_trailers: Headers = ()
    request_body: Body | None = None
    status: int | None = None
    response_headers: Headers = ()
    response_trailers: Headers = ()
    response_body: Body | None = None
    request_ns: int | None = None
    wait_ns: int | None = None
    duration_ns: int | None = None
    outcome: Outcome = Outcome.COMPLETE
    connection: str = ""
    peer: str = ""
    flaws: tuple[str, ...] = ()
    redacted: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One observed event, as published (`consumer` is None) or as delivered to one consumer.

    `publisher` is None where it is not known who published what was delivered.
    `channel` is the topic, queue, subject or WebSocket path. `exchange` is the id of the exchange that
    carried it (the WebSocket upgrade, the webhook), `""` where there is none. `sequence` is the
    broker's offset, delivery tag or sequence number; `redeliveries` counts earlier deliveries of the
    same message. `acknowledgement` is the protocol's own word (`ack`, `nack`, `reject`, `commit`), `""`
    where there was none. `weight` is how many messages it stands for.
    """

    id: str
    producer: str
    lane: Lane
    source: str
    protocol: str
    channel: str
    type: str = ""
    publisher: Identity | None = None
    consumer: Identity | None = None
    key: str | None = None
    partition: int | None = None
    sequence: int | None = None
    headers: Headers = ()
    payload: Body | None = None
    published_at: int | None = None
    delivered_at: int | None = None
    acknowledged_at: int | None = None
    acknowledgement: str = ""
    redeliveries: int | None = None
    exchange: str = ""
    flaws: tuple[str, ...] = ()
    redacted: int = 0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Observations that were not made: how many, when and why.

    `reason` is one of a small fixed vocabulary (`docs/recorded.md`); `window_start` is the hour it fell into.
    """

    producer: str
    window_start: int
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What the recorder saw, what it missed and what it changed, over some windows.

    `lost` and `flaws` count by reason; `truncated` counts exchanges and messages with a cut body,
    `redacted` values. `unseen` estimates how many exchanges and messages sampling left out; 0 without it.
    """

    observed: int = 0
    lost: Mapping[str, int] = field(default_factory=dict)
    truncated: int = 0
    redacted: int = 0
    flaws: Mapping[str, int] = field(default_factory=dict)
    unseen: float = 0.0

    @property
    def represented(self) -> float:
        """The traffic that what was observed stands for: the sum of the weights."""
        return self.observed + self.unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownConsumer:
    """A consumer that the configuration names: whose identities are its own, and who answers for it.

    `identities` are `basis:value` keys as `Identity.key` writes them; `*` and `?` match as in a file name.
    """

    name: str
    identities: tuple[str, ...]
    owner: str = ""
    contact: str = ""


SummaryKey = tuple[str, int, str, str, str]
"""What a summary is of: producer, window_start, route, consumer, family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What inference keeps of many observations, in serial form.

    One row for each (producer, window_start, route, consumer, family). `route` is a method and a path whose
    machine-made segments are `{}` (`""` for what concerns the whole producer), `consumer` an
    `Identity.key` (`""` for all). `window_start` is Unix ns, 0 for what is kept for all time. `state`
    is the observer's own, opaque here.
    """

    producer: str
    window_start: int
    route: str
    consumer: str
    family: str
    state: bytes

    @property
    def key(self) -> SummaryKey:
        """What it is of; there is one summary of each."""
        return (self.producer, self.window_start, self.route, self.consumer, self.family)


WINDOW_NS = 3_600 * 10**9
"""Length of a summary window: one hour."""


def window_of(instant: int) -> int:
    """The start of the window that an instant (Unix ns) falls into."""
    return instant - instant % WINDOW_NS


def record_id(*parts: str | int | bytes) -> str:
    """A short id that depends only on its parts: 16 characters of base32, 80 bits of BLAKE2b.

    The same observation imported twice has the same id; at a million records the chance that any two
    different ones collide is below one in a million.
    """
    digest = blake2b(digest_size=10)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return b32encode(digest.digest()).decode().lower()
