"""Swagger 2.0 documents as `Written` operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.library import Library
    from contract.view import Leaf

_FORM = "formData"
_PLACES = {"path": "path", "query": "query", "header": "header", _FORM: "body"}


def operations(library: Library) -> Iterator[Written]:
    """All operations, in the order of the document."""
    root = library.root
    base = word(root, "basePath").strip("/")
    known = child(root, "securityDefinitions")
    for path, item in entries(child(root, "paths")):
        for method in METHODS:
            operation = child(item, method)
            if operation is None or not isinstance(operation.schema, dict):
                continue
            given = [leaf for owner in (item, operation) for leaf in items(child(owner, "parameters"))]
            produces = _media_types(operation, root, "produces")
            schemes = security(operation, root)

            def response(status: str, leaf: Leaf, produces: tuple[str, ...] = produces) -> Response:
                return _response(status, leaf, produces)

            yield Written(
                method=method.upper(),
                path=path,
                bases=(f"/{base}" if base else "",),
                pointer=operation.pointer,
                deprecated=flag(operation, "deprecated"),
                security=schemes,
                callers=tuple(callers(operation, root, known)),
                parameters=overridden(
                    credentials(schemes, known),
                    _parameters(given, "path", "query", "header"),
                ),
                content=_content(given, _media_types(operation, root, "consumes")),
                responses=responses(operation, library, response),
            )


def _media_types(operation: Leaf, root: Leaf, key: str) -> tuple[str, ...]:
    """What an operation consumes or produces; its own list goes before the document's."""
    found = operation.schema.get(key, root.schema.get(key))
    names = [media_type(name) for name in found if isinstance(name, str)] if isinstance(found, list) else []
    return tuple(sorted({name for name in names if "/" in name}))


def _parameters(given: list[Leaf], *places: str) -> list[Parameter]:
    """The parameters in some places, in the order given."""
    chosen = [leaf for leaf in given if word(leaf, "in") in places]
    return [_text(leaf, _PLACES[word(leaf, "in")], word(leaf, "name")) for leaf in chosen]


def _text(leaf: Leaf, place: str, name: str) -> Parameter:
    """A parameter, header or form field; its type is described in the object itself."""
    return Parameter(
        place=place,
        name=name.lower() if place == "header" else name,
        required=flag(leaf, "required") or place == "path",
        pointer=leaf.pointer,
        schema=leaf,
        repeated=word(leaf, "collectionFormat") == "multi",
    )


def _content(given: list[Leaf], consumes: tuple[str, ...]) -> Content | None:
    body = next((leaf for leaf in reversed(given) if word(leaf, "in") == "body"), None)
    if body is not None:
        json = not consumes or any(map(is_json, consumes))
        return Content(media_types=consumes, pointer=body.pointer, schema=schema_of(body) if json else None)
    fields = overridden(_parameters(given, _FORM))
    if not fields:
        return None
    form = not consumes or FORM in consumes
    return Content(media_types=consumes, pointer=fields[0].pointer, fields=fields if form else ())


def _response(status: str, leaf: Leaf, produces: tuple[str, ...]) -> Response:
    schema = schema_of(leaf) if isinstance(leaf.schema, dict) else None
    json = not produces or any(map(is_json, produces))
    return Response(
        status=status,
        pointer=leaf.pointer,
        headers=tuple(
            _text(header, "header", name)
            for name, header in entries(child(leaf, "headers"))
            if name.lower() != "content-type" and isinstance(header.schema, dict)
        ),
        content=Content(media_types=produces, pointer=leaf.pointer, schema=schema if json else None)
        if schema
        else None,
    )
