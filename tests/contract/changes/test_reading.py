from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.changes import Compatibility, compare, load
from contract.changes.clauses import of_observed
from contract.changes.facts import Document
from contract.changes.single import Mode
from contract.kinds import ContentType, Enum, Occurs, Present, Type
from contract.openapi.errors import DeclaredError
from tests.contract.changes.cases import api, query, thing
from tests.contract.changes.test_usage import claim, used

if TYPE_CHECKING:
    from contract.changes.change import Change

SCHEMA = (
    '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"a": %s}}'
)
TEXT, NUMBER, EITHER = '{"type": "string"}', '{"type": "number"}', '{"type": ["string", "number"]}'

EVENTS = """
asyncapi: 2.6.0
info: {title: x, version: "1"}
servers: {main: {url: a, protocol: mqtt, security: []}}
channels:
  orders:
    publish:
      message:
        name: created
        correlationId: {location: "$message.header#/trace"}
        headers: {type: object, properties: {trace: {type: string}}, required: [trace]}
        payload:
          type: object
          required: [id]
          properties: {id: {type: string}, state: {type: string, enum: [new, paid]}}
"""


def told(old: Document, new: Document) -> list[tuple[str, str, str]]:
    found: tuple[Change, ...] = compare(old, new)
    return [
        (one.rule.name, one.operation, str(one.subject))
        for one in found
        if one.compatibility is not Compatibility.COMPATIBLE
    ]


def read(text: str, mode: Mode = Mode.BACKWARD) -> Document:
    found = load(text, mode=mode)
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize(
    ("old", "new", "mode", "breaks"),
    [
        (EITHER, TEXT, Mode.BACKWARD, ["request-type-narrowed"]),
        (TEXT, EITHER, Mode.BACKWARD, []),
        (EITHER, TEXT, Mode.FORWARD, []),
        (TEXT, EITHER, Mode.FORWARD, ["response-type-widened"]),
        (TEXT, NUMBER, Mode.FULL, ["request-type-changed", "response-type-changed"]),
    ],
)
def test_single_schemas_by_mode(old: str, new: str, mode: Mode, breaks: list[str]) -> None:
    found = told(read(SCHEMA % old, mode), read(SCHEMA % new, mode))
    assert [rule for rule, _, _ in found] == breaks


OPEN, CLOSED, MAP = (
    '{"title": "a"}',
    '{"additionalProperties": false}',
    '{"additionalProperties": {"type": "string"}}',
)


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        (OPEN, '{"properties": {"b": {"type": "number"}}}', ["request-type-narrowed"]),
        (OPEN, '{"properties": {"b": true}}', []),
        ('{"properties": {"b": {"type": "number"}}}', OPEN, []),
        (
            '{"properties": {"b": {"type": "number"}}}',
            CLOSED,
            ["request-property-removed", "request-additional-properties-narrowed"],
        ),
        (CLOSED, '{"properties": {"b": {"type": "number"}}, "additionalProperties": false}', []),
        ('{"properties": {"b": false}, "additionalProperties": false}', CLOSED, []),
        (MAP, '{"properties": {"b": {"type": "number"}}}', ["request-type-changed"]),
        (MAP, '{"properties": {"b": {"type": "string"}}}', []),
        (OPEN, CLOSED, ["request-additional-properties-narrowed"]),
        ('{"not": {"type": "number"}}', '{"not": {"type": "integer"}}', []),
        ('{"not": {"type": "integer"}}', '{"not": {"type": "number"}}', ["request-keyword-narrowed"]),
        (
            '{"dependencies": {"a": ["b"]}}',
            '{"dependencies": {"a": ["b", "c"]}}',
            ["request-keyword-narrowed"],
        ),
        ('{"dependencies": {"a": {"type": "object"}}}', '{"dependencies": {}}', []),
        ('{"items": [{"type": "string"}]}', '{"items": [{"type": "number"}]}', ["request-keyword-changed"]),
        ('{"items": [{}], "additionalItems": false}', '{"items": [{}]}', []),
        ('{"type": "null"}', '{"type": ["null", "string"]}', []),
    ],
)
def test_single_schemas_as_validators_have_them(old: str, new: str, breaks: list[str]) -> None:
    before, after = (read('{"$id": "a", ' + one[1:]) for one in (old, new))
    assert sorted(rule for rule, _, _ in told(before, after)) == sorted(breaks)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("required: [id]", "required: []", ("response-property-became-optional", "RECEIVE orders#created")),
        ("enum: [new, paid]", "enum: [new]", ("request-enum-narrowed", "SEND orders#created")),
        ("enum: [new, paid]", "enum: [new, paid, sent]", ("response-enum-widened", "RECEIVE orders#created")),
        ("required: [trace]", "required: []", ("response-header-became-optional", "RECEIVE orders#created")),
        ("name: created", "name: made", ("operation-removed", "RECEIVE orders#created")),
        (
            "$message.header#/trace",
            "$message.payload#/id",
            ("message-correlation-changed", "SEND orders#created"),
        ),
        ("security: []", "security: [{key: []}]", ("security-tightened", "")),
        ("url: a", "url: b", ("server-removed", "")),
    ],
)
def test_events(old: str, new: str, expected: tuple[str, str]) -> None:
    assert expected in [one[:2] for one in told(read(EVENTS), read(EVENTS.replace(old, new)))]


