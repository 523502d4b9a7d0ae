"""Avro schemas → JSON Schema (2020-12) of the JSON that decoded values are.

Avro 1.12, "Schema Declaration" and "Logical Types". Decoded values are plain: no tag says which branch of a
union a value is of; bytes are base64, decimals their digits, dates and times as RFC 3339 writes them. Nothing
is said of further fields: a schema may get them without breaking its readers ("Schema Resolution").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.view import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FULL_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_DEFS = "#/$defs/"
_NAMED = frozenset({"record", "error", "enum", "fixed"})
_COMPLEX = _NAMED | {"array", "map"}
_BYTES = {"type": "string", "contentEncoding": "base64"}
_PRIMITIVE: dict[str, dict[str, Any]] = {
    "null": {"type": "null"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "string": {"type": "string"},
    "bytes": _BYTES,
}
_LOGICAL = {
    ("bytes", "decimal"): "decimal",
    ("fixed", "decimal"): "decimal",
    ("string", "uuid"): "uuid",
    ("fixed", "uuid"): "uuid",
    ("int", "date"): "date",
    ("int", "time-millis"): "time-local",
    ("long", "time-micros"): "time-local",
    **{("long", f"timestamp-{unit}"): "date-time" for unit in ("millis", "micros", "nanos")},
    **{("long", f"local-timestamp-{unit}"): "date-time-local" for unit in ("millis", "micros", "nanos")},
}
"""The format of a logical type's text, by the type that it annotates; on other types it means nothing."""


def json_schema(schema: Any, others: Iterable[Any] = ()) -> dict[str, Any]:
    """The JSON Schema of what an Avro schema describes, its named types below `$defs`.

    Args:
        schema: an Avro schema as parsed JSON.
        others: schemas that define names which it uses and does not define, in any order.

    Raises:
        ValueError: it is no Avro schema; the message says why.
    """
    translator = _Translator(dict(_definitions(others)))
    return {**translator.translate(schema, ""), "$defs": translator.known}


def leaf(schema: Any, pointer: str, others: Iterable[Any] = ()) -> Leaf:
    """The same, as a schema to read: all of it stands at `pointer`, where the whole is written.

    Raises:
        ValueError: it is no Avro schema; the message says why.
    """
    translated = json_schema(schema, others)

    def resolve(reference: str) -> Leaf:
        return _Translated(translated["$defs"][reference.removeprefix(_DEFS)], pointer, resolve)

    return _Translated(translated, pointer, resolve)


def records(schema: Leaf) -> Mapping[str, Leaf]:
    """What messages of a schema (`leaf`) are, by their full names: records, of a union each by itself.

    What is not only records has no name: `""`.
    """
    branches = schema.schema.get("anyOf", [schema.schema])
    found = {
        branch["$ref"].removeprefix(_DEFS): record
        for branch in branches
        if "$ref" in branch and (record := schema.resolve(branch["$ref"])) is not None
    }
    named = len(found) == len(branches) and all(one.schema.get("type") == "object" for one in found.values())
    return found if named else {"": schema}


def parts(schema: Any, others: Iterable[Any] = ()) -> frozenset[str]:
    """The full names of the types that a schema uses and does not define itself, or only within another.

    Raises:
        ValueError: it is no Avro schema; the message says why.
    """
    return frozenset(json_schema(schema, others)["$defs"]) - dict(_definitions([schema])).keys()


def is_schema(tree: Any) -> bool:
    """Whether a tree is an Avro schema with a type of its own: `type` is a word that JSON Schema lacks."""
    if not isinstance(tree, dict):
        return isinstance(tree, list) and bool(tree)
    named = tree.get("type")
    if not isinstance(named, str) or named not in _COMPLEX:
        return False
    return any(key in tree for key in ("fields", "symbols", "size", "values")) or isinstance(
        tree.get("items"), str
    )


class _Translated(Leaf):
    """A schema that is not written as it is read: all of it stands where the whole is written."""

    __slots__ = ()

    def below(self, *steps: str) -> Leaf:
        """The schema some steps further down."""
        return _Translated(super().below(*steps).schema, self.pointer, self.resolve)


