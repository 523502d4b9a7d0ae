"""OpenAPI 3.x and Swagger 2.0 documents → operations as places and facts, each media type by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contract.changes.facts import EXPLODED, Budget, Document, Facts, Later, Place, PlaceKey, Side, placed
from contract.changes.imprints import Imprints
from contract.changes.schemas import Schemas
from contract.changes.security import ways_in
from contract.openapi import v2, v3
from contract.openapi.declared import path_below
from contract.openapi.errors import DeclaredError
from contract.openapi.reading import child, entries, flag, items, media_type, schema_of, word
from contract.openapi.validation import check
from contract.subject import Subject
from contract.view import TRUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.openapi.library import Library
    from contract.openapi.written import Written
    from contract.view import Leaf, Node

_REQUEST = Subject(("request",))
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
"""What bodies are taken to be where Swagger 2.0 does not say."""
_COLLECTIONS = {
    "multi": f"form{EXPLODED}",
    "ssv": "spaceDelimited",
    "pipes": "pipeDelimited",
    "tsv": "tabDelimited",
}
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_OPERATION = ("operationId", "summary", "description", "x-stability-level")


def read(library: Library) -> Document:
    """Read a document. What is invalid in it is told as a warning, and the rest is read.

    Raises:
        DeclaredError: it is of another version, or no such document at all.
    """
    version = check(library, lenient=True)
    reader = _V2(library) if version == "2.0" else _V3(library)
    written = (v2 if version == "2.0" else v3).operations(library)
    found: dict[str, Side] = {}
    try:
        for one in written:
            side = reader.side(one)
            found.setdefault(side.identity, side)
    except RecursionError:
        raise DeclaredError(f"{library.source} is nested too deep") from None
    facts = {"servers": dict.fromkeys(reader.servers())}
    return Document(
        source=library.source,
        operations=found,
        facts=facts,
        warnings=tuple(library.warnings),
        budget=reader.budget,
    )


class _Reader:
    """What both versions have in common."""

    def __init__(self, library: Library) -> None:
        self.root = library.root
        self.budget = Budget()
        self.schemas = Schemas(self.budget)
        self._source = library.source
        self._imprints = Imprints()
        self._paths = dict(entries(child(self.root, "paths")))

    def side(self, written: Written) -> Side:
        """One operation. Its place is known by the template alone: servers are told apart."""
        item = self._paths[written.path]
        method = written.method.lower()
        operation = child(item, method) or child(item, "additionalOperations", written.method) or item
        keys = [f"{written.method} {path_below(base, written.path)}" for base in ("", *written.bases)]

        def read() -> dict[PlaceKey, Place]:
            try:
                return placed(keys[0], list(self._places(item, operation)))
            except RecursionError:
                raise DeclaredError(f"{self._source} is nested too deep") from None

        return Side(
            key=keys[0],
            keys=tuple(dict.fromkeys(keys)),
            facts=self._facts(operation),
            places=Later(read),
            pointer=operation.pointer,
            imprint=self._imprints.of(operation, *(child(one, name) for one, name in self._beside(item))),
        )

    def _places(self, item: Leaf, operation: Leaf) -> Iterator[tuple[str, Place]]:
        yield from (("", place) for place in self._parameters(item, operation))
        yield from self._request(item, operation)
        yield from self._responses(operation)

    def _beside(self, item: Leaf) -> list[tuple[Leaf, str]]:
        """What is read of an operation's places outside of it, as objects and their fields."""
        return [(item, "parameters")]

    def servers(self) -> frozenset[str]:
        """The paths and hosts below which the operations are."""
        raise NotImplementedError

    def schemes(self) -> Leaf | None:
        """The security schemes by name."""
        raise NotImplementedError

    def _facts(self, operation: Leaf) -> Facts:
        tags = operation.schema.get("tags")
        found: Facts = {name: word(operation, name) for name in _OPERATION if word(operation, name)}
        found["tags"] = frozenset(map(str, tags)) if isinstance(tags, list) else frozenset()
        found["security"] = ways_in(operation, self.root, self.schemes())
        if flag(operation, "deprecated"):
            found["deprecated"] = operation.schema.get("x-sunset", "")
        return found

    def _parameters(self, item: Leaf, operation: Leaf) -> Iterator[Place]:
        given = [leaf for owner in (item, operation) for leaf in items(child(owner, "parameters"))]
        known = {(word(leaf, "in"), word(leaf, "name")): leaf for leaf in given}
        for (where, name), leaf in known.items():
            ignored = where == "header" and name.lower() in _IGNORED_HEADERS
            if where not in {"path", "query", "header", "cookie"} or ignored:
                continue
            at = _REQUEST.within(where, name.lower() if where == "header" else name)
            required = flag(leaf, "required") or where == "path"
            yield from self._text(leaf, at, required=required)

    def _text(self, leaf: Leaf, at: Subject, *, required: bool) -> Iterator[Place]:
        """A parameter or a header: what is said of itself, and what its schema says."""
        facts: Facts = {"required": required}
        if flag(leaf, "deprecated"):
            facts["deprecated"] = leaf.schema.get("x-sunset", "")
        if word(leaf, "description"):
            facts["description"] = word(leaf, "description")
        found = list(self.schemas.places(self._schema(leaf), at))
        facts["encoding"] = self._encoding(leaf)
        if child(leaf, "content") is not None:
            found = [replace(place, facts=place.facts | {"parsed": True}) for place in found]
        if at.section == "query":
            facts["allowEmptyValue"] = flag(leaf, "allowEmptyValue")
        yield Place(subject=at, facts=found[0].facts | facts, pointer=leaf.pointer)
        yield from found[1:]

    def _schema(self, leaf: Leaf) -> Node:
        raise NotImplementedError

    def _encoding(self, leaf: Leaf) -> str:
        """How several values are written as text."""
        return _encoding(leaf)

    def _request(self, item: Leaf, operation: Leaf) -> Iterator[tuple[str, Place]]:
        raise NotImplementedError

    def _responses(self, operation: Leaf) -> Iterator[tuple[str, Place]]:
        for status, leaf in entries(child(operation, "responses")):
            at = Subject(("response", status.replace("x", "X")))
            facts: Facts = {"status": True, "description": word(leaf, "description")}
            content = self._content(operation, leaf)
            if content:
                facts["content"] = frozenset(content)
            yield "", Place(subject=at, facts=facts, pointer=leaf.pointer)
            for name, header in entries(child(leaf, "headers")):
                if name.lower() != "content-type" and isinstance(header.schema, dict):
                    here = at.within("header", name.lower())
                    required = flag(header, "required")
                    yield from (("", place) for place in self._text(header, here, required=required))
            for media, schema in content.items():
                yield from ((media, place) for place in self.schemas.places(schema, at.within("body")))

    def _content(self, operation: Leaf, response: Leaf) -> dict[str, Node]:
        raise NotImplementedError


