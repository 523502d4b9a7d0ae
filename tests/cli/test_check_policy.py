"""What `defacto policy` says is what `defacto check` does, of every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_check_command import NO_TOTAL, REQUIRED, check
from tests.cli.test_map_command import DOCUMENT, shop

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

MORE = DOCUMENT.replace(
    "[{name: status,", "[{name: page, in: query, schema: {type: integer}}, {name: status,"
)
EVENTS = """
asyncapi: 2.6.0
info: {title: Orders, version: "1"}
channels:
  orders:
    subscribe: {message: {payload: {type: object, properties: {state: {type: string, enum: [OPEN, PAID]}}}}}
"""
SDL = "type Query { order: Order }\ntype Order { id: ID!  state: State }\nenum State { OPEN PAID }\n"
RECORD = '{"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}%s]}'
SCHEMA = '{"type": "object", "properties": {"a": {"type": %s}}, "required": ["a"]}'


def policy(**compatibility: Any) -> None:
    form = {"interface": {"producer": "shop"}, "policy": {"compatibility": compatibility}}
    Path("contract.yaml").write_text(json.dumps(form), encoding="utf-8")


def differs(defacto: Defacto, name: str, *versions: str, more: tuple[str, ...] = ()) -> tuple[int, Any]:
    """The exit code and the changes of the last version against all others."""
    for number, text in enumerate(versions):
        Path(f"v{number}.{name}").write_text(text, encoding="utf-8")
    *old, new = (f"v{number}.{name}" for number in range(len(versions)))
    bases = [part for one in old for part in ("--base", one)]
    said = defacto("check", new, *bases, "--no-usage", "--format", "json", *more)
    return said.code, json.loads(said.out)["changes"] if said.out else said.err


@pytest.mark.parametrize(
    ("name", "old", "new", "rules"),
    [
        ("yaml", DOCUMENT, NO_TOTAL, {"answers": "NONE"}),
        ("yaml", DOCUMENT, NO_TOTAL, {"answers": "BACKWARD"}),
        ("yaml", DOCUMENT, NO_TOTAL, {"severity": {"present": "warning"}}),
        ("yaml", DOCUMENT, REQUIRED, {"requests": "FORWARD"}),
        ("yaml", EVENTS, EVENTS.replace("PAID", "PAID, SENT"), {"answers": "NONE"}),
        ("yaml", EVENTS, EVENTS.replace("PAID", "PAID, SENT"), {"severity": {"enum": "compatible"}}),
        ("graphql", SDL, SDL.replace("state: State", ""), {"answers": "NONE"}),
        ("graphql", SDL, SDL.replace("PAID", ""), {"severity": {"value": "warning"}}),
        ("avsc", RECORD % "", RECORD % ', {"name": "b", "type": "int"}', {"schemas": "FORWARD"}),
        ("avsc", RECORD % "", RECORD % ', {"name": "b", "type": "int"}', {"schemas": "NONE"}),
        ("json", SCHEMA % '["string", "null"]', SCHEMA % '"string"', {"schemas": "FORWARD"}),
        ("json", SCHEMA % '["string", "null"]', SCHEMA % '"string"', {"severity": {"shape": "compatible"}}),
    ],
)
def test_what_the_policy_allows_passes(
    defacto: Defacto, name: str, old: str, new: str, rules: dict[str, Any]
) -> None:
    assert differs(defacto, name, old, new)[0] == 1
    policy(**rules)
    code, changes = differs(defacto, name, old, new)
    assert code == 0
    if rules.keys() != {"schemas"} or rules["schemas"] == "NONE":
        assert any(one["policy"].startswith("by the policy") for one in changes)


@pytest.mark.parametrize(
    ("name", "old", "new", "rules"),
    [
        ("yaml", DOCUMENT, MORE, {"requests": "FULL"}),
        ("yaml", NO_TOTAL, DOCUMENT, {"answers": "FULL"}),
        ("yaml", EVENTS, EVENTS.replace("state: {", "at: {type: string}, state: {"), {"answers": "FULL"}),
        ("graphql", SDL, SDL.replace("PAID", "PAID SENT"), {"severity": {"enum": "breaking"}}),
        ("avsc", RECORD % ', {"name": "b", "type": "int"}', RECORD % "", {"schemas": "FULL"}),
        ("json", SCHEMA % '"string"', SCHEMA % '["string", "null"]', {"schemas": "FULL"}),
    ],
)
def test_what_the_policy_forbids_fails(
    defacto: Defacto, name: str, old: str, new: str, rules: dict[str, Any]
) -> None:
    assert differs(defacto, name, old, new)[0] == 0
    policy(**rules)
    assert differs(defacto, name, old, new)[0] == 1


def test_who_calls_today_does_not_speak_for_who_is_to_come(shop: Defacto) -> None:
    policy(requests="FULL")
    code, form = check(shop, MORE)
    assert (code, form["verdict"]) == (1, "breaking")
    said = shop("check", "new.yaml", "--base", "openapi.yaml")
    assert "By the policy requests are FULL; the rule alone says compatible." in " ".join(said.out.split())


def test_what_is_asked_by_hand_goes_before_the_policy(defacto: Defacto) -> None:
    policy(answers="NONE", schemas="NONE")
    by_hand = ("--severity", "response-property-removed=breaking")
    assert differs(defacto, "yaml", DOCUMENT, NO_TOTAL)[0] == 0
    assert differs(defacto, "yaml", DOCUMENT, NO_TOTAL, more=by_hand)[0] == 1
    narrower = SCHEMA % '["string", "null"]', SCHEMA % '"string"'
    assert differs(defacto, "json", *narrower)[0] == 0
    assert differs(defacto, "json", *narrower, more=("--mode", "BACKWARD"))[0] == 1


def test_a_transitive_mode_looks_at_every_version(defacto: Defacto) -> None:
    versions = REQUIRED, DOCUMENT, DOCUMENT  # who was made for the first was told to send a status
    refused, told = differs(defacto, "yaml", *versions)
    assert refused == 2
    assert "set policy.compatibility to a mode that ends with _TRANSITIVE" in told
    policy(requests="FULL_TRANSITIVE")
    code, changes = differs(defacto, "yaml", *versions)
    assert [one["rule"] for one in changes] == ["request-parameter-became-optional"]
    assert changes[0]["message"].endswith("compared with v0.yaml")
    assert (code, changes[0]["effect"]) == (1, "breaking")
    policy(answers="FORWARD_TRANSITIVE")
    assert differs(defacto, "yaml", *versions) == (0, [])
    policy(schemas="BACKWARD_TRANSITIVE")
    texts = SCHEMA % '["string", "null"]', SCHEMA % '"string"', SCHEMA % '"string"'
    assert differs(defacto, "json", *texts)[0] == 1
    said = defacto("check", "v2.json", "--base", "v1.json", "--no-usage")
    assert said.code == 0
    assert "name the earlier ones with --base as well" in said.err


def test_what_the_contract_does_not_speak_of_is_told_and_breaks_nobody(shop: Defacto) -> None:
    ref = ("check", "--change", "remove GET /orders 200 body items[].ref", "--format", "json")
    head = {"interface": {"producer": "shop"}, "owners": {"consumers": {"billing": {"name": "Finance"}}}}

    def answer(exclude: dict[str, list[str]]) -> tuple[int, Any]:
        form = {**head, "policy": {"exclude": exclude}}
        Path("contract.yaml").write_text(json.dumps(form), encoding="utf-8")
        said = shop(*ref)
        return said.code, json.loads(said.out)["changes"][0]

    code, change = answer({})
    assert code == 1
    assert {one["consumer"]: one["owner"] for one in change["consumers"]}["billing"] == "Finance"
    for exclude in ({"operations": ["GET /ord*"]}, {"places": ["*.ref"]}):
        code, change = answer(exclude)
        assert (code, change["effect"], change["consumers"]) == (0, "compatible", [])
        assert "out of the contract" in change["policy"]
    code, change = answer({"consumers": ["bill*"]})
    assert (code, [one["consumer"] for one in change["consumers"]]) == (0, ["storefront"])


def test_a_name_that_grades_nothing_is_told(shop: Defacto) -> None:
    policy(severity={"colour": "warning"})
    _, form = check(shop, NO_TOTAL)
    doubts = form["doubts"]
    assert isinstance(doubts, list)
    assert any("grades colour, which is no rule, no kind and no family" in one for one in doubts)
    assert "What colour is nobody knows" in shop("policy").out
