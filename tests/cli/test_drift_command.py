from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from inference.fold import fold
from store.store import Store
from tests.cli.test_map_command import DOCS, DOCUMENT, record, shop, traffic
from tests.inference.traffic import call, json_body

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


def test_several_documents_make_one_report(shop: Defacto, tmp_path: Path) -> None:
    record(tmp_path, "stock")
    both = ("--declared", "shop=openapi.yaml", "--declared", "stock=openapi.yaml", "--format", "json")
    said = shop("drift", *both)
    assert said.code == 1
    form = json.loads(said.out)
    assert form["declared_documents"] == {"shop": "openapi.yaml", "stock": "openapi.yaml"}
    assert {clause["producer"] for clause in form["declared"]} == {"shop", "stock"}
    for name in ("shop", "stock"):
        alone = json.loads(shop("drift", "--declared", f"{name}=openapi.yaml", "--format", "json").out)
        assert [one for one in form["declared"] if one["producer"] == name] == alone["declared"]


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        (("openapi.yaml", "stock=openapi.yaml"), "Whose document is it?"),
        (("shop=openapi.yaml", "shop=openapi.yaml"), "two documents"),
        (("nobody=openapi.yaml",), "Whose document is it?"),
    ],
)
def test_each_of_several_documents_is_of_one_producer(
    shop: Defacto, tmp_path: Path, documents: tuple[str, ...], said: str
) -> None:
    record(tmp_path, "stock")
    answer = shop("drift", *(part for document in documents for part in ("--declared", document)))
    assert answer.code == 2
    assert said in answer.err


def test_an_equals_sign_may_be_in_a_path(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").rename(tmp_path / "v=1.yaml")
    assert shop("drift", "--declared", "v=1.yaml").code == 1


def test_an_invalid_document_says_where(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: x, version: y}\npaths: []\n", encoding="utf-8"
    )
    said = shop("drift", "--declared", "bad.yaml")
    assert said.code == 3
    assert "bad.yaml" in said.err


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--from", "2023-11-14"),
        ("--to", "2023-11-14"),
        ("--from", "2023-11-14", "--to", "2023-11-14"),
        ("--from", "2023-11-14..", "--to", "2023-11-15"),
        ("--from", "2023-11-15", "--to", "2023-11-14"),
        ("--from", "2023-11-14", "--to", "soon"),
        ("--declared", "openapi.yaml", "--from", "2023-11-14", "--to", "2023-11-15"),
        ("--from", "2023-11-14", "--to", "2023-11-15", "--since", "2023-11-14"),
        ("--from", "2023-11-14", "--to", "2023-11-15", "--allow-remote"),
    ],
)
def test_wrong_use(shop: Defacto, wrong: tuple[str, ...]) -> None:
    said = shop("drift", *wrong)
    assert said.code == 2, said.out


def next_day(folder: Path) -> None:
    """The shop's traffic a day later, in which every other item lacks the `ref` that billing uses."""
    with Store.open(str(folder / "defacto.db")) as store:
        for exchange in traffic():
            body = exchange.response_body
            got = json.loads(body.content) if body else {}
            for item in got.get("items", [])[::2]:
                del item["ref"]
            moved = replace(exchange, id=f"{exchange.id}x", started_at=exchange.started_at + 86_400 * 10**9)
            store.write([replace(moved, response_body=json_body(got))])
        fold(store)


PERIODS = ("--from", "2023-11-14", "--to", "2023-11-15")


