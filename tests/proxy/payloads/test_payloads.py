"""Payloads: which format they are taken for, what is said of them, and that no bytes do harm."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import orjson
import pytest

from proxy.payloads import Payloads, Schemas
from tests.proxy.payloads.samples import (
    FINGERPRINT,
    ORDER,
    ORDER_AVRO,
    ORDER_JSON,
    SINGLE_OBJECT,
    avro,
    body,
    descriptor_set,
    framed,
    of_type,
    order_class,
    shop_file,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "media_type", "channel", "expected"),
    [
        pytest.param(framed(7, ORDER_AVRO), "", "x", (ORDER_JSON, "shop.Order", "registry:7"), id="Avro"),
        pytest.param(
            framed(7, ORDER_AVRO),
            "avro/binary",
            "x",
            (ORDER_JSON, "shop.Order", "registry:7"),
            id="Avro, told",
        ),
        pytest.param(
            SINGLE_OBJECT + ORDER_AVRO,
            "",
            "x",
            (ORDER_JSON, "shop.Order", f"avro:{FINGERPRINT}"),
            id="single",
        ),
        pytest.param(
            framed(9, b'{"a":1}'), "", "x", (b'{"a":1}', "OrderPlaced", "registry:9"), id="JSON Schema"
        ),
        pytest.param(
            framed(9, b'"a"'), "", "x", (b'"a"', "OrderPlaced", "registry:9"), id="JSON Schema, scalar"
        ),
        pytest.param(
            framed(10, b"\0"),
            "application/x-protobuf",
            "x",
            (b"{}", "shop.Cancelled", "registry:10"),
            id="index 0",
        ),
        pytest.param(
            framed(10, b"\x04\x02\x00\x0a\x01s"),
            "",
            "x",
            (b'{"sku":"s"}', "shop.Order.Line", "registry:10"),
            id="indexes 1, 0",
        ),
        pytest.param(b"\x0a\x01a", "application/protobuf", "x", (b'{"1":"a"}', "", ""), id="wire"),
        pytest.param(b"", "application/protobuf", "x", (b"{}", "", ""), id="wire, empty"),
        pytest.param(b"\x81\xa1a\x01", "application/msgpack", "x", (b'{"a":1}', "", ""), id="MessagePack"),
        pytest.param(
            b"\x81\xa1a\x01", "Application/X-MsgPack; v=1", "x", (b'{"a":1}', "", ""), id="spelling"
        ),
        pytest.param(b"\xa1\x61a\x01", "application/cbor", "x", (b'{"a":1}', "", ""), id="CBOR"),
        pytest.param(b'{"a": 1}', "application/json", "x", (b'{"a": 1}', "", ""), id="JSON"),
        pytest.param(b'{"a": 1}', "application/vnd.shop+json", "x", (b'{"a": 1}', "", ""), id="JSON suffix"),
        pytest.param(b' [{"a": 1}]', "", "x", (b' [{"a": 1}]', "", ""), id="JSON, untold"),
        pytest.param(
            b'{"a": 1}', "application/octet-stream", "x", (b'{"a": 1}', "", ""), id="JSON, as bytes"
        ),
        pytest.param(b'{"a": 1}', "", "orders.eu", (b'{"a": 1}', "", ""), id="JSON where protobuf was said"),
    ],
)
def test_payloads_become_json(
    payloads: Payloads, data: bytes, media_type: str, channel: str, expected: tuple[bytes, str, str]
) -> None:
    read = payloads.read(body(data), of_type(media_type), channel)
    assert (read.body.data, read.type, read.schema) == expected
    assert (read.media_type, read.flaws, read.body.truncated) == ("application/json", (), False)


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "application/protobuf"])
def test_a_channel_has_its_message(payloads: Payloads, media_type: str) -> None:
    data = order_class()(id="o-1", total_cents=5).SerializeToString()
    read = payloads.read(body(data), of_type(media_type), "orders.eu")
    assert orjson.loads(read.body.data)["total_cents"] == 5
    assert (read.type, read.schema) == ("shop.Order", "")


@pytest.mark.parametrize(
    ("data", "media_type", "flaws"),
    [
        (b"", "", ()),
        (b"", "application/json", ()),
        (b"hello", "", ()),
        (b"hello", "text/plain", ()),
        (b'{"a": 1}', "text/plain", ()),
        (b"{no json", "", ()),
        (b"\x89PNG\0\0", "image/png", ()),
        (framed(7, ORDER_AVRO), "image/x-icon", ()),
        (framed(0, b"a long"), "", ()),
        (b"\0\0", "", ()),
        (framed(4711, ORDER_AVRO), "", ("schema-unknown",)),
        (b"\xc3\x01" + bytes(8) + ORDER_AVRO, "", ("schema-unknown",)),
        (framed(7, ORDER_AVRO[:-1]), "", ("undecodable",)),
        (framed(7, ORDER_AVRO + b"\0"), "", ("undecodable",)),
        (framed(8, b"\x02" * 1_000_000), "", ("undecodable",)),
        (framed(10, b"\x01"), "", ("undecodable",)),
        (framed(10, b"\x02\x08"), "", ("undecodable",)),
        (b"\x81", "application/msgpack", ("undecodable",)),
        (b"\xc1", "application/cbor", ("undecodable",)),
        (b"\x01\x02", "application/cbor", ("undecodable",)),
        (b"\x91" * 65 + b"\x01", "application/msgpack", ("too-deep",)),
    ],
)
def test_what_cannot_be_decoded_stays_as_it_is(
    payloads: Payloads, data: bytes, media_type: str, flaws: tuple[str, ...]
) -> None:
    raw = body(data)
    read = payloads.read(raw, of_type(media_type), "x")
    assert (read.body, read.media_type, read.flaws) == (raw, media_type, flaws)


def test_the_id_of_a_schema_is_told_though_nobody_knows_it(payloads: Payloads) -> None:
    assert payloads.read(body(framed(4711, b"\x01")), (), "x").schema == "registry:4711"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (framed(7, ORDER_AVRO), ""),
        (b"\x81\xa1a\x01", "application/msgpack"),
        (b"\x0a\x01", "application/protobuf"),
    ],
)
def test_a_cut_payload_is_not_decoded(payloads: Payloads, data: bytes, media_type: str) -> None:
    raw = body(data, cut=10)
    read = payloads.read(raw, of_type(media_type), "x")
    assert (read.body, read.media_type, read.flaws) == (raw, media_type, ())


@pytest.mark.parametrize("media_type", ["", "application/json"])
def test_json_that_was_cut_is_json(payloads: Payloads, media_type: str) -> None:
    read = payloads.read(body(b'{"a": [1', cut=5), of_type(media_type), "x")
    assert (read.body, read.media_type) == (body(b'{"a": [1', cut=5), "application/json")
    read = payloads.read(body(framed(9, b'{"a": [1'), cut=5), of_type(media_type), "x")
    assert (read.body, read.media_type) == (body(b'{"a": [1', cut=5), "application/json")


def test_headers_name_the_type_before_the_schema_does(payloads: Payloads) -> None:
    headers = (("ce_type", "order.placed"), ("type", "other"))
    assert payloads.read(body(framed(7, ORDER_AVRO)), headers, "x").type == "order.placed"
    assert payloads.read(body(framed(9, b"{}")), headers, "x").type == "order.placed"


def test_an_envelope_is_kept_and_names_the_type(payloads: Payloads) -> None:
    event = b'{"specversion":"1.0","id":"1","source":"/s","type":"order.placed","data_base64":"AA=="}'
    for media_type in ("application/cloudevents+json; charset=utf-8", "application/json", ""):
        read = payloads.read(body(event), of_type(media_type), "x")
        assert (read.body.data, read.type, read.media_type) == (event, "order.placed", "application/json")


@pytest.mark.parametrize(
    ("library", "data", "media_type", "channel"),
    [
        ("fastavro", framed(7, ORDER_AVRO), "", "x"),
        ("fastavro", SINGLE_OBJECT + ORDER_AVRO, "", "x"),
        ("google.protobuf", framed(10, b"\0"), "", "x"),
        ("google.protobuf", b"\x0a\x01a", "", "orders.eu"),
        ("cbor2", b"\x01", "application/cbor", "x"),
    ],
)
def test_without_its_library_a_payload_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, data: bytes, media_type: str, channel: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "7.avsc").write_bytes(orjson.dumps(ORDER))
    (tmp_path / "10.desc").write_bytes(descriptor_set(shop_file()) if library != "google.protobuf" else b"x")
    read = Payloads(Schemas(tmp_path, messages={"orders.*": "shop.Order"})).read(
        body(data), of_type(media_type), channel
    )
    assert (read.body, read.flaws) == (body(data), ("no-decoder",))


def test_schemas_without_bound_are_not_read_with(tmp_path: Path) -> None:
    """Two long numbers would claim a trillion empty items."""
    (tmp_path / "1.avsc").write_bytes(orjson.dumps({"type": "array", "items": "null"}))
    data = framed(1, b"\x80\x80\x80\x80\x80\x80\x01\x00")
    assert Payloads(Schemas(tmp_path)).read(body(data), (), "x").flaws == ("undecodable",)


def test_the_sample_is_what_fastavro_writes() -> None:
    value = orjson.loads(ORDER_JSON)
    value["price"], value["placed"] = Decimal("12.50"), 1767323045000
    assert avro(ORDER, value) == ORDER_AVRO
