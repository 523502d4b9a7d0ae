"""Payloads that are made to do harm, or are anything at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cbor2
import msgspec
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.payloads import Payloads, Schemas
from proxy.payloads.payloads import MAX_TIMES_INPUT, SMALL_OUTPUT_BYTES
from tests.proxy.payloads.samples import ORDER_AVRO, SINGLE_OBJECT, body, framed, of_type

if TYPE_CHECKING:
    from pathlib import Path

    from store.records import Headers


def test_schemas_without_bound_are_not_read_with(tmp_path: Path) -> None:
    """Eight bytes would claim a trillion empty items."""
    empty = {"type": "record", "name": "Empty", "fields": [{"name": "nothing", "type": "null"}]}
    declared = [
        {"type": "array", "items": "null"},
        {
            "type": "record",
            "name": "R",
            "fields": [{"name": "all", "type": {"type": "array", "items": empty}}],
        },
        {"type": "map", "values": {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}},
    ]
    for number, schema in enumerate(declared, start=1):
        (tmp_path / f"{number}.avsc").write_bytes(orjson.dumps(schema))
    payloads = Payloads(Schemas(tmp_path))
    for number in range(1, len(declared) + 1):
        data = framed(number, b"\x80\x80\x80\x80\x80\x80\x01\x00")
        assert payloads.read(body(data), (), "x").flaws == ("undecodable",)


@pytest.mark.parametrize("byte", [b"\x02", b"\x00", b"\x01", b"\xff"])
def test_recursive_data_ends_nothing(payloads: Payloads, byte: bytes) -> None:
    assert payloads.read(body(framed(8, byte * 1_000_000)), (), "x").flaws == ("undecodable",)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("kind", ["bytes", {"type": "fixed", "name": "F", "size": 1_000_000}])
def test_a_decimal_of_a_megabyte_costs_little(tmp_path: Path, kind: str | dict[str, object]) -> None:
    fixed = kind if isinstance(kind, dict) else {"type": kind}
    schema = {**fixed, "logicalType": "decimal", "precision": 2_000_000, "scale": 2}
    (tmp_path / "1.avsc").write_bytes(orjson.dumps(schema))
    length = b"" if isinstance(kind, dict) else b"\x80\x89\x7a"
    data = framed(1, length + b"\x7f" * 1_000_000)
    assert Payloads(Schemas(tmp_path)).read(body(data), (), "x").flaws == ("undecodable",)


LAUGHS = b"\x98\x29\xd8\x1c\x80" + b"".join(
    b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + cbor2.dumps(one)) for one in range(40)
)
"""Tags 28 and 29: forty arrays, each holding the one before it twice."""


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        pytest.param(LAUGHS, "too-large", id="a billion laughs"),
        pytest.param(b"\xd8\x1c\x81\xd8\x1d\x00", "too-deep", id="an array in itself"),
        pytest.param(
            b"\xd9\x01\x00\x98\xff\x5a\0\x01\0\0" + bytes(65536) + b"\xd8\x19\x00" * 254,
            "too-large",
            id="one string many times",
        ),
        pytest.param(
            b"\xc4\x82\x00\xc2\x5a\0\x0f\x42\x40" + b"\xff" * 1_000_000, "undecodable", id="decimal"
        ),
        pytest.param(b"\xc2\x5a\0\x0f\x42\x40" + b"\xff" * 1_000_000, "undecodable", id="integer"),
        pytest.param(b"\x9b" + b"\x7f" * 8, "undecodable", id="a long array"),
        pytest.param(b"\x81" * 1_000_000, "undecodable", id="a deep array"),
    ],
)
@pytest.mark.timeout(5)
def test_hostile_cbor_costs_little(payloads: Payloads, data: bytes, flaw: str) -> None:
    assert payloads.read(body(data), of_type("application/cbor"), "x").flaws == (flaw,)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("data", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\x91" * 1_000_000])
def test_hostile_messagepack_costs_little(payloads: Payloads, data: bytes) -> None:
    assert payloads.read(body(data), of_type("application/msgpack"), "x").flaws == ("undecodable",)


@pytest.mark.timeout(5)
def test_hostile_protobuf_costs_little(payloads: Payloads) -> None:
    """Half a million lines of which each is an empty message, and a message in a message in a message."""
    many = body(framed(10, b"\x02\x02" + b"\x1a\x00" * 500_000))
    assert payloads.read(many, (), "x").flaws == ("too-large",)
    data = b""
    for _ in range(3_000):
        data = b"\x4a" + _varint(len(data)) + data
    assert payloads.read(body(framed(10, b"\x02\x02" + data)), (), "x").flaws == ("undecodable",)
    read = payloads.read(body(data), of_type("application/protobuf"), "x")
    assert (read.flaws, read.body.size) == ((), len(read.body.data))


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


HEADERS = st.sampled_from(
    [
        "",
        "application/json",
        "application/avro",
        "application/protobuf",
        "application/msgpack",
        "application/cbor",
    ]
).map(of_type)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 9), inner),
    max_leaves=20,
)
DATA = (
    st.binary(max_size=300)
    | st.builds(framed, st.integers(7, 11), st.binary(max_size=100))
    | st.binary(max_size=100).map(SINGLE_OBJECT.__add__)
    | VALUES.map(msgspec.msgpack.encode)
    | VALUES.map(cbor2.dumps)
)


@given(data=DATA, headers=HEADERS, channel=st.sampled_from(["x", "orders.x"]), cut=st.integers(0, 2))
@example(data=framed(10, b"\x04\x02\x08"), headers=(), channel="x", cut=0)
def test_any_bytes_give_an_answer_within_bounds(
    payloads: Payloads, data: bytes, headers: Headers, channel: str, cut: int
) -> None:
    raw = body(data, cut=cut)
    read = payloads.read(raw, headers, channel)
    if read.flaws and read.body == raw:
        assert read.media_type == headers[0][1] if headers else not read.media_type
    elif read.body != raw and not cut:
        orjson.loads(read.body.data)
        assert len(read.body.data) <= max(MAX_TIMES_INPUT * raw.size, SMALL_OUTPUT_BYTES)


@given(
    data=st.integers(0, len(ORDER_AVRO)),
    position=st.integers(0, len(ORDER_AVRO) - 1),
    byte=st.integers(0, 255),
)
def test_damaged_payloads_are_json_or_as_they_were(
    payloads: Payloads, data: int, position: int, byte: int
) -> None:
    damaged = bytearray(ORDER_AVRO)
    damaged[position] = byte
    raw = body(framed(7, bytes(damaged[:data])))
    read = payloads.read(raw, (), "x")
    assert (read.body == raw) == bool(read.flaws)


@given(VALUES)
def test_messagepack_and_cbor_say_the_same(payloads: Payloads, value: object) -> None:
    packed = payloads.read(body(msgspec.msgpack.encode(value)), of_type("application/msgpack"), "x")
    same = payloads.read(body(cbor2.dumps(value)), of_type("application/cbor"), "x")
    assert (packed.body.data, packed.flaws) == (same.body.data, same.flaws)
