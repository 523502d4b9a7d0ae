"""A message as inference looks at it: like an exchange, so that every observer takes in both.

What was delivered is like an answer, with `MESSAGE` for its status; what was published is like a request. The
path is the channel; the method says which of both it is, how channels are written, and the message type
(`RECEIVE.#order.created`), so that the path model tells types of one channel apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from contract.operation import RECEIVE, SEND, Operation, style_of
from contract.statuses import MESSAGE
from inference.segments import PARAMETER, is_machine_made
from store.records import UNIDENTIFIED, Exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.records import Body, Headers, Message

_METADATA = frozenset(
    """
    content-type message-id correlation-id reply-to app-id priority expiration delivery-mode amqp-exchange
    x-death x-delivery-count x-first-death-exchange x-first-death-queue x-first-death-reason
    mqtt-qos mqtt-retain nats-reply nats-msg-id nats-expected-stream nats-expected-last-sequence
    traceparent tracestate
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)
"""Header fields that are the protocol's own, or tell one message from another: no contract speaks of them."""

_SCHEMA = re.compile(r"registry:\d{1,10}|avro:[0-9a-f]{16}")
"""What the recorder adds to the header as `schema` (`proxy/payloads`); others may use that name otherwise."""

_STREAM_TYPES = frozenset({"", "text", "binary", "message"})
"""What streams call messages of no type of their own."""

_SAYS = (
    "event_type",
    "eventType",
    "event_name",
    "eventName",
    "message_type",
    "messageType",
    "@type",
    "event",
)
"""Fields of a payload that say what kind of message it is, whatever they hold."""

_MAY_SAY = ("type", "kind", "name")
"""Fields that do where what they hold looks like the name of an event."""

_STYLES = "./"
"""Ends of the methods of messages, which say how their channel is written (`Operation.style`)."""

_TYPE = re.compile(r"[A-Za-z_][\w.:/+-]{1,99}", re.ASCII)
_NUMBERED = re.compile(r"(?P<name>[A-Za-z][\w.-]*[-_])\d{1,3}", re.ASCII)
_CLOUD_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_EVENT_NAME = re.compile(
    r"\w+(?:[.:/]\w+)+|(?:[A-Z][a-z0-9]+){2,}|\w+[_-](?:created|updated|deleted|\w+ed)", re.ASCII
)


def exchange_of(message: Message) -> Exchange:
    """A message as an exchange, whose duration is the time from publication to delivery."""
    published = message.consumer is None
    at = message.published_at if published else message.delivered_at
    headers = tuple(
        (name, value)
        for name, value in message.headers
        if name not in _METADATA and not _is_schema(name, value)
    )
    body = message.payload
    lag = None
    if not (published or at is None or message.published_at is None or is_replayed(message)):
        lag = at - message.published_at
    return Exchange(
        id=message.id,
        producer=message.producer,
        identity=(message.publisher if published else message.consumer) or UNIDENTIFIED,
        lane=message.lane,
        source=message.source,
        protocol=message.protocol,
        started_at=at or message.acknowledged_at or 0,
        method=method_of(SEND if published else RECEIVE, message),
        scheme=message.protocol,
        authority="",
        path=path_of(message.channel),
        request_headers=headers if published else (),
        request_body=body if published else None,
        status=MESSAGE,
        response_headers=() if published else headers,
        response_body=None if published else body,
        duration_ns=None if lag is None or lag < 0 else lag,
        flaws=message.flaws,
        redacted=message.redacted,
        weight=message.weight,
    )


def is_retained(message: Message) -> bool:
    """Whether a message is left for who subscribes later, or was: then it is delivered for that alone."""
    return ("mqtt-retain", "true") in message.headers


def is_replayed(message: Message) -> bool:
    """Whether a delivery came late by design: again, or because its consumer has just subscribed."""
    return bool(message.redeliveries) or is_retained(message)


def schema_of(headers: Headers) -> str:
    """What a payload was written with: `registry:<id>`, `avro:<fingerprint>`, `""` where nothing says it."""
    return next((value for name, value in headers if _is_schema(name, value)), "")


def _is_schema(name: str, value: str) -> bool:
    return name == "schema" and _SCHEMA.fullmatch(value) is not None


def is_event(method: str) -> bool:
    """Whether a method is that of a message."""
    return method.partition("#")[0].rstrip(_STYLES) in {SEND, RECEIVE}


def is_acknowledgement(message: Message) -> bool:
    """Whether it is an acknowledgement that was told without its message."""
    delivered = message.consumer is not None
    return (
        delivered
        and message.payload is None
        and message.delivered_at is None
        and bool(message.acknowledgement)
    )


def path_of(channel: str) -> str:
    """The path that a channel is in the path model: each part of it a segment."""
    parts = channel.split("/" if "/" in channel else ".")
    *first, last = [quote(part, safe=_UNQUOTED) for part in parts if part] or [""]
    return "".join(f"/{part}" for part in (*first, _unnumbered(last)))


def _unnumbered(last: str) -> str:
    """The last part of a channel; of queues that are told apart by number (`orders-0`, …) the name."""
    numbered = _NUMBERED.fullmatch(last)
    if numbered is None or _CLOUD_REGION.fullmatch(last):
        return last
    return f"{numbered['name']}{PARAMETER}"


def method_of(verb: str, message: Message) -> str:
    """The method of a message."""
    style, type_ = style_of(message.channel), type_of(message.type, message.payload)
    return f"{verb}{style}#{type_}" if type_ else f"{verb}{style}"


def operation_of(method: str, segments: Sequence[str]) -> Operation:
    """The operation of a method, of a message or of a call, and a template."""
    head, _, type_ = method.partition("#")
    verb = head.rstrip(_STYLES)
    style = head[len(verb) :]
    if verb not in {SEND, RECEIVE} or len(style) > 1:  # of a call any text may be the method
        return Operation(head, tuple(segments), type_)
    return Operation(verb, tuple(segments), type_, style)


def method_for(operation: Operation) -> str:
    """The method that messages of a declared operation have."""
    head = f"{operation.verb}{operation.style}"
    return f"{head}#{operation.type}" if operation.type else head


def type_of(said: str, payload: Body | None) -> str:
    """The type of a message: what it was said to be, else what its payload says; `""` where nothing does."""
    if said not in _STREAM_TYPES:
        return said if _is_type(said) else ""
    if payload is None or payload.truncated or not payload.content.startswith(b"{"):
        return ""
    try:
        value = orjson.loads(payload.content)
    except orjson.JSONDecodeError:
        return ""
    return _discriminator(value)


def _discriminator(value: dict[str, Any]) -> str:
    for name in _SAYS:
        found = value.get(name)
        if isinstance(found, str) and _is_type(found):
            return found
    for name in _MAY_SAY:
        found = value.get(name)
        if isinstance(found, str) and _EVENT_NAME.fullmatch(found) and _is_type(found):
            return found
    return ""


def _is_type(text: str) -> bool:
    return _TYPE.fullmatch(text) is not None and not is_machine_made(text)


_UNQUOTED = "~:@!$&'()*+,=-_. "
