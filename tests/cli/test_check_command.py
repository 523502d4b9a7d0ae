from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from inference.fold import fold
from store.store import Store
from tests.cli.test_map_command import DOCUMENT, record, shop
from tests.inference.traffic import call

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

__all__ = ["shop"]

HEAD = DOCUMENT.replace('    delete: {responses: {"204": {description: gone}}}\n', "")
NO_TOTAL = DOCUMENT.replace("[id, total]", "[id]").replace(", total: {type: integer}", "")
NO_ID = DOCUMENT.replace("[id, total]", "[total]").replace("id: {type: string}, ", "")
RIGHT = DOCUMENT.replace("total: {type: integer}", "total: {type: string}")
REQUIRED = DOCUMENT.replace("in: query,", "in: query, required: true,")


def check(shop: Defacto, document: str, *more: str) -> tuple[int, dict[str, object]]:
    Path("new.yaml").write_text(document, encoding="utf-8")
    said = shop("check", "new.yaml", "--base", "openapi.yaml", "--format", "json", *more)
    return said.code, json.loads(said.out)


def verdicts(form: dict[str, object]) -> dict[str, dict[str, str]]:
    changes = form["changes"]
    assert isinstance(changes, list)
    return {
        one["rule"]: {consumer["consumer"]: consumer["verdict"] for consumer in one["consumers"]}
        for one in changes
    }


def test_the_same_document_changes_nothing(shop: Defacto) -> None:
    code, form = check(shop, DOCUMENT)
    assert (code, form["verdict"], form["changes"]) == (0, "compatible", [])


def test_what_was_sent_may_be_needed(shop: Defacto) -> None:
    code, form = check(shop, NO_ID)
    assert (code, form["verdict"]) == (0, "warning")
    found = verdicts(form)["response-property-removed"]
    assert set(found.values()) == {"may-break"}
    assert len(found) == 2
    assert check(shop, NO_ID, "--fail-on", "warning")[0] == 1


def test_an_operation_that_nobody_called_is_unknown(shop: Defacto) -> None:
    code, form = check(shop, HEAD)
    assert (code, form["verdict"]) == (1, "breaking")
    assert set(verdicts(form)["operation-removed"].values()) == {"unknown"}


def test_what_must_be_sent_breaks_who_does_not(shop: Defacto) -> None:
    code, form = check(shop, REQUIRED)
    assert code == 1
    found = verdicts(form)["request-parameter-became-required"]
    assert sorted(found.values()) == ["breaks", "unaffected"]
    assert found["storefront"] == "breaks"


def test_a_fix_is_no_break(shop: Defacto) -> None:
    code, form = check(shop, RIGHT)
    assert (code, form["verdict"]) == (0, "compatible")
    (one,) = form["changes"]  # type: ignore[misc]  # JSON
    assert one["fix"]


def test_documents_alone_need_no_store(defacto: Defacto) -> None:
    Path("openapi.yaml").write_text(DOCUMENT, encoding="utf-8")
    code, form = check(defacto, NO_TOTAL, "--no-usage")
    assert (code, form["verdict"], form["usage"]) == (1, "breaking", False)
    assert verdicts(form) == {"response-property-removed": {}}
    assert check(defacto, DOCUMENT.replace("orders\n", "all orders\n"), "--no-usage")[0] == 0


def test_without_a_base_traffic_is_what_is(shop: Defacto) -> None:
    said = shop("check", "openapi.yaml", "--format", "json")
    form = json.loads(said.out)
    gone = {one["subject"]: one for one in form["changes"] if one["rule"] == "response-property-removed"}
    consumers = gone["response.200.body.items[].ref"]["consumers"]
    assert {one["consumer"]: one["verdict"] for one in consumers} == {
        "billing": "breaks",
        "storefront": "may-break",
    }
    assert said.code == 1


