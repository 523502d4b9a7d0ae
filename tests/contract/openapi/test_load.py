"""Declared documents become clauses, and odd ones clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contract.openapi import DeclaredContract, DeclaredError, load, tree
from store.errors import DefactoError

if TYPE_CHECKING:
    from collections.abc import Mapping

PET = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "tag": {"type": "string", "nullable": True},
        "owner": {"$ref": "#/components/schemas/Owner"},
    },
}
OWNER = {
    "type": "object",
    "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}},
}


def document(paths: Mapping[str, Any], *, version: str = "3.0.3", **rest: Any) -> dict[str, Any]:
    return {
        "openapi": version,
        "info": {"title": "Pets", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Pet": PET, "Owner": OWNER}},
        **rest,
    }


def answer(schema: Any, media: str = "application/json", **rest: Any) -> dict[str, Any]:
    return {"description": "x", "content": {media: {"schema": schema}}, **rest}


def get(responses: Mapping[str, Any], *parameters: Any, **rest: Any) -> dict[str, Any]:
    return {"get": {"parameters": list(parameters), "responses": responses, **rest}}


def loaded(source: Any, **options: Any) -> DeclaredContract:
    text = source if isinstance(source, str | Path) else json.dumps(source)
    return load(text, producer="shop", **options)


def stated(contract: DeclaredContract, *statuses: str, operation: int = 0) -> dict[str, Any]:
    """Of one operation `subject kind` → value, for the statuses that were observed."""
    clauses = contract.operations[operation].clauses_for(frozenset(statuses))
    return {f"{clause.subject} {clause.kind.name}": clause.kind.value for clause in clauses}


REFERENCE = {"$ref": "#/components/schemas/Pet"}


def test_a_response_body_by_reference_and_its_cycle() -> None:
    found = stated(loaded(document({"/pets/{id}": get({"200": answer(REFERENCE)})})), "200")
    assert found["response.200.body.id present"] == "always"
    assert found["response.200.body.id type"] == ["integer"]
    assert found["response.200.body.tag nullable"] is True
    assert found["response.200.body.owner.pets[].id type"] == ["integer"]
    assert found["response.200 occurs"] is True
    assert found["response.200.header.content-type content-type"] == ["application/json"]
    assert len(found) < 500


def test_parameters() -> None:
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer"}},
        {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
    ]
    found = stated(loaded(document({"/pets/{id}": get({"200": {"description": "x"}}, *parameters)})), "200")
    assert found["request.path.id type"] == ["integer"]
    assert found["request.query.limit present"] == "sometimes"
    assert found["request.query.tag type"] == ["string"]
    assert found["request.header.x-tenant present"] == "always"
    assert not any("authorization" in key for key in found)


def test_a_request_body() -> None:
    body = {"required": True, "content": {"application/json": {"schema": REFERENCE}}}
    paths = {"/pets": {"post": {"requestBody": body, "responses": {"201": {"description": "x"}}}}}
    found = stated(loaded(document(paths)), "201")
    assert found["request.body.id present"] == "always"
    assert found["request.header.content-type content-type"] == ["application/json"]


def test_statuses_exact_before_class_before_default() -> None:
    responses = {
        "200": answer({"type": "object", "required": ["a"]}),
        "4XX": answer({"type": "object", "required": ["b"]}),
        "404": answer({"type": "object", "required": ["c"]}),
        "default": answer({"type": "object", "required": ["d"]}),
    }
    found = stated(loaded(document({"/a": get(responses)})), "200", "404", "409", "503")
    assert found["response.200.body.a present"] == "always"
    assert found["response.404.body.c present"] == "always"
    assert found["response.409.body.b present"] == "always"
    assert found["response.503.body.d present"] == "always"
    assert not any(key.startswith("response.404.body.b") for key in found)


def test_response_headers() -> None:
    headers = {"X-Left": {"required": True, "schema": {"type": "integer"}}}
    found = stated(loaded(document({"/a": get({"200": {"description": "x", "headers": headers}})})), "200")
    assert found["response.200.header.x-left present"] == "always"
    assert found["response.200.header.x-left type"] == ["integer"]


def test_version_3_1_and_its_nulls() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}},
        "additionalProperties": False,
    }
    found = stated(loaded(document({"/a": get({"200": answer(schema)})}, version="3.1.0")), "200")
    assert found["response.200.body.a nullable"] is True
    assert found["response.200.body closed"] == ["a"]


def test_swagger_2() -> None:
    swagger = {
        "swagger": "2.0",
        "info": {"title": "Old", "version": "1"},
        "basePath": "/v1",
        "produces": ["application/json"],
        "definitions": {
            "Pet": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
        },
        "paths": {
            "/pets/{id}": {
                "get": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "type": "integer"},
                        {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                    ],
                    "responses": {"200": {"description": "x", "schema": {"$ref": "#/definitions/Pet"}}},
                }
            }
        },
    }
    contract = loaded(swagger)
    assert contract.operations[0].key == "GET /v1/pets/{id}"
    found = stated(contract, "200")
    assert found["response.200.body.id type"] == ["integer"]
    assert found["request.path.id type"] == ["integer"]
    assert found["request.query.tags type"] == ["string"]


def test_servers_with_variables_and_the_most_concrete_path() -> None:
    servers = [
        {"url": "https://{host}/api/{v}", "variables": {"host": {"default": "x"}, "v": {"default": "v2"}}},
        {"url": "/other"},
    ]
    empty = {"200": {"description": "x"}}
    contract = loaded(document({"/users/{id}": get(empty), "/users/me": get(empty)}, servers=servers))
    assert {operation.key for operation in contract.operations} == {
        "GET /api/v2/users/{id}",
        "GET /api/v2/users/me",
    }
    for path, key in {
        "/api/v2/users/me": "GET /api/v2/users/me",
        "/api/v2/users/42": "GET /api/v2/users/{id}",
        "/other/users/42/": "GET /api/v2/users/{id}",
    }.items():
        operation = contract.match("get", path)
        assert operation is not None
        assert operation.key == key
    assert contract.match("HEAD", "/api/v2/users/me") is None
    assert contract.match("GET", "/api/v2/users") is None


EMPTY = {"200": {"description": "x"}}


def keys_of(contract: DeclaredContract) -> set[str]:
    return {operation.key for operation in contract.operations}


def test_each_base_path_that_is_in_use() -> None:
    paths = {"/pets/{id}": get(EMPTY), "/pets": get(EMPTY), "/owners": get(EMPTY)}
    contract = loaded(document(paths, servers=[{"url": "/v1"}, {"url": "https://x.example/v2/"}]))
    assert keys_of(contract) == {"GET /v1/pets/{id}", "GET /v1/pets", "GET /v1/owners"}
    called = contract.as_called(
        ["GET /v2/pets", "GET /v2/pets/{pet_id}", "GET /v1/pets", "GET /x", "SEND a#b"]
    )
    assert keys_of(called) == {"GET /v1/pets", "GET /v2/pets", "GET /v2/pets/{id}", "GET /v2/owners"}
    assert {str(clause.operation) for one in called.operations for clause in one.clauses_for(())} == keys_of(
        called
    )
    assert keys_of(contract.as_called(["GET /pets"])) == {"GET /pets/{id}", "GET /pets", "GET /owners"}
    assert contract.as_called(["GET /elsewhere"]) is contract


def test_servers_of_paths_and_of_operations_go_first() -> None:
    own = {**get(EMPTY), "servers": [{"url": "/files"}]}
    nearer = {"get": {"responses": EMPTY, "servers": [{"url": "/up"}, {"url": "/up2"}]}}
    contract = loaded(document({"/a": own, "/b": nearer, "/c": get(EMPTY)}, servers=[{"url": "/v1"}]))
    assert keys_of(contract) == {"GET /files/a", "GET /up/b", "GET /v1/c"}
    called = contract.as_called(["GET /v1/c", "GET /up2/b"])
    assert keys_of(called) == {"GET /files/a", "GET /up2/b", "GET /v1/c"}


@pytest.mark.parametrize(
    ("variables", "called", "expected"),
    [
        ({"v": {"default": "v1", "enum": ["v1", "v2"]}, "t": {"default": "a"}}, "/b/v2/x", "/{t}/v2/x"),
        ({"v": {"default": "v1", "enum": ["v1", "v2"]}, "t": {"default": "a"}}, "/a/v1/x", "/a/v1/x"),
        ({"v": {"default": "v1", "enum": ["v1", "v2"]}, "t": {"default": "a"}}, "/a/v3/x", "/a/v1/x"),
        ({}, "/b/7/x", "/{t}/{v}/x"),
    ],
)
def test_variables_of_servers(variables: dict[str, Any], called: str, expected: str) -> None:
    server = {"url": "https://{host}.x.example/{t}/{v}", "variables": variables}
    contract = loaded(document({"/x": get(EMPTY)}, servers=[server]))
    assert keys_of(contract.as_called([f"GET {called}"])) == {f"GET {expected}"}


def test_an_address_that_is_no_address_has_no_base_path() -> None:
    servers = [{"url": "http://[x/v1"}, {"url": "./v2/../v3"}]
    assert loaded(document({"/x": get(EMPTY)}, servers=servers)).operations[0].bases == ("", "/v3")


def test_references_to_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "pet.yaml").write_text(
        yaml.safe_dump({"Pet": PET | {"properties": {"id": {"type": "integer"}}}})
    )
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(document({"/a": get({"200": answer({"$ref": "parts/pet.yaml#/Pet"})})})))
    contract = loaded(path)
    assert stated(contract, "200")["response.200.body.id type"] == ["integer"]
    assert contract.source.endswith("openapi.yaml")


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "missing.yaml#/Pet", "https://127.0.0.1:1/pet.json"]
)
def test_a_reference_that_leads_nowhere_costs_only_itself(reference: str) -> None:
    contract = loaded(
        document({"/a": get({"200": answer({"$ref": reference})}), "/b": get({"200": answer(REFERENCE)})})
    )
    assert any(reference in warning for warning in contract.warnings)
    assert stated(contract, "200", operation=1)["response.200.body.id type"] == ["integer"]


def test_a_clause_leads_back_to_the_document() -> None:
    source = document({"/a": get({"200": answer(REFERENCE)})})
    operation = loaded(source).operations[0]
    pointers = operation.pointers_for({"200"})
    found = {str(clause.subject): pointers[clause.id] for clause in operation.clauses_for({"200"})}
    place: Any = source
    for step in found["response.200.body.tag"].removeprefix("#").strip("/").split("/"):
        place = place[step.replace("~1", "/").replace("~0", "~")]
    assert place == PET["properties"]["tag"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "line 2"),
        ("a: b: c\n", "YAML"),
        ("[]\n\n", "document"),
        ("openapi: 9.9.9\ninfo: {title: x, version: '1'}\npaths: {}\n", "9.9.9"),
        ("title: nothing\nof: ours\n", "openapi"),
        ("openapi: 3.0.3\ninfo: {title: x, version: '1'}\n", "paths"),
        ("openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: []\n", "line 3, #/paths"),
    ],
)
def test_an_invalid_document_says_where_and_why(text: str, why: str) -> None:
    with pytest.raises(DeclaredError) as error:
        loaded(text)
    assert why.lower() in str(error.value).lower()


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"get": "nothing"}, "#/paths/~1a/get"),
        ({"get": {"responses": 4}}, "#/paths/~1a/get/responses"),
        (get({"200": answer({"type": "int"})}), "schema/type"),
        (get({"200": answer({"type": "string", "required": True})}), "schema/required"),
        (get(EMPTY, {"name": "q", "in": "query", "type": "string"}), "parameters/0"),
        (get(EMPTY, {"name": "q", "in": "body", "schema": {}}), "parameters/0"),
        (get({"200": answer({"type": "object", "properties": ["a"]})}), "schema/properties"),
    ],
)
def test_what_is_invalid_inside_costs_no_more_than_itself(part: Any, place: str) -> None:
    contract = loaded(document({"/a": part, "/b": get({"200": answer(REFERENCE)})}))
    assert any(place in warning for warning in contract.warnings)
    (whole,) = (one for one in contract.operations if one.key == "GET /b")
    assert any(clause.subject.text == "response.200.body.id" for clause in whole.clauses_for({"200"}))


def test_many_flaws_are_told_in_part() -> None:
    paths = {f"/{index}": get({"200": answer({"type": "int"})}) for index in range(110)}
    contract = loaded(document(paths))
    assert len(contract.warnings) == 101
    assert contract.warnings[-1] == "10 more places are not as OpenAPI 3.0 has them"


def test_values_behind_a_prefix_are_texts() -> None:
    parameters = [
        {"name": name, "in": "path", "required": True, "style": style, "schema": {"type": "integer"}}
        for name, style in (("a", "label"), ("b", "matrix"), ("c", "simple"))
    ]
    found = stated(loaded(document({"/{a}/{b}/{c}": get(EMPTY, *parameters)})), "200")
    types = {name: found[f"request.path.{name} type"] for name in "abc"}
    assert types == {"a": ["string"], "b": ["string"], "c": ["integer"]}


def test_calls_that_the_producer_makes_are_named() -> None:
    hook = {"post": {"responses": EMPTY}}
    paths = {"/a": get(EMPTY, callbacks={"onPaid": {"{$request.body#/url}": hook}})}
    contract = loaded(document(paths, version="3.1.0", webhooks={"paid": hook}))
    assert [one.key for one in contract.operations] == ["GET /a"]
    assert [warning.partition(": ")[0] for warning in contract.warnings] == [
        "#/webhooks/paid",
        "#/paths/~1a/get/callbacks/onPaid",
    ]


def test_a_missing_file_and_a_remote_one(tmp_path: Path) -> None:
    with pytest.raises(DefactoError, match=r"none\.yaml"):
        loaded(tmp_path / "none.yaml")
    with pytest.raises(DefactoError) as error:
        loaded("https://127.0.0.1:1/openapi.json")
    assert "remote" in f"{error.value.message} {error.value.hint}"


@pytest.mark.parametrize("text", ["x: " + "[" * 50_000, "- " * 50_000, "\n- {a: " + "[{a: " * 50_000])
def test_what_is_nested_without_end_is_refused(text: str) -> None:
    with pytest.raises(DefactoError, match="nested too deep"):
        loaded(f"{text}\n")


@pytest.mark.parametrize("written", ["0x" + "f" * 3001, "0o" + "7" * 4001])
def test_a_number_that_nobody_can_write_again_is_text(written: str) -> None:
    assert tree.parse(f"- {written}\n", "x", print) == [written]
    (longest,) = tree.parse(f"- {written[:-1]}\n", "x", print)
    assert isinstance(longest, int)
    assert len(str(longest)) <= 4300


def test_many_keys_that_stand_twice_are_told_in_short() -> None:
    keys = ",".join(f'"k{number}":1' for number in range(20_000))
    text = f'{{"openapi":"3.0.3","info":{{"title":"x","version":"1"}},"paths":{{}},"x-a":{{{keys},{keys}}}}}'
    (told,) = (warning for warning in loaded(text).warnings if "twice" in warning)
    assert len(told) < 200


def test_a_key_that_stands_twice_is_told() -> None:
    text = "openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: {}\npaths: {/a: {}}\n"
    assert any("paths" in warning for warning in loaded(text).warnings)


def test_dates_in_yaml_stay_text() -> None:
    text = yaml.safe_dump(document({"/a": get({"200": answer({"type": "string"})})})).replace(
        "version: '1'", "version: 2024-01-01"
    )
    assert loaded(text).version == "2024-01-01"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda v: (
            st.lists(v, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["openapi", "swagger", "info", "paths", "/a", "get", "responses", "200", "$ref"]
                ),
                v,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_document_crashes(value: Any) -> None:
    text = json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "x", "version": "1"},
            **(value if isinstance(value, dict) else {"paths": value}),
        }
    )
    try:
        contract = loaded(text)
    except DeclaredError:
        return
    for operation in contract.operations:
        operation.clauses_for(frozenset({"200"}))
