"""Documents of whatever kind → one side of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from contract import avro, graphql, grpc
from contract.changes import events, openapi, protobuf
from contract.changes.facts import Document
from contract.changes.sdl import Sdl
from contract.changes.single import Mode, of_schema
from contract.messages.schemas import is_json_schema
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library

if TYPE_CHECKING:
    from contract.graphql.declared import DeclaredSchema

_READERS = {"openapi": openapi.read, "swagger": openapi.read, "asyncapi": events.read}


@dataclass(frozen=True, slots=True)
class AvroSchema:
    """An Avro schema as parsed JSON: compared by the rules of schema resolution, not by places."""

    source: str
    schema: Any


Loaded = Document | AvroSchema | Sdl
"""One side: only two of one sort can be compared."""


def load(
    given: str | Path, *, producer: str = "", allow_remote: bool = False, mode: Mode = Mode.BACKWARD
) -> Loaded:
    """Read and validate one side.

    Args:
        given: a path, a URL, or the document itself.
        producer: whose interface it declares.
        allow_remote: whether documents may be fetched over HTTP.
        mode: how single schemas are held against each other.

    Raises:
        DeclaredError: it cannot be read or is invalid; the message says where and why.
    """
    if graphql.is_named(given):
        return Sdl(cast("DeclaredSchema", graphql.read(given, producer)))
    if grpc.is_named(given):
        return protobuf.read(Path(given))
    library = Library(given, allow_remote=allow_remote)
    tree = library.tree
    names = tree if isinstance(tree, dict) else {}
    reader = next((read for name, read in _READERS.items() if name in names), None)
    if reader is not None:
        return reader(library)
    if avro.is_schema(tree) or str(given).endswith(".avsc"):
        return AvroSchema(library.source, tree)
    if is_json_schema(names):
        return of_schema(library.root, library.source, mode)
    raise DeclaredError(
        f"{library.source} is no document that can be compared",
        "OpenAPI 3.x, Swagger 2.0, AsyncAPI 2 and 3, protobuf descriptor sets (.desc, .pb, .binpb),"
        " GraphQL schemas (.graphql), Avro schemas and JSON Schemas are read.",
    )