def test_a_change_announced_by_hand(shop: Defacto) -> None:
    said = shop("check", "--change", "remove GET /orders 200 body items[].ref")
    assert said.code == 1
    assert "billing breaks: uses it" in " ".join(said.out.split())
    assert shop("check", "--change", "latency p99 1 ms").code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Give the new document, or --change"),
        (["--change", "x", "--no-usage"], "that needs a store"),
        (["--change", "tear it down"], "is no change that is understood"),
        (["openapi.yaml", "--no-usage"], "give --base OLD"),
        (["--change", "remove GET /a", "--base", "openapi.yaml"], "goes with a new document"),
        (["openapi.yaml", "--severity", "nonsense=warning"], "There is no rule 'nonsense'"),
        (["openapi.yaml", "--severity", "operation-removed=bad"], "is none of breaking, warning, compatible"),
        (["openapi.yaml", "--producer", "other"], "There is no producer 'other'"),
        (["--rules", "--format", "sarif"], "told as text or json"),
    ],
)
def test_used_wrongly_is_exit_code_2(shop: Defacto, arguments: list[str], told: str) -> None:
    said = shop("check", *arguments)
    assert said.code == 2
    assert told in said.err


@pytest.mark.parametrize("arguments", [["none.yaml"], ["openapi.yaml", "--store", "none.db"]])
def test_what_cannot_be_read_is_exit_code_3(shop: Defacto, arguments: list[str]) -> None:
    assert shop("check", *arguments).code == 3


def test_several_producers_must_be_told_apart(shop: Defacto, tmp_path: Path) -> None:
    record(tmp_path, "other")
    said = shop("check", "openapi.yaml")
    assert said.code == 2
    assert "There are: other, shop" in said.err


def test_severity_is_configurable(shop: Defacto) -> None:
    code, form = check(shop, HEAD, "--severity", "operation-removed=compatible")
    assert (code, form["verdict"]) == (0, "compatible")


def test_rules_are_listed(defacto: Defacto) -> None:
    assert "response-property-removed" in defacto("check", "--rules").out
    form = json.loads(defacto("check", "--rules", "--format", "json").out)
    assert {"rule", "meaning", "compatibility", "severity", "example", "kind"} == form["rules"][0].keys()


def test_formats(shop: Defacto) -> None:
    Path("new.yaml").write_text(NO_ID, encoding="utf-8")
    asked = ("check", "new.yaml", "--base", "openapi.yaml", "--format")
    assert shop(*asked, "markdown").out.startswith("## Look before you ship")
    assert ET.fromstring(shop(*asked, "junit").out).tag == "testsuite"
    assert json.loads(shop(*asked, "sarif").out)["runs"]
    assert shop(*asked, "github").out.startswith("::warning file=new.yaml,line=")
    assert "new.yaml" in shop(*asked, "text").out


def test_avro(defacto: Defacto) -> None:
    old = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}
    new = {**old, "fields": [*old["fields"], {"name": "b", "type": "int"}]}
    for name, schema in (("old.avsc", old), ("new.avsc", new)):
        Path(name).write_text(json.dumps(schema), encoding="utf-8")
    asked = ("check", "new.avsc", "--base", "old.avsc", "--no-usage")
    assert defacto(*asked).code == 1
    assert defacto(*asked, "--mode", "forward").code == 0
    Path("openapi.yaml").write_text(DOCUMENT, encoding="utf-8")
    assert defacto("check", "openapi.yaml", "--base", "old.avsc", "--no-usage").code == 3


TERMS = ("--accept", "--by", "anna", "--reason", "all send it by Friday")


def test_what_was_reviewed_passes_from_then_on(shop: Defacto) -> None:
    assert check(shop, REQUIRED)[0] == 1
    said = shop("check", "new.yaml", "--base", "openapi.yaml", *TERMS)
    assert said.code == 0
    assert "1 break accepted in contract.yaml." in said.err
    assert "Accepted by anna" in said.out
    text = Path("contract.yaml").read_text("utf-8")
    assert "rule: request-parameter-became-required" in text
    assert "- storefront" in text
    code, form = check(shop, REQUIRED)
    assert (code, form["verdict"]) == (0, "compatible")
    Path("contract.yaml").write_text(text.replace("- storefront", "- another"), encoding="utf-8")
    assert check(shop, REQUIRED)[0] == 1
    assert shop("check", "new.yaml", "--base", "openapi.yaml", *TERMS).code == 0  # written anew


