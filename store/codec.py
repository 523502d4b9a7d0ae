"""Records to rows and back, column by column. No database here.

A row is a dictionary by column name. A body in a row is its digest; the content travels beside it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

from store import bodies
from store.records import Body, Exchange, Identity, Lane, Message, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]
Contents = dict[bytes, bytes]
"""Digest → content."""


def encode_exchange(exchange: Exchange, contents: Contents) -> Row:
    """The row of an exchange, without `seq` and `batch`; its bodies are added to `contents`."""
    identity = exchange.identity
    row = {
        "id": exchange.id,
        "producer": exchange.producer,
        "identity_basis": identity.basis,
        "identity_value": identity.value,
        "identity_source": identity.source,
        "identity_verified": identity.verified,
        "lane": exchange.lane.value,
        "source": exchange.source,
        "protocol": exchange.protocol,
        "started_at": exchange.started_at,
        "method": exchange.method,
        "scheme": exchange.scheme,
        "authority": exchange.authority,
        "path": exchange.path,
        "query": exchange.query,
        "request_headers": encode_json(exchange.request_headers),
        "request_trailers": encode_json(exchange.request_trailers),
        "status": exchange.status,
        "response_headers": encode_json(exchange.response_headers),
        "response_trailers": encode_json(exchange.response_trailers),
        "request_ns": exchange.request_ns,
        "wait_ns": exchange.wait_ns,
        "duration_ns": exchange.duration_ns,
        "outcome": exchange.outcome.value,
        "connection": exchange.connection,
        "peer": exchange.peer,
        "flaws": encode_json(exchange.flaws),
        "redacted": exchange.redacted,
    }
    _encode_body(row, "request_body", exchange.request_body, contents)
    _encode_body(row, "response_body", exchange.response_body, contents)
    return row


def decode_exchange(row: Mapping[str, Any], contents: Contents) -> Exchange:
    """The exchange of a row; `contents` holds its bodies."""
    return Exchange(
        id=row["id"],
        producer=row["producer"],
        identity=Identity(
            basis=row["identity_basis"],
            value=row["identity_value"],
            source=row["identity_source"],
            verified=row["identity_verified"],
        ),
        lane=Lane(row["lane"]),
        source=row["source"],
        protocol=row["protocol"],
        started_at=row["started_at"],
        method=row["method"],
        scheme=row["scheme"],
        authority=row["authority"],
        path=row["path"],
        query=row["query"],
        request_headers=_decode_headers(row["request_headers"]),
        request_trailers=_decode_headers(row["request_trailers"]),
        request_body=_decode_body(row, "request_body", contents),
        status=row["status"],
        response_headers=_decode_headers(row["response_headers"]),
        response_trailers=_decode_headers(row["response_trailers"]),
        response_body=_decode_body(row, "response_body", contents),
        request_ns=row["request_ns"],
        wait_ns=row["wait_ns"],
        duration_ns=row["duration_ns"],
        outcome=Outcome(row["outcome"]),
        connection=row["connection"],
        peer=row["peer"],
        flaws=decode_texts(row["flaws"]),
        redacted=row["redacted"],
    )


def encode_message(message: Message, contents: Contents) -> Row:
    """The row of a message, without `seq` and `batch`; its payload is added to `contents`."""
    row = {
        "id": message.id,
        "producer": message.producer,
        "lane": message.lane.value,
        "source": message.source,
        "protocol": message.protocol,
        "channel": message.channel,
        "type": message.type,
        "key": message.key,
        "partition": message.partition,
        "sequence": message.sequence,
        "headers": encode_json(message.headers),
        "published_at": message.published_at,
        "delivered_at": message.delivered_at,
        "acknowledged_at": message.acknowledged_at,
        "acknowledgement": message.acknowledgement,
        "redeliveries": message.redeliveries,
        "exchange": message.exchange,
        "flaws": encode_json(message.flaws),
        "redacted": message.redacted,
    }
    _encode_identity(row, "publisher", message.publisher)
    _encode_identity(row, "consumer", message.consumer)
    _encode_body(row, "payload", message.payload, contents)
    return row


def decode_message(row: Mapping[str, Any], contents: Contents) -> Message:
    """The message of a row; `contents` holds its payload."""
    return Message(
        id=row["id"],
        producer=row["producer"],
        lane=Lane(row["lane"]),
        source=row["source"],
        protocol=row["protocol"],
        channel=row["channel"],
        type=row["type"],
        publisher=_decode_identity(row, "publisher"),
        consumer=_decode_identity(row, "consumer"),
        key=row["key"],
        partition=row["partition"],
        sequence=row["sequence"],
        headers=_decode_headers(row["headers"]),
        payload=_decode_body(row, "payload", contents),
        published_at=row["published_at"],
        delivered_at=row["delivered_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledgement=row["acknowledgement"],
        redeliveries=row["redeliveries"],
        exchange=row["exchange"],
        flaws=decode_texts(row["flaws"]),
        redacted=row["redacted"],
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
    return tuple([(name, value) for name, value in _loads(text)]) if text != "[]" else ()


def _loads(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # a lone surrogate again: what is stored is always valid JSON
        return json.loads(text)


def _encode_body(row: Row, name: str, body: Body | None, contents: Contents) -> None:
    if body is None:
        row[name] = row[f"{name}_size"] = row[f"{name}_wire_size"] = None
        row[f"{name}_media_type"] = row[f"{name}_truncated"] = None
        return
    row[name] = digest = bodies.digest(body.content)
    contents[digest] = body.content
    row[f"{name}_size"] = body.size
    row[f"{name}_wire_size"] = body.wire_size
    row[f"{name}_media_type"] = body.media_type
    row[f"{name}_truncated"] = body.truncated


def _decode_body(row: Mapping[str, Any], name: str, contents: Contents) -> Body | None:
    digest = row[name]
    if digest is None:
        return None
    return Body(
        content=contents[bytes(digest)],
        size=row[f"{name}_size"],
        wire_size=row[f"{name}_wire_size"],
        media_type=row[f"{name}_media_type"],
        truncated=row[f"{name}_truncated"],
    )


def _encode_identity(row: Row, name: str, identity: Identity | None) -> None:
    row[f"{name}_basis"] = identity and identity.basis
    row[f"{name}_value"] = identity and identity.value
    row[f"{name}_source"] = identity and identity.source
    row[f"{name}_verified"] = identity and identity.verified


def _decode_identity(row: Mapping[str, Any], name: str) -> Identity | None:
    if row[f"{name}_basis"] is None:
        return None
    return Identity(
        basis=row[f"{name}_basis"],
        value=row[f"{name}_value"],
        source=row[f"{name}_source"],
        verified=row[f"{name}_verified"],
    )
