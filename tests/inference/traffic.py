"""Exchanges for tests of inference, made by hand."""

from __future__ import annotations

import json
from typing import Any

from store.records import Body, Exchange, Headers, Identity, Lane, record_id

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
