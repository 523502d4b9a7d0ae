"""Pairs of small documents with known verdicts, at least one for each rule: written from the specifications.

What others hold to be breaking (the rules of oasdiff, openapi-diff, Azure's openapi-diff and Optic) was read
for its verdicts; the documents are our own.
"""

# ruff: noqa: E501  # tables are read by their columns

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TODAY = "2026-06-01"

Json = Any


@dataclass(frozen=True)
class Case:
    """A pair, the rule that must tell it, and the place at which it must."""

    rule: str
    old: str
    new: str
    at: str | None

    @property
    def name(self) -> str:
        return self.rule


def api(
    *,
    parameters: list[Json] | None = None,
    body: Json = None,
    answer: Json = None,
    responses: Json = None,
    path: str = "/things",
    method: str = "get",
    version: str = "3.1.0",
    root: Json = None,
    **operation: Json,
) -> str:
    """A document with one operation. `body` and `answer` are schemas of JSON bodies."""
    content = {} if answer is None else {"content": {"application/json": {"schema": answer}}}
    written = {
        "parameters": parameters or [],
        "responses": responses or {"200": {"description": "fine", **content}},
        **operation,
    }
    if body is not None:
        written["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    document = {
        "openapi": version,
        "info": {"title": "x", "version": "1"},
        "paths": {path: {method: written}},
        **(root or {}),
    }
    return json.dumps(document)


def query(name: str = "limit", schema: Json = None, **more: Json) -> Json:
    """A query parameter."""
    return {"name": name, "in": "query", "schema": schema or {"type": "string"}, **more}


def thing(schema: Json = None, *, required: bool = False, name: str = "a", **more: Json) -> Json:
    """An object with one field."""
    return {
        "type": "object",
        "properties": {name: schema or {"type": "string"}},
        "required": [name] if required else [],
        **more,
    }


NOTHING: Json = {"type": "object", "properties": {}}
BASIC: Json = {"components": {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}}}
OK = {"description": "fine"}

