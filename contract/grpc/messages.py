"""Message types of a descriptor set → JSON Schema (2020-12) of the JSON that messages are recorded as.

ProtoJSON with the names of the .proto file, and with integers of 64 bits as numbers, as
`proxy/payloads/protobuf.py` writes it. A field that has no presence is always there: its reader is given the
default. Nothing is said of further fields: messages may get them without breaking their readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.view import Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
        FileDescriptorSet,
    )

_STRING = {"type": "string"}
_BYTES = {"type": "string", "contentEncoding": "base64"}
_INTEGER, _NUMBER, _BOOLEAN = {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
_DOUBLE, _FLOAT, _BOOL, _TEXT, _OCTETS = 1, 2, 8, 9, 12
_SCALARS: dict[int, dict[str, Any]] = {
    _DOUBLE: _NUMBER,
    _FLOAT: _NUMBER,
    _BOOL: _BOOLEAN,
    _TEXT: _STRING,
    _OCTETS: _BYTES,
}
"""By the number of the type (descriptor.proto, `FieldDescriptorProto.Type`); all others are integers."""
_GROUP, _MESSAGE = 10, 11
_REQUIRED, _REPEATED = 2, 3
"""Labels (descriptor.proto, `FieldDescriptorProto.Label`)."""
_EXPLICIT, _IMPLICIT = 1, 2
"""What editions say of presence, 0 where nothing (descriptor.proto, `FeatureSet.FieldPresence`)."""
_ENTRY_VALUE = 2
"""The number of the value in an entry of a map."""

_WELL_KNOWN: dict[str, dict[str, Any]] = {
    "Any": {"type": "object", "properties": {"@type": _STRING}, "required": ["@type"]},
    "Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "Empty": {"type": "object"},
    "FieldMask": _STRING,
    "ListValue": {"type": "array"},
    "NullValue": _STRING,
    "Struct": {"type": "object"},
    "Timestamp": {"type": "string", "format": "date-time"},
    "Value": {},
    "BoolValue": _BOOLEAN,
    "BytesValue": _BYTES,
    "DoubleValue": _NUMBER,
    "FloatValue": _NUMBER,
    "Int32Value": _INTEGER,
    "Int64Value": _INTEGER,
    "StringValue": _STRING,
    "UInt32Value": _INTEGER,
    "UInt64Value": _INTEGER,
}
"""ProtoJSON's own forms, by the names within `google.protobuf`."""
_SHIPPED = ".google.protobuf."
"""What is of this package has forms of its own, or, such as descriptors, none that is worth saying."""


class Messages:
    """The types of a set as schemas, by their full names, which begin with a dot."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self.warnings: dict[str, None] = {}
        self._known = {f"{_SHIPPED}{name}": schema for name, schema in _WELL_KNOWN.items()}
        self._entries: dict[str, DescriptorProto] = {}
        """The messages that entries of maps are on the wire."""
        for file in files.file:
            scope = f".{file.package}" if file.package else ""
            if f"{scope}." != _SHIPPED:
                self._take(scope, file)

    def leaf(self, name: str) -> Leaf:
        """The schema of a type; one that the set does not have restricts nothing, and is told."""
        schema = self._known.get(name)
        if schema is None and not name.startswith(_SHIPPED):
            self.warnings[f"the set has no {name.lstrip('.')}: compile it with its imports"] = None
        return Leaf(schema or {}, f"#/{name.lstrip('.')}", self.leaf)

    def _take(self, scope: str, file: FileDescriptorProto) -> None:
        implicit = file.syntax == "proto3" or file.options.features.field_presence == _IMPLICIT
        found = walked(scope, file.message_type)
        self._take_enums(scope, file.enum_type)
        for name, message in found.items():
            self._take_enums(name, message.enum_type)
            if message.options.map_entry:
                self._entries[name] = message
        for name, message in found.items():
            required = [one.name for one in message.field if _is_always_there(one, implicit=implicit)]
            properties = {field.name: self._field(field) for field in message.field}
            self._known[name] = {"type": "object", "properties": properties, "required": required}

    def _take_enums(self, scope: str, enums: Iterable[EnumDescriptorProto]) -> None:
        for enum in enums:
            names = [value.name for value in enum.value]
            self._known[f"{scope}.{enum.name}"] = {"type": "string", "enum": names}

    def _field(self, field: FieldDescriptorProto) -> dict[str, Any]:
        if field.label != _REPEATED:
            return _one(field)
        entry = self._entries.get(field.type_name)
        if entry is None:
            return {"type": "array", "items": _one(field)}
        values = next((_one(value) for value in entry.field if value.number == _ENTRY_VALUE), {})
        return {"type": "object", "additionalProperties": values}


def walked(scope: str, messages: Iterable[DescriptorProto]) -> dict[str, DescriptorProto]:
    """Messages and those within them, by their full names."""
    found = {}
    for message in messages:
        name = f"{scope}.{message.name}"
        found[name] = message
        found |= walked(name, message.nested_type)
    return found


def _is_always_there(field: FieldDescriptorProto, *, implicit: bool) -> bool:
    """Whether a field is required, or has no presence (protobuf.dev, "Field Presence")."""
    if field.label in {_REQUIRED, _REPEATED}:
        return True
    said = field.options.features.field_presence
    if said:
        return said != _EXPLICIT
    return implicit and field.type not in {_GROUP, _MESSAGE} and not field.HasField("oneof_index")


def _one(field: FieldDescriptorProto) -> dict[str, Any]:
    """One value of a field; each schema is an object of its own, by which views are remembered."""
    if field.type_name:
        return {"$ref": field.type_name}
    return dict(_SCALARS.get(field.type, _INTEGER))
