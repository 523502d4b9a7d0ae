"""The definition of events as an Open Data Contract (ODCS 3.1): schema, quality, service levels.

Each channel and type of message is an object of the schema, as consumers get it. What the standard has no
field for is a check in words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.definition.asyncapi import DELIVERED, SENT, address_of, channels_of
from contract.definition.schemas import sketched
from contract.definition.terms import Part
from contract.kinds import Enum, Format, Freshness, Latency, Nullable, Type
from contract.subject import ITEM, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.definition.schemas import Sketch
    from contract.definition.terms import DefinedOperation, Definition, Term

Form = dict[str, Any]

API_VERSION = "v3.1.0"
_LOGICAL = {"date": "date", "date-time": "timestamp", "time": "time"}
_STRUCTURE = frozenset(
    "present type nullable content-type enum format occurs size length range pattern".split()  # noqa: SIM905
)
"""Kinds that the schema itself has fields for."""
_OPTIONS = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("minItems", "maxItems", "uniqueItems"),
}
"""What the standard has a word for, by logical type."""
_NOT_STATED = frozenset({Part.MAY_CHANGE, Part.OUT_OF_CONTRACT})


def document(definition: Definition) -> Form:
    """The document."""
    messages = list(_messages(definition))
    owner = definition.owners.producer
    members = [{"username": owner.contact}] if owner.contact else []
    team = {**({"name": owner.name} if owner.name else {}), **({"members": members} if members else {})}
    channels = [{"channel": name, "url": url} for name, url in sorted(definition.interface.channels.items())]
    levels = [level for name, operation in messages for level in _levels(name, operation)]
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": re.sub(r"[^A-Za-z0-9_-]+", "-", definition.producer),
        "name": definition.title,
        "version": definition.interface.version or "0",
        "status": "draft" if definition.observed else "active",
        "schema": [_object(name, operation) for name, operation in messages],
        **({"slaProperties": levels} if levels else {}),
        **({"team": team} if team else {}),
        **({"support": channels} if channels else {}),
    }


def _messages(definition: Definition) -> Iterator[tuple[str, DefinedOperation]]:
    """Each type of message of each channel: as delivered, else as published."""
    for place, by_type in channels_of(definition.of_events(True)).items():
        for type_, operations in by_type.items():
            yield f"{place}#{type_}" if type_ else place, operations[0]


def _object(name: str, operation: DefinedOperation) -> Form:
    roots = (sketched(operation.written, at) for at in (DELIVERED, SENT))
    body = next((root.below["body"] for root in roots if "body" in root.below), None)
    checks = [*_checks(operation.terms), *(_valid_values(body, "") if body else ())]
    return {
        "name": name,
        "physicalName": address_of(operation.key),
        "physicalType": "topic",
        "logicalType": "object",
        **({"deprecated": True} if operation.deprecated else {}),
        **({"properties": _properties(body)} if body and _fields(body) else {}),
        **({"quality": checks} if checks else {}),
    }


def _fields(place: Sketch) -> dict[str, Sketch]:
    """The fields whose type is known: without one the standard has no property."""
    below = {name: one for name, one in sorted(place.below.items()) if name not in {ITEM, VALUE}}
    return {name: one for name, one in below.items() if Type.name in one.kinds}


def _properties(place: Sketch) -> list[Form]:
    return [{"name": name} | _property(one) for name, one in _fields(place).items()]


def _property(place: Sketch) -> Form:
    """A field. It is required where it is always there and never null."""
    nullable = place.kinds.get(Nullable.name)
    never_null = isinstance(nullable, Nullable) and not nullable.value
    type_ = _type(place)
    options = {
        name: place.schema[name] for name in _OPTIONS.get(type_["logicalType"], ()) if name in place.schema
    }
    form = place.kinds.get(Format.name)
    if isinstance(form, Format) and type_["logicalType"] == "string":
        options["format"] = form.form
    item = place.below.get(ITEM)
    return {
        **type_,
        "required": place.required and never_null,
        **({"logicalTypeOptions": options} if options else {}),
        **({"properties": _properties(place)} if _fields(place) else {}),
        **({"items": _property(item)} if item and Type.name in item.kinds else {}),
    }


def _type(place: Sketch) -> Form:
    """What has several types is a text, which all of them can be written as."""
    kind, form = place.kinds[Type.name], place.kinds.get(Format.name)
    types = kind.types if isinstance(kind, Type) else ()
    if len(types) > 1:
        return {"logicalType": "string", "physicalType": " or ".join(types)}
    return {"logicalType": _LOGICAL.get(form.form if isinstance(form, Format) else "", types[0])}


def _valid_values(place: Sketch, path: str) -> Iterator[Form]:
    """One check for each field that has few values."""
    kind = place.kinds.get(Enum.name)
    if isinstance(kind, Enum):
        yield {
            "type": "library",
            "metric": "invalidValues",
            "name": f"{path} is one of few",
            "arguments": {"validValues": kind.value},
            "mustBe": 0,
        }
    for name, one in sorted(place.below.items()):
        yield from _valid_values(one, f"{path}.{name}".lstrip(".") if name != ITEM else f"{path}[]")


def _checks(terms: Iterable[Term]) -> Iterator[Form]:
    """What else is stated, in words."""
    for term in terms:
        kind = term.clause.kind
        known = kind.name in _STRUCTURE or isinstance(kind, Latency | Freshness)
        if term.written and term.part not in _NOT_STATED and not known:
            yield {
                "type": "text",
                "name": f"{kind.name} {term.clause.id}",
                "description": term.clause.statement,
            }


def _levels(name: str, operation: DefinedOperation) -> Iterator[Form]:
    """Service levels: how late messages come, and how long what they say is fresh."""
    for term in operation.terms:
        kind = term.clause.kind
        if not term.written:
            continue
        said = {"element": name, "description": term.clause.statement}
        if isinstance(kind, Latency):
            yield {"property": "latency", "value": round(kind.p99_ms, 3), "unit": "ms", **said}
        elif isinstance(kind, Freshness):
            yield {"property": "freshness", "value": kind.max_age_s, "unit": "s", **said}
