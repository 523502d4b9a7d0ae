"""`defacto verify` on the shop as it was recorded, and on builds of it that differ."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from cli.guaranteed import read_guaranteed
from tests.cli.shop import Shop, another_status, build, gone, recorded_shop, renamed, slower, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

OPENAPI = str(Path(__file__).parents[2] / "examples" / "shop" / "openapi.yaml")
DOCS = Path(__file__).parents[2] / "docs"
CREDENTIALS = ("--header", "Authorization: Basic YmlsbGluZzpzZWNyZXQ=")
FAST = ("--rate", "400", "--concurrency", "4", "--per-operation", "12", *CREDENTIALS)
ORDER = "GET /orders/{order_id}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with recorded_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


def form(said: Said) -> Any:
    assert said.code in {0, 1}, said.err
    return json.loads(said.out)


def broken(said: Said) -> set[tuple[str, str, str]]:
    return {
        (one["operation"], one["subject"], one["kind"])
        for one in form(said)["guarantees"]
        if one["verdict"] == "broken"
    }


def verify(defacto: Defacto, shop: Shop, *options: str) -> Said:
    return defacto("verify", "--store", shop.store, "--format", "json", *options)


@pytest.fixture
def agreed(defacto: Defacto, shop: Shop, tmp_path: Path) -> str:
    """All that the map claims, as a file."""
    file = tmp_path / "agreed.json"
    assert defacto("map", "--store", shop.store, "--format", "json", "-o", str(file)).code == 0
    return str(file)


def test_the_build_that_was_recorded_keeps_what_its_consumers_rely_on(defacto: Defacto, shop: Shop) -> None:
    said = verify(defacto, shop, "--target", shop.url, *FAST)
    assert broken(said) == set()
    assert said.code == 0
    found = form(said)
    held = {(one["operation"], one["subject"]) for one in found["guarantees"] if one["verdict"] == "holds"}
    assert (ORDER, "response.200.body.billing_ref") in held
    assert (ORDER, "response.200") in held
    assert found["observed"] > 50
    assert any("--unsafe" in reason for reason in found["left_out"])


def test_a_relay_without_a_fault_is_as_good(defacto: Defacto, shop: Shop) -> None:
    with build(shop.url, unchanged) as url:
        assert broken(verify(defacto, shop, "--target", url, *FAST)) == set()


def test_a_renamed_field_is_found_and_nothing_else(defacto: Defacto, shop: Shop) -> None:
    with build(shop.url, renamed) as url:
        said = verify(defacto, shop, "--target", url, *FAST)
    assert broken(said) == {(ORDER, "response.200.body.billing_ref", "present")}
    assert said.code == 1
    (found,) = [one for one in form(said)["guarantees"] if one["verdict"] == "broken"]
    assert found["consumers"] == ["billing"]
    assert found["examples"][0].startswith("GET /orders/")
    assert "billing" in found["hit"]


def test_a_slower_build_is_found_where_it_is_slower(defacto: Defacto, shop: Shop, agreed: str) -> None:
    with build(shop.url, slower) as url:
        said = verify(defacto, shop, "--target", url, "--clauses", agreed, *FAST)
    late = {where for where in broken(said) if where[2] == "latency"}
    assert ("GET /products", "response.200.latency", "latency") in late
    assert not {where for where in broken(said) if where[0] == "GET /products"} - late


def test_another_status_is_found_at_the_status(defacto: Defacto, shop: Shop) -> None:
    with build(shop.url, another_status) as url:
        said = verify(defacto, shop, "--target", url, *FAST)
    assert broken(said) == {(ORDER, "response.200", "occurs")}
    (found,) = [one for one in form(said)["guarantees"] if one["verdict"] == "broken"]
    assert found["why"].startswith("answered 206 ")


def test_an_operation_whose_things_are_mostly_gone_is_gone(defacto: Defacto, shop: Shop) -> None:
    with build(shop.url, gone) as url:
        assert broken(verify(defacto, shop, "--target", url, *FAST)) == {(ORDER, "response.200", "occurs")}


def test_things_that_are_gone_are_no_broken_guarantee(defacto: Defacto, shop: Shop) -> None:
    answers = 0

    def some(answer: Any) -> None:
        nonlocal answers
        answers += 1
        if answers % 4 == 0:
            gone(answer)

    with build(shop.url, some) as url:
        said = verify(defacto, shop, "--target", url, "--operation", ORDER, *FAST)
    assert broken(said) == set()
    assert form(said)["left_out"]["what was asked for is gone from this build"] == 3


def test_only_safe_methods_are_sent_and_nothing_that_was_withheld(defacto: Defacto, shop: Shop) -> None:
    asked: list[str] = []
    with build(shop.url, lambda answer: asked.append(answer.path)) as url:
        said = verify(defacto, shop, "--target", url, "--rate", "400", "--per-operation", "8")
    assert asked
    assert not [path for path in asked if "redacted." in path or path.endswith("/payments")]
    assert form(said)["left_out"]["header authorization was withheld (--header)"] > 0


def test_what_could_not_be_replayed_is_no_pass(defacto: Defacto, shop: Shop) -> None:
    said = verify(defacto, shop, "--target", shop.url, "--operation", "POST /orders", *FAST)
    assert said.code == 1
    assert form(said)["verdict"].startswith("No request could be replayed: ")
    assert form(said)["left_out"]


def test_unsafe_requests_are_sent_when_that_is_said(defacto: Defacto, shop: Shop) -> None:
    with build(shop.url, unchanged) as url:
        said = verify(
            defacto,
            shop,
            "--target",
            url,
            "--unsafe",
            "--declared",
            OPENAPI,
            "--operation",
            "POST /orders",
            *FAST,
        )
    assert form(said)["observed"] >= 0
    assert not any("--unsafe" in reason for reason in form(said)["left_out"])


def test_what_was_recorded_keeps_what_was_inferred_of_it(defacto: Defacto, shop: Shop, agreed: str) -> None:
    said = verify(defacto, shop, "--clauses", agreed)
    assert broken(said) == set()
    counts = form(said)["counts"]
    assert counts["holds"] > 0.9 * sum(counts.values())


def test_what_was_recorded_breaks_what_the_document_says(defacto: Defacto, shop: Shop) -> None:
    said = verify(defacto, shop, "--declared", OPENAPI)
    assert said.code == 1
    assert (ORDER, "response.200.body.notes", "nullable") in broken(said)
    drift = json.loads(defacto("drift", "--store", shop.store, "--declared", OPENAPI, "--format", "json").out)
    contradicted = {(one["operation"], one["subject"], one["kind"]) for one in drift["contradicted"]}
    assert contradicted <= broken(said)  # of what is rare there is no claim, yet each exchange is looked at


def test_the_formats_agree(defacto: Defacto, shop: Shop) -> None:
    options = ("verify", "--store", shop.store, "--declared", OPENAPI)
    found = form(defacto(*options, "--format", "json"))
    schema = json.loads((DOCS / "verify.schema.json").read_text("utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(found)
    text = defacto(*options)
    assert text.out.startswith(found["verdict"][:40])
    assert "BROKEN" in text.out
    suites = ET.fromstring(defacto(*options, "--format", "junit").out)
    assert len(suites.findall(".//testcase")) == len(found["guarantees"])
    assert len(suites.findall(".//failure")) == found["counts"]["broken"]


def test_too_little_evidence_fails_where_that_is_asked_for(defacto: Defacto, shop: Shop) -> None:
    options = ("--declared", OPENAPI, "--operation", "DELETE*")
    assert verify(defacto, shop, *options).code == 0
    assert verify(defacto, shop, *options, "--fail-on", "not-enough").code == 1


def test_a_build_that_is_not_there_is_said(defacto: Defacto, shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = verify(defacto, shop, "--target", f"http://127.0.0.1:{port}")
    assert said.code == 3
    assert "nobody answers at" in said.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Against what"),
        (("--target", "localhost:9000"), "http://HOST:PORT"),
        (("--target", "http://me:secret@127.0.0.1:1"), "Give credentials with --header"),
        (("--target", "http://127.0.0.1:1", "--header", "nonsense"), "'Name: value'"),
        (("--since", "2h", "--operation", "GET /nowhere"), "Nothing is guaranteed"),
    ],
)
def test_wrong_use_is_said(defacto: Defacto, shop: Shop, options: tuple[str, ...], said: str) -> None:
    found = verify(defacto, shop, *options)
    assert found.code == 2
    assert said in found.err


LEDGER = """
interface: {{producer: shop}}
owners: {{producer: {{name: Orders, contact: orders@example.org}}}}
clauses:
  {billing_ref}: {{decision: guaranteed}}
  {notes}: {{decision: out-of-contract}}
