"""OpenAPI 3.0, 3.1 and 3.2 documents as `Written` operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contract.content import FORM, is_json
from contract.openapi.reading import (
    child,
    credentials,
    entries,
    flag,
    items,
    media_type,
    overridden,
    responses,
    schema_of,
    security,
    word,
)
from contract.openapi.securing import callers
from contract.openapi.written import METHODS, Content, Parameter, Response, Written
from contract.view import Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.library import Library
    from contract.view import Leaf

_METHODS = (*METHODS, "query")
_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_ANYTHING = frozenset({"*/*", "application/*"})
_VARIABLE = re.compile(r"\{([^{}]*)\}")


def operations(library: Library) -> Iterator[Written]:
    """All operations, in the order of the document."""
    root = library.root
    known = child(root, "components", "securitySchemes")
    for path, item in entries(child(root, "paths")):
        listed = [(method, child(item, method)) for method in _METHODS]
        listed += list(entries(child(item, "additionalOperations")))
        for method, operation in listed:
            if operation is None or not isinstance(operation.schema, dict):
                continue
            servers = next((one for one in (operation, item, root) if child(one, "servers")), root)
            schemes = security(operation, root)
            given = (leaf for owner in (item, operation) for leaf in items(child(owner, "parameters")))
            yield Written(
                method=method.upper(),
                path=path,
                bases=_bases(servers),
                pointer=operation.pointer,
                deprecated=flag(operation, "deprecated"),
                security=schemes,
                callers=tuple(callers(operation, root, known)),
                parameters=overridden(
                    credentials(schemes, known),
                    (parameter for leaf in given for parameter in _parameter(leaf, library)),
                ),
                content=_content(child(operation, "requestBody", "content")),
                responses=responses(operation, library, _response),
            )


def _bases(owner: Leaf) -> tuple[str, ...]:
    """The base paths of an owner's servers, without a final slash; variables stand for their defaults."""
    bases = dict.fromkeys(_base(server) for server in items(child(owner, "servers")))
    return tuple(bases) or ("",)


def _base(server: Leaf) -> str:
    def default(match: re.Match[str]) -> str:
        variable = child(server, "variables", match[1])
        value: Any = (
            variable.schema.get("default") if variable and isinstance(variable.schema, dict) else None
        )
        return match[0] if value is None else str(value)

    url = _VARIABLE.sub(default, word(server, "url"))
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return f"/{path.strip('/')}" if path.strip("/") else ""


def _parameter(leaf: Leaf, library: Library) -> Iterator[Parameter]:
    """A parameter; none where the place belongs to something else (OpenAPI 3.1, section 4.8.12.2)."""
    place, name = word(leaf, "in"), word(leaf, "name")
    if place == "header":
        name = name.lower()
        if name in {"accept", "content-type", "authorization"}:
            return
    if place not in _STYLES:
        library.warn(f"{leaf.pointer}: parameters in {place or 'no place'!r} are not compared")
        return
    yield _text(leaf, place, name, required=flag(leaf, "required") or place == "path")


def _text(leaf: Leaf, place: str, name: str, *, required: bool) -> Parameter:
    """A parameter, header or form field by its style (OpenAPI 3.1, section 4.8.12.3)."""
    style = word(leaf, "style") or _STYLES[place]
    explode = leaf.schema.get("explode", style == "form") is True
    return Parameter(
        place=place,
        name=name,
        required=required,
        pointer=leaf.pointer,
        schema=schema_of(leaf),
        repeated=style == "form" and explode,
        spread=style == "form" and explode,
        deep=style == "deepObject",
    )


def _content(content: Leaf | None) -> Content | None:
    """The bodies in a content object. Forms count only where no JSON is declared: both stand in one place."""
    found = {media_type(name): leaf for name, leaf in entries(content) if isinstance(leaf.schema, dict)}
    if content is None or not found:
        return None
    bodies = {name: schema for name, leaf in found.items() if (schema := schema_of(leaf))}
    documents = tuple(schema for name, schema in bodies.items() if is_json(name) or name in _ANYTHING)
    form = None if documents else bodies.get(FORM)
    return Content(
        media_types=tuple(sorted(name for name in found if "/" in name)),
        pointer=content.pointer,
        schema=Group(documents, every=False) if documents else None,
        fields=() if form is None else (_form(form),),
    )


def _form(schema: Leaf) -> Parameter:
    """A form: every field of an object under its own name, a repeated name for each item of an array."""
    pointer = schema.pointer
    return Parameter(
        place="body", name="", required=True, pointer=pointer, schema=schema, repeated=True, spread=True
    )


def _response(status: str, leaf: Leaf) -> Response:
    return Response(
        status=status,
        pointer=leaf.pointer,
        headers=tuple(
            _text(header, "header", name.lower(), required=flag(header, "required"))
            for name, header in entries(child(leaf, "headers"))
            if name.lower() != "content-type" and isinstance(header.schema, dict)
        ),
        content=_content(child(leaf, "content")),
    )
