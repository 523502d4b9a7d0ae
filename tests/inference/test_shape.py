"""The counting trie: its laws, its agreement with genson, its bounds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from genson import SchemaBuilder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference import shape
from inference.schema import settle, to_schema
from inference.shape import Node
from tests.inference.laws import check, folded

NAMES = st.sampled_from(["id", "name", "a", "b", "[]", "{}", "x y"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, width=16)
    | st.text(max_size=3)
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=4), max_leaves=12
)
SEEN = st.lists(st.tuples(VALUES, st.integers(0, 50), st.sampled_from("abcdef")), max_size=8)


@given(SEEN, st.integers(0, 99), st.integers(0, 99))
@example([({"a": 1}, 5, "x"), ({}, 1, "y"), ({"b": 1}, 3, "z")], 1, 2)
def test_laws(seen: list[tuple[Any, int, str]], first: int, second: int) -> None:
    check(Node, seen, first, second)


@given(SEEN, st.integers(0, 99), st.integers(0, 99))
def test_laws_when_objects_become_maps(seen: list[tuple[Any, int, str]], first: int, second: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shape, "MAX_FIELDS", 2)
        check(Node, seen, first, second)


@given(st.lists(VALUES, min_size=1, max_size=8))
@settings(max_examples=300)
def test_the_schema_is_the_one_that_genson_infers_from_the_values_themselves(values: list[Any]) -> None:
    node = folded(Node, [(value, 1, "x") for value in values])
    direct = SchemaBuilder()
    for value in values:
        direct.add_object(value)
    assert _normal(to_schema(node)) == _normal(direct.to_schema())


def _normal(schema: dict[str, Any]) -> list[Any]:
    """As a sorted list of branches of one type each, empty keywords written out."""
    branches = []
    for branch in schema.get("anyOf", [schema]):
        kinds = branch.get("type", [])
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            plain: dict[str, Any] = {"type": kind}
            if kind == "object":
                properties = branch.get("properties", {})
                plain["properties"] = {name: _normal(child) for name, child in sorted(properties.items())}
                plain["required"] = branch.get("required", [])
            if kind == "array" and "items" in branch:
                plain["items"] = _normal(branch["items"])
            branches.append(plain)
    return sorted(branches, key=repr)


def test_presence_is_counted_against_the_parent() -> None:
    node = folded(Node, [({"items": [{"a": 1}, {"a": 1, "b": 2}]}, 1, "x"), ({"items": []}, 2, "y")])
    items = node.fields["items"].items
    assert items is not None
    assert (items.count("object"), items.fields["a"].seen().count, items.fields["b"].seen().count) == (
        2,
        2,
        1,
    )
    assert items.fields["b"].missed == (1, "x")
    assert items.fields["a"].missed is None


def test_a_field_that_comes_late_was_missed_by_those_before() -> None:
    node = folded(Node, [({}, 3, "third"), ({"a": 1}, 7, "seventh")])
    assert node.fields["a"].missed == (3, "third")


def test_objects_keyed_by_data_are_maps() -> None:
    generator = random.Random(4)
    node = Node()
    for at in range(60):
        keys = [f"{generator.randrange(10**8):08d}" for _ in range(3)]
        node.observe({"by_order": {key: {"n": 1} for key in keys}, "total": 3}, at, f"e{at}")
    settle(node)
    by_order = node.fields["by_order"]
    assert by_order.fields == {}
    assert by_order.values is not None
    assert by_order.values.count("object") == 180
    assert set(node.fields) == {"by_order", "total"}


@pytest.mark.parametrize(
    ("names", "is_map"),
    [
        (["EUR", "USD"], True),
        (["en-GB", "de-DE", "fr-FR"], True),
        (
            [f"{tea}-{size}" for tea in ("sencha", "rooibos", "assam") for size in ("100g", "250g", "loose")],
            True,
        ),
        (
            [
                "first-name",
                "last-name",
                "birth-date",
                "street",
                "zip-code",
                "city",
                "country",
                "e-mail",
                "phone",
            ],
            False,
        ),
        (["line1", "line2", "line3", "city", "zip", "state", "country", "name", "phone"], False),
        (["a", "b"], False),
    ],
)
def test_names_that_are_data_and_names_that_are_not(names: list[str], is_map: bool) -> None:
    node = Node()
    for at in range(20):
        node.observe(dict.fromkeys(names, "x"), at, f"e{at}")
    settle(node)
    assert (node.values is not None) == is_map


def test_objects_with_many_optional_fields_are_not_maps() -> None:
    generator = random.Random(5)
    node = Node()
    for at in range(60):
        node.observe(
            {"id": 1, **{f"opt_{c}": "x" for c in "abcdefghij" if generator.random() < 0.3}}, at, f"e{at}"
        )
    settle(node)
    assert node.values is None


def test_memory_is_bounded_whatever_the_names() -> None:
    node = Node()
    for at in range(3_000):
        node.observe({f"key {at}": {"deep": at}}, at, "e")
    assert node.fields == {}
    assert node.values is not None
    assert node.values.count("object") == 3_000


def test_depth_is_bounded() -> None:
    value: Any = 1
    for _ in range(2_000):
        value = [value]
    node = folded(Node, [(value, 1, "e")])
    assert len(repr(node.state())) < 20_000
