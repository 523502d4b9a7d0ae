# ruff: noqa: E501  # tables are read by their columns

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contract.changes import RULES, Compatibility, compare, load
from contract.changes.facts import Document
from contract.changes.rules import graded
from tests.contract.changes.cases import CASES, NOTHING, TODAY, Case, api, query, thing

ELSEWHERE = {
    "latency-raised",
    "status-replaced",
    "response-property-renamed",
    "request-property-renamed",
    "undeclared-property-closed",
    "message-correlation-changed",
    "places-not-compared",
    *(name for name in RULES if name.startswith(("avro-", "graphql-", "protobuf-"))),
    *(name for name in RULES if name.split("-")[1] in {"encoded", "symbols", "together"}),
    "request-allow-empty-value-changed",
    *(f"response-allow-empty-value-{how}" for how in ("narrowed", "widened", "changed")),
    *(f"{side}-{aspect}-{how}" for side in ("request", "response") for aspect, how in (
        ("default", "narrowed"), ("default", "widened"), ("encoding", "narrowed"), ("encoding", "widened"),
        *((aspect, "changed") for aspect in (
            "nullable", "minimum", "maximum", "min-length", "max-length", "min-items", "max-items",
            "min-properties", "max-properties", "unique-items", "additional-properties",
        )),
    )),
}  # fmt: skip
"""Rules that no pair of documents can show."""


def side(text: str) -> Document:
    found = load(text)
    assert isinstance(found, Document)
    return found


