from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from inference.fold import fold
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from store.records import Exchange
    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

DOCS = Path(__file__).parents[2] / "docs"

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: status, in: query, schema: {type: string}}]
      responses:
        "200":
          description: orders
          content:
            application/json:
              schema:
                type: object
                required: [items]
                properties:
                  items:
                    type: array
                    items:
                      type: object
                      required: [id, total]
                      properties: {id: {type: string}, total: {type: integer}}
  /orders/{order_id}:
    parameters: [{name: order_id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: an order, content: {application/json: {schema: {type: object}}}}}}
    delete: {responses: {"204": {description: gone}}}
"""


def traffic() -> Iterator[Exchange]:
    """Two consumers, at no steady period; billing goes from the undeclared `ref` of an order to the order."""
    for turn in range(30):
        at = turn * 60 + turn * turn * 7 % 43
        refs = [f"{turn:04x}-a1b2c3d4e5f60718-{item}" for item in range(3)]
        items = [{"id": f"o{turn}{item}", "total": "9.90", "ref": ref} for item, ref in enumerate(refs)]
        yield call(at, "GET", "/orders?status=open", got={"items": items})
        for item, ref in enumerate(refs):
            yield call(at + item + 1, "GET", f"/orders/{ref}", got={"id": f"o{turn}{item}"})
        yield call(at + 9, "GET", "/orders", consumer="storefront", got={"items": items})


@pytest.fixture
def shop(defacto: Defacto, tmp_path: Path) -> Defacto:
    record(tmp_path)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT, encoding="utf-8")
    return defacto


def record(folder: Path, producer: str = "shop") -> None:
    with Store.open(str(folder / "defacto.db")) as store:
        exchanges = [one for one in traffic() if producer == "shop" or one.path == "/orders"]
        store.write([renamed(one, producer) for one in exchanges])
        fold(store)


def renamed(exchange: Exchange, producer: str) -> Exchange:
    return exchange if producer == "shop" else replace(exchange, producer=producer, id=f"{exchange.id}x")


def document(said: Said) -> Any:
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_real_output_is_as_documented(shop: Defacto) -> None:
    form = document(shop("map", "--format", "json"))
    schema = json.loads((DOCS / "map.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    (producer,) = form["producers"]
    operations = {one["key"]: one for one in producer["operations"]}
    assert operations["GET /orders"]["observations"] == 60
    assert operations["GET /orders"]["consumers"] == ["billing", "storefront"]
    used = {
        (clause["subject"], link["consumer"])
        for clause in operations["GET /orders"]["clauses"]
        for link in clause["dependence"]
        if link["level"] == "used"
    }
    assert used == {("response.200.body.items[].ref", "billing")}


def test_text_answers_who_relies_on_what(shop: Defacto) -> None:
    said = shop("map")
    assert said.code == 0
    assert "2 consumers call 2 operations of shop." in said.out
    assert "● billing" in said.out
    assert "\x1b" not in said.out


def test_narrowed_to_an_operation_and_a_consumer(shop: Defacto) -> None:
    form = document(shop("map", "--operation", "GET /orders", "--consumer", "storefront", "--format", "json"))
    (operation,) = form["producers"][0]["operations"]
    assert operation["consumers"] == ["storefront"]
    assert {link["consumer"] for clause in operation["clauses"] for link in clause["dependence"]} == {
        "storefront"
    }


def test_with_a_document_each_clause_has_its_standing(shop: Defacto) -> None:
    form = document(shop("map", "--declared", "openapi.yaml", "--format", "json"))
    standing = {
        (one["key"], clause["subject"], clause["kind"]): clause["standing"]
        for one in form["producers"][0]["operations"]
        for clause in one["clauses"]
    }
    assert standing["GET /orders", "response.200.body.items[].id", "present"] == "declared"
    assert standing["GET /orders", "response.200.body.items[].total", "type"] == "contradicted"
    assert standing["GET /orders", "response.200.body.items[].ref", "present"] == "undeclared"
    assert standing["DELETE /orders/{order_id}", "response.204", "occurs"] == "unobserved"


@pytest.mark.parametrize(("table", "column"), [("clauses", "statement"), ("matrix", "consumer billing")])
def test_csv(shop: Defacto, table: str, column: str) -> None:
    said = shop("map", "--format", "csv", "--table", table)
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 0
    assert column in rows[0]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "csv", "parquet"])
def test_every_format_goes_to_a_file(shop: Defacto, tmp_path: Path, form: str) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    said = shop("map", "--format", form, "-o", "report")
    assert (said.code, said.out) == (0, "")
    assert (tmp_path / "report").stat().st_size > 200


def test_a_binary_format_refuses_a_terminal(shop: Defacto, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    said = shop("map", "--format", "parquet")
    assert said.code == 2
    assert "-o FILE" in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--consumer", "nobody"), "There are: billing, storefront."),
        (("--producer", "nobody"), "There are: shop."),
        (("--since", "yesterday"), "is no instant"),
    ],
)
def test_used_wrongly(shop: Defacto, arguments: tuple[str, ...], message: str) -> None:
    said = shop("map", *arguments)
    assert said.code == 2
    assert message in said.err
    assert said.out == ""


def test_a_file_that_cannot_be_written(shop: Defacto) -> None:
    said = shop("map", "-o", "no/such/folder/report.txt")
    assert said.code == 3
    assert "cannot write" in said.err


def test_without_a_store(defacto: Defacto) -> None:
    assert defacto("map").code == 3


def test_a_period_without_traffic_says_so(shop: Defacto) -> None:
    said = shop("map", "--until", "2001-01-01")
    assert said.code == 0
    assert "Nothing was observed" in said.out


def test_what_is_not_folded_is_told(shop: Defacto, tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write([call(9_999, "GET", "/orders")])
    said = shop("map")
    assert said.code == 0
    assert "not folded yet" in said.err


def test_candidates_are_told_apart_with_their_doubt(shop: Defacto) -> None:
    plain = document(shop("map", "--format", "json"))
    form = document(shop("map", "--format", "json", "--candidates"))
    schema = json.loads((DOCS / "map.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    for one, two in zip(plain["producers"][0]["operations"], form["producers"][0]["operations"], strict=True):
        assert "candidates" not in one
        assert one["clauses"] == two["clauses"]
        assert all(not clause["doubt"] for clause in two["clauses"])
        assert two["candidates"]
        assert all(clause["doubt"] for clause in two["candidates"])


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_candidates_for_people(shop: Defacto, form: str) -> None:
    said = shop("map", "--candidates", "--operation", "GET /orders", "--format", form)
    assert said.code == 0
    assert "nearly claimed" in said.out.lower()
    assert "nearly claimed" not in shop("map", "--operation", "GET /orders", "--format", form).out.lower()


def test_tables_hold_no_candidates(shop: Defacto) -> None:
    assert shop("map", "--candidates", "--format", "csv").code == 2


def test_explain_claims_and_candidates(shop: Defacto) -> None:
    form = document(shop("map", "--format", "json", "--candidates"))
    (operation,) = [one for one in form["producers"][0]["operations"] if one["key"] == "GET /orders"]
    claimed, doubted = operation["clauses"][-1], operation["candidates"][0]
    said = shop("map", "--explain", claimed["id"][:8])
    assert said.code == 0
    assert "\nClaimed.\n" in said.out
    assert claimed["id"] in said.out
    told = document(shop("map", "--explain", doubted["id"], "--format", "json"))
    assert told["verdict"] == f"Not claimed: {doubted['doubt']}."
    assert told["id"] == doubted["id"]


def test_explain_with_a_document_says_where_it_stands(shop: Defacto) -> None:
    drift = json.loads(shop("drift", "--declared", "openapi.yaml", "--format", "json").out)
    (broken,) = drift["contradicted"]
    said = shop("map", "--explain", broken["id"], "--declared", "openapi.yaml")
    assert "Contradicted: the document states that" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--explain", "nosuchid9"), "No clause has an id that begins with"),
        (("--explain", ""), "clauses have an id that begins with"),
        (("--explain", "PLACE", "--format", "html"), "told as text or json"),
    ],
)
def test_explain_used_wrongly(shop: Defacto, arguments: tuple[str, ...], words: str) -> None:
    form = document(shop("map", "--format", "json"))
    some = form["producers"][0]["operations"][0]["clauses"][0]["id"]
    said = shop("map", *(some if one == "PLACE" else one for one in arguments))
    assert said.code == 2
    assert words in said.err
