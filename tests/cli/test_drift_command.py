from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from tests.cli.test_map_command import DOCS, DOCUMENT, record, shop

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

HONEST = DOCUMENT.replace("total: {type: integer}", "total: {type: string}, ref: {type: string}").replace(
    "[id, total]", "[id, total, ref]"
)


def test_a_finding_is_exit_code_1(shop: Defacto) -> None:
    said = shop("drift", "--declared", "openapi.yaml")
    assert said.code == 1
    assert " ".join(said.out.split()).startswith(
        "1 consumer relies on 1 thing that nobody promised; 1 promise is not kept; "
        "1 declared thing was never seen."
    )
    assert said.err == ""


def test_no_finding_is_exit_code_0(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "honest.yaml").write_text(HONEST, encoding="utf-8")
    said = shop("drift", "--declared", "honest.yaml")
    assert "No promise was seen broken" in said.out
    assert said.code == 0


def test_real_output_is_as_documented(shop: Defacto) -> None:
    said = shop("drift", "--declared", "openapi.yaml", "--format", "json")
    assert said.code == 1
    form = json.loads(said.out)
    schema = json.loads((DOCS / "drift.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    assert [clause["key"] for clause in form["contradicted"]] == [
        "GET /orders · 200 body items[].total · type"
    ]
    (relied,) = {clause["finding"] for clause in form["undeclared"] if clause["relied_upon"]}
    assert relied in {clause["id"] for clause in form["undeclared"]}
    assert {clause["operation"] for clause in form["unobserved"]} == {"DELETE /orders/{order_id}"}


@pytest.mark.parametrize(
    ("form", "beginning"), [("markdown", "## 1 consumer relies"), ("html", "<!doctype html>"), ("json", "{")]
)
def test_formats(shop: Defacto, form: str, beginning: str) -> None:
    said = shop("drift", "--declared", "openapi.yaml", "--format", form)
    assert said.code == 1
    assert said.out.startswith(beginning)


def test_of_several_producers_the_documents_must_be_named(shop: Defacto, tmp_path: Path) -> None:
    record(tmp_path, "stock")
    said = shop("drift", "--declared", "openapi.yaml")
    assert said.code == 2
    assert "shop, stock" in said.err
    assert shop("drift", "--declared", "openapi.yaml", "--producer", "shop").code == 1


def test_an_invalid_document_says_where(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: x, version: y}\npaths: []\n", encoding="utf-8"
    )
    said = shop("drift", "--declared", "bad.yaml")
    assert said.code == 3
    assert "bad.yaml" in said.err


def test_no_document(shop: Defacto) -> None:
    assert shop("drift").code == 2
    assert shop("drift", "--declared", "missing.yaml").code == 3