def changes(old: str, new: str) -> list[tuple[str, str | None, Compatibility]]:
    found = compare(side(old), side(new), today=date.fromisoformat(TODAY))
    return [(one.rule.name, str(one.subject) if one.subject else None, one.compatibility) for one in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_each_rule_tells_its_pair_at_its_place(case: Case) -> None:
    assert (case.rule, case.at, RULES[case.rule].compatibility) in changes(case.old, case.new)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_nothing_else_is_graver(case: Case) -> None:
    worst = max(grade.rank for _, _, grade in changes(case.old, case.new))
    assert worst == RULES[case.rule].compatibility.rank


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_document_does_not_differ_from_itself(case: Case) -> None:
    assert changes(case.old, case.old) == []
    assert changes(case.new, case.new) == []


def test_every_rule_has_a_pair() -> None:
    assert set(RULES) - {case.rule for case in CASES} == ELSEWHERE


def test_grades_can_be_changed() -> None:
    rules = graded({"operation-added": Compatibility.BREAKING})
    assert rules["operation-added"].compatibility is Compatibility.BREAKING
    assert RULES["operation-added"].compatibility is Compatibility.COMPATIBLE


def guarded(scheme: dict[str, Any]) -> str:
    return api(root={"components": {"securitySchemes": {"s": scheme}}}, security=[{"s": []}])


def oauth(**token_urls: str) -> str:
    flows = {name: {"tokenUrl": url, "scopes": {}} for name, url in token_urls.items()}
    return guarded({"type": "oauth2", "flows": flows})


TWO = {"components": {"securitySchemes": {key: {"type": "http", "scheme": "bearer"} for key in "ab"}}}
PETS = {"components": {"schemas": {"A": thing(), "B": thing(name="b")}}}
A, B = {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}

HARMLESS = {
    "an answer that is one of two no more": (
        api(answer={"oneOf": [A, B]}, root=PETS), api(answer={"oneOf": [A]}, root=PETS),
    ),
    "a schema that stands beside null in a request": (
        api(method="post", body=thing(A), root=PETS),
        api(method="post", body=thing({"oneOf": [{"type": "null"}, A]}), root=PETS),
    ),
    "members of a union in another order": (
        api(answer={"oneOf": [thing(), {"type": "string"}, {"type": "integer"}]}),
        api(answer={"oneOf": [{"type": "integer"}, thing(), {"type": "string"}]}),
    ),
    "a required field that is read-only": (
        api(method="post", body=thing(name="b")),
        api(method="post", body={
            "type": "object", "required": ["a"],
            "properties": {"a": {"type": "string", "readOnly": True}, "b": {"type": "string"}},
        }),
    ),
    "a write-only field that goes from an answer": (
        api(answer=thing({"type": "string", "writeOnly": True}, required=True)), api(answer=thing(name="b")),
    ),
    "integers instead of numbers in an answer": (
        api(answer=thing({"type": "number"})), api(answer=thing({"type": "integer", "format": "int32"})),
    ),
    "numbers instead of integers in a request": (
        api(method="post", body=thing({"type": "integer"})), api(method="post", body=thing({"type": "number"})),
    ),
    "text instead of a number in a query": (
        api(parameters=[query(schema={"type": "number"})]), api(parameters=[query(schema={"type": "string"})]),
    ),
    "a schema that moved behind a reference": (
        api(answer=thing()),
        api(answer={"$ref": "#/components/schemas/T"}, root={"components": {"schemas": {"T": thing()}}}),
    ),
    "a member of a union under another name": (
        api(answer={"oneOf": [{"$ref": "#/components/schemas/T"}, {"type": "string"}]},
            root={"components": {"schemas": {"T": thing()}}}),
        api(answer={"oneOf": [{"$ref": "#/components/schemas/U"}, {"type": "string"}]},
            root={"components": {"schemas": {"U": thing()}}}),
    ),
    "null written in another way": (
        api(answer=thing({"type": ["string", "null"]})),
        api(answer=thing({"anyOf": [{"type": "string"}, {"type": "null"}]})),
    ),
    "fields put together by allOf": (
        api(answer={"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
        api(answer={"allOf": [thing(), thing(name="b")]}),
    ),
    "a pattern that allows all": (
        api(method="post", body=thing()), api(method="post", body=thing({"type": "string", "pattern": ".*"})),
    ),
    "another default of a parameter that must be sent": (
        api(parameters=[query(required=True)]),
        api(parameters=[query(required=True, schema={"type": "string", "default": "x"})]),
    ),
    "statuses told as a class": (
        api(responses={"200": {"description": "x"}, "404": {"description": "x"}}),
        api(responses={"2XX": {"description": "x"}, "4XX": {"description": "x"}}),
    ),
    "a media type with parameters": (
        api(responses={"200": {"description": "x", "content": {"application/json": {}}}}),
        api(responses={"200": {"description": "x", "content": {"application/json; charset=utf-8": {}}}}),
    ),
    "a more special media type in an answer": (
        api(responses={"200": {"description": "x", "content": {"application/json": {}}}}),
        api(responses={"200": {"description": "x", "content": {"application/x+json": {}}}}),
    ),
    "a security scheme under another name": (
        api(root={"components": {"securitySchemes": {"a": {"type": "http", "scheme": "basic"}}}},
            security=[{"a": []}]),
        api(root={"components": {"securitySchemes": {"b": {"type": "http", "scheme": "basic"}}}},
            security=[{"b": []}]),
    ),
    "a read-only field that may be sent now": (
        api(method="post", body=thing({"type": "string", "readOnly": True})), api(method="post", body=thing()),
    ),
    "a first item that is said to be like all others": (
        api(method="post", body={"type": "array", "items": {"type": "string"}}),
        api(method="post", body={"type": "array", "items": {"type": "string"}, "prefixItems": [{"type": "string"}]}),
    ),
    "a tuple that says less of its last item": (
        api(method="post", body={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
        api(method="post", body={"type": "array", "prefixItems": [{"type": "string"}]}),
    ),
    "fewer items of a sort that must be there": (
        api(method="post", body={"type": "array", "contains": {"const": 1}, "minContains": 2, "maxContains": 3}),
        api(method="post", body={"type": "array", "contains": {"const": 1}, "maxContains": 4}),
    ),
    "fewer fields that need each other": (
        api(method="post", body={"type": "object", "dependentRequired": {"a": ["b", "c"], "d": ["e"]}}),
        api(method="post", body={"type": "object", "dependentRequired": {"a": ["b"]}}),
    ),
    "a default answer beside a success": (
        api(responses={"200": {"description": "x"}, "default": {"description": "x"}}),
        api(responses={"200": {"description": "x"}}),
    ),
    "another flow for tokens": (
        oauth(clientCredentials="https://a"), oauth(clientCredentials="https://a", password="https://a"),
    ),
    "one value where an array of it is written alike": (
        api(parameters=[query(schema={"type": "string", "format": "uuid"})]),
        api(parameters=[query(schema={"type": "array", "items": {"type": "string", "format": "uuid"}})]),
    ),
    "types told one by one in a union": (
        api(method="post", body=thing({"type": ["string", "number"]})),
        api(method="post", body=thing({"oneOf": [{"type": "string"}, {"type": "number"}]})),
    ),
    "a union of types told at once in an answer": (
        api(answer=thing({"oneOf": [{"type": "string", "maxLength": 5}, {"type": "array", "items": {"type": "string"}}]})),
        api(answer=thing({"type": ["string", "array"], "maxLength": 5, "items": {"type": "string"}})),
    ),
    "a schema that becomes one of a union in a request": (
        api(method="post", body=A, root=PETS), api(method="post", body={"oneOf": [A, B]}, root=PETS),
    ),
    "one of a union that is the only answer now": (
        api(answer={"anyOf": [thing(), thing(name="b")]}), api(answer=thing()),
    ),
    "a request body of which nothing is said any more": (
        api(method="post", body=thing(required=True)),
        api(method="post", requestBody={"required": True, "content": {"application/json": {}}}),
    ),
    "what is not to be relied upon yet": (
        api(parameters=[query()], answer=thing(), **{"x-stability-level": "alpha"}),
        api(answer=NOTHING, **{"x-stability-level": "alpha"}),
    ),
    "a finer multiple": (
        api(method="post", body=thing({"type": "number", "multipleOf": 0.1})),
        api(method="post", body=thing({"type": "number", "multipleOf": 0.01})),
    ),
    "examples": (
        api(answer=thing({"type": "string", "example": "x"})), api(answer=thing({"type": "string"})),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), HARMLESS.values(), ids=HARMLESS)
def test_what_is_compatible_is_not_called_breaking(old: str, new: str) -> None:
    assert [one for one in changes(old, new) if one[2] is Compatibility.BREAKING] == []


BREAKING = {
    "in a member of a union": (
        api(method="post", body={"anyOf": [thing(title="A"), thing(name="b", title="B")]}),
        api(method="post", body={"anyOf": [thing(title="A", required=True), thing(name="b", title="B")]}),
        ("request-property-became-required", "request.body.a"),
    ),
    "of what a map holds": (
        api(method="post", body={"type": "object"}),
        api(method="post", body={"type": "object", "additionalProperties": {"type": "string"}}),
        ("request-type-narrowed", "request.body{}"),
    ),
    "of what an array holds": (
        api(answer={"type": "array", "items": {"type": "string"}}), api(answer={"type": "array"}),
        ("response-type-widened", "response.200.body[]"),
    ),
    "of the items of a tuple": (
        api(method="post", body={"type": "array"}),
        api(method="post", body={"type": "array", "prefixItems": [{"type": "string"}]}),
        ("request-keyword-narrowed", "request.body"),
    ),
    "inside of an array": (
        api(answer={"type": "array", "items": thing(required=True)}),
        api(answer={"type": "array", "items": thing(name="b")}),
        ("response-property-removed", "response.200.body[].a"),
    ),
    "inside of a map": (
        api(answer={"type": "object", "additionalProperties": thing({"type": "integer"})}),
        api(answer={"type": "object", "additionalProperties": thing({"type": "string"})}),
        ("response-type-changed", "response.200.body{}.a"),
    ),
    "inside of allOf": (
        api(method="post", body={"allOf": [thing(), thing(name="b")]}),
        api(method="post", body={"allOf": [thing(), thing(name="b", required=True)]}),
        ("request-property-became-required", "request.body.b"),
    ),
    "of a body that is not JSON": (
        api(method="post", requestBody={"content": {"multipart/form-data": {"schema": thing()}}}),
        api(method="post", requestBody={"content": {"multipart/form-data": {"schema": thing(required=True)}}}),
        ("request-property-became-required", "request.body.a"),
    ),
    "a number that was text in a query": (
        api(parameters=[query(schema={"type": "string"})]), api(parameters=[query(schema={"type": "number"})]),
        ("request-type-narrowed", "request.query.limit"),
    ),
    "an exclusive bound": (
        api(method="post", body=thing({"type": "number", "minimum": 0})),
        api(method="post", body=thing({"type": "number", "exclusiveMinimum": 0})),
        ("request-minimum-narrowed", "request.body.a"),
    ),
    "a wider integer in an answer": (
        api(answer=thing({"type": "integer", "format": "int32"})),
        api(answer=thing({"type": "integer", "format": "int64"})),
        ("response-format-widened", "response.200.body.a"),
    ),
    "a cookie": (
        api(), api(parameters=[{"name": "s", "in": "cookie", "required": True, "schema": {"type": "string"}}]),
        ("request-parameter-added-required", "request.cookie.s"),
    ),
    "a new scope": (
        api(root={"components": {"securitySchemes": {"o": {"type": "openIdConnect", "openIdConnectUrl": "https://x"}}}},
            security=[{"o": []}]),
        api(root={"components": {"securitySchemes": {"o": {"type": "openIdConnect", "openIdConnectUrl": "https://x"}}}},
            security=[{"o": ["admin"]}]),
        ("security-tightened", "None"),
    ),
    "tokens from another server": (
        oauth(clientCredentials="https://a"), oauth(clientCredentials="https://b"), ("security-tightened", "None"),
    ),
    "another provider": (
        guarded({"type": "openIdConnect", "openIdConnectUrl": "https://a"}),
        guarded({"type": "openIdConnect", "openIdConnectUrl": "https://b"}),
        ("security-tightened", "None"),
    ),
    "a second scheme of the same sort": (
        api(root=TWO, security=[{"a": []}]), api(root=TWO, security=[{"a": [], "b": []}]), ("security-tightened", "None"),
    ),
    "another scheme instead of one of two": (
        api(root=TWO, security=[{"a": []}, {"b": []}]), api(root=TWO, security=[{"b": []}]),
        ("security-tightened", "None"),
    ),
    "items of a tuple that change places": (
        api(method="post", body={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}),
        api(method="post", body={"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        ("request-keyword-changed", "request.body"),
    ),
    "more fields that need each other": (
        api(method="post", body={"type": "object", "dependentRequired": {"a": ["b"]}}),
        api(method="post", body={"type": "object", "dependentRequired": {"a": ["b", "c"]}}),
        ("request-keyword-narrowed", "request.body"),
    ),
    "of a parameter that is written as JSON": (
        api(parameters=[{"name": "q", "in": "query", "content": {"application/json": {"schema": thing({"type": "number"})}}}]),
        api(parameters=[{"name": "q", "in": "query", "content": {"application/json": {"schema": thing()}}}]),
        ("request-type-changed", "request.query.q.a"),
    ),
    "an array of which one value is not enough": (
        api(parameters=[query()]),
        api(parameters=[query(schema={"type": "array", "minItems": 2, "items": {"type": "string"}})]),
        ("request-min-items-narrowed", "request.query.limit"),
    ),
    "an array whose items are fewer than the values were": (
        api(parameters=[query()]),
        api(parameters=[query(schema={"type": "array", "items": {"type": "integer"}})]),
        ("request-type-narrowed", "request.query.limit"),
    ),
    "an array in a header, where commas part the items": (
        api(parameters=[{**query(), "in": "header"}]),
        api(parameters=[{**query(schema={"type": "array", "items": {"type": "string"}}), "in": "header"}]),
        ("request-type-changed", "request.header.limit"),
    ),
    "a schema where none was": (
        api(method="post", requestBody={"content": {"application/json": {}}}),
        api(method="post", requestBody={"content": {"application/json": {"schema": {"type": "string"}}}}),
        ("request-type-narrowed", "request.body"),
    ),
    "in one of the types of a union": (
        api(answer=thing({"type": ["number", "object"], "properties": {"b": {"type": "string"}}, "required": ["b"]})),
        api(answer=thing({"oneOf": [{"type": "number"}, thing(name="b")]})),
        ("response-property-became-optional", "response.200.body.a.b"),
    ),
    "one more member beside a schema": (
        api(answer=A, root=PETS), api(answer={"oneOf": [A, B]}, root=PETS), ("response-one-of-widened", "response.200.body"),
    ),
    "a union of which the schema was no member": (
        api(method="post", body=thing(name="c")), api(method="post", body={"oneOf": [A, B]}, root=PETS),
        ("request-one-of-narrowed", "request.body"),
    ),
    "the stability itself": (
        api(**{"x-stability-level": "alpha"}), api(**{"x-stability-level": "draft"}), ("stability-decreased", "None"),
    ),
    "the only answer": (
        api(responses={"default": {"description": "x"}}), api(responses={"400": {"description": "x"}}),
        ("response-status-removed", "response.default"),
    ),
    "in a schema that contains itself": (
        api(answer={"$ref": "#/components/schemas/N"}, root={"components": {"schemas": {"N": {
            "type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}, "v": {"type": "string"}}}}}}),
        api(answer={"$ref": "#/components/schemas/N"}, root={"components": {"schemas": {"N": {
            "type": "object", "properties": {"n": {"$ref": "#/components/schemas/N"}}}}}}),
        ("response-property-removed", "response.200.body.v"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_is_found_at_its_place(old: str, new: str, expected: tuple[str, str]) -> None:
    found = changes(old, new)
    assert (*expected, Compatibility.BREAKING) in [(rule, str(at), grade) for rule, at, grade in found]


SWAGGER = """
swagger: "2.0"
info: {title: x, version: "1"}
paths:
  /a:
    post:
      consumes: [application/json]
      produces: [application/json]
      parameters:
        - {name: q, in: query, type: integer}
        - {name: b, in: body, schema: {type: object, properties: {x: {type: string}}}}
      responses:
        "200": {description: x, schema: {type: object, properties: {y: {type: string}}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("in: query", "in: query, required: true", ("request-parameter-became-required", "request.query.q")),
        ("{x: {type: string}}", "{x: {type: integer}}", ("request-type-changed", "request.body.x")),
        ("{y: {type: string}}", "{z: {type: string}}", ("response-property-removed", "response.200.body.y")),
        (
            "consumes: [application/json]",
            "consumes: [text/xml]",
            ("request-media-type-removed", "request.body"),
        ),
    ],
)
def test_swagger(old: str, new: str, expected: tuple[str, str]) -> None:
    found = changes(SWAGGER, SWAGGER.replace(old, new))
    assert (*expected, Compatibility.BREAKING) in found


SWAGGER_MORE = """
host: api.example.com
basePath: /v1
schemes: [https]
securityDefinitions:
  b: {type: basic}
  o: {type: oauth2, flow: accessCode, authorizationUrl: "https://a", tokenUrl: "https://t", scopes: {r: x}}
security: [{b: []}, {o: [r]}]
"""

OPENAPI = """
openapi: 3.0.3
info: {title: x, version: "1"}
servers: [{url: "https://api.example.com/v1"}]
components:
  securitySchemes:
    b: {type: http, scheme: basic}
    o:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: "https://a", tokenUrl: "https://t", scopes: {r: x}}}
security: [{b: []}, {o: [r]}]
paths:
  /a:
    post:
      parameters:
        - {name: q, in: query, schema: {type: integer}}
        - {name: l, in: query, schema: {type: array, items: {type: string}}}
      requestBody:
        content: {application/json: {schema: {type: object, properties: {x: {type: string}}}}}
      responses:
        "200":
          description: x
          content: {application/json: {schema: {type: object, properties: {y: {type: string}}}}}
"""
LIST = "        - {name: l, in: query, type: array, items: {type: string}, collectionFormat: multi}\n"


def test_a_document_may_move_from_swagger_to_openapi() -> None:
    swagger = SWAGGER.replace("      responses:", f"{LIST}      responses:") + SWAGGER_MORE
    assert changes(swagger, OPENAPI) == changes(OPENAPI, swagger) == []
    silent = "\n".join(line for line in swagger.splitlines() if "application/json" not in line)
    assert changes(silent, OPENAPI) == []
    csv = swagger.replace("collectionFormat: multi", "collectionFormat: csv")
    assert [rule for rule, _, _ in changes(csv, OPENAPI)] == ["request-encoding-changed"]
