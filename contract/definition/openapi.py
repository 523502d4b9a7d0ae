"""The definition of calls as an OpenAPI 3.1 document.

Standard fields state the clauses that may be written, as far as OpenAPI has words for them; which those are
is found by reading the document back. All clauses stand in `x-defacto`. Paths are those that traffic has:
there are no servers.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from contract import openapi
from contract.content import FORM, is_json
from contract.definition.extension import NAME, operation_form, root_form
from contract.definition.schemas import sketched
from contract.definition.securing import Schemes
from contract.kinds import ContentType
from contract.openapi.written import METHODS
from contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contract.clause import Clause
    from contract.definition.schemas import Sketch
    from contract.definition.terms import DefinedOperation, Definition

Form = dict[str, Any]

REQUEST = Subject(("request",))
_NO_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that no parameter may describe (OpenAPI 3.1, section 4.8.12.2)."""
ANYTHING = "*/*"


def document(definition: Definition) -> Form:
    """The document."""
    calls = definition.of_events(False)
    form = written_document(definition, calls)
    stated = stated_in(form, definition.producer)
    form[NAME] = root_form(definition)
    for place, operations in by_place(calls).items():
        method, _, path = place.partition(" ")
        if method.lower() in METHODS:
            form["paths"][path][method.lower()][NAME] = operation_form(operations, stated)
        else:
            form[NAME].setdefault("others", {}).update(operation_form(operations, stated)["operations"])
    return form


def by_place(operations: Iterable[DefinedOperation]) -> dict[str, list[DefinedOperation]]:
    """Operations by method and path: what serves many types of call stands in one place."""
    found: dict[str, list[DefinedOperation]] = defaultdict(list)
    for operation in operations:
        found[operation.key.partition("#")[0]].append(operation)
    return found


def stated_in(form: Form, producer: str) -> dict[str, Clause]:
    """By id what the standard fields of a document say, patterns of statuses as they are written."""
    found = openapi.load(json.dumps(form), producer=producer)
    return {clause.id: clause for operation in found.operations for clause in operation.clauses_for(())}


def written_document(definition: Definition, calls: Sequence[DefinedOperation]) -> Form:
    """The document without extensions."""
    schemes = Schemes()
    paths: dict[str, Form] = {}
    for place, operations in sorted(by_place(calls).items(), key=lambda one: _path_first(one[0])):
        method, _, path = place.partition(" ")
        if method.lower() in METHODS:
            plain = next((one for one in operations if one.key == place), None)
            clauses = plain.written if plain else ()
            written = {"deprecated": True} if plain and plain.deprecated else {}
            paths.setdefault(path, {})[method.lower()] = written | operation_fields(path, clauses, schemes)
    return {
        "openapi": "3.1.0",
        "info": {"title": definition.title, "version": definition.interface.version or "0"},
        "paths": paths,
        **({"components": {"securitySchemes": schemes.form}} if schemes.form else {}),
    }


def _path_first(place: str) -> tuple[str, int]:
    method, _, path = place.partition(" ")
    return path, METHODS.index(method.lower()) if method.lower() in METHODS else len(METHODS)


def operation_fields(path: str, clauses: Sequence[Clause], schemes: Schemes) -> Form:
    """The Operation Object that states some clauses."""
    fields: Form = {}
    security = schemes.required(clauses)
    if security:
        fields["security"] = security
    parameters = _parameters(path, clauses)
    if parameters:
        fields["parameters"] = parameters
    content = _content(clauses, REQUEST)
    if content:
        fields["requestBody"] = {"content": content}
    statuses = sorted({clause.subject.status for clause in clauses if clause.subject.status})
    if statuses:
        fields["responses"] = {status: _response(clauses, status) for status in statuses}
    return fields


def _parameters(path: str, clauses: Iterable[Clause]) -> list[Form]:
    """The parameters; those of the path must all be there."""
    root = sketched(clauses, REQUEST)
    for name in re.findall(r"\{([^{}]*)\}", path):
        sketched_at(root, "path", name)
    return [
        {"name": name, "in": place, "required": place == "path" or one.required, "schema": one.text_schema}
        for place in ("path", "query", "header", "cookie")
        for name, one in sorted(root.below[place].below.items() if place in root.below else ())
        if _is_parameter(place, name, one)
    ]


def sketched_at(root: Sketch, *parts: str) -> Sketch:
    """The place some parts below, which is made if nothing is said of it."""
    for part in parts:
        root = root.below.setdefault(part, type(root)())
    return root


def _is_parameter(place: str, name: str, sketch: Sketch) -> bool:
    if place == "path":
        return True
    return sketch.said and sketch.kinds.keys() != {"auth"} and (place, name) not in _HEADERS


_HEADERS = frozenset(("header", name) for name in _NO_PARAMETERS)


def _response(clauses: Sequence[Clause], status: str) -> Form:
    at = Subject(("response", status))
    headers = {
        name: ({"required": True} if one.required else {}) | {"schema": one.text_schema}
        for name, one in sorted(sketched(clauses, at.within("header")).below.items())
        if name != "content-type"
    }
    content = _content(clauses, at)
    return {
        "description": _phrase(status),
        **({"headers": headers} if headers else {}),
        **({"content": content} if content else {}),
    }


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "All others" if status == "default" else f"All of {status}"


def _content(clauses: Iterable[Clause], at: Subject) -> Form:
    """The media types with their schema: JSON, forms, and where nothing is said of the type, anything."""
    root = sketched(clauses, at)
    header = root.below["header"].below.get("content-type") if "header" in root.below else None
    kind = header.kinds.get(ContentType.name) if header else None
    body = root.below.get("body")
    named = kind.media_types if isinstance(kind, ContentType) else (ANYTHING,) if body else ()
    schema = {"schema": body.schema} if body else {}
    return {name: schema if name in {FORM, ANYTHING} or is_json(name) else {} for name in named}
