"""Declared documents of whatever kind → clauses.

Registries are known by their URL, descriptors by the suffix of their file, GraphQL by that or by its first
definition, all others by the field that names their version, else by the words of their language.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract import asyncapi, graphql, grpc, messages, openapi
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library

if TYPE_CHECKING:
    from contract.openapi.declared import DeclaredContract

_READERS = {"openapi": openapi.read, "swagger": openapi.read, "asyncapi": asyncapi.read}
"""By the field of the root that names the version."""

_SHOWN = 200
"""Characters of what was given."""

_ALLOW = "Add --allow-remote."


def load(path_or_text: str | Path, *, producer: str, allow_remote: bool = False) -> DeclaredContract:
    """Read, validate and compile a document.

    Args:
        path_or_text: a path (of GraphQL's and of schemas also a folder), a URL, `CHANNEL=FILE` of a schema,
        `registry+https://…`, or the document itself (more than one line, or beginning with a brace).
        producer: whose interface it declares.
        allow_remote: whether the document, or documents it refers to, may be fetched over HTTP.

    Raises:
        DeclaredError: the document cannot be read or is invalid; the message says where and why.
    """
    try:
        named = _by_name(path_or_text, producer, allow_remote=allow_remote)
    except OSError as error:  # a name that is none, a folder that nobody may look into
        raise DeclaredError(f"{str(path_or_text)[:_SHOWN]!r} cannot be read: {error.strerror}") from None
    return named or _by_content(Library(path_or_text, allow_remote=allow_remote), producer)


def _by_name(given: str | Path, producer: str, *, allow_remote: bool) -> DeclaredContract | None:
    """What is known by its name or address; None: it has to be looked at."""
    if messages.is_registry(given):
        if not allow_remote:
            raise DeclaredError(f"{given} is remote, and nothing is fetched unless allowed", _ALLOW)
        return messages.read_registry(str(given), producer)
    if messages.is_on_channel(given):
        return messages.read(str(given), producer)
    if grpc.is_named(given):
        return messages.read_descriptors(Path(given), producer)
    if messages.is_folder(given):
        return messages.read_folder(Path(given), producer)
    return graphql.read(given, producer) if graphql.is_named(given) else None


def _by_content(library: Library, producer: str) -> DeclaredContract:
    names = library.tree if isinstance(library.tree, dict) else {}
    reader = next((read for name, read in _READERS.items() if name in names), None)
    if reader is not None:
        return reader(library, producer)
    if messages.is_schema(library):
        return messages.of_library(library, producer)
    raise DeclaredError(
        f"{library.source} names no openapi, swagger or asyncapi version",
        "OpenAPI 3.0, 3.1 and 3.2, Swagger 2.0, AsyncAPI 2.0 to 2.6, 3.0 and 3.1 are supported, GraphQL"
        " schemas (.graphql, .gql, .graphqls), protobuf (.proto, .desc, .pb, .binpb), and schemas of messages"
        " in Avro (.avsc) and as JSON Schema.",
    )
