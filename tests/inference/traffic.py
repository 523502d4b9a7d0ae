"""Exchanges for tests of inference, made by hand."""

from __future__ import annotations

import json
from typing import Any

from store.records import Body, Exchange, Headers, Identity, Lane, Message, record_id

SECOND = 10**9
START = 1_700_000_000 * SECOND


def json_body(value: Any) -> Body:
    content = json.dumps(value).encode()
    return Body(content=content, size=len(content), wire_size=len(content), media_type="application/json")


def call(
    at: int,
    method: str,
    target: str,
    *,
    consumer: str = "billing",
    producer: str = "shop",
    sent: Any = None,
    status: int | None = 200,
    got: Any = None,
    request_headers: Headers = (),
    response_headers: Headers = (),
    duration_ns: int | None = SECOND // 100,
) -> Exchange:
    """One exchange that began `at` seconds after `START`."""
    path, _, query = target.partition("?")
    return Exchange(
        id=record_id(at, method, target, consumer, repr(sent), repr(got)),
        producer=producer,
        identity=Identity(basis="user-agent", value=consumer),
        lane=Lane.IMPORT,
        source="test",
        protocol="HTTP/1.1",
        started_at=START + at * SECOND,
        method=method,
        scheme="http",
        authority="shop.example",
        path=path,
        query=query,
        request_headers=request_headers,
        request_body=None if sent is None else json_body(sent),
        status=status,
        response_headers=response_headers,
        response_body=None if got is None else json_body(got),
        duration_ns=duration_ns,
        redacted=repr((sent, got, request_headers)).count("redacted."),
    )


def message(
    at: float,
    channel: str,
    payload: Any,
    *,
    consumer: str | None = "billing",
    publisher: str | None = None,
    producer: str = "events",
    type_: str = "",
    published: float | None = None,
    handled: float | None = None,
    acknowledgement: str = "",
    key: str | None = None,
    redeliveries: int | None = None,
    number: int = 0,
) -> Message:
    """One message, delivered (or published, without a consumer) `at` seconds after `START`."""

    def instant(seconds: float | None) -> int | None:
        return None if seconds is None else START + round(seconds * SECOND)

    return Message(
        id=record_id(repr(at), channel, repr(payload), consumer or "", redeliveries or 0, number),
        producer=producer,
        lane=Lane.IMPORT,
        source="test",
        protocol="amqp",
        channel=channel,
        type=type_,
        publisher=None if publisher is None else Identity(basis="client-id", value=publisher),
        consumer=None if consumer is None else Identity(basis="queue", value=consumer),
        key=key,
        payload=json_body(payload),
        published_at=instant(at if consumer is None else published),
        delivered_at=None if consumer is None else instant(at),
        acknowledged_at=instant(handled),
        acknowledgement=acknowledgement,
        redeliveries=redeliveries,
    )