def test_accepting_says_who_and_why_and_only_what_breaks(shop: Defacto) -> None:
    check(shop, REQUIRED)
    for missing in (("--accept",), ("--accept", "--by", "anna")):
        said = shop("check", "new.yaml", "--base", "openapi.yaml", *missing)
        assert said.code == 2
        assert "Give --" in said.err
    check(shop, RIGHT)
    said = shop("check", "new.yaml", "--base", "openapi.yaml", *TERMS)
    assert "there is nothing to accept" in said.err
    assert not Path("contract.yaml").exists()


def test_nothing_is_accepted_until_a_day_that_has_passed(shop: Defacto) -> None:
    check(shop, REQUIRED)
    said = shop("check", "new.yaml", "--base", "openapi.yaml", *TERMS, "--accept-until", "2020-01-01")
    assert said.code == 2
    assert "2020-01-01 has passed" in said.err
    assert not Path("contract.yaml").exists()


DAY = 86_400
STAYS = "interface: {{producer: shop}}\npolicy: {{evidence: {{stays_days: {}}}}}\n"


@pytest.fixture
def left_behind(shop: Defacto, tmp_path: Path) -> Defacto:
    """The shop a hundred days on: storefront still lists the orders, billing was not seen again."""
    with Store.open(str(tmp_path / "defacto.db")) as store:
        orders = {"items": [{"id": "o1", "total": "9.90", "ref": "late"}]}
        days = range(80, 101, 5)
        store.write([call(day * DAY, "GET", "/orders", consumer="storefront", got=orders) for day in days])
        fold(store)
    return shop


def test_who_has_left_by_the_policy_stops_blocking(left_behind: Defacto) -> None:
    asked = ("check", "--change", "remove GET /orders 200 body items[].ref")
    assert left_behind(*asked).code == 1  # without a ledger nobody leaves
    for days, code in ((90, 0), (200, 1)):
        Path("contract.yaml").write_text(STAYS.format(days), encoding="utf-8")
        assert left_behind(*asked).code == code
    Path("contract.yaml").write_text(STAYS.format(90), encoding="utf-8")
    said = left_behind(*asked, "--format", "json")
    form = json.loads(said.out)
    assert form["verdict"] == "warning"
    assert form["headline"].endswith("billing would break, and has left")
    hits = {one["consumer"]: one for one in form["changes"][0]["consumers"]}
    assert hits["billing"]["verdict"] == "breaks"
    assert hits["billing"]["left"].startswith("last seen 2023-11-14, more than 90 days before the end of")
    assert hits["storefront"]["left"] == ""
    assert left_behind(*asked, "--fail-on", "warning").code == 1


def test_less_than_the_policy_wants_is_told(shop: Defacto) -> None:
    Path("contract.yaml").write_text("interface: {producer: shop}\n", encoding="utf-8")
    code, form = check(shop, REQUIRED)
    assert code == 1
    (doubt,) = form["doubts"]  # type: ignore[misc]  # JSON
    assert "the policy wants 7 days" in doubt
    Path("contract.yaml").unlink()
    assert check(shop, REQUIRED)[1]["doubts"] == []


def test_nothing_seen_is_a_warning_where_the_policy_says_so(shop: Defacto) -> None:
    Path("contract.yaml").write_text("policy: {no_data: warn}\n", encoding="utf-8")
    code, form = check(shop, HEAD)
    assert (code, form["verdict"]) == (0, "warning")
    assert set(verdicts(form)["operation-removed"].values()) == {"unknown"}