def test_two_periods(shop: Defacto, tmp_path: Path) -> None:
    next_day(tmp_path)
    said = shop("drift", *PERIODS, "--format", "json")
    assert said.code == 1
    form = json.loads(said.out)
    schema = json.loads((DOCS / "periods.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    (relied,) = [one for one in form["changed"] if one["relied_upon"]]
    assert relied["subject"] == "response.200.body.items[].ref"
    assert relied["relation"] == "wider"
    # Only refs that end with 1 came: that is narrower, though regular expressions cannot be compared.
    (pattern,) = [one for one in form["changed"] if not one["relied_upon"]]
    assert (pattern["before"][0]["kind"], pattern["relation"]) == ("pattern", "narrower")
    assert form["from"]["period"] == "2023-11-14"
    assert form["from"]["capture"]["observed"] == form["to"]["capture"]["observed"] == 150


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("no_data: unknown", 1),
        ("exclude: {consumers: [billing]}", 0),
        ('exclude: {operations: ["GET /orders"]}', 0),
        ('exclude: {places: ["*.ref"]}', 0),
        ("evidence: {stays_days: 30}", 1),
        ("evidence: {stays_days: 0, consumers: {stays: {stays_days: 9}}}", 0),
    ],
)
def test_the_policy_counts_between_periods_as_well(
    shop: Defacto, tmp_path: Path, rules: str, code: int
) -> None:
    next_day(tmp_path)
    with Store.open(str(tmp_path / "defacto.db")) as store:  # somebody is there until the end
        store.write([call(86_400 + 43_000, "GET", "/refs/x", consumer="stays", got={"n": 1})])
        fold(store)
    ledger = tmp_path / "policy.yaml"
    ledger.write_text(f"interface: {{producer: shop}}\npolicy: {{{rules}}}\n", encoding="utf-8")
    said = shop("drift", *PERIODS, "--ledger", str(ledger))
    assert said.code == code
    if "stays_days: 0" in rules:
        assert "billing has left: last seen 2023-11-15" in " ".join(said.out.split())
    assert shop("drift", *PERIODS, "--ledger", "missing.yaml").code == 3


def test_the_same_again_is_exit_code_0(shop: Defacto, tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        later = [
            replace(one, id=f"{one.id}x", started_at=one.started_at + 86_400 * 10**9) for one in traffic()
        ]
        store.write(later)
        fold(store)
    said = shop("drift", *PERIODS, "--format", "json")
    assert said.code == 0
    form = json.loads(said.out)
    assert [form[state] for state in ("gone", "changed", "new", "chance")] == [[], [], [], []]
    assert form["same"] > 10


def test_a_period_without_data_is_not_unchanged(shop: Defacto) -> None:
    said = shop("drift", *PERIODS)
    assert said.code == 0
    assert said.out.startswith("Nothing was observed in 2023-11-15")


@pytest.mark.parametrize(
    ("form", "beginning"),
    [("text", "1 consumer relies"), ("markdown", "## 1 consumer relies"), ("html", "<!doctype html>")],
)
def test_formats_of_periods(shop: Defacto, tmp_path: Path, form: str, beginning: str) -> None:
    next_day(tmp_path)
    said = shop("drift", *PERIODS, "--format", form)
    assert said.code == 1
    assert said.out.startswith(beginning)
    assert shop("drift", "--declared", "missing.yaml").code == 3


def test_what_only_who_has_left_relied_on_fails_nothing(shop: Defacto, tmp_path: Path) -> None:
    document = DOCUMENT.replace("total: {type: integer}", "total: {type: string}")
    (tmp_path / "openapi.yaml").write_text(document, encoding="utf-8")
    with Store.open(str(tmp_path / "defacto.db")) as store:
        orders = {"items": [{"id": "o1", "total": "9.90", "ref": "late"}]}
        store.write([call(100 * 86_400, "GET", "/orders", consumer="storefront", got=orders)])
        fold(store)
    assert shop("drift", "--declared", "openapi.yaml").code == 1
    (tmp_path / "contract.yaml").write_text("interface: {producer: shop}\n", encoding="utf-8")
    said = shop("drift", "--declared", "openapi.yaml")
    assert said.code == 0
    assert "only billing relied on 1 undeclared thing, and has left" in " ".join(said.out.split())
    assert "RELIED UPON BY WHO HAS LEFT, PROMISED BY NOBODY" in said.out
    page = shop("drift", "--declared", "openapi.yaml", "--format", "html").out
    assert "billing has left: last seen 2023-11-14, more than 90 days before the end" in page
    clauses = json.loads(shop("drift", "--declared", "openapi.yaml", "--format", "json").out)["undeclared"]
    ref = next(one for one in clauses if one["subject"] == "response.200.body.items[].ref")
    assert ref["relied_upon"] is False
    assert any("billing has left" in line for line in ref["why"])
