"""Schemas that payloads were written with: of a folder of files, of a schema registry, or of both."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

import orjson

from proxy.payloads import avro, protobuf
from proxy.payloads.json_schema import JsonSchema
from proxy.payloads.registry import Registry
from proxy.payloads.values import Unreadable, UnreadError
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from proxy.payloads.values import Schema

_UNKNOWN: Schema = Unreadable("schema-unknown")


class Schemas:
    """All schemas that are known, or can be asked for.

    Args:
        folder: of `*.avsc` (Avro), `*.json` (JSON Schema), `*.desc` and `*.pb` (a serialised protobuf
            `FileDescriptorSet`). A file whose name is a number has the schema with that id in the registry,
            of a descriptor set it is the last file; Avro schemas are also known by their fingerprint.
        registry: the URL of a schema registry, asked for ids that the folder has not; `""` for none.
        messages: the full name of the protobuf message on a channel, by the channel or a pattern with `*` and
            `?`; the first that fits counts.

    Raises:
        DefactoError: a file is not what its name says, no file has one of the messages, or the URL is none.
    """

    def __init__(
        self, folder: Path | None = None, registry: str = "", messages: Mapping[str, str] | None = None
    ) -> None:
        self._by_id: dict[int, Schema] = {}
        self._by_fingerprint: dict[bytes, Schema] = {}
        self._descriptors: list[protobuf.Descriptors] = []
        if folder is not None:
            self._load(folder)
        self._by_channel = [
            (re.compile(translate(channel)), self._message(name))
            for channel, name in (messages or {}).items()
        ]
        self._registry = Registry(registry) if registry else None

    def by_id(self, number: int) -> Schema:
        """The schema with this id in the registry."""
        known = self._by_id.get(number)
        if known is not None:
            return known
        return self._registry.schema(number) if self._registry else _UNKNOWN

    def by_fingerprint(self, value: bytes) -> Schema:
        """The Avro schema with this CRC-64-AVRO; without fastavro none is known by it."""
        try:
            avro.library()
        except UnreadError as error:
            return Unreadable(error.flaw)
        return self._by_fingerprint.get(value, _UNKNOWN)

    def for_channel(self, channel: str) -> Schema | None:
        """The message that was said to be on this channel."""
        return next((message for pattern, message in self._by_channel if pattern.match(channel)), None)

    def close(self) -> None:
        """Ask no more."""
        if self._registry:
            self._registry.close()

    def _load(self, folder: Path) -> None:
        loaders = {
            ".avsc": self._load_avro,
            ".json": _load_json_schema,
            ".desc": self._load_descriptors,
            ".pb": self._load_descriptors,
        }
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in loaders)
        except OSError as error:
            raise DefactoError(f"cannot read the folder of schemas: {error}") from error
        for path in paths:
            schema = _loaded(path, loaders[path.suffix])
            if path.stem.isdecimal():
                self._by_id[int(path.stem)] = schema

    def _load_avro(self, content: bytes) -> Schema:
        declared = orjson.loads(content)
        schema = avro.AvroSchema(declared)
        self._by_fingerprint[avro.fingerprint(declared)] = schema
        return schema

    def _load_descriptors(self, content: bytes) -> Schema:
        descriptors = protobuf.Descriptors(protobuf.files_of(content))
        self._descriptors.append(descriptors)
        return descriptors.indexed()

    def _message(self, name: str) -> Schema:
        try:
            protobuf.library()
        except UnreadError as error:
            return Unreadable(error.flaw)
        for descriptors in self._descriptors:
            try:
                return descriptors.message(name)
            except KeyError:
                continue
        raise DefactoError(
            f"no descriptor set has the message {name!r}",
            "Put a file made by protoc --descriptor_set_out --include_imports into the folder of schemas.",
        )


def _load_json_schema(content: bytes) -> Schema:
    return JsonSchema(orjson.loads(content))


def _loaded(path: Path, load: Callable[[bytes], Schema]) -> Schema:
    try:
        return load(path.read_bytes())
    except UnreadError as error:
        return Unreadable(error.flaw)
    except Exception as error:
        raise DefactoError(f"{path} is no schema that can be read: {error}") from error
