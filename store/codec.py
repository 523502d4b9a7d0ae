"""Records to rows and back, column by column. No database here.

A row is a dictionary by column name. A body in a row is its digest; the content travels beside it.
"""

from __future__ import annotations

import json
from operator import attrgetter, itemgetter
from typing import Any

import orjson

from store import bodies
from store.records import UNIDENTIFIED, Body, Exchange, Identity, Lane, Message, Outcome

Row = dict[str, Any]
Contents = dict[bytes, bytes]
"""Digest → content."""

_LANES = {lane.value: lane for lane in Lane}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


_EXCHANGE_PLAIN = (
    *("id", "producer", "source", "protocol", "started_at", "method", "scheme", "authority", "path", "query"),
    *("status", "request_ns", "wait_ns", "duration_ns", "connection", "peer", "redacted", "weight"),
)
_MESSAGE_PLAIN = (
    *("id", "producer", "source", "protocol", "channel", "type", "key", "partition", "sequence"),
    *(
        "published_at",
        "delivered_at",
        "acknowledged_at",
        "acknowledgement",
        "redeliveries",
        "exchange",
        "redacted",
        "weight",
    ),
)
"""Fields whose values are stored as they are; picked in one call, since rows come by the ten thousand."""

_exchange_values = attrgetter(*_EXCHANGE_PLAIN, "lane._value_", "outcome._value_")
_message_values = attrgetter(*_MESSAGE_PLAIN, "lane._value_")
_identity_values = attrgetter("basis", "value", "source", "verified")
_exchange_fields = itemgetter(*_EXCHANGE_PLAIN)
_message_fields = itemgetter(*_MESSAGE_PLAIN)


def encode_exchange(exchange: Exchange, contents: Contents) -> Row:
    """The row of an exchange, without `seq` and `batch`; its bodies are added to `contents`."""
    row: Row = dict(zip((*_EXCHANGE_PLAIN, "lane", "outcome"), _exchange_values(exchange), strict=True))
    _encode_identity(row, "identity", exchange.identity)
    row["request_headers"] = encode_json(exchange.request_headers)
    row["request_trailers"] = encode_json(exchange.request_trailers)
    _encode_body(row, "request_body", exchange.request_body, contents)
    row["response_headers"] = encode_json(exchange.response_headers)
    row["response_trailers"] = encode_json(exchange.response_trailers)
    _encode_body(row, "response_body", exchange.response_body, contents)
    row["flaws"] = encode_json(exchange.flaws)
    return row


def decode_exchange(row: Row, contents: Contents) -> Exchange:
    """The exchange of a row; `contents` holds its bodies."""
    return Exchange(
        **dict(zip(_EXCHANGE_PLAIN, _exchange_fields(row), strict=True)),
        identity=_decode_identity(row, "identity") or UNIDENTIFIED,
        lane=_LANES[row["lane"]],
        request_headers=_decode_headers(row["request_headers"]),
        request_trailers=_decode_headers(row["request_trailers"]),
        request_body=_decode_body(row, "request_body", contents),
        response_headers=_decode_headers(row["response_headers"]),
        response_trailers=_decode_headers(row["response_trailers"]),
        response_body=_decode_body(row, "response_body", contents),
        outcome=_OUTCOMES[row["outcome"]],
        flaws=decode_texts(row["flaws"]),
    )


def encode_message(message: Message, contents: Contents) -> Row:
    """The row of a message, without `seq` and `batch`; its payload is added to `contents`."""
    row: Row = dict(zip((*_MESSAGE_PLAIN, "lane"), _message_values(message), strict=True))
    _encode_identity(row, "publisher", message.publisher)
    _encode_identity(row, "consumer", message.consumer)
    row["headers"] = encode_json(message.headers)
    _encode_body(row, "payload", message.payload, contents)
    row["flaws"] = encode_json(message.flaws)
    return row


def decode_message(row: Row, contents: Contents) -> Message:
    """The message of a row; `contents` holds its payload."""
    return Message(
        **dict(zip(_MESSAGE_PLAIN, _message_fields(row), strict=True)),
        lane=_LANES[row["lane"]],
        publisher=_decode_identity(row, "publisher"),
        consumer=_decode_identity(row, "consumer"),
        headers=_decode_headers(row["headers"]),
        payload=_decode_body(row, "payload", contents),
        flaws=decode_texts(row["flaws"]),
    )


def encode_json(value: tuple[object, ...]) -> str:
    """Compact JSON text. Lone surrogates stand in it as they are; the column escapes them."""
    if not value:
        return "[]"
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # it writes UTF-8, which a lone surrogate has none of
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode_texts(text: str) -> tuple[str, ...]:
    """The texts of a JSON array."""
    return tuple(_loads(text)) if text != "[]" else ()


def _decode_headers(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(map(tuple, _loads(text))) if text != "[]" else ()


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # a lone surrogate again: what is stored is always valid JSON
        return json.loads(text)


def _encode_body(row: Row, name: str, body: Body | None, contents: Contents) -> None:
    digest = size = wire_size = media_type = truncated = None
    if body is not None:
        digest = bodies.digest(body.content)
        contents[digest] = body.content
        size, wire_size, media_type, truncated = body.size, body.wire_size, body.media_type, body.truncated
    row[name] = digest
    row[name + "_size"] = size
    row[name + "_wire_size"] = wire_size
    row[name + "_media_type"] = media_type
    row[name + "_truncated"] = truncated


def _decode_body(row: Row, name: str, contents: Contents) -> Body | None:
    digest = row[name]
    if digest is None:
        return None
    return Body(
        content=contents[digest],
        size=row[name + "_size"],
        wire_size=row[name + "_wire_size"],
        media_type=row[name + "_media_type"],
        truncated=row[name + "_truncated"],
    )


def _encode_identity(row: Row, name: str, identity: Identity | None) -> None:
    values = (None,) * 4 if identity is None else _identity_values(identity)
    row[name + "_basis"], row[name + "_value"], row[name + "_source"], row[name + "_verified"] = values


def _decode_identity(row: Row, name: str) -> Identity | None:
    basis = row[name + "_basis"]
    if basis is None:
        return None
    return Identity(
        basis=basis,
        value=row[name + "_value"],
        source=row[name + "_source"],
        verified=row[name + "_verified"],
    )
