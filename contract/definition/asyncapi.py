"""The definition of events as an AsyncAPI 3.0 document.

A message is one thing in AsyncAPI, published and delivered as it is: what is promised of either is stated of
it, and where the two differ, what is delivered goes first. The document is that of the producer, who sends.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from contract.asyncapi import read
from contract.definition.extension import NAME, operation_form, root_form
from contract.definition.schemas import sketched
from contract.kinds import ContentType, Enum
from contract.openapi.library import Library
from contract.operation import RECEIVE, parse
from contract.statuses import MESSAGE, word_of
from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.clause import Clause
    from contract.definition.schemas import Sketch
    from contract.definition.terms import DefinedOperation, Definition

Form = dict[str, Any]

SENT, DELIVERED = Subject(("request",)), Subject(("response", word_of(MESSAGE)))
UNTYPED = "message"
"""What the messages of a channel are called whose types are not told apart."""


def document(definition: Definition) -> Form:
    """The document."""
    events = definition.of_events(True)
    form = written_document(definition, events)
    stated = stated_in(form, definition.producer, events)
    form[NAME] = root_form(definition)
    for place, by_type in channels_of(events).items():
        messages = form["channels"][_name(place)]["messages"]
        for type_, operations in by_type.items():
            messages[type_ or UNTYPED][NAME] = operation_form(operations, stated)
    return form


def channels_of(events: Iterable[DefinedOperation]) -> dict[str, dict[str, list[DefinedOperation]]]:
    """Operations by channel and type of message, those of delivery first."""
    found: dict[str, dict[str, list[DefinedOperation]]] = defaultdict(lambda: defaultdict(list))
    for operation in sorted(events, key=lambda one: (parse(one.key).verb != RECEIVE, one.key)):
        found[address_of(operation.key)][parse(operation.key).type].append(operation)
    return {place: dict(sorted(by_type.items())) for place, by_type in sorted(found.items())}


def address_of(key: str) -> str:
    """The address of the channel of an operation, as clients write it."""
    return parse(key).place


def stated_in(form: Form, producer: str, events: Iterable[DefinedOperation]) -> dict[str, Clause]:
    """By id what the standard fields say of some operations."""
    found = {one.key: one for one in read(Library(json.dumps(form)), producer).operations}
    stated: dict[str, Clause] = {}
    for operation in events:
        key = parse(operation.key)
        own = found.get(operation.key) or found.get(key._replace(type=UNTYPED).text)
        for clause in own.clauses_for(()) if own else ():
            named = type(clause)(
                producer=producer, operation=operation.key, subject=clause.subject, kind=clause.kind
            )
            stated[named.id] = named
    return stated


def written_document(definition: Definition, events: Sequence[DefinedOperation]) -> Form:
    """The document without extensions."""
    channels, operations = {}, {}
    for place, by_type in channels_of(events).items():
        name = _name(place)
        channels[name] = _channel(place, by_type)
        operations[f"send-{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": definition.title, "version": definition.interface.version or "0"},
        "channels": channels,
        "operations": operations,
    }


def _name(place: str) -> str:
    """The key of a channel: addresses may hold what keys and references may not."""
    return re.sub(r"[^A-Za-z0-9_.-]+", lambda match: f"_{match[0].encode().hex()}_", place)


def _channel(place: str, by_type: dict[str, list[DefinedOperation]]) -> Form:
    clauses = [clause for operations in by_type.values() for one in operations for clause in one.written]
    parameters = {name: _parameter(clauses, name) for name in re.findall(r"\{([^{}]*)\}", place)}
    return {
        "address": place,
        **({"parameters": parameters} if parameters else {}),
        "messages": {type_ or UNTYPED: _message(operations) for type_, operations in by_type.items()},
    }


def _parameter(clauses: Iterable[Clause], name: str) -> Form:
    """A parameter of an address, of which only its values can be said (3.0, Parameter Object)."""
    at = Subject(("request", "path", name))
    kinds = (clause.kind for clause in clauses if clause.subject == at)
    values = next((kind.value for kind in kinds if isinstance(kind, Enum)), [])
    return {"enum": values} if values and all(isinstance(value, str) for value in values) else {}


def _message(operations: Iterable[DefinedOperation]) -> Form:
    clauses = [_delivered(clause) for one in operations for clause in one.written]
    root = sketched(clauses, DELIVERED)
    headers = {name: one.text_schema for name, one in _headers(root).items() if name != "content-type"}
    required = sorted(name for name, one in _headers(root).items() if name in headers and one.required)
    described = {"type": "object", "properties": headers, **({"required": required} if required else {})}
    body = root.below.get("body")
    return {
        **_content_type(root),
        **({"headers": described} if headers else {}),
        **({"payload": body.schema} if body else {}),
    }


def _delivered(clause: Clause) -> Clause:
    """A clause about what was published, of what is delivered."""
    subject = clause.subject
    if subject.status is None and subject.section in {"header", "body"}:
        subject = DELIVERED.within(*subject.parts[1:])
    return type(clause)(
        producer=clause.producer, operation=clause.operation, subject=subject, kind=clause.kind
    )


def _headers(root: Sketch) -> dict[str, Sketch]:
    below = root.below["header"].below if "header" in root.below else {}
    return dict(sorted(below.items()))


def _content_type(root: Sketch) -> Form:
    """The media type; a message has one."""
    header = _headers(root).get("content-type")
    kind = header.kinds.get(ContentType.name) if header else None
    names = kind.media_types if isinstance(kind, ContentType) else ()
    return {"contentType": names[0]} if len(names) == 1 else {}
