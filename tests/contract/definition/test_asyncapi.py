"""The AsyncAPI document: read back as it was meant."""

from __future__ import annotations

import pytest

from contract.clause import Relation
from contract.declared import load
from contract.definition.asyncapi import document
from contract.definition.yaml_text import to_yaml
from contract.kinds import Enum
from tests.contract.definition.defining import (
    ALWAYS,
    CREATED,
    STRING,
    all_guaranteed,
    claim,
    created_claims,
    defined,
    ledger_of,
)
from tests.contract.definition.golden import compare


def test_a_whole_contract() -> None:
    claims = created_claims()
    compare("asyncapi.yaml", to_yaml(document(defined(*claims, ledger=all_guaranteed(*claims)))))


def test_what_is_guaranteed_is_read_back() -> None:
    claims = created_claims()
    text = to_yaml(document(defined(*claims, ledger=all_guaranteed(*claims))))
    found = {one.key: one for one in load(text, producer="shop").operations}[CREATED]
    stated = {one.id: one for one in found.clauses_for(())}
    for one in claims:
        if one.clause.kind.name != "latency":
            assert stated[one.clause.id].compare(one.clause) is Relation.SAME, one.clause.key
    assert {id_ for id_, one in stated.items() if one.kind.informative} <= {one.clause.id for one in claims}


def test_what_may_change_is_not_promised() -> None:
    claims = created_claims()
    decisions = {one.clause.id: "may-change" for one in claims}
    form = document(defined(*claims, ledger=ledger_of(decisions)))
    message = form["channels"]["orders.created"]["messages"]["OrderCreated"]
    assert message.keys() == {"x-defacto"}
    clauses = message["x-defacto"]["operations"][CREATED]["clauses"]
    assert {one["part"] for one in clauses.values()} == {"may-change"}


@pytest.mark.parametrize("place", ["orders.{tenant}.created", "/shop/{tenant}/orders"])
def test_addresses_with_parameters(place: str) -> None:
    key = f"RECEIVE {place}"
    claims = [
        claim("request.path.tenant", Enum.of(["de", "fr"]), operation=key),
        claim("response.message.header.x-trace", ALWAYS, operation=key),
        claim("response.message.header.x-trace", STRING, operation=key),
        claim("response.message.body.id", ALWAYS, operation=key),
    ]
    form = document(defined(*claims, ledger=all_guaranteed(*claims)))
    (channel,) = form["channels"].values()
    assert channel["parameters"] == {"tenant": {"enum": ["de", "fr"]}}
    assert channel["messages"]["message"]["headers"]["required"] == ["x-trace"]
    found = load(to_yaml(form), producer="shop")
    assert {one.key for one in found.operations} >= {f"{key}#message"}
    clauses = channel["messages"]["message"]["x-defacto"]["operations"][key]["clauses"]
    assert not any("statement" in one for one in clauses.values())


def test_what_is_published_and_what_is_delivered_is_one_message() -> None:
    sent = CREATED.replace("RECEIVE", "SEND")
    claims = [
        claim("request.body.note", STRING, operation=sent),
        claim("response.message.body.id", ALWAYS, operation=CREATED),
    ]
    form = document(defined(*claims, ledger=all_guaranteed(*claims)))
    message = form["channels"]["orders.created"]["messages"]["OrderCreated"]
    assert message["payload"]["properties"].keys() == {"id", "note"}
    assert message["x-defacto"]["operations"].keys() == {CREATED, sent}
