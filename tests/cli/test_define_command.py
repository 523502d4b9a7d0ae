from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from openapi_spec_validator import validate

from tests.cli.ledgers import REF
from tests.cli.test_map_command import record, shop

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

WHY = ("--by", "anna", "--reason", "billing matches payments by it")
DECLARED = ("--declared", "openapi.yaml")


def schema_of(form: dict[str, object]) -> object:
    found: object = form
    for step in ("paths", "/orders", "get", "responses", "200", "content", "application/json", "schema"):
        assert isinstance(found, dict)
        found = found.get(step, found.get("*/*"))
    return found


def test_without_ledger_and_document_what_was_seen_is_written_as_such(shop: Defacto) -> None:
    said = shop("define", "--format", "openapi")
    assert said.code == 0, said.err
    form = yaml.safe_load(said.out)
    validate(form)
    assert form["x-defacto"]["fields"] == "observed"
    assert "ref" in str(schema_of(form))


def test_what_was_decided_is_promised_and_nothing_else(shop: Defacto) -> None:
    shop("decide", REF, "guaranteed", *WHY)
    form = yaml.safe_load(shop("define").out)
    validate(form)
    items = {"items": {"properties": {"ref": {}}, "required": ["ref"]}}
    assert schema_of(form) == {"properties": {"items": items}}
    clauses = form["paths"]["/orders"]["get"]["x-defacto"]["operations"]["GET /orders"]["clauses"]
    assert clauses[REF]["decided"]["by"] == "anna"
    assert {one["part"] for one in clauses.values()} == {"stable", "undecided"}


def test_a_file_is_written_once_and_says_what_changed(shop: Defacto) -> None:
    def define(*options: str) -> tuple[int, str]:
        said = shop("define", *DECLARED, "-o", "contract.openapi.yaml", *options)
        return said.code, said.out

    assert define("--check") == (1, define("--check")[1])
    assert not Path("contract.openapi.yaml").exists()
    assert "is new" in define()[1]
    assert define() == (0, "1 of 1 unchanged.\n")
    assert define("--check")[0] == 0
    shop("decide", REF, "guaranteed", *WHY)
    code, told = define("--check")
    assert code == 1
    assert "would change" in told
    assert "lines added" in define()[1]
    assert define("--check")[0] == 0


@pytest.mark.parametrize("form", ["openapi", "overlay", "markdown", "html"])
def test_the_same_input_gives_the_same_bytes(shop: Defacto, form: str) -> None:
    one, two = (shop("define", "--format", form, *DECLARED) for _ in range(2))
    assert one.code == 0, one.err
    assert one.out == two.out


@pytest.mark.parametrize("version", ["3", "4"])
def test_pact_files_in_a_folder(shop: Defacto, version: str) -> None:
    said = shop("define", "--format", "pact", "--pact-version", version, "-o", "pacts")
    assert said.code == 0, said.err
    assert sorted(one.name for one in Path("pacts").iterdir()) == [
        "billing-shop.json",
        "storefront-shop.json",
    ]
    pact = json.loads(Path("pacts/billing-shop.json").read_text("utf-8"))
    listed = next(one for one in pact["interactions"] if one["description"] == "GET /orders answers 200")
    body = listed["response"]["body"]
    assert (body["content"] if version == "4" else body) == {"items": [{"ref": "0000-a1b2c3d4e5f60718-0"}]}
    assert shop("define", "--format", "pact", "--pact-version", version, "-o", "pacts", "--check").code == 0


def test_the_pact_of_one_consumer(shop: Defacto) -> None:
    said = shop("define", "--format", "pact", "--consumer", "billing")
    assert json.loads(said.out)["consumer"] == {"name": "billing"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--check",), "--check needs"),
        (("--format", "overlay"), "An overlay is laid over a document"),
        (("--format", "asyncapi"), "no events are known; try --format openapi"),
        (("--format", "odcs"), "no events are known"),
        (("--format", "pact", "--consumer", "nobody"), "There is no consumer 'nobody'"),
        (("--format", "pact"), "want a folder"),
        (("--producer", "nobody"), "There is no producer"),
    ],
)
def test_used_wrongly(shop: Defacto, options: tuple[str, ...], words: str) -> None:
    said = shop("define", *options)
    assert said.code == 2
    assert words in said.err


def test_whose_contract_must_be_said(shop: Defacto, tmp_path: Path) -> None:
    record(tmp_path, "market")
    assert "Whose contract is it?" in shop("define").err
    assert shop("define", "--producer", "market").code == 0


def test_a_ledger_of_somebody_else_says_nothing(shop: Defacto, tmp_path: Path) -> None:
    shop("decide", REF, "guaranteed", *WHY)
    record(tmp_path, "market")
    said = shop("define", "--producer", "market", "--include", "promised")
    assert "warning" not in said.err
    assert "decided:" not in said.out
