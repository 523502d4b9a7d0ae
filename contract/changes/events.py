"""AsyncAPI documents → operations as places and facts: each type of message, sent and received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.asyncapi import v2, v3
from contract.asyncapi.validation import check
from contract.changes.facts import Document, Facts, Place, Side, placed
from contract.changes.schemas import Schemas
from contract.changes.security import demanded
from contract.openapi.errors import DeclaredError
from contract.openapi.reading import flag
from contract.operation import RECEIVE, SEND, Operation
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject
from contract.view import TRUE, Group, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.asyncapi.written import Channel, Message
    from contract.openapi.library import Library
    from contract.openapi.written import Parameter

_PATH = Subject(("request", "path"))
_SIDES = ((SEND, Subject(("request",))), (RECEIVE, Subject(("response", word_of(MESSAGE)))))


def read(library: Library) -> Document:
    """Validate and read a document.

    Raises:
        DeclaredError: it is invalid; the message says where and why.
    """
    major = check(library)
    schemas = Schemas()
    try:
        found = [
            side
            for channel in (v2 if major == "2" else v3).channels(library)
            for side in _sides(channel, schemas)
        ]
    except RecursionError:
        raise DeclaredError(f"{library.source} is nested too deep") from None
    return Document(
        source=library.source,
        operations={side.identity: side for side in reversed(found)},
        warnings=tuple(library.warnings),
    )


def _sides(channel: Channel, schemas: Schemas) -> Iterator[Side]:
    dotted = "/" not in channel.address
    segments = tuple(filter(None, channel.address.split("." if dotted else "/")))
    for name in dict.fromkeys(message.type for message in channel.messages):
        messages = [message for message in channel.messages if message.type == name]
        for verb, at in _SIDES:
            key = Operation(verb, segments, name, dotted).text
            found = [
                ("", place) for parameter in channel.parameters for place in _parameter(parameter, schemas)
            ]
            found += list(_message(messages, at, schemas))
            facts: Facts = {"tags": frozenset(), "security": demanded(channel.security)}
            yield Side(
                key=key, keys=(key,), facts=facts, places=placed(key, found), pointer=messages[0].pointer
            )


def _parameter(parameter: Parameter, schemas: Schemas) -> Iterator[Place]:
    schema = parameter.schema or TRUE
    yield from schemas.places(schema, _PATH.within(parameter.name), {"required": True})


def _message(messages: list[Message], at: Subject, schemas: Schemas) -> Iterator[tuple[str, Place]]:
    """One type's messages at one side; several of one name are alternatives."""
    media = frozenset(message.media_type for message in messages if message.media_type)
    facts: Facts = {"required": True, "content": media} if media else {"required": True}
    yield "", Place(subject=at.within("body"), facts=facts, pointer=messages[0].pointer)
    payloads = [message.payload for message in messages if message.payload is not None]
    if len(payloads) == len(messages):
        found = schemas.places(Group(tuple(payloads), every=False), at.within("body"))
        yield from (("message", place) for place in found)
    for message in messages[:1]:
        if message.headers is not None:
            yield from (("", place) for place in _headers(message.headers, at, schemas))


def _headers(leaf: Leaf, at: Subject, schemas: Schemas) -> Iterator[Place]:
    schema = leaf.schema if isinstance(leaf.schema, dict) else {}
    listed = schema.get("required")
    required = listed if isinstance(listed, list) else []
    names = schema.get("properties")
    for name in names if isinstance(names, dict) else ():
        child = leaf.below("properties", name)
        facts: Facts = {"required": name in required}
        if flag(child, "deprecated"):
            facts["deprecated"] = ""
        yield from schemas.places(child, at.within("header", name.lower()), facts)
