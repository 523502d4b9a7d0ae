"""Protobuf without descriptors: what the bytes alone tell."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from proxy.payloads.varints import read_varint, read_zigzag
from proxy.payloads.wire import read_wire
from tests.proxy.payloads.samples import order_class


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", {}),
        (b"\x08\x96\x01", {"1": 150}),
        (b"\x08" + b"\xff" * 9 + b"\x01", {"1": -1}),
        (b"\x12\x07testing", {"2": "testing"}),
        (b"\x12\x00", {"2": ""}),
        (b"\x12\x03a\nb", {"2": "a\nb"}),
        (b"\x1a\x03\x08\x96\x01", {"3": {"1": 150}}),
        (b"\x1a\x02\x08\x01", {"3": {"1": 1}}),
        (b"\x1a\x02\x00\x01", {"3": b"\x00\x01"}),
        (b"\x1a\x02\xff\xff", {"3": b"\xff\xff"}),
        (b"\x08\x01\x08\x02", {"1": [1, 2]}),
        (b"\x09" + struct.pack("<d", 12.5), {"1": 12.5}),
        (b"\x09" + struct.pack("<q", 1767323045_000_000_000), {"1": 1767323045_000_000_000}),
        (b"\x09" + struct.pack("<q", -3), {"1": -3}),
        (b"\x09" + bytes(8), {"1": 0}),
        (b"\x0d" + struct.pack("<f", 0.5), {"1": 0.5}),
        (b"\x0d" + struct.pack("<i", 1767323045), {"1": 1767323045}),
        (b"\x0d" + struct.pack("<i", 7), {"1": 7}),
    ],
)
def test_fields(data: bytes, expected: dict[str, object]) -> None:
    assert read_wire(data).value == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",
        b"\x00\x01",
        b"\x12\x02a",
        b"\x0b\x0c",
        b"\x0e",
        b"\x09\x01",
        b"\x08" + b"\xff" * 10,
        b"\xff" * 20,
    ],
)
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_wire(data)


def test_every_cut_of_a_message_is_noticed_or_ends_between_fields() -> None:
    order = order_class()(id="o-1", total_cents=-5, lines=[{"sku": "a"}, {"sku": "b"}], tags={"k": "v"})
    data = order.SerializeToString(deterministic=True)
    whole: Any = read_wire(data).value
    assert whole == {"1": "o-1", "2": -5, "3": [{"1": "a"}, {"1": "b"}], "4": {"1": "k", "2": "v"}}
    for end in range(len(data)):
        try:
            part: Any = read_wire(data[:end]).value
        except ValueError:
            continue
        assert set(part) <= set(whole)


def test_shipped_messages_are_read_without_their_descriptors_too() -> None:
    struct_ = struct_pb2.Struct()
    struct_["a"] = 12.5
    assert read_wire(struct_.SerializeToString()).value == {"1": {"1": "a", "2": {"2": 12.5}}}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    try:
        value = read_wire(data).value
    except ValueError:
        return
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    ("data", "value", "signed"),
    [
        (b"\x00", 0, 0),
        (b"\x01", 1, -1),
        (b"\x02", 2, 1),
        (b"\xac\x02", 300, 150),
        (b"\xff" * 9 + b"\x01", 2**64 - 1, -(2**63)),
    ],
)
def test_integers(data: bytes, value: int, signed: int) -> None:
    assert read_varint(b"x" + data + b"y", 1) == (value, 1 + len(data))
    assert read_zigzag(b"x" + data + b"y", 1) == (signed, 1 + len(data))
    for end in range(len(data)):
        with pytest.raises(ValueError, match="no variable-length integer at byte 0"):
            read_varint(data[:end], 0)
