"""What a message says of itself in its headers, or in the CloudEvents envelope around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from store.records import Headers

_TYPE_HEADERS = (
    # CloudEvents 1.0 in binary mode: HTTP and NATS, Kafka, AMQP; MQTT has the attribute's bare name
    "ce-type",
    "ce_type",
    "cloudevents:type",
    "cloudevents_type",
    "type",
    "event-type",
    "event_type",
    "x-event-type",
    "message-type",
    "__typeid__",
    "nats-msg-type",
)
"""In the order in which they are believed."""


def media_type_of(headers: Headers) -> str:
    """The first `content-type`, as it is written; `""` where there is none."""
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def type_of_headers(headers: Headers) -> str:
    """The message type that the headers declare, or `""`."""
    fields = {name.lower(): value for name, value in reversed(headers)}
    return next((fields[name] for name in _TYPE_HEADERS if fields.get(name)), "")


def type_of_envelope(text: bytes) -> str:
    """The type of a CloudEvent in structured mode (JSON format, section 3), or `""`."""
    if b'"specversion"' not in text:
        return ""
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(event, dict) or "specversion" not in event:
        return ""
    declared = event.get("type")
    return declared if isinstance(declared, str) else ""
