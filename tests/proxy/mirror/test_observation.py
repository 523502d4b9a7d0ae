"""Pushed observations: what is taken, what is refused and why, and that the schema is the form's."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.mirror.observation import InvalidObservationError, Observation, read

SCHEMA = Path(__file__).parents[3] / "docs" / "observations.schema.json"
WHOLE: dict[str, Any] = {
    "method": "POST",
    "url": "https://orders.internal:8443/orders?x=1",
    "started_at": "2026-11-21T10:00:00.5+01:00",
    "status": 201,
    "request_headers": [["User-Agent", "billing/2"], ["Content-Type", "application/json"]],
    "request_body": {"text": '{"a":1}'},
    "response_body": {"base64": "aGk=", "size": 900},
    "wait_ms": 1.5,
    "duration_ms": 2,
    "peer": "10.0.0.1",
}


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def test_the_published_schema_is_the_forms() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What POST /v1/observations takes: an array of these, or one a line",
        **msgspec.json.schema(Observation),
    }
    text = json.dumps(schema, indent=2, sort_keys=True) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == text


def test_a_whole_observation() -> None:
    exchange = read(raw(WHOLE), "orders", "127.0.0.1:1")
    assert (exchange.producer, exchange.authority, exchange.target) == (
        "orders", "orders.internal:8443", "/orders?x=1",
    )  # fmt: skip
    assert exchange.started_at == 1_795_251_600_500_000_000
    assert (exchange.wait_ns, exchange.duration_ns) == (1_500_000, 2_000_000)
    assert exchange.request_headers[0] == ("user-agent", "billing/2")
    assert exchange.response_body is not None
    assert (exchange.response_body.data, exchange.response_body.size) == (b"hi", 900)


def test_sent_again_it_is_the_same() -> None:
    assert read(raw(WHOLE), "a", "s").fingerprint == read(raw(WHOLE), "a", "s").fingerprint
    other = {**WHOLE, "started_at": "2026-11-21T10:00:01Z"}
    assert read(raw(WHOLE), "a", "s").fingerprint != read(raw(other), "a", "s").fingerprint
    named = [read(raw({**one, "id": "7"}), "a", "s").fingerprint for one in (WHOLE, other)]
    assert named[0] == named[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "GET /"}, "$.method"),
        ({"url": "/orders"}, "`url`: its URL is not absolute"),
        ({"started_at": "2026-11-21T10:00:00"}, "timezone"),
        ({"started_at": "1969-12-31T23:59:59Z"}, "`started_at` is no date since 1970"),
        ({"started_at": "9999-12-31T23:59:59-23:59"}, "`started_at` is no date since 1970"),
        ({"method": "GET\n"}, "$.method"),
        ({"protocol": "http/1.1\n"}, "$.protocol"),
        ({"status": 99}, "$.status"),
        ({"duration_ms": -1}, "$.duration_ms"),
        ({"request_body": {}}, "either `text` or `base64`"),
        ({"request_body": {"text": "a", "base64": "YQ=="}}, "either `text` or `base64`"),
        ({"request_body": {"base64": "%"}}, "is not base64"),
        ({"request_body": {"text": "long", "size": 1}}, "less than what is given"),
        ({"request_body": {"text": "a", "size": 2**63}}, "$.request_body.size"),
        ({"other": 1}, "unknown field `other`"),
        ({"request_headers": [["a"]]}, "$.request_headers[0]"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidObservationError) as caught:
        read(raw({**WHOLE, **change}), "a", "s")
    assert said in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Observation.__struct_fields__)), JSON))
def test_any_value_is_taken_or_refused(change: dict[str, Any]) -> None:
    with suppress(InvalidObservationError):
        read(raw({**WHOLE, **change}), "a", "s")