def _definitions(schemas: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """By full name the outermost definitions in some schemas."""
    for schema in schemas:
        for one in schema if isinstance(schema, list) else [schema]:
            if isinstance(one, dict) and str(one.get("type")) in _NAMED:
                yield _full_name(one.get("name"), one.get("namespace", "")), one


class _Translator:
    """Translates one schema, and remembers the named types in it.

    `others` are definitions that stand elsewhere, by full name; they are translated when they are used.
    """

    def __init__(self, others: Mapping[str, Any]) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self._others = others

    def translate(self, schema: Any, namespace: str) -> dict[str, Any]:
        """The JSON Schema of a schema in a namespace, `""` for the null namespace."""
        if isinstance(schema, str):
            return self._named(schema, namespace)
        if isinstance(schema, list):
            if not schema:
                raise ValueError("a union of the Avro schema is empty")
            return {"anyOf": [self.translate(branch, namespace) for branch in schema]}
        kind = schema.get("type") if isinstance(schema, dict) else None
        if not isinstance(kind, str):
            if kind is None:
                raise ValueError(
                    f"an Avro schema is a name, a union or an object with a type, not {schema!r}"
                )
            return self.translate(kind, namespace)
        logical = schema.get("logicalType")
        form = _LOGICAL.get((kind, logical)) if isinstance(logical, str) else None
        translated = self._complex(kind, schema, namespace)
        return translated if form is None else {"type": "string", "format": form}

    def _complex(self, kind: str, schema: dict[str, Any], namespace: str) -> dict[str, Any]:
        if kind == "array":
            return {"type": "array", "items": self.translate(schema.get("items"), namespace)}
        if kind == "map":
            return {
                "type": "object",
                "additionalProperties": self.translate(schema.get("values"), namespace),
            }
        if kind not in _NAMED:
            return self._named(kind, namespace)
        name = _full_name(schema.get("name"), schema.get("namespace", namespace))
        if name in self.known:
            raise ValueError(f"the Avro schema defines {name} twice")
        self.known[name] = {}
        self.known[name] |= self._defined(kind, schema, name.rpartition(".")[0])
        return {"$ref": f"{_DEFS}{name}"}

    def _defined(self, kind: str, schema: dict[str, Any], namespace: str) -> dict[str, Any]:
        """What stands for a type with a name."""
        if kind == "fixed":
            return dict(_BYTES)
        if kind == "enum":
            return {"type": "string", "enum": _listed(schema, "symbols", str)}
        fields = _listed(schema, "fields", dict)
        if not all(isinstance(field.get("name"), str) for field in fields):
            raise ValueError("a field of the Avro schema has no name")
        found = {field["name"]: self.translate(field.get("type"), namespace) for field in fields}
        return {"type": "object", "properties": found, "required": list(found)}

    def _named(self, name: str, namespace: str) -> dict[str, Any]:
        """A primitive type, or one that was defined before."""
        if name in _PRIMITIVE:
            return dict(_PRIMITIVE[name])
        full = _full_name(name, namespace)
        if full not in self.known and full in self._others:
            return self.translate(self._others[full], "")
        if full not in self.known:
            raise ValueError(f"the Avro schema does not define {name!r}")
        return {"$ref": f"{_DEFS}{full}"}


def _full_name(name: Any, namespace: Any) -> str:
    """A name with its namespace, which one with dots has already (Avro 1.12, "Names")."""
    inside = isinstance(name, str) and "." not in name and isinstance(namespace, str) and namespace
    full = f"{namespace}.{name}" if inside else name
    if not isinstance(full, str) or not _FULL_NAME.fullmatch(full):
        raise ValueError(f"{full!r} is no name of an Avro type")
    return full


def _listed(schema: dict[str, Any], key: str, kind: type) -> list[Any]:
    found = schema.get(key)
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        raise ValueError(f"{schema.get('name')} has no list of {key} in the Avro schema")
    return found
