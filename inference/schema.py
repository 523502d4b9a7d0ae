"""A counting trie, written out as JSON Schema 2020-12.

This is the last step: nothing is merged after it. genson writes, through a strategy that always says
`required`, because its own one drops an empty list and a reader of the schema then takes "no field is
always there" for "not known".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from genson import SchemaBuilder
from genson.schema.strategies import Object

from inference.segments import is_machine_made

if TYPE_CHECKING:
    from inference.shape import Node

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MAP_NAMES = 8
"""From this many different names on, an object whose names come and go may be a map."""

_CODE = re.compile(r"[A-Z]{2,3}|[a-z]{2,3}[-_][A-Z]{2,4}")
"""Codes of currencies (ISO 4217), countries (ISO 3166) and locales (BCP 47)."""


def to_schema(node: Node) -> dict[str, Any]:
    """The JSON Schema of all values that a trie has seen; maps are recognised first (`settle`)."""
    builder = _Builder(schema_uri=DIALECT)
    builder.add_schema(_plain(node))
    schema: dict[str, Any] = builder.to_schema()
    return schema


def settle(node: Node) -> None:
    """Recognise maps throughout a trie, in place: objects whose keys are data get one place for all values.

    An object is a map if all its values have the same types and its names are data: machine-made, codes, many
    words that no program has as identifiers, or many names of which none is in every object.
    """
    if node.fields and _is_map(node):
        node.become_map()
    for child in (*node.fields.values(), node.items, node.values):
        if child is not None:
            settle(child)


def _is_map(node: Node) -> bool:
    names = list(node.fields)
    objects = node.count("object")
    data_names = sum(1 for name in names if is_machine_made(name))
    if data_names == len(names):
        return len(names) > 1 or objects > 1
    if len({frozenset(child.types) - {"null"} for child in node.fields.values()}) > 1:
        return False
    if len(names) > 1 and all(map(_CODE.fullmatch, names)):
        return True
    if len(names) < _MAP_NAMES:
        return False
    if data_names > 2 * len(names) / 3 or _are_labels(names):
        return True
    constant = sum(1 for child in node.fields.values() if child.missed is None)
    rare = sum(1 for child in node.fields.values() if 2 * child.seen().count < objects)
    return constant == 0 and rare >= 0.8 * len(names) and _same_below(node)


def _are_labels(names: list[str]) -> bool:
    """Whether the names are no identifiers, and number things as data does (`rooibos-100g`, `10:30`)."""
    numbered = sum(1 for name in names if any(map(str.isdigit, name)))
    return 4 * numbered >= len(names) and not any(map(str.isidentifier, names))


def _same_below(node: Node) -> bool:
    """Whether all fields that are objects have the same names below them; scalars have none."""
    shapes = {frozenset(child.fields) for child in node.fields.values() if child.count("object")}
    return len(shapes) <= 1


class _AlwaysRequired(Object):  # type: ignore[misc]  # genson has no types
    """genson's object strategy, with `required` written even where it is empty."""

    def to_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = super().to_schema()
        schema.setdefault("required", [])
        return schema


class _Builder(SchemaBuilder):  # type: ignore[misc]  # genson has no types
    EXTRA_STRATEGIES = (_AlwaysRequired,)


def _plain(node: Node) -> dict[str, Any]:
    """The trie in the words of JSON Schema, one branch for each type."""
    types = set(node.types)
    if "number" in types:
        types.discard("integer")
    branches = [_branch(node, name) for name in sorted(types)]
    if len(branches) == 1:
        return branches[0]
    return {"anyOf": branches} if branches else {}


def _branch(node: Node, name: str) -> dict[str, Any]:
    if name == "array":
        return {"type": "array", "items": _plain(node.items)} if node.items else {"type": "array"}
    if name != "object":
        return {"type": name}
    if node.values is not None:
        return {"type": "object", "required": [], "additionalProperties": _plain(node.values)}
    objects = node.count("object")
    return {
        "type": "object",
        "properties": {field: _plain(child) for field, child in sorted(node.fields.items())},
        "required": sorted(field for field, child in node.fields.items() if child.seen().count == objects),
    }
