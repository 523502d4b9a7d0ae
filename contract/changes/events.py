"""AsyncAPI documents → operations as places and facts: each type of message, sent and received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.asyncapi import v2, v3
from contract.asyncapi.validation import check
from contract.changes.facts import Document, Facts, Place, Side, placed
from contract.changes.schemas import Schemas
from contract.changes.security import demanded
from contract.openapi.errors import DeclaredError
from contract.openapi.reading import child, entries, flag, items, word
from contract.operation import RECEIVE, SEND, of_channel
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject
from contract.view import TRUE, Group, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.asyncapi.written import Channel, Message
    from contract.changes.security import Demand
    from contract.openapi.library import Library
    from contract.openapi.written import Parameter

_PATH = Subject(("request", "path"))
_SIDES = ((SEND, Subject(("request",))), (RECEIVE, Subject(("response", word_of(MESSAGE)))))


def read(library: Library) -> Document:
    """Read a document. What is invalid in it is told as a warning, and the rest is read.

    Raises:
        DeclaredError: it is of another version, or no such document at all.
    """
    major = check(library, lenient=True)
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
        facts={"servers": dict(_servers(library.root))},
        warnings=tuple(library.warnings),
    )


def _servers(root: Leaf) -> Iterator[tuple[str, frozenset[Demand]]]:
    """The servers, each by its address and protocol, with the ways in which one is let in there."""
    for _, server in entries(child(root, "servers")):
        address = word(server, "url") or f"{word(server, 'host')}{word(server, 'pathname')}"
        asked = items(child(server, "security"))
        ways = frozenset(way for one in asked for way in demanded(_schemes(one)))
        yield f"{address} ({word(server, 'protocol')})", ways or demanded(())


def _schemes(requirement: Leaf) -> list[str]:
    """The schemes that one requirement asks for: version 2 names them, version 3 refers to one."""
    _, components, name = requirement.pointer.rpartition("/securitySchemes/")
    return [name] if components else [name for name, _ in entries(requirement)]


def _sides(channel: Channel, schemas: Schemas) -> Iterator[Side]:
    for name in dict.fromkeys(message.type for message in channel.messages):
        messages = [message for message in channel.messages if message.type == name]
        for verb, at in _SIDES:
            key = of_channel(verb, channel.address, name).text
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
    correlations = frozenset(message.correlation for message in messages if message.correlation)
    if correlations:
        facts["correlation"] = correlations
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
