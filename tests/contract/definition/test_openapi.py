"""The OpenAPI document: valid, read back as it was meant, and no promise that nobody made."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from contract import openapi
from contract.clause import Clause, Relation
from contract.definition.openapi import document
from contract.definition.terms import Definition, Part
from contract.definition.yaml_text import to_yaml
from contract.kinds import Auth, ContentType, Present, Type
from tests.contract.definition.defining import (
    ALWAYS,
    ORDER,
    all_guaranteed,
    claim,
    defined,
    ledger_of,
    order_claims,
)
from tests.contract.definition.golden import compare

DECISIONS = ("guaranteed", "may-change", "out-of-contract", "undecided", "deprecated")
NO_FIELD = {"latency", "lifecycle"}


def read(definition: Definition) -> dict[str, Clause]:
    """What the standard fields say, by id."""
    text = to_yaml(document(definition))
    validate(yaml.safe_load(text))
    found = openapi.load(text, producer="shop")
    assert not found.warnings
    return {one.id: one for operation in found.operations for one in operation.clauses_for(())}


def test_a_whole_contract() -> None:
    claims = order_claims()
    ids = [one.clause.id for one in claims]
    decisions = dict.fromkeys(ids, "guaranteed") | {ids[7]: "may-change", ids[-1]: "out-of-contract"}
    compare("openapi.yaml", to_yaml(document(defined(*claims, ledger=ledger_of(decisions)))))


def test_what_is_guaranteed_is_read_back() -> None:
    claims = order_claims()
    stated = read(defined(*claims, ledger=all_guaranteed(*claims)))
    for one in claims:
        if one.clause.kind.name not in NO_FIELD:
            assert stated[one.clause.id].compare(one.clause) is Relation.SAME, one.clause.key


@given(st.lists(st.sampled_from(DECISIONS), min_size=22, max_size=22))
def test_nothing_else_is_promised(decisions: list[str]) -> None:
    claims = order_claims()
    by_id = {one.clause.id: said for one, said in zip(claims, decisions, strict=True)}
    definition = defined(*claims, ledger=ledger_of(by_id))
    promised = {one.id: one for operation in definition.operations for one in operation.written}
    assert promised.keys() == {id_ for id_, said in by_id.items() if said in {"guaranteed", "deprecated"}}
    valued = {str(one.subject) for one in promised.values() if one.kind.name in {"enum", "nullable"}}
    statuses = {one.subject.status for one in promised.values()}
    for id_, clause in read(definition).items():
        if not clause.kind.informative or id_ in promised:
            continue
        structural = str(clause.subject) == "request.path.id"  # paths have no other way
        implied = isinstance(clause.kind, Type) and str(clause.subject) in valued
        listed = clause.kind.name == "occurs" and clause.subject.status in statuses
        anything = isinstance(clause.kind, ContentType) and clause.kind.value == ["*/*"]
        by_name = clause.kind.name == "validator"  # that a header is an ETag is in its name
        assert structural or implied or listed or anything or by_name, clause.key


def test_without_a_decision_nothing_is_promised() -> None:
    form = document(defined(*order_claims(), ledger=ledger_of({})))
    operation = form["paths"]["/orders/{id}"]["get"]
    assert operation.keys() == {"parameters", "x-defacto"}
    assert operation["parameters"] == [{"name": "id", "in": "path", "required": True, "schema": {}}]
    clauses = operation["x-defacto"]["operations"][ORDER]["clauses"]
    assert {one["part"] for one in clauses.values()} == {"undecided"}
    assert form["x-defacto"]["fields"] == "promised"


def test_what_was_seen_is_written_where_that_is_asked_for() -> None:
    definition = defined(*order_claims(), observed_too=True)
    form = document(definition)
    assert form["x-defacto"]["fields"] == "observed"
    assert len(read(definition)) >= len(order_claims()) - len(NO_FIELD)
    clauses = form["paths"]["/orders/{id}"]["get"]["x-defacto"]["operations"][ORDER]["clauses"]
    assert {one["part"] for one in clauses.values()} == {"undecided"}


def test_terms_without_a_field_say_it_in_words() -> None:
    claims = order_claims()
    form = document(defined(*claims, ledger=all_guaranteed(*claims)))
    clauses = form["paths"]["/orders/{id}"]["get"]["x-defacto"]["operations"][ORDER]["clauses"]
    told = {one["kind"] for one in clauses.values() if "statement" in one}
    assert told == NO_FIELD
    assert all(one["decided"]["by"] == "ann" for one in clauses.values())


def test_the_document_stays_promised_where_nothing_else_was_decided() -> None:
    text = json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Orders", "version": "1"},
            "paths": {
                "/orders/{id}": {
                    "get": {
                        "parameters": [
                            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                        ],
                        "responses": {
                            "200": {
                                "description": "an order",
                                "content": {
                                    "application/json": {
                                        "schema": {
                                            "type": "object",
                                            "required": ["id", "note"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "note": {"type": "string"},
                                            },
                                        }
                                    }
                                },
                            },
                            "4XX": {"description": "no"},
                        },
                    }
                }
            },
        }
    )
    claims = order_claims()
    declared = openapi.load(text, producer="shop")
    note = next(
        one
        for operation in declared.operations
        for one in operation.clauses_for(())
        if str(one.subject) == "response.200.body.note" and isinstance(one.kind, Present)
    )
    ref = next(one.clause for one in claims if str(one.clause.subject) == "response.200.body.status")
    definition = defined(
        *claims, ledger=ledger_of({note.id: "may-change", ref.id: "guaranteed"}), document=text
    )
    stated = read(definition)
    assert note.id in stated
    assert not stated[note.id].kind.informative
    kept = {one.id for operation in declared.operations for one in operation.clauses_for(())}
    assert kept - {note.id} <= stated.keys()
    assert stated[ref.id].kind == ALWAYS
    part = {term.clause.id: term.part for term in definition.terms}
    assert part[note.id] is Part.MAY_CHANGE
    assert definition.title == "Orders"


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        ("request.header.authorization", ("basic", "bearer")),
        ("request.header.authorization", ("api-key",)),
        ("request.header.x-key", ("api-key",)),
        ("request.query.key", ("api-key",)),
        ("request.cookie.sid", ("session",)),
        ("request", ("mtls",)),
        ("request.header.authorization", ("bearer", "none")),
    ],
)
def test_how_callers_say_who_they_are(subject: str, names: tuple[str, ...]) -> None:
    one = claim(subject, Auth(names))
    stated = read(defined(one, ledger=all_guaranteed(one)))
    assert stated[one.clause.id].kind == one.clause.kind


def test_a_way_without_a_word_is_not_written() -> None:
    one = claim("request.header.x-odd", Auth(("session",)))
    assert (
        "security" not in document(defined(one, ledger=all_guaranteed(one)))["paths"]["/orders/{id}"]["get"]
    )


def test_many_types_of_call_in_one_place() -> None:
    claims = [
        claim("response.200", Present(always=True), operation=f"POST /graphql#{name}") for name in ("A", "B")
    ]
    form = document(defined(*claims, ledger=all_guaranteed(*claims)))
    assert form["paths"]["/graphql"]["post"]["x-defacto"]["operations"].keys() == {
        "POST /graphql#A",
        "POST /graphql#B",
    }


def test_a_method_that_openapi_has_no_word_for() -> None:
    one = claim("response.200", ALWAYS, operation="PURGE /cache")
    form = document(defined(one, ledger=all_guaranteed(one)))
    assert form["paths"] == {}
    assert "PURGE /cache" in form["x-defacto"]["others"]


def test_successes_that_go_make_the_operation_deprecated() -> None:
    claims = order_claims()
    occurs = next(one.clause.id for one in claims if str(one.clause.subject) == "response.200")
    form = document(defined(*claims, ledger=ledger_of({occurs: "deprecated"})))
    assert form["paths"]["/orders/{id}"]["get"]["deprecated"] is True


def test_the_same_input_gives_the_same_bytes() -> None:
    claims = order_claims()
    texts = {
        to_yaml(document(defined(*order, ledger=all_guaranteed(*claims)))) for order in (claims, claims[::-1])
    }
    assert len(texts) == 1
