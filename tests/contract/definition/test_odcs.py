"""The Open Data Contract: valid, with schema, quality and service levels."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema_rs
import pytest

from contract.definition.odcs import document
from contract.definition.yaml_text import to_yaml
from contract.kinds import Duplicates, Freshness, Size, Type, Unique
from tests.contract.definition.defining import (
    CREATED,
    all_guaranteed,
    claim,
    created_claims,
    defined,
    ledger_of,
)
from tests.contract.definition.golden import compare

CLAIMS = [
    *created_claims(),
    claim("response.message", Duplicates("never", 400), operation=CREATED),
    claim("response.message.body.items", Type(("array",)), operation=CREATED),
    claim("response.message.body.items", Size(1, 9), operation=CREATED),
    claim("response.message.body.items", Unique("sku"), operation=CREATED),
    claim("response.message.body.items[]", Type(("object",)), operation=CREATED),
    claim("response.message.body.items[].sku", Type(("integer", "string")), operation=CREATED),
    claim("response.message", Freshness(60.0, revalidated=False), operation=CREATED),
]


def test_a_whole_contract() -> None:
    form = document(defined(*CLAIMS, ledger=all_guaranteed(*CLAIMS)))
    package = pytest.importorskip("open_data_contract_standard")
    schema = json.loads((files(package) / "schema.json").read_text("utf-8"))
    jsonschema_rs.Draft201909Validator(schema).validate(form)
    compare("odcs.yaml", to_yaml(form))


def test_what_is_not_decided_is_not_written() -> None:
    form = document(defined(*CLAIMS, ledger=ledger_of({})))
    (message,) = form["schema"]
    assert not {"properties", "quality"} & message.keys()
    assert "slaProperties" not in form
