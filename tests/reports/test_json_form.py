"""The JSON forms keep to their schemas, and the schemas describe all that is in the forms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract.claim import ContractMap
from reports.drift import Drift
from reports.json_form import claim_form, drift_form, map_form, to_json
from store.records import Capture

DOCS = Path(__file__).parents[2] / "docs"


def schema(name: str) -> Any:
    return json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))


def closed(node: Any) -> Any:
    """The schema with every object closed: the published one is open, so that forms may grow."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {name: closed(value) for name, value in node.items()}
    if "properties" in node and isinstance(node.get("type"), str):
        node["unevaluatedProperties"] = False
    return node


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    document = schema(name)
    # an allOf target may not be closed by itself, the schema that refers to it is
    strict = closed(document)
    if name == "drift":
        strict["$defs"]["clause"].pop("unevaluatedProperties")
    return jsonschema_rs.Draft202012Validator(strict, validate_formats=True)


def test_map_is_as_documented(shop_map: ContractMap) -> None:
    validator("map").validate(json.loads(to_json(map_form(shop_map))))


def test_drift_is_as_documented(shop_drift: Drift) -> None:
    validator("drift").validate(json.loads(to_json(drift_form(shop_drift))))


def test_nothing_observed_is_as_documented(nothing: ContractMap) -> None:
    form = json.loads(to_json(map_form(nothing)))
    validator("map").validate(form)
    assert form["window"] == {"from": None, "to": None}


@pytest.mark.parametrize("name", ["map", "drift", "check", "review"])
def test_schemas_are_schemas(name: str) -> None:
    jsonschema_rs.meta.validate(schema(name))


def test_both_schemas_say_the_same_of_a_clause() -> None:
    shared = ("window", "capture", "clause", "evidence", "dependence")
    assert [schema("map")["$defs"][part] for part in shared] == [
        schema("drift")["$defs"][part] for part in shared
    ]


def test_schema_refuses_what_is_wrong(shop_map: ContractMap) -> None:
    form = json.loads(to_json(map_form(shop_map)))
    form["producers"][0]["operations"][0]["clauses"][0]["standing"] = "unknown"
    assert not validator("map").is_valid(form)


def test_a_clause_has_the_promised_names_in_order(shop_map: ContractMap) -> None:
    form = claim_form(shop_map.producers[0].operations[0].claims[3])
    assert list(form) == [
        *("id", "key", "kind", "family", "subject", "statement", "value"),
        *("evidence", "dependence", "standing", "decision", "doubt", "reasons", "ledger"),
    ]
    assert form["key"] == "GET /orders/{id} · 200 body id · present"
    assert form["subject"] == "response.200.body.id"
    assert form["evidence"]["bound"] == pytest.approx(3 / 400)
    assert form["evidence"]["first_seen"] == "2026-03-02T09:00:00.000000Z"
    assert [link["level"] for link in form["dependence"]] == ["used", "exposed"]


def test_drift_groups_by_standing_and_says_where(shop_drift: Drift) -> None:
    form = drift_form(shop_drift)
    assert {clause["subject"] for clause in form["contradicted"]} == {
        "response.200.body.total",
        "response.200.body.paid",
    }
    assert form["contradicted"][0]["declared"]["statement"] == "200 body total is always a number"
    assert all(clause["producer"] == "shop" and clause["operation"] for clause in form["undeclared"])
    folded = [clause for clause in form["undeclared"] if "courier" in clause["subject"]]
    assert len(folded) == 4
    assert len({clause["finding"] for clause in folded}) == 1


def test_what_json_parsers_would_choke_on(shop_map: ContractMap) -> None:
    odd = replace(shop_map, capture=Capture(observed=2**70, lost={"a\ud800b": 1, "\x9b31m\u202e": 2}))
    text = to_json(map_form(odd))
    assert "\x9b" not in text
    assert "\u202e" not in text
    parsed = json.loads(text)
    assert parsed["capture"]["observed"] == 2**70
    assert parsed["capture"]["lost"] == {"a\ud800b": 1, "\x9b31m\u202e": 2}