def test_what_is_none_of_them_is_told() -> None:
    with pytest.raises(DeclaredError, match="no document that can be compared"):
        load("a: 1\nb: 2\n")


@pytest.mark.parametrize(
    "bad",
    [
        '"other": {"get": 5}',
        '"/other": {"get": {"responses": {}}}',
        '"/other": {"post": {"requestBody": {"required": true}, "responses": {"200": {}}}}',
        '"/other": {"get": {"parameters": [1, {"name": 2}], "responses": {"200": {"content": []}}}}',
    ],
)
def test_of_a_document_with_a_bad_part_the_rest_is_compared(bad: str) -> None:
    old, new = (
        api(answer=thing()).replace('"paths": {', '"paths": {' + bad + ", "),
        api(answer=thing({"type": "integer"})).replace('"paths": {', '"paths": {' + bad + ", "),
    )
    before, after = read(old), read(new)
    assert ("response-type-changed", "GET /things", "response.200.body.a") in told(before, after)
    assert after.warnings


def observed() -> Document:
    producer = used(
        claim("response.200", Occurs()),
        claim("response.200.header.content-type", ContentType(("application/json",))),
        claim("response.200.header.etag", Present(always=True)),
        claim("response.200.body", Type(("object",))),
        claim("response.200.body.a", Present(always=True)),
        claim("response.200.body.a", Type(("string",))),
        claim("request.query.limit", Present(always=False)),
        claim("request.query.limit", Enum.of(["x", "y"])),
    )
    return of_observed(producer.operations, "traffic")


def test_what_traffic_shows_is_held_against_a_document() -> None:
    document = api(parameters=[query(schema={"enum": ["x"]})], answer=thing({"type": "integer"}))
    assert {one[::2] for one in told(observed(), read(document))} == {
        ("response-type-changed", "response.200.body.a"),
        ("request-enum-narrowed", "request.query.limit"),
    }


def test_a_document_may_say_less_than_what_was_so() -> None:
    document = api(parameters=[query()], answer=thing({}), root={"servers": [{"url": "/v1"}]})
    assert told(observed(), read(document)) == []


def test_what_a_document_does_not_name_goes() -> None:
    assert {one[::2] for one in told(observed(), read(api(answer=thing(name="b"))))} == {
        ("response-property-removed", "response.200.body.a"),
        ("request-parameter-removed", "request.query.limit"),
    }


def test_a_channel_that_asks_who_somebody_is() -> None:
    asking = EVENTS.replace("publish:", "publish:\n      security: [{login: []}]")
    asking += "components: {securitySchemes: {login: {type: userPassword}}}\n"
    assert {rule for rule, _, _ in told(read(EVENTS), read(asking))} == {"security-tightened"}
    assert told(read(asking), read(EVENTS)) == []
    assert told(read(asking), read(asking)) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('info: {title: x, version: "1"}', "info: 5"),
        ('info: {title: x, version: "1"}', 'info: {title: x, version: "1"}\ndefaultContentType: [1]'),
        ('info: {title: x, version: "1"}', 'info: {title: x, version: "1"}\ncomponents: 7'),
        ("channels:", "channels:\n  other: 5"),
        ("channels:", "channels:\n  other: {publish: {message: [1]}}"),
    ],
)
def test_of_an_asyncapi_document_with_a_bad_part_the_rest_is_compared(good: str, bad: str) -> None:
    old, new = (read(text.replace(good, bad)) for text in (EVENTS, EVENTS.replace("required: [id]", "")))
    assert any("line" in warning for warning in new.warnings)
    assert ("response-property-became-optional", "RECEIVE orders#created") in [
        one[:2] for one in told(old, new)
    ]
