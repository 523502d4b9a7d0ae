"""Protobuf descriptor sets → operations as places and facts: what is on the wire, and what JSON makes of it.

A field is known by its number, not by its name (protobuf.dev, "Encoding"): one that is called otherwise is
still there for who reads bytes. What fields hold is told twice: by the type that JSON has for it, as traffic
is recorded, and by the way that it is encoded. Names of messages and files are on no wire.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from contract.changes.facts import MAX_PLACES, Document, Facts, Place, PlaceKey, Side
from contract.changes.schemas import MAX_DEPTH
from contract.changes.wire import Beside
from contract.grpc import files_at, has_services
from contract.grpc.messages import Messages, walked
from contract.openapi.errors import DeclaredError
from contract.statuses import DEFAULT
from contract.subject import ITEM, VALUE, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FileDescriptorSet,
        MethodDescriptorProto,
    )

_REQUEST, _ANSWER = Subject(("request", "body")), Subject(("response", "200", "body"))
_MEDIA = "application/json"
"""What messages are recorded as."""
_ENCODED = {
    **dict(
        enumerate(("double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string"), 1)
    ),
    **dict(enumerate(("bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64"), 12)),
}
"""How a field is encoded, by the number of its type (descriptor.proto, `FieldDescriptorProto.Type`)."""
_GROUP, _MESSAGE, _ENUM = 10, 11, 14
_REQUIRED, _REPEATED = 2, 3
_KEY, _ENTRY_VALUE = 1, 2
"""The numbers of the fields of a map's entry."""
_SHIPPED = ".google.protobuf."


def read(path: Path) -> Document:
    """Read a descriptor set, or the source text of one.

    Raises:
        DeclaredError: it cannot be read, is none, has no service, or protobuf is not installed.
    """
    files = files_at(path)
    if not has_services(files):
        raise DeclaredError(f"{path.name} has no service: there is nothing to compare")
    return of_files(files, path.name)


def of_files(files: FileDescriptorSet, source: str) -> Document:
    """What the calls of a set take and give."""
    reader = _Reader(files)
    found: dict[str, Side] = {}
    for file in files.file:
        for service in file.service:
            owner = f"{file.package}.{service.name}" if file.package else service.name
            for method in service.method:
                side = reader.side(f"/{owner}/{method.name}", method)
                found.setdefault(side.identity, side)
    return Document(source=source, operations=found, warnings=tuple(reader.warnings))


class _Step(NamedTuple):
    """A message to look into: its name, where it stands by names and by numbers, and what it is inside of."""

    name: str
    at: Subject
    numbered: Subject
    way: tuple[str, ...]


