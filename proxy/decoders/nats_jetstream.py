"""What JetStream says in subjects and payloads of the NATS protocol (ADR-13, ADR-15, ADR-32 of NATS)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

_ACK_SUBJECT = re.compile(
    rb"\$JS\.ACK\.(?:[^.]+\.[^.]+\.)?"  # newer servers name a domain and an account here
    rb"(?P<consumer>[^.]+\.(?P<name>[^.]+))\.(?P<delivered>\d{1,18})\.(?P<sequence>\d{1,18})"
    rb"\.(?P<order>\d{1,18})\.(?P<stored_at>[1-8]?\d{1,18})\.\d+(?:\..*)?",
    re.DOTALL,
)
_WORDS = ((b"-NAK", "nack"), (b"+TERM", "term"), (b"+NXT", "ack"))
"""What an acknowledgement begins with; `+NXT` asks for the next message as well."""
_NAME_LIMIT = 255
"""The longest name of a stream or a consumer that the server takes."""


class Delivery(NamedTuple):
    """What a delivery's reply subject says of it.

    `consumer` is the stream's name and the consumer's `name`, with a dot between. `delivered` counts this
    delivery; `sequence` is the message's in its stream, `order` the delivery's among the consumer's.
    `stored_at` is Unix ns.
    """

    consumer: bytes
    name: bytes
    delivered: int
    sequence: int
    order: int
    stored_at: int


class Consumer(NamedTuple):
    """A consumer's configuration: what of it changes the meaning of its deliveries."""

    durable: bool
    policy: str
    """What is acknowledged: `explicit` each, `all` with one all before it, `none` nothing."""


class Confirmation(NamedTuple):
    """The server's answer to a message published to a stream, in the words of `proxy.raw.RawEvent`."""

    acknowledgement: str
    sequence: int | None


UNKNOWN = Consumer(durable=True, policy="explicit")
"""Of a consumer that others have made it is not known; most that outlive their maker are such."""


def delivery_of(reply: bytes) -> Delivery | None:
    """What the reply subject of a delivery says; None: it was not a stream that delivered."""
    match = _ACK_SUBJECT.fullmatch(reply)
    if match is None:
        return None
    consumer, name, delivered, sequence, order, stored_at = match.groups()
    return Delivery(consumer, name, int(delivered), int(sequence), int(order), int(stored_at))


def word_of(payload: bytes) -> str:
    """What an acknowledgement says of its message; empty where it says nothing final (`+WPI`)."""
    if payload in {b"", b"+ACK", b"+OK"}:
        return "ack"
    return next((word for start, word in _WORDS if payload.startswith(start)), "")


def confirmation_of(payload: bytes) -> Confirmation | None:
    """What a stream answers to a publisher; None: it is something else."""
    if b'"stream"' not in payload or b'"seq"' not in payload:
        return None
    told = _object(payload)
    sequence = told.get("seq")
    if not isinstance(told.get("stream"), str) or type(sequence) is not int:
        return None
    if isinstance(told.get("error"), dict):
        return Confirmation("error", None)
    return Confirmation("ack", sequence) if 0 < sequence < 1 << 63 else None


def consumer_of(payload: bytes) -> tuple[bytes, Consumer] | None:
    """The consumer that an answer of `$JS.API.CONSUMER` describes, named as in `Delivery.consumer`."""
    told = _object(payload)
    stream, name, config = (told.get(key) for key in ("stream_name", "name", "config"))
    if not (isinstance(stream, str) and isinstance(name, str) and isinstance(config, dict)):
        return None
    if len(stream) > _NAME_LIMIT or len(name) > _NAME_LIMIT:
        return None
    policy = config.get("ack_policy")
    known = policy if policy in {"all", "none"} else "explicit"
    return f"{stream}.{name}".encode(), Consumer("durable_name" in config, known)


def _object(payload: bytes) -> dict[str, Any]:
    """A JSON object, empty where it is none."""
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}
