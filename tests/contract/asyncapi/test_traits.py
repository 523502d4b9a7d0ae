"""Traits are merged by JSON Merge Patch, and who goes first depends on the version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from contract.asyncapi.traits import with_traits
from contract.declared import load
from contract.openapi.library import Library
from tests.contract.asyncapi.saying import document, loaded, published, said

if TYPE_CHECKING:
    from pathlib import Path


def merged(target: dict[str, Any], *, override: bool) -> dict[str, Any]:
    root = Library(json.dumps(target)).root
    fields = with_traits(root, root, override=override)
    return {name: leaf.schema for name, leaf in fields.items() if name != "traits"}


TRAITS = [{"a": 1, "b": {"x": 1, "y": 1}, "c": 1}, {"a": 2, "b": {"x": None}}]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (True, {"a": 2, "b": {"y": 1, "z": 9}, "c": 1, "d": 9}),
        (False, {"a": 9, "b": {"x": 9, "y": 1, "z": 9}, "c": 1, "d": 9}),
    ],
)
def test_order_nulls_and_depth(override: bool, expected: dict[str, Any]) -> None:
    target = {"a": 9, "b": {"x": 9, "z": 9}, "d": 9, "traits": TRAITS}
    assert merged(target, override=override) == expected


def test_a_null_takes_a_field_away() -> None:
    assert merged({"a": 1, "traits": [{"a": None}]}, override=True) == {}
    assert merged({"a": 1, "traits": [{"a": None}]}, override=False) == {"a": 1}


def test_what_only_a_trait_says_stays_where_it_is_written() -> None:
    message = {"traits": [{"$ref": "#/components/messageTraits/t"}]}
    trait = {"headers": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    contract = loaded(document({"x": published(message)}, components={"messageTraits": {"t": trait}}))
    pointers = contract.operations[0].pointers_for([])
    assert set(pointers.values()) == {"#/components/messageTraits/t/headers/properties/a"}


def test_references_of_another_file_are_followed_from_there(tmp_path: Path) -> None:
    common = {
        "traits": {"common": {"headers": {"properties": {"a": {"$ref": "#/schemas/number"}}}}},
        "schemas": {"number": {"type": "integer"}},
    }
    message = {
        "traits": [{"$ref": "parts/common.yaml#/traits/common"}],
        "headers": {"properties": {"b": {"$ref": "#/components/schemas/word"}}},
    }
    source = document(
        {"x": published(message)}, components={"schemas": {"word": {"type": "string", "enum": ["u", "v"]}}}
    )
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "common.yaml").write_text(yaml.safe_dump(common), encoding="utf-8")
    path = tmp_path / "asyncapi.yaml"
    path.write_text(yaml.safe_dump(source), encoding="utf-8")
    contract = load(path, producer="lights")
    found = said(contract, "SEND x")
    assert found["request.header.a type"] == ["integer"]
    assert found["request.header.b enum"] == ["u", "v"]
    assert contract.warnings == ()
