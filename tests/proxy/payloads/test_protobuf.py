"""Protobuf with descriptors: names, presence, and the forms of shipped messages."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from proxy.payloads.plain import json_text
from proxy.payloads.protobuf import Descriptors, UndescribedMessages, files_of
from tests.proxy.payloads.samples import descriptor_set, order_class, shop_file

DESCRIPTORS = Descriptors(files_of(descriptor_set(shop_file())))
ORDERS = DESCRIPTORS.message("shop.Order")
Order = order_class()
ABSENT = {"id": "", "total_cents": 0, "lines": [], "tags": {}, "status": "UNKNOWN", "digest": ""}


def read(message: Any) -> Any:
    value = ORDERS.read(message.SerializeToString())
    assert value.type == "shop.Order"
    return orjson.loads(json_text(value.value, 100_000).data)


def test_fields_without_presence_are_always_there() -> None:
    assert read(Order()) == ABSENT


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "o-1"}, "o-1"),
        ({"total_cents": 2**62}, 2**62),
        ({"lines": [{"sku": "a"}, {}]}, [{"sku": "a"}, {"sku": ""}]),
        ({"tags": {"k": "v"}}, {"k": "v"}),
        ({"status": 1}, "PAID"),
        ({"status": 9}, 9),
        ({"placed": {"seconds": 1767323045}}, "2026-01-02T03:04:05Z"),
        ({"discount": {"value": 0}}, 0),
        ({"digest": b"\xff"}, "/w=="),
        ({"parent": {"id": "p"}}, {**ABSENT, "id": "p"}),
        ({"extra": {"type_url": "x/un.Known", "value": b"\1"}}, {"@type": "x/un.Known", "value": "AQ=="}),
        (
            {"extra": {"type_url": "x/shop.Order.Line", "value": b"\n\1a"}},
            {"@type": "x/shop.Order.Line", "sku": "a"},
        ),
    ],
)
def test_fields(fields: dict[str, Any], expected: object) -> None:
    (name,) = fields
    assert read(Order(**fields)) == {**ABSENT, name: expected}


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    """The errors are those that bytes can be blamed for: protobuf's own, and times that no calendar has."""
    with suppress(DecodeError, ValueError):
        json_text(ORDERS.read(data).value, 100_000)


def test_indexes_choose_the_message() -> None:
    indexed = DESCRIPTORS.indexed()
    assert indexed.read(b"\x00").type == indexed.read(b"\x02\x00").type == "shop.Cancelled"
    assert indexed.read(b"\x02\x02").type == "shop.Order"
    assert indexed.read(b"\x04\x02\x00\x0a\x01a").type == "shop.Order.Line"
    for broken in (b"", b"\x01", b"\x02", b"\x02\x01", b"\x02\x08", b"\x7f", b"\xfe\x7f"):
        with pytest.raises((ValueError, IndexError)):
            indexed.read(broken)


def test_without_descriptors_indexes_are_passed_over() -> None:
    value = UndescribedMessages().read(b"\x04\x02\x00\x0a\x01a")
    assert (value.value, value.type, value.flaws) == ({"1": "a"}, "", ("no-descriptor",))


def test_files_know_of_each_other() -> None:
    used = descriptor_pb2.FileDescriptorProto(name="default", package="used")
    used.message_type.add(name="Money")
    user = descriptor_pb2.FileDescriptorProto(name="default", package="user", dependency=["used.proto"])
    field = user.message_type.add(name="Price").field.add(name="money", number=1, type=11, label=1)
    field.type_name = ".used.Money"
    descriptors = Descriptors([("used.proto", used.SerializeToString()), ("", user.SerializeToString())])
    assert orjson.loads(json_text(descriptors.indexed().read(b"\x00\x0a\x00").value, 100).data) == {
        "money": {}
    }
    with pytest.raises(KeyError):
        descriptors.message("user.Other")
