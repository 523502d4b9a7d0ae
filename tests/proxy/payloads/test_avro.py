"""Avro: unions, names, logical types, and recursion."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.payloads.avro import AvroSchema
from tests.proxy.payloads.samples import TREE, avro

PAID = {"type": "record", "name": "shop.Paid", "fields": [{"name": "id", "type": "string"}]}
SENT = {
    "type": "record",
    "name": "Sent",
    "namespace": "shop",
    "fields": [{"name": "paid", "type": "shop.Paid"}],
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, Decimal("-12.50")),
        ({"type": "bytes", "logicalType": "decimal", "precision": 60}, Decimal(10**59 + 1)),
        (
            {"type": "fixed", "name": "F", "size": 8, "logicalType": "decimal", "precision": 9, "scale": 3},
            Decimal("1.001"),
        ),
        ({"type": "string", "logicalType": "uuid"}, UUID(int=7)),
        ({"type": "int", "logicalType": "date"}, date(2026, 1, 2)),
        ({"type": "int", "logicalType": "time-millis"}, time(3, 4, 5, 6000)),
        ({"type": "long", "logicalType": "timestamp-micros"}, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B"),
        ({"type": "map", "values": {"type": "array", "items": ["null", "long"]}}, {"a": [1, None], "b": []}),
    ],
)
def test_values_come_back(schema: Any, value: object) -> None:
    assert AvroSchema(schema).read(avro(schema, value)) == (value, "", ())


def test_a_union_names_the_record_that_is_in_it() -> None:
    schema = AvroSchema(["null", PAID, SENT])
    assert schema.read(b"\x00") == (None, "", ())
    assert schema.read(b"\x02\x02a") == ({"id": "a"}, "shop.Paid", ())
    assert schema.read(b"\x04\x02a") == ({"paid": {"id": "a"}}, "shop.Sent", ())
    for broken in (b"", b"\x01", b"\x06"):
        with pytest.raises((ValueError, IndexError)):
            schema.read(broken)


def test_schemas_refer_to_others() -> None:
    assert AvroSchema(SENT, [PAID]).read(b"\x02a") == ({"paid": {"id": "a"}}, "shop.Sent", ())
    either = AvroSchema(["shop.Paid", "shop.Sent"], [PAID, SENT])
    assert either.read(b"\x00\x02a") == ({"id": "a"}, "shop.Paid", ())
    assert either.read(b"\x02\x02a") == ({"paid": {"id": "a"}}, "shop.Sent", ())
    assert AvroSchema("shop.Sent", [PAID, SENT]).read(b"\x02a") == ({"paid": {"id": "a"}}, "shop.Sent", ())


TREES = st.recursive(
    st.none(), lambda inner: st.fixed_dictionaries({"left": inner, "right": inner}), max_leaves=30
)


@given(TREES.filter(bool))
def test_recursive_values_come_back(tree: Any) -> None:
    assert AvroSchema(TREE).read(avro(TREE, tree)) == (tree, "Tree", ())


@given(st.lists(st.binary(min_size=1, max_size=1), max_size=50))
def test_recursive_schemas_may_have_small_fixed_values(values: list[bytes]) -> None:
    flags = {"type": "array", "items": {"type": "fixed", "name": "Flag", "size": 1}}
    schema = {
        "type": "record",
        "name": "R",
        "fields": [{"name": "flags", "type": flags}, {"name": "next", "type": ["null", "R"]}],
    }
    value = {"flags": values, "next": None}
    assert AvroSchema(schema).read(avro(schema, value)).value == value
