"""Avro schemas say in JSON Schema what decoded values are."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.avro import json_schema


def plain(schema: Any) -> dict[str, Any]:
    """The translation of a schema without named types."""
    translated = json_schema(schema)
    assert translated.pop("$defs") == {}
    return translated


@pytest.mark.parametrize(
    ("avro", "expected"),
    [
        ("null", {"type": "null"}),
        ("long", {"type": "integer"}),
        ({"type": "double"}, {"type": "number"}),
        ({"type": {"type": "string"}}, {"type": "string"}),
        ("bytes", {"type": "string", "contentEncoding": "base64"}),
        (["null", "string"], {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        ({"type": "array", "items": "int"}, {"type": "array", "items": {"type": "integer"}}),
        (
            {"type": "map", "values": "boolean"},
            {"type": "object", "additionalProperties": {"type": "boolean"}},
        ),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 9},
            {"type": "string", "format": "decimal"},
        ),
        ({"type": "string", "logicalType": "uuid"}, {"type": "string", "format": "uuid"}),
        ({"type": "int", "logicalType": "date"}, {"type": "string", "format": "date"}),
        ({"type": "int", "logicalType": "time-millis"}, {"type": "string", "format": "time-local"}),
        ({"type": "long", "logicalType": "timestamp-micros"}, {"type": "string", "format": "date-time"}),
        (
            {"type": "long", "logicalType": "local-timestamp-millis"},
            {"type": "string", "format": "date-time-local"},
        ),
        ({"type": "string", "logicalType": "date"}, {"type": "string"}),
        ({"type": "long", "logicalType": ["odd"]}, {"type": "integer"}),
    ],
)
def test_types(avro: Any, expected: dict[str, Any]) -> None:
    assert plain(avro) == expected


ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop.events",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["placed", "paid"]}},
        {"name": "before", "type": ["null", "State"], "default": None},
        {"name": "parent", "type": ["null", "Order"]},
        {"name": "hash", "type": {"type": "fixed", "name": "other.Hash", "size": 4}},
        {"name": "again", "type": "other.Hash"},
        {
            "name": "lines",
            "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": []}},
        },
    ],
}


def test_named_types_in_their_namespaces() -> None:
    found = json_schema(ORDER)
    assert found["$ref"] == "#/$defs/shop.events.Order"
    assert set(found["$defs"]) == {
        "shop.events.Order",
        "shop.events.State",
        "other.Hash",
        "shop.events.Line",
    }
    order = found["$defs"]["shop.events.Order"]
    assert order["required"] == ["id", "state", "before", "parent", "hash", "again", "lines"]
    assert order["properties"]["parent"]["anyOf"][1] == {"$ref": "#/$defs/shop.events.Order"}
    assert found["$defs"]["shop.events.State"] == {"type": "string", "enum": ["placed", "paid"]}


def test_it_is_a_json_schema_that_lets_decoded_values_pass() -> None:
    validator = jsonschema_rs.validator_for(json_schema(ORDER), validate_formats=True)
    order: dict[str, Any] = {
        "id": "9f1c7c5e-2d4e-4b43-8a53-6a8f6ad3c1f0",
        "state": "paid",
        "before": None,
        "parent": None,
        "hash": "AAECAw==",
        "again": "AAECAw==",
        "lines": [{}],
    }
    assert validator.is_valid({**order, "parent": order, "before": "placed"})
    assert not validator.is_valid({**order, "state": "lost"})
    assert not validator.is_valid({**order, "id": "1"})


@pytest.mark.parametrize(
    ("avro", "why"),
    [
        (4, "not 4"),
        ({"fields": []}, "type"),
        ([], "empty"),
        ("Missing", "Missing"),
        ({"type": "record", "name": "A"}, "fields"),
        ({"type": "record", "name": "A", "fields": [{"type": "int"}]}, "no name"),
        ({"type": "record", "name": "A/B", "fields": []}, "A/B"),
        ({"type": "record", "fields": []}, "None"),
        ({"type": "enum", "name": "A", "symbols": [1]}, "symbols"),
        (["null", *[{"type": "fixed", "name": "A", "size": 1}] * 2], "twice"),
    ],
)
def test_what_is_no_schema_says_why(avro: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        json_schema(avro)


SCHEMAS = st.recursive(
    st.sampled_from(["null", "int", "string", "bytes", "A", "b.C", "", 4, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"type": inner | st.sampled_from(["record", "enum", "fixed", "array", "map", "error"])},
            optional={
                "name": st.sampled_from(["A", "b.C", "d e", 1]),
                "namespace": st.sampled_from(["", "n", "n.m", 1]),
                "fields": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["x", 1]), "type": inner})),
                "symbols": st.lists(st.sampled_from(["U", 1])),
                "items": inner,
                "values": inner,
                "logicalType": st.sampled_from(["uuid", "date", 1]),
            },
        )
    ),
    max_leaves=12,
)


@given(SCHEMAS)
def test_any_value_is_translated_or_refused(avro: Any) -> None:
    try:
        found = json_schema(avro)
    except ValueError:
        return
    assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **found})
    jsonschema_rs.validator_for(json.loads(json.dumps(found)))
