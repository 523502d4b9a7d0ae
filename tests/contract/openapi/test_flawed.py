"""Whatever stands in the place of a part of a document, the rest is read or the document is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.openapi import DeclaredError, load

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "minimum": 1}, "next": {"$ref": "#/definitions/A"}},
    "additionalProperties": {"type": "string"},
    "allOf": [{"oneOf": [{"required": ["x"]}, {"properties": {"x": {"enum": [1, None]}}}]}],
    "discriminator": {"propertyName": "kind", "mapping": {"a": "#/definitions/A"}},
}
V3: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "x", "version": "1"},
    "servers": [{"url": "https://{h}/{v}", "variables": {"v": {"default": "v1", "enum": ["v1"]}}}],
    "security": [{"key": []}],
    "definitions": {"A": SCHEMA},
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}},
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "post": {
                "parameters": [
                    {
                        "name": "f",
                        "in": "query",
                        "style": "deepObject",
                        "explode": True,
                        "schema": {"type": "object", "properties": {"x": {"type": "integer"}}},
                    }
                ],
                "requestBody": {"content": {"application/json": {"schema": SCHEMA}}},
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"X-H": {"schema": {"type": "array", "items": {"type": "integer"}}}},
                        "content": {"application/json": {"schema": {"$ref": "#/definitions/A"}}},
                    },
                    "default": {"description": "d"},
                },
            },
        }
    },
}
V2: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "x", "version": "1"},
    "basePath": "/v1",
    "produces": ["application/json"],
    "definitions": {"A": SCHEMA},
    "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "k"}},
    "paths": {
        "/a": {
            "post": {
                "security": [{"key": []}],
                "parameters": [
                    {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/A"}},
                    {"name": "t", "in": "query", "type": "array", "collectionFormat": "multi", "items": {}},
                ],
                "responses": {"200": {"description": "d", "schema": {"$ref": "#/definitions/A"}}},
            }
        }
    },
}


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place below the root."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [place for key, value in inner for place in ((*path, key), *places(value, (*path, key)))]


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e400,
        "",
        "x",
        "#",
        "#/paths",
        "file:///x",
        [],
        [[]],
        [1],
        {},
        {"$ref": 1},
        {"": None},
    ]
) | st.recursive(st.none() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2), max_leaves=4)


@pytest.mark.parametrize("whole", [V3, V2, {**V3, "openapi": "3.1.0"}], ids=["3.0", "2.0", "3.1"])
@settings(max_examples=25)
@given(st.data())
def test_no_flaw_crashes(whole: dict[str, Any], data: st.DataObject) -> None:
    tree = deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        *steps, last = data.draw(st.sampled_from(places(tree)))
        owner = tree
        for step in steps:
            owner = owner[step]
        owner[last] = deepcopy(data.draw(JUNK))
    try:
        contract = load(json.dumps(tree), producer="x")
    except DeclaredError:
        return
    for operation in contract.operations:
        operation.clauses_for(["200", "404"])
    contract.as_called(["POST /v1/a/7"])
