"""What documents say of how to talk: credentials, versions, validators, limits, media types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.openapi import load

SCHEMES = {
    "service": {"type": "http", "scheme": "Bearer"},
    "colleague": {"type": "http", "scheme": "basic"},
    "partner": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "old": {"type": "apiKey", "in": "query", "name": "api_key"},
    "web": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "login": {"type": "oauth2", "flows": {}},
    "mesh": {"type": "mutualTLS"},
    "legacy": {"type": "apiKey", "in": "header", "name": "Authorization"},
}


def said(operation: dict[str, Any], path: str = "/orders", **root: Any) -> dict[str, Any]:
    """What a document of one operation says of how to talk, as `subject kind` → value."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "paths": {path: {"get": {"responses": {"200": {"description": "x"}}, **operation}}},
        "components": {"securitySchemes": SCHEMES},
        **root,
    }
    (one,) = load(json.dumps(document), producer="shop").operations
    kinds = {"auth", "versioning", "validator", "rate-limit", "negotiation"}
    clauses = one.clauses_for(frozenset({"200", "429"}))
    return {f"{c.subject} {c.kind.name}": c.kind.value for c in clauses if c.kind.name in kinds}


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ([{"service": ["orders:read"]}], {"request.header.authorization auth": ["bearer"]}),
        ([{"service": []}, {"colleague": []}], {"request.header.authorization auth": ["basic", "bearer"]}),
        ([{"login": []}], {"request.header.authorization auth": ["bearer"]}),
        ([{"legacy": []}], {"request.header.authorization auth": ["api-key"]}),
        ([{"partner": []}, {}], {"request.header.x-api-key auth": ["api-key", "none"]}),
        ([{"old": []}], {"request.query.api_key auth": ["api-key"]}),
        (
            [{"web": [], "mesh": []}],
            {"request.cookie.sid auth": ["session"], "request auth": ["mtls"]},
        ),
        ([{"unknown": []}], {}),
        ([{}], {}),
        ([], {}),
    ],
)
def test_requirements(security: Any, expected: dict[str, Any]) -> None:
    assert said({"security": security}) == expected
    assert said({}, security=security) == expected, "the document's list is every operation's"


def test_an_operation_that_is_open_to_all_says_so() -> None:
    assert said({"security": []}, security=[{"service": []}]) == {}


def test_swagger_2() -> None:
    document = {
        "swagger": "2.0",
        "info": {"title": "Orders", "version": "1"},
        "basePath": "/v1",
        "securityDefinitions": {
            "plain": {"type": "basic"},
            "key": {"type": "apiKey", "in": "header", "name": "K"},
        },
        "security": [{"plain": []}, {"key": []}],
        "paths": {"/orders": {"get": {"responses": {"200": {"description": "x"}}}}},
    }
    (one,) = load(json.dumps(document), producer="shop").operations
    found = {f"{c.subject} {c.kind.name}": c.kind.value for c, _ in one.request}
    assert found == {
        "request.header.authorization auth": ["basic"],
        "request.header.k auth": ["api-key"],
        "request.path versioning": ["v1"],
    }
    stripped = one.under("")
    assert "versioning" not in {c.kind.name for c, _ in stripped.request}, "a gateway takes the version away"


def test_versions() -> None:
    header = {"name": "Api-Version", "in": "header", "schema": {"enum": ["2", "3"]}}
    free = {"name": "api-version", "in": "query", "schema": {"type": "string"}}
    other = {"name": "X-App-Version", "in": "header", "schema": {"enum": ["1.0"]}}
    found = said({"parameters": [header, free, other]}, "/v2/orders")
    assert found == {
        "request.path versioning": ["v2"],
        "request.header.api-version versioning": ["2", "3"],
    }


def test_what_header_fields_are_for() -> None:
    text = {"schema": {"type": "string"}}
    headers = {"ETag": text, "X-RateLimit-Limit": text, "X-RateLimit-Remaining": text, "X-Other": text}
    responses = {
        "200": {"description": "x", "headers": headers},
        "429": {"description": "x", "headers": {"Retry-After": text}},
    }
    assert said({"responses": responses}) == {
        "response.200.header.etag validator": ["etag"],
        "response.200.header.x-ratelimit-limit rate-limit": {
            "limit": None,
            "remaining": "x-ratelimit-remaining",
            "reset": None,
        },
        "response.429.header.retry-after rate-limit": {
            "limit": None,
            "remaining": None,
            "reset": "retry-after",
        },
    }


def test_media_types_to_choose_from() -> None:
    content = {"application/json": {}, "text/csv": {}}
    assert said({"responses": {"200": {"description": "x", "content": content}}}) == {
        "request.header.accept negotiation": ["application/json", "text/csv"]
    }
    one = {"application/json": {}}
    responses = {
        "200": {"description": "x", "content": one},
        "404": {"description": "x", "content": {"text/html": {}, "text/plain": {}}},
    }
    assert said({"responses": responses}) == {}