"""


def test_the_ledger_decides(defacto: Defacto, shop: Shop, tmp_path: Path, agreed: str) -> None:
    clauses = {
        (one["key"], clause["subject"], clause["kind"]): clause["id"]
        for producer in json.loads(Path(agreed).read_text())["producers"]
        for one in producer["operations"]
        for clause in one["clauses"]
    }
    found = form(verify(defacto, shop, "--declared", OPENAPI, "--operation", ORDER))
    ids = {(one["subject"], one["kind"]): one["id"] for one in found["guarantees"]}
    ledger = tmp_path / "contract.yaml"
    ledger.write_text(
        LEDGER.format(
            billing_ref=clauses[ORDER, "response.200.body.billing_ref", "present"],
            notes=ids["response.200.body.notes", "nullable"],
        )
    )
    with build(shop.url, renamed) as url:
        said = verify(defacto, shop, "--target", url, *FAST)
    assert broken(said) == {(ORDER, "response.200.body.billing_ref", "present")}
    guarantees = form(said)["guarantees"]
    assert {(one["subject"], one["kind"]) for one in guarantees} == {
        ("response.200.body.billing_ref", "present"),
        ("response.200", "occurs"),
    }
    assert guarantees[0]["owner"] == "Orders orders@example.org"
    assert guarantees[0]["source"] == "guaranteed in contract.yaml"
    declared = verify(defacto, shop, "--declared", OPENAPI, "--operation", ORDER)
    assert (ORDER, "response.200.body.notes", "nullable") not in broken(declared)


def test_the_plan_covers_every_guarantee(defacto: Defacto, shop: Shop) -> None:
    options = ("plan", "--store", shop.store, "--declared", OPENAPI)
    plan = form(defacto(*options, "--format", "json"))
    every = read_guaranteed(
        shop.store,
        producer=None,
        declared=(OPENAPI,),
        clauses=None,
        ledger=None,
        operation=None,
        allow_remote=False,
    )
    assert {one["id"] for one in plan["guarantees"]} == {one.clause.id for one in every.guarantees}
    for one in plan["guarantees"]:
        assert one["checks"] or one["not_covered"]
        assert ("replay" in one["checks"]) is not bool(one["not_covered"])
    assert plan["verdict"] in " ".join(defacto(*options).out.split())
    markdown = defacto(*options, "--format", "markdown").out
    assert markdown.startswith("# Verification plan")
    assert "## Not covered before consumers notice" in markdown
    page = defacto(*options, "--format", "html").out
    assert all(one["id"] in page for one in plan["guarantees"])
    assert "<script" not in page
