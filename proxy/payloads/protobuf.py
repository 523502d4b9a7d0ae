"""Protobuf payloads, read with descriptors (google.protobuf).

As ProtoJSON has it, except that names are those of the .proto file and that integers of 64 bits stay numbers.
Fields without presence are always written: consumers are given their default where they are not on the wire.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from proxy.payloads.values import Members, UnreadError, Value
from proxy.payloads.varints import read_zigzag
from proxy.payloads.wire import read_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_MAX_INDEXES = 100
"""Messages within messages; protobuf itself reads no deeper."""
_SHIPPED = "google/protobuf/"
"""Files that come with the library, and that descriptor sets and registries leave out."""
_WRAPPERS = f"{_SHIPPED}wrappers.proto"


class Descriptors:
    """Files of descriptors that know of each other.

    Args:
        files: serialised `FileDescriptorProto`s with their names, those used by others first; a name of `""`
            leaves the file its own.

    Raises:
        UnreadError: protobuf is not installed (`no-decoder`).
        Exception: they are no descriptors, or their imports are missing; protobuf has several errors.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        library()
        from google.protobuf import descriptor_pb2, descriptor_pool  # noqa: PLC0415 - an optional library

        self._pool: Any = descriptor_pool.DescriptorPool()
        self._last = ""
        """The name of the last file: the one that the others are there for."""
        for name, content in files:
            file = descriptor_pb2.FileDescriptorProto.FromString(content)
            file.name = name or file.name
            for needed in file.dependency:
                self._add_shipped(needed)
            self._pool.Add(file)
            self._last = file.name

    def message(self, name: str) -> ProtobufMessage:
        """The message with this full name.

        Raises:
            KeyError: no file has it.
        """
        return ProtobufMessage(self._pool, self._pool.FindMessageTypeByName(name))

    def indexed(self) -> IndexedMessages:
        """The messages of the last file, told apart by their position."""
        file = self._pool.FindFileByName(self._last)
        return IndexedMessages(self._pool, list(file.message_types_by_name.values()))

    def _add_shipped(self, name: str) -> None:
        if not name.startswith(_SHIPPED) or self._has(name):
            return
        module = importlib.import_module(f"{name.removesuffix('.proto').replace('/', '.')}_pb2")
        for needed in module.DESCRIPTOR.dependencies:
            self._add_shipped(needed.name)
        self._pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)

    def _has(self, name: str) -> bool:
        try:
            self._pool.FindFileByName(name)
        except KeyError:
            return False
        return True


def files_of(descriptor_set: bytes) -> list[tuple[str, bytes]]:
    """The files of a serialised `FileDescriptorSet`, as `Descriptors` takes them.

    Raises:
        UnreadError: protobuf is not installed (`no-decoder`).
        Exception: it is none.
    """
    library()
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - an optional library

    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
    return [(file.name, file.SerializeToString()) for file in files]


class ProtobufMessage:
    """One message type."""

    def __init__(self, pool: Any, descriptor: Any) -> None:
        from google.protobuf import message_factory  # noqa: PLC0415 - an optional library

        self._pool = pool
        self._name: str = descriptor.full_name
        self._class: Any = message_factory.GetMessageClass(descriptor)

    def read(self, data: bytes) -> Value:
        """A message in the wire format.

        Raises:
            Exception: it is none.
        """
        return Value(_json_value(self._class.FromString(data), self._pool), self._name)


class IndexedMessages:
    """Messages of one file, behind the indexes that Confluent's serialisers write before them."""

    def __init__(self, pool: Any, messages: list[Any]) -> None:
        self._pool = pool
        self._messages = messages
        self._readers: dict[tuple[int, ...], ProtobufMessage] = {}

    def read(self, data: bytes) -> Value:
        """The indexes and the message.

        Raises:
            Exception: they are not there, point nowhere, or the message is none.
        """
        indexes, at = _read_indexes(data)
        reader = self._readers.get(indexes)
        if reader is None:
            reader = self._readers[indexes] = ProtobufMessage(self._pool, self._descriptor(indexes))
        return reader.read(data[at:])

    def _descriptor(self, indexes: tuple[int, ...]) -> Any:
        descriptor, messages = None, self._messages
        for index in indexes:
            descriptor = messages[index]
            messages = list(descriptor.nested_types)
        return descriptor


class UndescribedMessages:
    """Messages behind indexes whose descriptors cannot be had: field numbers stand for names."""

    def read(self, data: bytes) -> Value:
        """The indexes and the message.

        Raises:
            ValueError: they are not there, or the message is none.
        """
        _, at = _read_indexes(data)
        return read_wire(data[at:])._replace(flaws=("no-descriptor",))


def _read_indexes(data: bytes) -> tuple[tuple[int, ...], int]:
    """The path to a message among those of its file, and where it ends: `0` is short for `1 0`."""
    count, at = read_zigzag(data, 0)
    if not 0 <= count <= _MAX_INDEXES:
        raise ValueError(f"{count} message indexes")
    indexes = []
    for _ in range(count):
        index, at = read_zigzag(data, at)
        if index < 0:
            raise ValueError(f"message index {index}")
        indexes.append(index)
    return tuple(indexes) or (0,), at


def _json_value(message: Any, pool: Any) -> object:
    descriptor = message.DESCRIPTOR
    if descriptor.file.name == _WRAPPERS:
        return message.value
    if descriptor.file.name.startswith(_SHIPPED):
        return _shipped_value(message, pool)
    return Members(_members(message, pool))


def _shipped_value(message: Any, pool: Any) -> object:
    """Times, structs and the like have a form of their own in ProtoJSON."""
    from google.protobuf import json_format  # noqa: PLC0415 - an optional library

    try:
        return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool)
    except TypeError:  # an `Any` of a type that is not in our descriptors
        return {"@type": message.type_url, "value": message.value}


def _members(message: Any, pool: Any) -> Iterator[tuple[str, object]]:
    for field in message.DESCRIPTOR.fields:
        if field.has_presence and not message.HasField(field.name):
            continue
        value = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield field.name, Members(_entries(field.message_type.fields_by_name["value"], value, pool))
        elif field.is_repeated:
            yield field.name, (_field_value(field, one, pool) for one in value)
        else:
            yield field.name, _field_value(field, value, pool)


def _entries(field: Any, entries: Any, pool: Any) -> Iterator[tuple[Any, object]]:
    return ((key, _field_value(field, value, pool)) for key, value in entries.items())


def _field_value(field: Any, value: Any, pool: Any) -> object:
    if field.message_type is not None:
        return _json_value(value, pool)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    return value


def library() -> ModuleType:
    """The library.

    Raises:
        UnreadError: it is not installed (`no-decoder`).
    """
    try:
        return importlib.import_module("google.protobuf")
    except ImportError:
        raise UnreadError("no-decoder") from None
