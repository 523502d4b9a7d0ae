"""Declared documents of whatever kind → clauses.

Descriptor sets are known by the suffix of their file, GraphQL by that or by its first definition, all others
by the field that names their version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract import asyncapi, graphql, grpc, openapi
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from contract.openapi.declared import DeclaredContract

_READERS = {"openapi": openapi.read, "swagger": openapi.read, "asyncapi": asyncapi.read}
"""By the field of the root that names the version."""


def load(path_or_text: str | Path, *, producer: str, allow_remote: bool = False) -> DeclaredContract:
    """Read, validate and compile a document.

    Args:
        path_or_text: a path (of GraphQL's also a folder), a URL, or the document itself (more than one line,
        or beginning with a brace).
        producer: whose interface it declares.
        allow_remote: whether the document, or documents it refers to, may be fetched over HTTP.

    Raises:
        DeclaredError: the document cannot be read or is invalid; the message says where and why.
    """
    if grpc.is_named(path_or_text):
        return grpc.read(path_or_text, producer)
    if graphql.is_named(path_or_text):
        return graphql.read(path_or_text, producer)
    library = Library(path_or_text, allow_remote=allow_remote)
    names = library.tree if isinstance(library.tree, dict) else {}
    reader = next((read for name, read in _READERS.items() if name in names), None)
    if reader is None:
        raise DeclaredError(
            f"{library.source} names no openapi, swagger or asyncapi version",
            "OpenAPI 3.0, 3.1 and 3.2, Swagger 2.0, AsyncAPI 2.0 to 2.6 and 3.0 are supported, GraphQL"
            " schemas (.graphql, .gql, .graphqls), and protobuf descriptor sets (.desc, .pb, .binpb).",
        )
    return reader(library, producer)
