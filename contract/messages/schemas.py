"""Schemas in each language as messages: one for each type that a schema has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract import avro as avro_schemas
from contract.asyncapi.written import Message
from contract.openapi.errors import DeclaredError
from contract.openapi.reading import word
from contract.view import TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorSet

    from contract.grpc.messages import Messages
    from contract.view import Leaf

_KEYWORDS = frozenset({"$schema", "$id", "$defs", "properties", "allOf", "anyOf", "oneOf", "$ref"})
"""By one of these a document is known as a JSON Schema, or by a `type` that there is."""

_SHIPPED = "google.protobuf"


def avro(schema: Any, pointer: str, others: Iterable[Any] = ()) -> tuple[Message, ...]:
    """The messages of an Avro schema: records by their full names, each record of a union by itself.

    Raises:
        DeclaredError: it is no Avro schema.
    """
    try:
        found = avro_schemas.records(avro_schemas.leaf(schema, pointer, others))
    except (ValueError, RecursionError) as error:
        told = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise DeclaredError(f"{pointer.rstrip('#')} is no Avro schema: {told}") from None
    return tuple(_message(name, leaf) for name, leaf in found.items())


def is_json_schema(tree: Mapping[str, Any]) -> bool:
    """Whether a document is a JSON Schema."""
    return bool(tree.keys() & _KEYWORDS) or str(tree.get("type")) in TYPES


def json_schema(schema: Leaf) -> tuple[Message, ...]:
    """The message of a JSON Schema, which goes by its title."""
    return (_message(word(schema, "title"), schema),)


def protobuf(files: FileDescriptorSet, messages: Messages) -> dict[str, Message]:
    """The messages of a descriptor set by their full names, those of its last file first.

    Types that are defined within others are no messages, nor are those that protobuf ships.
    """
    return {
        name: _message(name, messages.leaf(f".{name}"))
        for file in reversed(files.file)
        if file.package != _SHIPPED
        for type_ in file.message_type
        for name in [f"{file.package}.{type_.name}" if file.package else type_.name]
    }


def used(files: FileDescriptorSet) -> frozenset[str]:
    """The full names of types that fields and methods of a set are of."""
    methods = (method for file in files.file for service in file.service for method in service.method)
    names = {name for method in methods for name in (method.input_type, method.output_type)}
    for file in files.file:
        names |= {name for type_ in file.message_type for name in _within(type_)}
    return frozenset(name.removeprefix(".") for name in names)


def _within(message: DescriptorProto) -> set[str]:
    """The types of a message's fields, and of those defined in it."""
    return {field.type_name for field in message.field if field.type_name}.union(
        *map(_within, message.nested_type)
    )


def _message(name: str, schema: Leaf) -> Message:
    return Message(type=name, pointer=schema.pointer, payload=schema, headers=None, media_type="")
