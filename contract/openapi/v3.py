"""OpenAPI 3.0, 3.1 and 3.2 documents as `Written` operations."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

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
_PREFIXED = frozenset({"label", "matrix"})
_ANYTHING = frozenset({"*/*", "application/*"})
MAX_BASES = 32
"""Base paths of one server, whose variables multiply."""

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def operations(library: Library) -> Iterator[Written]:
    """All operations, in the order of the document."""
    root = library.root
    known = child(root, "components", "securitySchemes")
    for path, _ in entries(child(root, "webhooks")):
        library.warn(f"#/webhooks/{path}: calls that the producer makes are not compared")
    for path, item in entries(child(root, "paths")):
        listed = [(method, child(item, method)) for method in _METHODS]
        listed += list(entries(child(item, "additionalOperations")))
        for method, operation in listed:
            if operation is None or not isinstance(operation.schema, dict):
                continue
            for name, callback in entries(child(operation, "callbacks")):
                library.warn(f"{callback.pointer}: calls that the producer makes ({name}) are not compared")
            servers = next((one for one in (operation, item, root) if child(one, "servers")), root)
            schemes = security(operation, root)
            given = (leaf for owner in (item, operation) for leaf in items(child(owner, "parameters")))
            yield Written(
                method=method.upper(),
                path=path,
                bases=_bases(servers, library),
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


def _bases(owner: Leaf, library: Library) -> tuple[str, ...]:
    """The base paths of an owner's servers, without a final slash."""
    bases = dict.fromkeys(
        base for server in items(child(owner, "servers")) for base in _bases_of(server, library)
    )
    return tuple(bases) or ("",)


def _bases_of(server: Leaf, library: Library) -> Iterator[str]:
    """The base paths of one server: a variable is its default first, then what else it may be.

    Where no list says what else, anything may stand there. An address that is relative is so to where the
    document is (OpenAPI 3.1, section 4.8.5).
    """
    url = word(server, "url")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    _, absolute, rest = url.partition("://")
    varying = rest.partition("/")[2] if absolute else url
    choices = (
        _choices(child(server, "variables", name), name)[: None if f"{{{name}}}" in varying else 1]
        for name in names
    )
    origin = library.uri if library.uri.startswith("http") else "http://localhost/"
    for values in islice(product(*choices), MAX_BASES):
        chosen = dict(zip(names, values, strict=True))
        filled = _VARIABLE.sub(lambda match: chosen[match[1]], url)  # noqa: B023 - called at once
        try:
            path = urlsplit(urljoin(origin, filled)).path.strip("/")
        except ValueError:
            path = ""
        yield f"/{path}" if path else ""


def _choices(variable: Leaf | None, name: str) -> list[str]:
    """What a variable of a server's address may be, its default first."""
    schema = variable.schema if variable is not None and isinstance(variable.schema, dict) else {}
    listed = schema.get("enum")
    given = [schema.get("default"), *(listed if isinstance(listed, list) else [])]
    anything = [] if isinstance(listed, list) else [f"{{{name}}}"]
    return list(dict.fromkeys([*(str(one) for one in given if one is not None), *anything]))


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
    """A parameter, header or form field by its style (OpenAPI 3.1, section 4.8.12.3).

    In `label` and `matrix` something stands before the value (`.5`, `;id=5`): that text is not looked into.
    """
    style = word(leaf, "style") or _STYLES[place]
    explode = leaf.schema.get("explode", style == "form") is True
    return Parameter(
        place=place,
        name=name,
        required=required,
        pointer=leaf.pointer,
        schema=None if style in _PREFIXED else schema_of(leaf),
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
