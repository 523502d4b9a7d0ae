"""Views: combinators, worked out for one place."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.clause import Holds
from contract.formats import strongest
from contract.place import Places
from contract.restrictions import Bounds
from contract.schema import clauses_of
from contract.subject import parse
from contract.view import TYPES, Leaf, View, Viewer, nowhere
from tests.inference.traffic import call


def view(schema: Any, **definitions: Any) -> View:
    def resolve(reference: str) -> Leaf | None:
        name = reference.rpartition("/")[2]
        return Leaf(definitions[name], reference, resolve) if name in definitions else None

    return Viewer().view(Leaf(schema, "#", resolve))


def types(schema: Any, **definitions: Any) -> set[str]:
    return set(view(schema, **definitions).types)


def obj(*names: str, closed: bool = False, **extra: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        **extra,
    }
    return {**schema, "additionalProperties": False} if closed else schema


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}, {"string"}),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, {"integer"}),
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, set()),
        ({"anyOf": [False, {"type": "string"}]}, {"string"}),
        ({"oneOf": []}, TYPES),
        ({"nullable": True, "allOf": [{"type": "object"}]}, {"object", "null"}),
        ({"x-nullable": True, "type": "string"}, {"string", "null"}),
        ({"type": "string", "enum": [1, 2]}, {"string"}),
        ({"type": ["string", "null"], "enum": ["a"]}, {"string"}),
        ({"if": {}, "then": {"type": "string"}, "else": {"type": "integer"}}, {"string", "integer"}),
        ({"if": {}, "then": {"type": "string"}}, TYPES),
        ({"type": "file"}, TYPES),
        ({"not": {"type": "string"}}, TYPES),
    ],
)
def test_types(schema: Any, expected: set[str]) -> None:
    assert types(schema) == expected


def test_what_stands_beside_a_reference_counts() -> None:
    assert types({"$ref": "#/A", "nullable": True}, A={"type": "object"}) == {"object", "null"}


def test_fields_of_all_parts_come_together() -> None:
    whole = view({"allOf": [obj("a", required=["a"]), obj("b", required=["b"])]})
    assert set(whole.fields) == {"a", "b"}
    assert whole.required == {"a", "b"}


def test_a_closed_part_forbids_the_fields_of_the_others() -> None:
    whole = view({"allOf": [obj("a", closed=True), obj("a", "b")]})
    assert set(whole.fields) == {"a"}
    assert whole.closed


def test_unevaluated_properties_close_the_whole() -> None:
    whole = view({"allOf": [obj("a")], **obj("b"), "unevaluatedProperties": False})
    assert set(whole.fields) == {"a", "b"}
    assert whole.closed


def test_branches_that_are_no_objects_say_nothing_of_fields() -> None:
    either = view({"anyOf": [obj("a", required=["a"], closed=True), {"type": "null"}, {"type": "string"}]})
    assert either.required == {"a"}
    assert either.closed


def test_one_open_branch_leaves_the_whole_open() -> None:
    assert not view({"anyOf": [obj("a", closed=True), obj("b")]}).closed


def test_a_field_may_be_anything_where_one_branch_is_any_object() -> None:
    either = view({"anyOf": [obj("a"), {"type": "object"}]})
    assert Viewer().view(either.fields["a"]).types == TYPES


def test_a_discriminator_tells_of_fields_that_may_be_there() -> None:
    pet = obj("kind", required=["kind"], discriminator={"propertyName": "kind", "mapping": {"dog": "#/Dog"}})
    dog = {"allOf": [{"$ref": "#/Pet"}, obj("bark", required=["bark"])]}
    found = view({"$ref": "#/Pet"}, Pet=pet, Dog=dog)
    assert set(found.fields) == {"kind", "bark"}
    assert found.required == {"kind"}
    assert set(view({"$ref": "#/Dog"}, Pet=pet, Dog=dog).fields) == {"kind", "bark"}


def test_references_in_a_circle_restrict_nothing() -> None:
    assert types({"$ref": "#/A"}, A={"$ref": "#/B"}, B={"allOf": [{"$ref": "#/A"}]}) == TYPES


def test_combinators_that_double_at_each_level_end() -> None:
    levels: dict[str, Any] = {
        f"L{i}": {"allOf": [{"$ref": f"#/L{i + 1}"}, {"$ref": f"#/L{i + 1}"}]} for i in range(40)
    }
    viewer = Viewer()
    read = 0

    def resolve(reference: str) -> Leaf:
        nonlocal read
        read += 1
        return Leaf(levels.get(reference[2:], {"type": "string"}), reference, resolve)

    viewer.view(Leaf({"$ref": "#/L0"}, "#", resolve))
    assert read <= 100


def test_the_values_of_a_map_are_those_of_its_named_fields_too() -> None:
    schema = obj("a", additionalProperties={"type": "integer"})
    (stated,) = (
        clause.kind.value
        for clause in clauses_of(schema, at=parse("response.200.body"), producer="p", operation="GET /a")
        if clause.subject == parse("response.200.body{}") and clause.kind.name == "type"
    )
    assert stated == ["integer", "string"]


def test_a_leaf_below_keeps_its_pointer() -> None:
    leaf = Leaf({"paths": {"/a~b": [{"x": 1}]}}, "#", nowhere).below("paths", "/a~b", "0")
    assert leaf.schema == {"x": 1}
    assert leaf.pointer == "#/paths/~1a~0b/0"


SCALARS = st.sampled_from(
    [{"type": name} for name in ("string", "integer", "number", "boolean", "null")]
) | st.builds(
    lambda types, said: {**types, **said},
    st.just({})
    | st.sampled_from(["string", "integer", "number", ["string", "null"], ["integer", "array"]]).map(
        lambda types: {"type": types}
    ),
    st.sampled_from(
        [
            {"enum": ["s", "paid", None]},
            {"enum": [1, 1.5, True]},
            {"enum": [1.0, "s"]},
            {"const": "s"},
            {"const": 1},
            {"const": False},
            {"format": "date"},
            {"format": "uuid"},
            {"pattern": "^[a-p]"},
            {"pattern": "s"},
            {"minimum": 1},
            {"maximum": 1.2},
            {"exclusiveMinimum": 1},
            {"minimum": 0, "exclusiveMaximum": 2},
            {"minLength": 2},
            {"maxLength": 3},
            {"minLength": 1, "maxLength": 1},
            {"minItems": 2},
            {"maxItems": 1},
            {"uniqueItems": True},
        ]
    ),
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(
            lambda fields, required, others: {
                "type": "object",
                "properties": fields,
                "required": sorted(required & fields.keys()),
                "additionalProperties": others,
            },
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            st.sets(st.sampled_from("ab")),
            st.just(value=False) | inner,
        )
        | st.builds(lambda items: {"type": "array", "items": items}, inner)
    ),
    max_leaves=4,
)
COMBINED = st.recursive(
    OBJECTS,
    lambda inner: (
        st.builds(
            lambda word, branches: {word: branches},
            st.sampled_from(["allOf", "anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | st.builds(lambda then, other: {"if": {"type": "object"}, "then": then, "else": other}, inner, inner)
        | st.builds(
            lambda first, rest: {"type": "array", "prefixItems": [first], "items": rest}, inner, inner
        )
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, 1.5, "s", "paid", "2019-12-25", "", "none", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)


def values(schema: Any, **definitions: Any) -> Any:
    found = view(schema, **definitions).restrictions.values
    return found if found is None else set(found)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["a", None]}, {"a"}),
        ({"anyOf": [{"enum": ["a"]}, {"const": "b"}, {"type": "null"}]}, {"a", "b"}),
        ({"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, None),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"b"}),
        ({"allOf": [{"enum": ["a", "b"]}, {"type": "string"}]}, {"a", "b"}),
        ({"type": "string", "enum": [1, 2]}, None),
        ({"enum": [{"a": 1}, "a"]}, None),
    ],
)
def test_listed_values(schema: Any, expected: Any) -> None:
    assert values(schema) == expected


def test_listed_values_behind_a_reference() -> None:
    assert values({"$ref": "#/A", "enum": ["a"]}, A={"enum": ["a", "b"]}) == {"a"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"minimum": 1, "maximum": 5}, Bounds(1, 5)),
        ({"minimum": 1.0, "exclusiveMinimum": True, "type": "integer"}, Bounds(2, None)),
        ({"minimum": 1, "exclusiveMinimum": True}, Bounds(1, None)),
        ({"minimum": 1, "exclusiveMinimum": False, "type": "integer"}, Bounds(1, None)),
        ({"exclusiveMaximum": 5, "type": "integer"}, Bounds(None, 4)),
        ({"exclusiveMaximum": 4.5, "type": "integer"}, Bounds(None, 4)),
        ({"exclusiveMinimum": 0.5, "minimum": 3}, Bounds(3, None)),
        ({"minimum": "1"}, Bounds()),
        ({"minimum": True}, Bounds()),
        ({"allOf": [{"minimum": 1}, {"minimum": 2, "maximum": 9}]}, Bounds(2, 9)),
        ({"anyOf": [{"minimum": 1}, {"minimum": 2, "maximum": 9}]}, Bounds(1, None)),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}, Bounds(1, None)),
    ],
)
def test_bounds_of_numbers(schema: Any, expected: Bounds) -> None:
    assert view(schema).restrictions.numbers == expected


def test_formats_of_branches() -> None:
    either = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    assert strongest(view(either).restrictions.formats) == "date-time"
    none = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string"}]}
    assert view(none).restrictions.formats == frozenset()


@given(COMBINED, VALUES.filter(lambda value: value is not None))
@settings(max_examples=600)
def test_what_a_schema_allows_breaks_none_of_its_clauses(schema: Any, value: Any) -> None:
    if not jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value):
        return
    places = Places(call(0, "GET", "/a", got=value), "GET /a")
    for clause in clauses_of(schema, at=parse("response.200.body"), producer="p", operation="GET /a"):
        assert clause.hold(places) is not Holds.NO, clause.statement
