"""MessagePack and CBOR: values, tags, and the examples of RFC 8949."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import orjson
import pytest

from proxy.payloads.packed import read_cbor, read_msgpack
from proxy.payloads.plain import json_text


def cbor(data: str) -> object:
    return orjson.loads(json_text(read_cbor(bytes.fromhex(data)).value, 10_000).data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # RFC 8949, appendix A
        ("1bffffffffffffffff", 18446744073709551615),
        ("c249010000000000000000", "18446744073709551616"),
        ("c349010000000000000000", "-18446744073709551617"),
        ("f97e00", "NaN"),
        ("f9fc00", "-Infinity"),
        ("f6", None),
        ("c074323031332d30332d32315432303a30343a30305a", "2013-03-21T20:04:00Z"),
        ("c11a514b67b0", "2013-03-21T20:04:00Z"),
        ("d74401020304", "AQIDBA=="),
        ("d818456449455446", "ZElFVEY="),
        ("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "http://www.example.com"),
        ("a201020304", {"1": 2, "3": 4}),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
        ("7f657374726561646d696e67ff", "streaming"),
        # section 3.4.4, and tags that are ignored
        ("c48221196ab3", "273.15"),
        ("c5822003", [-1, 3]),
        ("d81e820102", [1, 2]),
        ("d82362612b", "a+"),
        ("d901028261616162", ["a", "b"]),
        ("d9d9f7a1616101", {"a": 1}),
        ("d9100001", 1),
    ],
)
def test_cbor(data: str, expected: object) -> None:
    assert cbor(data) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (msgspec.msgpack.Ext(5, b"\1"), "AQ=="),
        ({1: b"\1"}, {"1": "AQ=="}),
        (float("inf"), "Infinity"),
    ],
)
def test_msgpack(value: object, expected: object) -> None:
    text = json_text(read_msgpack(msgspec.msgpack.encode(value)).value, 10_000)
    assert orjson.loads(text.data) == expected
