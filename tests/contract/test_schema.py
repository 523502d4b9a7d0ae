"""Schemas become clauses: exactly, in order, and bounded whatever the schema."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contract.clause import Clause, Holds
from contract.place import Places
from contract.schema import MAX_PLACES, clauses_of
from contract.subject import parse
from contract.view import Leaf
from tests.inference.traffic import call

ANSWER = parse("response.200.body")


def clauses(schema: Any, *, at: str = "response.200.body", definitions: Any = None) -> list[Clause]:
    def resolve(reference: str) -> Leaf | None:
        name = reference.rpartition("/")[2]
        return Leaf(definitions[name], reference, resolve) if name in (definitions or {}) else None

    return list(clauses_of(schema, at=parse(at), producer="p", operation="GET /a", resolve=resolve))


def said(schema: Any, **options: Any) -> dict[str, Any]:
    """What is stated, as `place kind` → value, places below the root."""
    return {
        f"{str(c.subject).removeprefix('response.200.body').lstrip('.') or '.'} {c.kind.name}": c.kind.value
        for c in clauses(schema, **options)
    }


def test_an_object() -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "note": {"type": ["string", "null"]}},
        "required": ["id"],
    }
    assert said(schema) == {
        ". type": ["object"],
        ". nullable": False,
        "id present": "always",
        "id type": ["string"],
        "id nullable": False,
        "note present": "sometimes",
        "note type": ["string"],
        "note nullable": True,
    }


@pytest.mark.parametrize(
    ("schema", "key", "value"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "[] type", ["integer"]),
        (
            {"prefixItems": [{"type": "integer"}, {"type": "string"}], "type": "array", "items": False},
            "[] type",
            ["integer", "string"],
        ),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "{} type", ["number"]),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, ". closed", ["a"]),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"required": ["a"], "type": "object"}]},
            "a present",
            "always",
        ),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, ". type", ["integer", "string"]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ". nullable", True),
        ({"type": "string", "nullable": True}, ". nullable", True),
        ({"enum": ["a", None]}, ". nullable", True),
        ({"const": 4}, ". type", ["integer"]),
        ({"type": ["number", "integer"]}, ". type", ["number"]),
        ({"type": "string", "enum": ["b", "a", None]}, ". enum", ["a", "b"]),
        ({"const": 4}, ". enum", [4]),
        ({"type": "string", "format": "uuid"}, ". format", "uuid"),
        ({"type": "string", "format": "byte"}, ". format", "base64"),
        ({"type": "string", "contentEncoding": "base64"}, ". format", "base64"),
        ({"type": "integer", "minimum": 1, "maximum": 100}, ". range", {"min": 1, "max": 100}),
        ({"type": "integer", "exclusiveMinimum": 0}, ". range", {"min": 1, "max": None}),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, ". range", {"min": 1, "max": None}),
        ({"type": "string", "minLength": 2, "maxLength": 5}, ". length", {"min": 2, "max": 5}),
        ({"type": "array", "minItems": 1}, ". size", {"min": 1, "max": None}),
        ({"type": "array", "uniqueItems": True}, ". unique", {"by": None}),
        ({"type": "string", "pattern": "^a$"}, ". pattern", "^a$"),
        ({"allOf": [{"pattern": "("}, {"pattern": "b"}], "type": "string"}, ". pattern", "b"),
    ],
)
def test_keywords(schema: Any, key: str, value: Any) -> None:
    assert said(schema)[key] == value


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "format": "int32"}, "format"),
        ({"type": "string", "format": "password"}, "format"),
        ({"type": "integer", "format": "uuid"}, "format"),
        ({"type": "string", "pattern": "("}, "pattern"),
        ({"type": "string", "minimum": 1}, "range"),
        ({"type": "integer", "minLength": 1}, "length"),
        ({"type": "object", "minItems": 1}, "size"),
        ({"type": "integer", "minimum": 5, "maximum": 1}, "range"),
        ({"type": "string", "minLength": -1}, "length"),
        ({"enum": [None]}, "enum"),
        ({"enum": [["a"]]}, "enum"),
        ({"type": "array", "uniqueItems": False}, "unique"),
    ],
)
def test_keywords_that_say_nothing(schema: Any, kind: str) -> None:
    assert f". {kind}" not in said(schema)


def test_a_field_required_in_all_branches_is_required() -> None:
    branch = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    other = {"type": "object", "properties": {"id": {"type": "string"}, "x": {}}, "required": ["id", "x"]}
    stated = said({"oneOf": [branch, other]})
    assert stated["id present"] == "always"
    assert stated["x present"] == "sometimes"


def test_what_is_read_only_is_not_sent_and_what_is_write_only_not_received() -> None:
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "pin": {"type": "string", "writeOnly": True},
        },
    }
    assert "id present" in said(schema)
    assert "pin present" not in said(schema)
    sent = {str(c.subject) for c in clauses(schema, at="request.body")}
    assert "request.body.pin" in sent
    assert "request.body.id" not in sent


@pytest.mark.parametrize(
    "schema", [True, {}, None, 4, "x", [], {"type": 4}, {"$ref": "#/nowhere"}, {"properties": 3}]
)
def test_what_is_no_schema_restricts_nothing(schema: Any) -> None:
    assert said(schema) == {}


def test_cycles_end() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/Tree"}, "right": {"$ref": "#/Tree"}}}
    stated = clauses({"$ref": "#/Tree"}, definitions={"Tree": tree})
    assert 10 < len(stated) < 1_000
    deepest = max(len(c.subject.parts) for c in stated)
    assert deepest < 12


def test_cycles_that_multiply_are_bounded() -> None:
    names = [f"n{i}" for i in range(12)]
    node = {"type": "object", "properties": {name: {"$ref": f"#/{name}"} for name in names}}
    stated = clauses({"$ref": "#/n0"}, definitions=dict.fromkeys(names, node))
    assert len({c.subject for c in stated}) <= MAX_PLACES


def test_the_order_is_that_of_the_schema() -> None:
    schema = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "string"}}}
    assert list(said(schema)) == [
        *(k for k in said(schema) if k.startswith(".")),
        *(f"{n} {k}" for n in "ba" for k in ("present", "type", "nullable")),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["object", "string", "a", "#/A"]),
    lambda v: (
        st.lists(v, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "properties",
                    "items",
                    "required",
                    "allOf",
                    "oneOf",
                    "anyOf",
                    "not",
                    "$ref",
                    "enum",
                    "const",
                    "format",
                    "pattern",
                    "minimum",
                    "exclusiveMinimum",
                    "exclusiveMaximum",
                    "maxLength",
                    "minItems",
                    "uniqueItems",
                    "contentEncoding",
                    "additionalProperties",
                    "patternProperties",
                    "prefixItems",
                    "nullable",
                    "if",
                    "then",
                    "a",
                    "b",
                ]
            ),
            v,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON)
def test_no_document_is_too_odd(schema: Any, other: Any) -> None:
    stated = clauses(schema, definitions={"A": other})
    assert len({c.id for c in stated}) == len(stated)
    assert clauses(schema, definitions={"A": other}) == stated


PLAIN = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "integer"},
            {"type": "number"},
            {"type": ["string", "null"]},
            {"type": "boolean"},
            {"type": "string", "enum": ["s", "t"]},
            {"type": "string", "minLength": 2},
            {"type": "string", "pattern": "^t"},
            {"type": "integer", "minimum": 1, "maximum": 2},
            {"type": "integer", "exclusiveMaximum": 3},
            {"type": "number", "minimum": 1.5},
            {"const": 3},
        ]
    ),
    lambda s: (
        st.builds(
            lambda items, more: {"type": "array", "items": items, **more},
            s,
            st.sampled_from([{}, {"minItems": 1}, {"maxItems": 1}, {"uniqueItems": True}]),
        )
        | st.builds(
            lambda fields, required, closed: {
                "type": "object",
                "properties": fields,
                "required": sorted(set(required) & set(fields)),
                **({"additionalProperties": False} if closed else {}),
            },
            st.dictionaries(st.sampled_from("abc"), s, max_size=3),
            st.lists(st.sampled_from("abc")),
            st.booleans(),
        )
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.just(1.5) | st.just("s"),
    lambda v: st.lists(v, max_size=2) | st.dictionaries(st.sampled_from("abcd"), v, max_size=3),
    max_leaves=6,
)


@given(PLAIN, VALUES)
@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_value_is_valid_exactly_if_every_clause_holds(schema: Any, value: Any) -> None:
    assume(value is not None)  # the builder of exchanges sends no body then
    places = Places(call(0, "GET", "/a", got=value), "GET /a")
    holds = all(clause.hold(places) is not Holds.NO for clause in clauses(schema))
    assert holds == jsonschema_rs.validator_for(schema).is_valid(value)
