"""`defacto drift --declared schema.graphql`: a GraphQL server that is newer than its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from inference.fold import fold
from store.store import Store
from tests.inference.traffic import call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.records import Exchange
    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

DOCS = Path(__file__).parents[2] / "docs"

SCHEMA = """
type Query { order(id: ID!): Order  orders(first: Int): [Order!]!  customer(id: ID!): Customer }
type Mutation { pay(input: Payment!): Order }
type Customer { id: ID!  name: String!  orders: [Order!]! }
type Order { id: ID!  status: Status!  paid: Boolean! @deprecated(reason: "see status")  note: String }
input Payment { order: ID!  amount: Float!  voucher: String }
"""
REST = """
extend type Order { total: Int!  lines: [Line!]! }
type Line { sku: String!  quantity: Int! }
enum Status { OPEN PAID }
"""

SHOWS = "query OrderById($id: ID!) { order(id: $id) { id status paid courier { name } total } }"
LISTS = "query Open { orders { id lines { sku } } }"
PAYS = "mutation Pay($input: Payment!) { pay(input: $input) { id status } }"


def traffic() -> Iterator[Exchange]:
    """The storefront shows, lists and pays orders. Totals have cents, and there is a courier by now."""

    def ask(at: int, document: str, data: Any, **variables: Any) -> Exchange:
        sent = {"query": document, "variables": variables}
        return call(at, "POST", "/graphql", consumer="storefront", sent=sent, got={"data": data})

    for turn in range(60):
        at = turn * 60 + turn * turn * 7 % 43
        id_, status = f"ord_{turn * 7919:08x}", "PAID" if turn % 2 else "OPEN"
        order: dict[str, Any] | None = {
            "id": id_,
            "status": status,
            "paid": bool(turn % 2),
            "courier": {"name": ["Ann", "Bo", "Cy"][turn % 3]},
            "total": turn + 0.25,
        }
        yield ask(at, SHOWS, {"order": order if turn % 5 else None}, id=id_)
        yield ask(at + 3, LISTS, {"orders": [{"id": id_, "lines": [{"sku": f"SKU-{turn % 7}"}]}]})
        payment = {"order": id_, "amount": turn * 3 + 1}
        yield ask(at + 9, PAYS, {"pay": {"id": id_, "status": status} if turn % 3 else None}, input=payment)


@pytest.fixture
def shop(defacto: Defacto, tmp_path: Path) -> Defacto:
    with Store.open(str(tmp_path / "defacto.db")) as store:
        store.write(list(traffic()))
        fold(store)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "shop.graphql").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "schema" / "rest.gql").write_text(REST, encoding="utf-8")
    return defacto


TOLD = """\
1 consumer relies on 4 things that nobody promised; 1 promise is not kept; 4 declared things were
never seen.
shop against schema · 2023-11-14 22:13 to 23:12 UTC · 180 observed · none lost

RELIED UPON, PROMISED BY NOBODY  4
  1  POST /graphql#OrderById  200 body data.order.courier is always an object, with 1 place inside
     Not declared. storefront selects it, 60 times. True in all 48; at 95% at most 6.2% break it.
     defacto show qyiykwri67ummx6d  [vem2ltmsrzj2]
  2  POST /graphql#Open  200 body data.orders[].id matches `^ord_[a-f0-9]{8}$`
     The place is declared, this is not. storefront selects it, 60 times. True in all 60; at 95% at
     most 5% break it.
     defacto show ksopeocl6x4jxab3  [tgrmlr7wccjo]
  3  POST /graphql#OrderById  200 body data.order.id repeats the body variables.id that was sent
     The place is declared, this is not. storefront selects it, 60 times. True in all 48; at 95% at
     most 6.2% break it.
     defacto show qyiykwri67ummx6d  [upizgfejp2yu]
  4  POST /graphql#Pay  200 body data.pay.id repeats the body variables.input.order that was sent
     The place is declared, this is not. storefront selects it, 60 times. True in all 40; at 95% at
     most 7.5% break it.
     defacto show c7zsygs5ydhm7hze  [5kl4d45ld7sn]

