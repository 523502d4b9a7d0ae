"""Addresses, types and schemas of messages; what cannot be read, and what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contract.declared import load
from contract.openapi import DeclaredError
from tests.contract.asyncapi.saying import document, loaded, published, said

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = {"payload": {"type": "integer"}}


@pytest.mark.parametrize(
    ("name", "bindings", "address"),
    [
        ("orders.{tenant}.created", {}, "orders.{tenant}.created"),
        ("sensors/{id}/temp", {}, "sensors/{id}/temp"),
        ("/sensors/{id}/temp", {}, "/sensors/{id}/temp"),
        ("/", {}, "/"),
        ("orders", {"kafka": {"topic": "orders.v2"}}, "orders.v2"),
        (
            "orders.created",
            {"amqp": {"exchange": {"name": "shop"}, "queue": {"name": "q"}}},
            "orders.created",
        ),
        ("orders", {"amqp": {"is": "queue", "queue": {"name": "orders-q"}}}, "orders-q"),
        ("orders", {"amqp": {"is": "queue"}}, "orders"),
        ("", {"amqp": {"is": "routingKey", "exchange": {"name": "fan"}}}, "fan"),
        ("orders", {"kafka": None, "amqp": 7}, "orders"),
    ],
)
def test_addresses(name: str, bindings: dict[str, Any], address: str) -> None:
    second = loaded(document({name: {**published(NUMBER), "bindings": bindings}}))
    assert [operation.key for operation in second.operations] == [f"SEND {address}", f"RECEIVE {address}"]
    channel = {"address": name, "messages": {"m": NUMBER}, "bindings": bindings}
    third = loaded(document({"c": channel}, version="3.0.0"))
    assert [operation.key for operation in third.operations] == [
        f"SEND {address}#m",
        f"RECEIVE {address}#m",
    ]


def test_parameters_that_are_only_a_part_of_a_level_are_text() -> None:
    number = {"schema": {"type": "integer"}}
    channel = {**published(NUMBER), "parameters": {"a": number, "b": number, "unused": number}}
    found = said(loaded(document({"x.{a}.v{b}.{c}": channel})), "SEND x.{a}.v{b}.{c}")
    assert found["request.path.a type"] == ["integer"]
    assert found["request.path.b type"] == ["string"]
    assert not any("request.path.c" in key or "unused" in key for key in found)


def test_a_message_of_publishers_and_subscribers_is_one() -> None:
    reference = {"$ref": "#/components/messages/m"}
    channel = {"publish": {"message": reference}, "subscribe": {"message": reference}}
    contract = loaded(document({"x": channel}, components={"messages": {"m": NUMBER}}))
    assert [operation.key for operation in contract.operations] == ["SEND x#m", "RECEIVE x#m"]


def test_messages_without_a_type_are_alternatives() -> None:
    one = {
        "payload": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
        "headers": {"properties": {"h": {"type": "integer"}, "i": {"type": "integer"}}},
        "contentType": "application/json",
    }
    two = {
        "payload": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
        "headers": {"properties": {"h": {"type": "integer"}}},
        "contentType": "application/cbor",
    }
    found = said(loaded(document({"x": published({"oneOf": [one, two]})})), "SEND x")
    assert found["request.body.a type"] == ["integer", "string"]
    assert found["request.body.a present"] == "always"
    assert found["request.header.content-type content-type"] == ["application/cbor", "application/json"]
    assert found["request.header.h type"] == ["integer"]
    assert "request.header.i type" not in found


def test_where_one_alternative_says_nothing_of_its_payload_nothing_is_said() -> None:
    channel = published({"oneOf": [{"payload": {"type": "object"}}, {"contentType": "text/plain"}]})
    assert said(loaded(document({"x": channel})), "SEND x") == {}


def test_headers_are_in_lower_case_and_the_content_type_is_said_once() -> None:
    headers = {
        "type": "object",
        "properties": {"Content-Type": {"const": "x"}, "X-Tenant": {"type": "string"}},
    }
    found = said(loaded(document({"x": published({"headers": headers})})), "RECEIVE x")
    assert set(found) == {
        "response.message.header.x-tenant present",
        "response.message.header.x-tenant type",
    }


RECORD = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": ["null", "string"]}],
}


@pytest.mark.parametrize("version", ["2.6.0", "3.0.0"])
def test_avro(version: str) -> None:
    language = "application/vnd.apache.avro+json;version=1.9.0"
    if version == "2.6.0":
        channel = published({"name": "m", "schemaFormat": language, "payload": RECORD})
    else:
        channel = {
            "address": "x",
            "messages": {"m": {"payload": {"schemaFormat": language, "schema": RECORD}}},
        }
    contract = loaded(document({"x": channel}, version=version))
    found = said(contract, "SEND x#m")
    assert found["request.body.id present"] == "always"
    assert found["request.body.id type"] == ["string"]
    assert found["request.body.note nullable"] is True
    pointers = {pointer.rpartition("/")[2] for pointer in contract.operations[0].pointers_for([]).values()}
    assert pointers == {"payload" if version == "2.6.0" else "schema"}


@pytest.mark.parametrize(
    ("language", "payload", "told"),
    [
        ("application/vnd.google.protobuf;version=3", "message A {}", "application/vnd.google.protobuf"),
        ("application/raml+yaml;version=1.0", {"type": "object"}, "application/raml+yaml"),
        ("application/vnd.apache.avro", {"type": "record", "name": "A"}, "fields"),
    ],
)
def test_what_is_not_read_is_told(language: str, payload: Any, told: str) -> None:
    contract = loaded(document({"x": published({"schemaFormat": language, "payload": payload})}))
    (warning,) = contract.warnings
    assert told in warning
    assert "#/channels/x/publish/message/payload" in warning
    assert said(contract, "SEND x") == {}


@pytest.mark.parametrize(
    "language",
    [
        "application/schema+json;version=draft-07",
        "application/vnd.oai.openapi;version=3.0.0",
        "APPLICATION/SCHEMA",
    ],
)
def test_languages_that_are_json_schema(language: str) -> None:
    payload = {"type": "object", "properties": {"a": {"type": "string"}}}
    found = said(loaded(document({"x": published({"schemaFormat": language, "payload": payload})})), "SEND x")
    assert found["request.body.a type"] == ["string"]


def test_files_beside_the_document(tmp_path: Path) -> None:
    (tmp_path / "order.avsc").write_text(json.dumps(RECORD), encoding="utf-8")
    (tmp_path / "parts.yaml").write_text(
        yaml.safe_dump(
            {"messages": {"Paid": {"payload": {"$ref": "#/amount"}}}, "amount": {"type": "number"}}
        ),
        encoding="utf-8",
    )
    avro = {"name": "Order", "schemaFormat": "application/vnd.apache.avro", "payload": {"$ref": "order.avsc"}}
    channel = published({"oneOf": [avro, {"$ref": "parts.yaml#/messages/Paid"}, {"$ref": "none.yaml#/x"}]})
    path = tmp_path / "asyncapi.yaml"
    path.write_text(yaml.safe_dump(document({"x": channel})), encoding="utf-8")
    contract = load(path, producer="lights")
    assert said(contract, "SEND x#Order")["request.body.id type"] == ["string"]
    assert said(contract, "SEND x#Paid")["request.body type"] == ["number"]
    (warning,) = contract.warnings
    assert "none.yaml" in warning


def test_of_two_channels_with_one_address_the_first_counts() -> None:
    channel = {"address": "x", "messages": {"m": NUMBER}}
    contract = loaded(document({"a": channel, "b": channel}, version="3.0.0"))
    assert len(contract.operations) == 2
    assert "SEND x#m is declared already at #/channels/a/messages/m" in contract.warnings[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("asyncapi: 1.2.0\nchannels: {}\n", "1.2.0"),
        ("asyncapi: 2.7.0\nchannels: {}\n", "2.7.0"),
        ("asyncapi: 2.6.0\ninfo: {title: x}\n", "channels"),
        ("asyncapi: 2.6.0\nchannels: []\n", "line 2, #/channels"),
        ("title: nothing\nof: ours\n", "asyncapi"),
        ("[]\n\n", "asyncapi"),
    ],
)
def test_an_invalid_document_says_where_and_why(text: str, why: str) -> None:
    with pytest.raises(DeclaredError) as error:
        load(text, producer="lights")
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "asyncapi: 2.6.0\nchannels:\n  a: {publish: {message: {headers: 4}}}\n",
            "line 3, #/channels/a/publish",
        ),
        ("asyncapi: 3.0.0\nchannels:\n  a: {messages: {m: [1]}}\n", "line 3, #/channels/a/messages/m"),
        (
            "asyncapi: 3.1.0\noperations:\n  a: {action: publish, channel: {$ref: x}}\n",
            "#/operations/a/action",
        ),
        ("asyncapi: 3.0.0\ncomponents: {messages: {m: {name: 4}}}\n", "#/components/messages/m/name"),
    ],
)
def test_what_is_invalid_inside_costs_no_more_than_itself(text: str, told: str) -> None:
    channels = {"2": "  z: {publish: {message: {name: Z}}}", "3": "  z: {address: z, messages: {Z: {}}}"}
    beside = f"channels:\n{channels[text[10]]}\n"
    whole = text.replace("channels:\n", beside) if "channels:" in text else text + beside
    contract = load(whole, producer="lights")
    assert any(told.partition(", ")[2] in warning or told in warning for warning in contract.warnings)
    assert {"SEND z#Z", "RECEIVE z#Z"} <= {one.key for one in contract.operations}


@pytest.mark.parametrize(
    ("version", "servers"),
    [
        (
            "2.6.0",
            {
                "live": {"url": "wss://x.example/v1/", "protocol": "wss"},
                "b": {"url": "k:1", "protocol": "kafka"},
            },
        ),
        ("3.0.0", {"live": {"host": "x.example", "pathname": "/v1", "protocol": "wss"}}),
    ],
)
def test_the_path_of_a_server_stands_before_addresses(version: str, servers: dict[str, Any]) -> None:
    channel = {"publish": {"message": {"name": "M"}}, "address": "/rooms/{id}", "messages": {"M": {}}}
    contract = loaded(document({"/rooms/{id}": channel}, version=version, servers=servers))
    assert {one.key for one in contract.operations} == {"SEND /rooms/{id}#M", "RECEIVE /rooms/{id}#M"}
    called = contract.as_called(["RECEIVE /v1/rooms/{room_id}#m"])
    assert {one.key for one in called.operations} == {"SEND /v1/rooms/{id}#M", "RECEIVE /v1/rooms/{id}#M"}
    assert contract.as_called(["RECEIVE /rooms/{room_id}#m"]).operations == contract.operations


@pytest.mark.parametrize("protocol", ["ws", "mqtt"])
def test_an_address_is_a_path_where_its_servers_have_paths(protocol: str) -> None:
    server = {"url": f"{protocol}://x.example", "protocol": protocol}
    contract = loaded(document({"rooms/{id}": published(NUMBER)}, servers={"live": server}))
    place = "/rooms/{id}" if protocol == "ws" else "rooms/{id}"
    assert {one.key for one in contract.operations} == {f"SEND {place}", f"RECEIVE {place}"}


def test_schemas_of_keys_are_named_and_left_out() -> None:
    message = {"name": "M", "bindings": {"kafka": {"key": {"type": "string"}}}}
    (told,) = loaded(document({"a": published(message)})).warnings
    assert "schemas of keys are not compared" in told


def test_versions_that_yaml_reads_as_numbers_and_extensions() -> None:
    assert len(load("asyncapi: 2.6\nchannels: {a: {publish: {message: {}}}}\n", producer="x").operations) == 2
    source = document({}, components={"messages": {"x-odd": 4, "m": NUMBER}})
    assert loaded({**source, "x-more": 1}).operations == ()


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/node"}}}
    message = {"payload": {"$ref": "#/components/schemas/node"}}
    found = said(
        loaded(document({"x": published(message)}, components={"schemas": {"node": node}})), "SEND x"
    )
    assert found["request.body.next.next type"] == ["object"]
    assert len(found) < 50


def test_a_document_that_is_nested_too_deep_says_so() -> None:
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"properties": {"a": deep}}
    message = {"headers": deep, "traits": [{"headers": {"properties": {"b": {}}}}]}
    with pytest.raises(DeclaredError, match="nested too deep"):
        loaded(document({"x": published(message)}))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "x", "a/b", "#/channels", "application/json"]),
    lambda value: (
        st.lists(value, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                """
                channels c address messages message m publish subscribe oneOf payload schemaFormat schema
                headers properties type name traits bindings kafka amqp topic queue is parameters components
                contentType operations channel security servers $ref items enum
                """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
            ),
            value,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.sampled_from(["2.0.0", "2.6.0", "3.0.0"]), JSON, JSON)
def test_no_document_crashes(version: str, channel: Any, rest: Any) -> None:
    more = dict.fromkeys(("components", "operations", "servers"), rest)
    try:
        contract = loaded({**document({"c": channel}, version=version), **more})
    except DeclaredError:
        return
    for operation in contract.operations:
        operation.clauses_for(["message"])


@given(st.sampled_from(["2.6.0", "3.0.0"]), JSON, JSON)
def test_no_message_crashes(version: str, message: Any, trait: Any) -> None:
    inner = {**(message if isinstance(message, dict) else {"payload": message}), "traits": [trait]}
    channel = published(inner) if version == "2.6.0" else {"address": "c", "messages": {"m": inner}}
    try:
        contract = loaded(document({"c": channel}, version=version))
    except DeclaredError:
        return
    for operation in contract.operations:
        operation.clauses_for(["message"])