class _Reader:
    """Reads places: one for a set."""

    def __init__(self, files: FileDescriptorSet) -> None:
        self._schemas = Messages(files)
        self._imprint = blake2b(files.SerializeToString(), digest_size=16).hexdigest()
        self._messages: dict[str, DescriptorProto] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        self._implicit: set[str] = set()
        """Messages whose plain fields have no presence: who reads them is given a default."""
        for file in files.file:
            scope = f".{file.package}" if file.package else ""
            found = walked(scope, file.message_type)
            self._messages |= found
            if file.syntax == "proto3":
                self._implicit |= found.keys()
            self._enums |= {f"{scope}.{one.name}": one for one in file.enum_type}
            for name, message in found.items():
                self._enums |= {f"{name}.{one.name}": one for one in message.enum_type}

    @property
    def warnings(self) -> dict[str, None]:
        """What was odd, once each."""
        return self._schemas.warnings

    def side(self, path: str, method: MethodDescriptorProto) -> Side:
        """One call."""
        key, pointer = f"POST {path}", f"#{path}"
        places: dict[PlaceKey, Place] = {}
        for status in ("200", DEFAULT):
            at = Subject(("response", status))
            places["", at] = Place(subject=at, facts={"status": True}, pointer=pointer)
        for root, name, streams in (
            (_REQUEST, method.input_type, method.client_streaming),
            (_ANSWER, method.output_type, method.server_streaming),
        ):
            kind = frozenset({"array" if streams else "object"})
            facts = {"required": True, "type": kind}
            places[_MEDIA, root] = Place(subject=root, facts=facts, pointer=f"#/{name.lstrip('.')}")
            inside = root.within(ITEM) if streams else root
            for numbered, place in self._places(_Step(name, inside, inside, ())):
                places[_MEDIA, numbered] = place
        facts = {"deprecated": ""} if method.options.deprecated else {}
        return Side(key=key, keys=(key,), facts=facts, places=places, pointer=pointer)

    def _places(self, root: _Step) -> Iterator[tuple[Subject, Place]]:
        """The places inside of a message, in breadth; one that contains itself is looked into once."""
        queue, count = deque([root]), 0
        while queue:
            step = queue.popleft()
            message = self._messages.get(step.name)
            if message is None:
                self._schemas.leaf(step.name)  # which tells that the set does not have it
                continue
            for field in message.field:
                at, numbered = step.at.within(field.name), step.numbered.within(str(field.number))
                value = self._value(field)
                inner = self._inner(value)
                much = len(step.way) >= MAX_DEPTH or count >= MAX_PLACES
                cut = bool(inner) and (much or inner in step.way)
                missed = self._imprint if cut and inner not in step.way else ""
                facts = self._facts(field, value, step.name)
                pointer = f"#/{step.name.lstrip('.')}/{field.name}"
                yield numbered, Place(subject=at, facts=facts, pointer=pointer, cut=cut, missed=missed)
                count += 1
                if inner and not cut:
                    way = (*step.way, step.name)
                    below = VALUE if self._is_map(field) else ITEM if field.label == _REPEATED else ""
                    steps = (at.within(below), numbered.within(below)) if below else (at, numbered)
                    queue.append(_Step(inner, *steps, way))

    def _value(self, field: FieldDescriptorProto) -> FieldDescriptorProto:
        """What holds one value of a field: of a map its entry's."""
        if self._is_map(field):
            return next(one for one in self._messages[field.type_name].field if one.number == _ENTRY_VALUE)
        return field

    def _is_map(self, field: FieldDescriptorProto) -> bool:
        entry = self._messages.get(field.type_name)
        return entry is not None and entry.options.map_entry

    def _inner(self, field: FieldDescriptorProto) -> str:
        """The message that a field holds, if it has places of its own."""
        held = field.type in {_GROUP, _MESSAGE} and not field.type_name.startswith(_SHIPPED)
        return field.type_name if held else ""

    def _facts(self, field: FieldDescriptorProto, value: FieldDescriptorProto, owner: str) -> Facts:
        schema: Any = self._schemas.leaf(owner).schema
        always = field.name in schema["required"]
        found: Facts = {
            "required": field.label == _REQUIRED,
            "presence": not always or field.label in {_REQUIRED, _REPEATED},
            "name": field.name,
            "json": field.json_name,
            "encoded": self._encoded(field, value),
            "together": self._together(field, owner),
        }
        kinds = self._kinds(schema["properties"][field.name])
        if kinds is not None:
            found["type"] = kinds
        if value.type == _ENUM and value.type_name in self._enums:
            found["symbols"] = {one.name: one.number for one in self._enums[value.type_name].value}
        if field.HasField("default_value"):
            found["fallback"] = field.default_value
        if field.options.deprecated:
            found["deprecated"] = ""
        return found

    def _kinds(self, schema: Any) -> frozenset[str] | None:
        """The types that JSON has for a field; None: any."""
        if "$ref" in schema:
            schema = self._schemas.leaf(schema["$ref"]).schema
        named = schema.get("type")
        return frozenset({"integer", named} if named == "number" else {named}) if named else None

    def _encoded(self, field: FieldDescriptorProto, value: FieldDescriptorProto) -> str:
        """How a value is written, in the words of .proto files; of messages only that they are some."""
        word = _ENCODED.get(value.type, "message")
        if value.type_name.startswith(_SHIPPED):
            word = value.type_name.removeprefix(".")
        if self._is_map(field):
            entry = self._messages[field.type_name].field
            keys = next(one for one in entry if one.number == _KEY)
            return f"map<{_ENCODED.get(keys.type, '')}, {word}>"
        return word

    def _together(self, field: FieldDescriptorProto, owner: str) -> Beside:
        """The fields beside one, and which of them cannot be sent with it (`oneof`)."""
        fields = [one for one in self._messages[owner].field if one.number != field.number]
        alone = field.proto3_optional or not field.HasField("oneof_index")
        rivals = (
            one
            for one in fields
            if not alone and one.HasField("oneof_index") and one.oneof_index == field.oneof_index
        )
        return Beside(frozenset(one.number for one in fields), frozenset(one.number for one in rivals))