PROMISES THAT ARE NOT KEPT  1
  5  POST /graphql#OrderById  200 body data.order.total is always a number
     Declared: 200 body data.order.total is always an integer. storefront selects it, 60 times. Seen
     so in 48 observations.
     defacto show qyiykwri67ummx6d  [4ugrggrw4bnr]

DEPRECATED, AND IN USE  1
     The declaration says that it will go. Whoever asks for it must change first.
     POST /graphql#OrderById  200 body data.order.paid

SENT, PROMISED BY NOBODY, NO USE SEEN  4
     Consumers receive it. Reading leaves no trace, so they may rely on it all the same.
     3 operations  latency
     POST /graphql#Open  200 header content-type
     POST /graphql#OrderById  200 header content-type
     POST /graphql#Pay  200 header content-type

HOW CONSUMERS ASK, BEYOND WHAT THEY MUST  2
     Every request seen is like this, though the declaration allows others.
     POST /graphql#OrderById  body variables.id
     POST /graphql#Pay  body variables.input.order

DECLARED, NEVER SEEN  4
     Unused, or rarer than the period observed.
     POST /graphql#Pay  body variables.input.voucher
     type Line  quantity
     type Order  note
     type Query  customer
"""


def test_what_is_told(shop: Defacto) -> None:
    said = shop("drift", "--declared", "schema")
    assert (said.code, said.err) == (1, "")
    text = said.out[: said.out.index("PROMISED AND KEPT")]
    assert [line.rstrip() for line in text.rstrip().splitlines()] == TOLD.splitlines()


def test_programs_are_told_which_field_of_which_type(shop: Defacto) -> None:
    form = json.loads(shop("drift", "--declared", "schema", "--format", "json").out)
    schema = json.loads((DOCS / "drift.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(form)
    (broken,) = form["contradicted"]
    assert broken["declared"] == {
        "statement": "200 body data.order.total is always an integer",
        "value": ["integer"],
        "pointer": "Order.total",
    }
    deprecated = [clause["statement"] for clause in form["declared"] if clause["decision"] == "deprecated"]
    assert deprecated == ["200 body data.order.paid is deprecated: see status"]
    assert {clause["operation"] for clause in form["unobserved"]} == {
        "POST /graphql#Pay",
        "type Line",
        "type Order",
        "type Query",
    }


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_other_formats_tell_the_reason_of_what_is_deprecated(shop: Defacto, form: str) -> None:
    said = shop("drift", "--declared", "schema", "--format", form)
    assert said.code == 1
    assert "deprecated: see status" in said.out


def test_the_map_says_how_each_claim_stands(shop: Defacto) -> None:
    form = json.loads(shop("map", "--declared", "schema", "--format", "json").out)
    (producer,) = form["producers"]
    pay = next(one for one in producer["operations"] if one["key"] == "POST /graphql#Pay")
    standing = {clause["key"].partition(" · ")[2]: clause["standing"] for clause in pay["clauses"]}
    assert standing["200 body data.pay.status · enum"] == "declared"
    assert standing["body variables.input.amount · present"] == "declared"
    assert standing["body variables.input.voucher · present"] == "unobserved"


def test_an_invalid_schema_says_where(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "schema" / "rest.gql").write_text("extend type Order {\n  lines: [Line] }", encoding="utf-8")
    said = shop("drift", "--declared", "schema")
    assert said.code == 3
    assert "rest.gql, line 2, column 11: Unknown type 'Line'." in said.err


def test_a_document_of_the_path_is_one_of_its_operations(shop: Defacto, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\npaths:\n"
        "  /graphql: {post: {responses: {'200': {description: an answer}}}}\n",
        encoding="utf-8",
    )
    form = json.loads(shop("drift", "--declared", "openapi.yaml", "--format", "json").out)
    assert form["unobserved"] == []
    assert {(one["operation"], one["kind"]) for one in form["declared"]} == {
        (f"POST /graphql#{name}", "occurs") for name in ("OrderById", "Open", "Pay")
    }
    assert not [one for one in form["undeclared"] if one["scope"] == "operation"]
