"""The overlay, laid over its document by a small interpreter, says what the contract says."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from contract import openapi
from contract.declared import load
from contract.definition.overlay import overlay
from contract.definition.yaml_text import to_yaml
from contract.openapi.errors import DeclaredError
from contract.openapi.library import Library
from tests.contract.definition.defining import claim, defined, ledger_of, order_claims

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
security: [{key: []}]
paths:
  /orders/{id}:
    get:
      summary: One order.
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: the order
          content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
        4XX: {$ref: "#/components/responses/No"}
  /orders/{id}/notes:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: notes
          content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: x-key}}
  responses: {"No": {description: refused}}
  schemas:
    Order:
      type: object
      required: [id, note]
      properties: {id: {type: string}, note: {type: string, minLength: 1}, status: {type: string}}
"""
STEP = re.compile(r"\.(\w+)|\['((?:[^'\\]|\\.)*)'\]")


def applied(document: Any, layer: Any) -> Any:
    """The document with an overlay on it (Overlay 1.0.0, section 4.4.3); targets are plain paths."""
    document = copy.deepcopy(document)
    for action in layer["actions"]:
        steps = [plain or re.sub(r"\\(.)", r"\1", quoted) for plain, quoted in STEP.findall(action["target"])]
        assert action["target"] == "$" or steps
        owner: Any = None
        place = document
        for step in steps:
            owner, place = place, place[step]
        if action.get("remove"):
            del owner[steps[-1]]
        else:
            merge(place, action["update"])
    return document


def merge(target: Any, update: Any) -> None:
    for name, value in update.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        elif isinstance(value, list) and isinstance(target.get(name), list):
            target[name] += value
        else:
            target[name] = copy.deepcopy(value)


def declared_ids(text: str = DOCUMENT) -> dict[str, str]:
    found = load(text, producer="shop")
    return {one.key: one.id for operation in found.operations for one in operation.clauses_for(())}


def laid(decisions: dict[str, str], text: str = DOCUMENT) -> tuple[Any, dict[str, Any], Any]:
    """The document with the contract laid over it, what that says by id, and the overlay."""
    definition = defined(*order_claims(), ledger=ledger_of(decisions), document=text)
    declared = load(text, producer="shop")
    layer = yaml.safe_load(to_yaml(overlay(definition, Library(text), declared)))
    document = applied(yaml.safe_load(text), layer)
    validate(document)
    found = openapi.load(json.dumps(document), producer="shop")
    statuses = ["200", "404"]
    stated = {
        one.id: one
        for operation in found.operations
        for one in (*operation.clauses_for(()), *operation.clauses_for(statuses))
    }
    promised = {one.id: one for operation in definition.operations for one in operation.written}
    for id_, clause in promised.items():
        if clause.kind.name not in {"latency", "lifecycle"}:
            assert id_ in stated, clause.key
    extra = [one for id_, one in stated.items() if id_ not in promised and one.kind.informative]
    return document, stated, extra


def test_with_nothing_decided_the_document_stays_as_it_is() -> None:
    document, _, extra = laid({})
    bare = json.loads(re.sub(r'"x-defacto": ', '"x": ', json.dumps(document)))
    for item in (bare, *(one["get"] for one in bare["paths"].values())):
        item.pop("x")
    assert bare == yaml.safe_load(DOCUMENT)
    assert not extra


def test_what_was_guaranteed_is_promised_as_well_and_what_may_change_no_more() -> None:
    ids = declared_ids()
    status = next(
        one.clause.id for one in order_claims() if one.clause.key.endswith("200 body status · present")
    )
    note = ids["GET /orders/{id} · 200 body note · present"]
    document, stated, extra = laid({status: "guaranteed", note: "may-change"})
    assert stated[status].kind.informative
    assert not stated[note].kind.informative
    assert not extra
    answer = document["paths"]["/orders/{id}"]["get"]["responses"]["200"]
    assert answer["description"] == "the order"
    elsewhere = document["paths"]["/orders/{id}/notes"]["get"]["responses"]["200"]
    assert elsewhere == yaml.safe_load(DOCUMENT)["paths"]["/orders/{id}/notes"]["get"]["responses"]["200"]
    assert document["paths"]["/orders/{id}"]["get"]["summary"] == "One order."


@settings(max_examples=25)
@given(st.data())
def test_any_decisions(data: st.DataObject) -> None:
    decisions = ["guaranteed", "may-change", "out-of-contract", "undecided", "deprecated"]
    ids = [*declared_ids().values(), *(one.clause.id for one in order_claims())]
    chosen = {id_: data.draw(st.sampled_from(decisions)) for id_ in dict.fromkeys(ids)}
    _, _, extra = laid(chosen)
    structural = {"content-type", "validator", "occurs", "type"}  # as of whole documents (test_openapi)
    assert {one.kind.name for one in extra} <= {*structural, "present"}


def test_an_operation_that_was_never_declared_is_added() -> None:
    one = claim("response.200", order_claims()[4].clause.kind, operation="GET /carriers")
    definition = defined(one, ledger=ledger_of({one.clause.id: "guaranteed"}), document=DOCUMENT)
    layer = overlay(definition, Library(DOCUMENT), load(DOCUMENT, producer="shop"))
    document = applied(yaml.safe_load(DOCUMENT), layer)
    validate(document)
    assert document["paths"]["/carriers"]["get"]["responses"] == {"200": {"description": "OK"}}


def test_what_is_no_openapi_document_cannot_be_laid_over() -> None:
    text = 'swagger: "2.0"\ninfo: {title: Orders, version: "1"}\npaths: {}\n'
    definition = defined(*order_claims(), document=text)
    with pytest.raises(DeclaredError, match="no OpenAPI 3 document"):
        overlay(definition, Library(text), load(text, producer="shop"))
