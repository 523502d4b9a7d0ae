"""Schemas of payloads, in whatever language they are written (2.6 and 3.0, "Schema formats table").

JSON Schema, AsyncAPI's dialect of it and OpenAPI's are read as they are, Avro is translated. Other languages
are told, and restrict nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contract import avro
from contract.openapi.reading import child, media_type

if TYPE_CHECKING:
    from contract.asyncapi.traits import Fields
    from contract.openapi.library import Library
    from contract.view import Leaf

_JSON_SCHEMA = re.compile(r"application/(vnd\.aai\.asyncapi|schema|vnd\.oai\.openapi)(\+json|\+yaml)?")
_AVRO = re.compile(r"application/vnd\.apache\.avro(\+json|\+yaml)?")
_DEFAULT = "application/vnd.aai.asyncapi"


def payload_of(fields: Fields, library: Library) -> Leaf | None:
    """What the payload of a message is; None where nothing is said, or in a language that is not read.

    Version 2 names the language in the message, version 3 in a Multi Format Schema Object.

    Args:
        fields: the message's.
        library: the document; is told what cannot be read.
    """
    schema, named = fields.get("payload"), fields.get("schemaFormat")
    if schema is not None and isinstance(schema.schema, dict) and "schemaFormat" in schema.schema:
        named, schema = child(schema, "schemaFormat"), child(schema, "schema")
    if schema is None:
        return None
    given = named.schema if named is not None and isinstance(named.schema, str) else _DEFAULT
    language = media_type(given)
    if _JSON_SCHEMA.fullmatch(language):
        return schema
    if _AVRO.fullmatch(language):
        return _translated(schema, library)
    library.warn(f"{schema.pointer}: schemas in {given!r} are not compared")
    return None


def _translated(schema: Leaf, library: Library) -> Leaf | None:
    try:
        return avro.leaf(schema.schema, schema.pointer)
    except ValueError as error:
        library.warn(f"{schema.pointer}: {error}")
        return None
