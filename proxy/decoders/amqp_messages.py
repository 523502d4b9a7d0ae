"""What an AMQP message says of itself, and what a client says of itself, in the words of our records."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pamqp import decode

from proxy.decoders.held import HEADER_BYTES
from proxy.raw import Sender
from store.records import Identity

if TYPE_CHECKING:
    from datetime import datetime

    from proxy.decoders.amqp_frames import ContentHead
    from proxy.raw import RawBody
    from store.records import Headers

UNREADABLE = "properties-unreadable"
RETURNED = "returned"
ROLLED_BACK = "rolled-back"

_PROPERTIES = (
    "content_type",
    "content_encoding",
    "message_id",
    "correlation_id",
    "reply_to",
    "user_id",
    "app_id",
    "delivery_mode",
    "priority",
    "expiration",
)
"""Those of a content header that become headers, by pamqp's names."""
_NAMES = tuple(name.replace("_", "-") for name in _PROPERTIES)
_VALUES = attrgetter(*_PROPERTIES)


Line = tuple[int, Sender]
"""An AMQP channel and who sent the messages on it: numbers count within one."""
Place = tuple[Line, int]
"""A line, and a number on it."""


class Message:
    """A message that passed, until it becomes an event.

    `channel` and `exchange` are where it was published to. `number` is what it will be acknowledged by: its
    delivery tag, or its number among those to confirm; where there is none it is below 0 and its own.
    """

    __slots__ = (
        "at_ns",
        "channel",
        "client",
        "exchange",
        "flaws",
        "headers",
        "held_bytes",
        "line",
        "number",
        "ordinal",
        "payload",
        "published_at",
        "redeliveries",
        "returnable",
        "transaction",
        "type",
        "until_ns",
        "word",
    )

    def __init__(self, line: Line, method: Any, head: ContentHead, payload: RawBody, at_ns: int) -> None:
        properties = head.properties
        self.line = line
        self.exchange: str = method.exchange or ""
        self.channel: str = method.routing_key or self.exchange
        self.payload = payload
        self.at_ns = at_ns
        self.flaws: tuple[str, ...] = () if head.readable else (UNREADABLE,)
        self.headers: Headers = _headers(self.exchange, properties)
        self.type: str = properties.message_type or ""
        self.published_at = _unix_ns(properties.timestamp)
        self.held_bytes = len(payload.data) + head.wire_bytes + HEADER_BYTES * len(self.headers)
        self.ordinal = 0
        self.number = -1
        self.client: tuple[Identity, ...] = ()
        self.redeliveries: int | None = None
        self.returnable = False
        """Whether the broker gives it back where no queue takes it."""
        self.until_ns: int | None = None
        """When it is let go although nothing was said of it, by the monotonic clock."""
        self.transaction: int | None = None
        """The one that it, or the answer to it, is part of."""
        self.word = ""
        """The answer that this transaction makes true."""

    @property
    def sender(self) -> Sender:
        """Who sent it."""
        return self.line[1]

    @property
    def place(self) -> Place:
        """What a word on it will name."""
        return self.line, self.number

    def is_as(self, other: Message) -> bool:
        """Whether the other may be the same, published to the same place."""
        return (self.channel, self.exchange, self.payload) == (other.channel, other.exchange, other.payload)


def redeliveries(method: Any, properties: Any) -> int:
    """Earlier deliveries: quorum queues count them, others say only whether there were any."""
    counted = (properties.headers or {}).get("x-delivery-count")
    return counted if isinstance(counted, int) and counted >= 0 else int(method.redelivered)


def introduced(method: Any) -> tuple[Identity, ...]:
    """Who the client says it is (Connection.StartOk), without what proves it."""
    name = (method.client_properties or {}).get("connection_name")
    said = (
        ("connection-name", name if isinstance(name, str) else "", "StartOk connection_name"),
        ("user", _user(method), f"StartOk {method.mechanism} user"),
    )
    return tuple(Identity(basis=basis, value=value, source=source) for basis, value, source in said if value)


def _user(method: Any) -> str:
    """The name that goes with the password: SASL PLAIN (RFC 4616), or RabbitMQ's AMQPLAIN, a field table.

    Without a password beside it, it may be the secret itself, or pamqp's reading of a broken table.
    """
    response = method.response if isinstance(method.response, bytes) else (method.response or "").encode()
    if method.mechanism == "PLAIN":
        _, _, rest = response.partition(b"\0")
        user, _, password = rest.partition(b"\0")
        return user.decode("utf-8", "replace") if password else ""
    if method.mechanism == "AMQPLAIN":
        try:
            _, table = decode.field_table(len(response).to_bytes(4) + response)
        except Exception:  # noqa: BLE001 - pamqp raises what its struct and codecs happen to raise
            return ""
        login = table.get("LOGIN")
        return login if isinstance(login, str) and "PASSWORD" in table else ""
    return ""


def _headers(exchange: str, properties: Any) -> Headers:
    found = [("amqp-exchange", exchange)] if exchange else []
    for name, value in zip(_NAMES, _VALUES(properties), strict=True):
        if value is not None and value != "":
            found.append((name, str(value)))
    if properties.headers:
        for name, value in properties.headers.items():
            found.append((name.lower(), value if isinstance(value, str) else _text(value)))
    return tuple(found)


def _text(value: Any) -> str:
    """A value of a field table (specification section 4.2.5.5): tables, arrays and truths as JSON."""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, default=_text, ensure_ascii=False)
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else "" if value is None else str(value)


def _unix_ns(said: datetime | None) -> int | None:
    """The `timestamp` property, in seconds; pamqp takes large numbers for milliseconds, as publishers do."""
    return None if said is None else round(said.timestamp() * 1000) * 1_000_000