class _V3(_Reader):
    """OpenAPI 3.0, 3.1 and 3.2."""

    def servers(self) -> frozenset[str]:
        return frozenset(word(server, "url") for server in items(child(self.root, "servers")))

    def schemes(self) -> Leaf | None:
        return child(self.root, "components", "securitySchemes")

    def _schema(self, leaf: Leaf) -> Node:
        content = dict(entries(child(leaf, "content")))
        return schema_of(next(iter(content.values()), leaf)) or TRUE

    def _request(self, item: Leaf, operation: Leaf) -> Iterator[tuple[str, Place]]:
        del item
        body = child(operation, "requestBody")
        if body is None:
            return
        content = _media(child(body, "content"))
        at = _REQUEST.within("body")
        facts: Facts = {"required": flag(body, "required"), "content": frozenset(content)}
        yield "", Place(subject=at, facts=facts, pointer=body.pointer)
        for media, schema in content.items():
            yield from ((media, place) for place in self.schemas.places(schema, at))

    def _content(self, operation: Leaf, response: Leaf) -> dict[str, Node]:
        del operation
        return _media(child(response, "content"))


class _V2(_Reader):
    """Swagger 2.0: a body is a parameter, and media types may be given for all operations at once."""

    def servers(self) -> frozenset[str]:
        path, host = word(self.root, "basePath"), word(self.root, "host")
        named = child(self.root, "schemes")
        schemes = [str(one) for one in named.schema] if named and isinstance(named.schema, list) else [""]
        return frozenset(
            urlsplit(f"//{host}{path}", scheme if host else "").geturl()
            for scheme in (schemes if host or path else ())
        )

    def schemes(self) -> Leaf | None:
        return child(self.root, "securityDefinitions")

    def _schema(self, leaf: Leaf) -> Node:
        return leaf

    def _encoding(self, leaf: Leaf) -> str:
        """In the words of OpenAPI 3, so that a document may move from one to the other."""
        if word(leaf, "type") != "array":
            return _encoding(leaf)
        return _COLLECTIONS.get(word(leaf, "collectionFormat"), _default_style(leaf))

    def _request(self, item: Leaf, operation: Leaf) -> Iterator[tuple[str, Place]]:
        given = [leaf for owner in (item, operation) for leaf in items(child(owner, "parameters"))]
        bodies = [leaf for leaf in given if word(leaf, "in") == "body"]
        fields = {word(leaf, "name"): leaf for leaf in given if word(leaf, "in") == "formData"}
        if not bodies and not fields:
            return
        at = _REQUEST.within("body")
        media = self._named(operation, "consumes") or ([_FORM] if fields else [_JSON])
        required = any(flag(leaf, "required") for leaf in (*bodies, *fields.values()))
        facts: Facts = {"required": required, "content": frozenset(media)}
        yield "", Place(subject=at, facts=facts, pointer=(bodies or list(fields.values()))[0].pointer)
        for name in media:
            for body in bodies[-1:]:
                schema = schema_of(body) or TRUE
                yield from ((name, place) for place in self.schemas.places(schema, at))
            for field, leaf in fields.items():
                found = self._text(leaf, at.within(field), required=flag(leaf, "required"))
                yield from ((name, place) for place in found)

    def _content(self, operation: Leaf, response: Leaf) -> dict[str, Node]:
        schema = schema_of(response) if isinstance(response.schema, dict) else None
        if schema is None:
            return {}
        return dict.fromkeys(self._named(operation, "produces") or [_JSON], schema)

    def _beside(self, item: Leaf) -> list[tuple[Leaf, str]]:
        return [*super()._beside(item), (self.root, "consumes"), (self.root, "produces")]

    def _named(self, operation: Leaf, key: str) -> list[str]:
        listed: Any = operation.schema.get(key, self.root.schema.get(key))
        return (
            [media_type(name) for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        )


def _encoding(leaf: Leaf) -> str:
    """How several values are written as text, defaults spelled out (OpenAPI 3.1, section 4.8.12.2)."""
    media = next((name for name, _ in entries(child(leaf, "content"))), "")
    style = word(leaf, "style") or _default_style(leaf)
    explode = leaf.schema.get("explode", style == "form") is True
    return media_type(media) if media else f"{style}{EXPLODED if explode else ''}"


def _default_style(leaf: Leaf) -> str:
    return "form" if word(leaf, "in") in {"query", "cookie"} else "simple"


def _media(content: Leaf | None) -> dict[str, Node]:
    """The schemas of a content object by media type, parameters of the type aside."""
    found = entries(content)
    return {
        media_type(name): schema_of(leaf) or TRUE for name, leaf in found if isinstance(leaf.schema, dict)
    }
