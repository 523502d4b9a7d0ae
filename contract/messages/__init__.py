"""Declared schemas of messages → clauses: Avro, JSON Schema and protobuf, from files or a schema registry.

A schema says what messages are, and not where they are. That is said by the name that serializers register it
under (`placing`), by `CHANNEL=FILE`, or by the type that messages name: then it is declared of every channel
that carries the type.
"""

from __future__ import annotations

from contract.messages.files import (
    is_folder,
    is_on_channel,
    is_schema,
    of_library,
    read,
    read_descriptors,
    read_folder,
)
from contract.messages.registry import is_registry, read_registry

__all__ = [
    "is_folder",
    "is_on_channel",
    "is_registry",
    "is_schema",
    "of_library",
    "read",
    "read_descriptors",
    "read_folder",
    "read_registry",
]