_SAID: list[tuple[str, Json, Json]] = [
    ("type", {"type": ["string", "integer"]}, {"type": "string"}),
    ("nullable", {"type": ["string", "null"]}, {"type": "string"}),
    ("format", {"type": "string"}, {"type": "string", "format": "uuid"}),
    ("enum", {"type": "string", "enum": ["x", "y"]}, {"type": "string", "enum": ["x"]}),
    ("x-extensible-enum", {"x-extensible-enum": ["x", "y"]}, {"x-extensible-enum": ["x"]}),
    ("pattern", {"type": "string"}, {"type": "string", "pattern": "^x+$"}),
    ("minimum", {"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}),
    ("maximum", {"type": "integer"}, {"type": "integer", "maximum": 10}),
    ("minLength", {"type": "string", "minLength": 1}, {"type": "string", "minLength": 2}),
    ("maxLength", {"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 5}),
    ("minItems", {"type": "array"}, {"type": "array", "minItems": 1}),
    ("maxItems", {"type": "array", "maxItems": 9}, {"type": "array", "maxItems": 5}),
    ("minProperties", {"type": "object"}, {"type": "object", "minProperties": 1}),
    ("maxProperties", {"type": "object"}, {"type": "object", "maxProperties": 5}),
    ("multipleOf", {"type": "integer", "multipleOf": 5}, {"type": "integer", "multipleOf": 10}),
    ("uniqueItems", {"type": "array"}, {"type": "array", "uniqueItems": True}),
    ("open", {"type": "object"}, {"type": "object", "additionalProperties": False}),
    ("oneOf", {"oneOf": [thing(title="A"), thing(title="B"), thing(title="C")]},
     {"oneOf": [thing(title="A"), thing(title="B")]}),
    ("anyOf", {"anyOf": [thing(title="A"), thing(title="B"), thing(title="C")]},
     {"anyOf": [thing(title="A"), thing(title="B")]}),
    ("discriminator", {"type": "object"}, {"type": "object", "discriminator": {"propertyName": "a"}}),
    ("keyword", {"type": "string"}, {"type": "string", "not": {"const": "x"}}),
]  # fmt: skip
"""By aspect a wider and a narrower schema."""

_APART: list[tuple[str, Json, Json]] = [
    ("type", {"type": "string"}, {"type": "boolean"}),
    ("format", {"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}),
    ("enum", {"enum": ["x", "y"]}, {"enum": ["x", "z"]}),
    ("x-extensible-enum", {"x-extensible-enum": ["x", "y"]}, {"x-extensible-enum": ["x", "z"]}),
    ("pattern", {"type": "string", "pattern": "^a$"}, {"type": "string", "pattern": "^b$"}),
    ("multipleOf", {"type": "integer", "multipleOf": 4}, {"type": "integer", "multipleOf": 6}),
    ("oneOf", {"oneOf": [thing(title="A"), thing({"type": "integer"}, title="B")]},
     {"oneOf": [thing(title="A"), thing({"type": "boolean"}, title="C")]}),
    ("anyOf", {"anyOf": [thing(title="A"), thing({"type": "integer"}, title="B")]},
     {"anyOf": [thing(title="A"), thing({"type": "boolean"}, title="C")]}),
    ("discriminator", {"discriminator": {"propertyName": "a"}}, {"discriminator": {"propertyName": "b"}}),
    ("default", {"type": "string", "default": "x"}, {"type": "string", "default": "y"}),
    ("keyword", {"not": {"const": "x"}}, {"not": {"const": "y"}}),
]  # fmt: skip
"""By aspect two schemas of which neither holds the other."""


def _word(aspect: str) -> str:
    return {"open": "additional-properties"}.get(
        aspect, "".join(f"-{one.lower()}" if one.isupper() else one for one in aspect)
    )


def of_values() -> list[Case]:
    """A pair for each aspect of values, direction and relation: of a field of a body."""
    found = []
    for side, key in (("request", "body"), ("response", "answer")):
        at = "request.body.a" if side == "request" else "response.200.body.a"

        def made(schema: Json, key: str = key) -> str:
            return api(method="post", **{key: thing(schema)})

        for aspect, wide, narrow in _SAID:
            name = f"{side}-{_word(aspect)}"
            found.append(Case(f"{name}-narrowed", made(wide), made(narrow), at))
            found.append(Case(f"{name}-widened", made(narrow), made(wide), at))
        found += [Case(f"{side}-{_word(a)}-changed", made(old), made(new), at) for a, old, new in _APART]
        deprecated = {"type": "string", "deprecated": True}
        found.append(Case(f"{side}-deprecated", made({"type": "string"}), made(deprecated), at))
        found.append(Case(f"{side}-undeprecated", made(deprecated), made({"type": "string"}), at))
    return found


def of_requests() -> list[Case]:
    """What callers send."""
    gone = {"deprecated": True, "x-sunset": "2099-01-01"}
    a, b, c = "request.query.limit", "request.body.a", "request.body"
    default = {"type": "string", "default": "x"}
    hidden = {"type": "string", "readOnly": True}

    def sent(schema: Json) -> str:
        return api(method="post", body=schema)

    def asked(*parameters: Json) -> str:
        return api(parameters=list(parameters))

    def media(*names: str, required: bool = True) -> str:
        content = {name: {"schema": {"type": "string"}} for name in names}
        return api(method="post", requestBody={"required": required, "content": content})

    array = {"type": "array", "items": {"type": "string"}}
    return [
        Case("request-parameter-removed", asked(query()), asked(), a),
        Case("request-parameter-removed-deprecated", asked(query(deprecated=True)), asked(), a),
        Case("request-parameter-removed-before-sunset", asked(query(**gone)), asked(), a),
        Case("request-parameter-added-required", asked(), asked(query(required=True)), a),
        Case("request-parameter-added", asked(), asked(query()), a),
        Case("request-parameter-became-required", asked(query()), asked(query(required=True)), a),
        Case("request-parameter-became-optional", asked(query(required=True)), asked(query()), a),
        Case("request-parameter-default-changed", asked(query()), asked(query(schema=default)), a),
        Case("request-property-removed", sent(thing()), sent(NOTHING), b),
        Case("request-property-added-required", sent(NOTHING), sent(thing(required=True)), b),
        Case("request-property-added-required-with-default", sent(NOTHING),
             sent(thing(default, required=True)), b),
        Case("request-property-added-undescribed", sent(NOTHING), sent({**NOTHING, "required": ["a"]}), b),
        Case("request-property-added", sent(NOTHING), sent(thing()), b),
        Case("request-property-became-required", sent(thing()), sent(thing(required=True)), b),
        Case("request-property-became-required-with-default", sent(thing(default)),
             sent(thing(default, required=True)), b),
        Case("request-property-became-optional", sent(thing(required=True)), sent(thing()), b),
        Case("request-property-hidden", sent(thing()), sent(thing(hidden)), b),
        Case("request-property-shown", sent(thing(hidden)), sent(thing()), b),
        Case("request-property-shown-required", sent(thing(hidden, required=True)), sent(thing(required=True)), b),
        Case("request-body-removed", media("text/plain"), api(method="post"), c),
        Case("request-body-added-required", api(method="post"), media("text/plain"), c),
        Case("request-body-added", api(method="post"), media("text/plain", required=False), c),
        Case("request-body-became-required", media("text/plain", required=False), media("text/plain"), c),
        Case("request-body-became-optional", media("text/plain"), media("text/plain", required=False), c),
        Case("request-media-type-removed", media("text/plain", "text/csv"), media("text/plain"), c),
        Case("request-media-type-added", media("text/plain"), media("text/plain", "text/csv"), c),
        Case("request-encoding-scalar-changed", asked(query()), asked(query(explode=False)), a),
        Case("request-allow-empty-value-narrowed", asked(query(allowEmptyValue=True)), asked(query()), a),
        Case("request-allow-empty-value-widened", asked(query()), asked(query(allowEmptyValue=True)), a),
        Case("request-encoding-changed", asked(query(schema=array)),
             asked(query(schema=array, explode=False)), a),
    ]  # fmt: skip


def of_answers() -> list[Case]:
    """What readers get."""
    a, h = "response.200.body.a", "response.200.header.etag"
    hidden = {"type": "string", "writeOnly": True}
    array = {"type": "array", "items": {"type": "string"}}

    def got(schema: Json) -> str:
        return api(answer=schema)

    def headed(header: Json | None) -> str:
        headers = {} if header is None else {"headers": {"ETag": {"schema": {"type": "string"}, **header}}}
        return api(responses={"200": {**OK, **headers}})

    def media(*names: str) -> str:
        content = {name: {"schema": {"type": "string"}} for name in names}
        return api(responses={"200": {**OK, "content": content}})

    def statuses(*names: str) -> str:
        return api(responses=dict.fromkeys(names, OK))

    return [
        Case("response-property-removed", got(thing(required=True)), got(NOTHING), a),
        Case("response-property-removed", got(thing()), got(NOTHING), a),
        Case("response-property-added", got(NOTHING), got(thing()), a),
        Case("response-property-became-optional", got(thing(required=True)), got(thing()), a),
        Case("response-property-became-required", got(thing()), got(thing(required=True)), a),
        Case("response-property-hidden", got(thing()), got(thing(hidden)), a),
        Case("response-property-shown", got(thing(hidden)), got(thing()), a),
        Case("response-header-removed", headed({"required": True}), headed(None), h),
        Case("response-header-removed", headed({}), headed(None), h),
        Case("response-header-added", headed(None), headed({}), h),
        Case("response-header-became-optional", headed({"required": True}), headed({}), h),
        Case("response-header-became-required", headed({}), headed({"required": True}), h),
        Case("response-status-removed", statuses("200", "202"), statuses("200"), "response.202"),
        Case("response-status-added", statuses("200"), statuses("200", "202"), "response.202"),
        Case("response-error-removed", statuses("200", "409"), statuses("200"), "response.409"),
        Case("response-error-added", statuses("200"), statuses("200", "409"), "response.409"),
        Case("response-body-removed", got(thing()), statuses("200"), "response.200"),
        Case("response-media-type-removed", media("text/plain", "text/csv"), media("text/csv"), "response.200"),
        Case("response-media-type-added", media("text/csv"), media("text/plain", "text/csv"), "response.200"),
        Case("response-encoding-scalar-changed", headed({}), headed({"explode": True}), h),
        Case("response-encoding-changed", headed({"schema": array}),
             headed({"schema": array, "explode": True}), h),
    ]  # fmt: skip


def of_operations() -> list[Case]:
    """What is said of whole operations and documents."""
    two = json.loads(api())
    two["paths"]["/other"] = two["paths"]["/things"]

    def other(**said: Json) -> str:
        document = json.loads(json.dumps(two))
        document["paths"]["/other"]["get"] |= said
        return json.dumps(document)

    def servers(*urls: str) -> str:
        return api(root={"servers": [{"url": url} for url in urls]})

    old, new = {"deprecated": True, "x-sunset": "2030-01-01"}, {"deprecated": True, "x-sunset": "2029-01-01"}
    secured = api(root=BASIC, security=[{"key": []}])
    return [
        Case("operation-removed", other(), api(), None),
        Case("operation-removed-deprecated", other(deprecated=True), api(), None),
        Case("operation-removed-after-sunset", other(deprecated=True, **{"x-sunset": "2020-01-01"}), api(), None),
        Case("operation-removed-before-sunset", other(**old), api(), None),
        Case("operation-added", api(), other(), None),
        Case("operation-deprecated", api(), api(deprecated=True), None),
        Case("operation-undeprecated", api(deprecated=True), api(), None),
        Case("operation-id-changed", api(operationId="a"), api(operationId="b"), None),
        Case("tags-changed", api(tags=["a"]), api(tags=["b"]), None),
        Case("description-changed", api(summary="a"), api(summary="b"), None),
        Case("path-parameter-renamed", api(path="/things/{id}", parameters=[_path("id")]),
             api(path="/things/{thing}", parameters=[_path("thing")]), None),
        Case("server-removed", servers("/a", "/b"), servers("/a"), None),
        Case("server-added", servers("/a"), servers("/a", "/b"), None),
        Case("security-tightened", api(), secured, None),
        Case("security-relaxed", secured, api(), None),
        Case("stability-decreased", api(), api(**{"x-stability-level": "beta"}), None),
        Case("stability-invalid", api(**{"x-stability-level": "beta"}), api(**{"x-stability-level": "new"}), None),
        Case("stability-increased", api(**{"x-stability-level": "beta"}), api(), None),
        Case("sunset-removed", api(**old), api(deprecated=True), None),
        Case("sunset-earlier", api(**old), api(**new), None),
        Case("sunset-later", api(**new), api(**old), None),
        Case("sunset-invalid", api(), api(deprecated=True, **{"x-sunset": "soon"}), None),
    ]  # fmt: skip


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


CASES = [*of_values(), *of_requests(), *of_answers(), *of_operations()]
