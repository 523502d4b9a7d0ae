"""Clauses of operations: a schema × what was selected, and what was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import graphql_sync
from hypothesis import assume, given
from hypothesis import strategies as st

from contract.claim import Claim, Evidence, OperationMap
from contract.clause import Clause, Holds
from contract.declared import load
from contract.graphql.declared import DeclaredSchema
from contract.kinds import Nullable, Type
from contract.place import Places
from contract.selections import read
from contract.subject import parse
from tests.inference.traffic import call

if TYPE_CHECKING:
    from contract.clause import Kind
    from contract.openapi.declared import DeclaredContract, DeclaredOperation

SDL = '''
"""Where all begins."""
type Query {
  order(id: ID!): Order
  orders(first: Int, where: Where): [Order!]!
  node: Node
  found: [Found]
  unused: Unused
}
type Mutation { pay(id: ID!): Order! }
interface Node { id: ID! }
type Order implements Node {
  id: ID!  total: Float  status: Status!  at: Time!  lines: [Line!]  parent: Order
  sum: Int @deprecated(reason: "use total")
}
type Line implements Node { id: ID!  quantity: Int! }
union Found = Order | Line
type Unused { a: Int  b: Int }
enum Status { OPEN PAID }
scalar Time
input Where { status: [Status!]  total: Float!  first: Int! = 3  not: Where }
'''
SHOP = load(SDL, producer="shop")
KEY = "POST /graphql#Q"


def form(document: str) -> str:
    found = read(document, "")
    assert found is not None
    return found.selection


def operation(*documents: str, key: str = KEY, seen: tuple[tuple[str, Kind], ...] = ()) -> OperationMap:
    return OperationMap(
        key=key,
        protocol="http",
        observations=5,
        consumers={"web": 5},
        selections=tuple(form(one) if "{" in one else one for one in documents),
        claims=tuple(
            Claim(
                clause=Clause(producer="shop", operation=key, subject=parse(subject), kind=kind),
                evidence=Evidence(held=5, broken=0),
            )
            for subject, kind in seen
        ),
    )


def declared(*operations: OperationMap) -> DeclaredContract:
    assert isinstance(SHOP, DeclaredSchema)
    return SHOP.observed(operations)


def promised(*operations: OperationMap) -> DeclaredOperation:
    return declared(*operations).operations[0]


def answer(*documents: str, key: str = KEY) -> list[str]:
    """What is said of the data of answers, without the word that all begin with."""
    one = promised(operation(*documents, key=key))
    return [
        f"{str(clause.subject).removeprefix('response.200.body.')} {clause.kind.name} {clause.kind.value}"
        for clause, _ in one.responses["200"]
        if "data." in str(clause.subject)
    ]


def test_what_is_selected_is_there_and_of_its_type() -> None:
    assert answer("{ orders { key: id total status at lines { quantity } } }") == [
        "data.orders present always",
        "data.orders type ['array']",
        "data.orders nullable False",
        "data.orders[] type ['object']",
        "data.orders[] nullable False",
        "data.orders[].at present always",
        "data.orders[].key present always",
        "data.orders[].key type ['string']",
        "data.orders[].key nullable False",
        "data.orders[].lines present always",
        "data.orders[].lines type ['array']",
        "data.orders[].lines nullable True",
        "data.orders[].lines[] type ['object']",
        "data.orders[].lines[] nullable False",
        "data.orders[].lines[].quantity present always",
        "data.orders[].lines[].quantity type ['integer']",
        "data.orders[].lines[].quantity nullable False",
        "data.orders[].status present always",
        "data.orders[].status type ['string']",
        "data.orders[].status nullable False",
        "data.orders[].status enum ['OPEN', 'PAID']",
        "data.orders[].total present always",
        "data.orders[].total type ['number']",
        "data.orders[].total nullable True",
    ]


def test_the_messages_of_a_subscription_are_answers_to_the_operation_that_asked() -> None:
    call = operation("{ orders { status } }")
    path = KEY.partition(" ")[2]
    messages = [
        replace(operation(key=f"{verb} {at}"), selections=())
        for verb, at in (("RECEIVE", path), ("RECEIVE", "/graphql#Other"), ("SEND", path))
    ]
    asked, received, *rest = declared(call, *messages).operations
    assert received.key == f"RECEIVE {path}"
    assert not received.request
    assert [str(clause.subject) for clause, _ in received.responses["message"]] == [
        str(clause.subject).replace("response.200", "response.message")
        for clause, _ in asked.responses["200"]
        if "body" in str(clause.subject)
    ]
    assert {one.method for one in rest} == {"type"}, "nothing is known of the others"


def test_what_is_under_a_condition_or_of_another_type_may_be_missing() -> None:
    said = answer(
        "{ found { __typename ... on Node { id } ... on Line { quantity } ... on Nothing { x } } "
        "order(id: 1) { id @include(if: $a) ... @skip(if: $b) { total } "
        "... on Order { at } ... on Line { x } } }"
    )
    present = {one.split()[0].removeprefix("data."): one.split()[2] for one in said if " present " in one}
    assert present == {
        "found": "always",
        "found[].__typename": "always",
        "found[].id": "always",
        "found[].quantity": "sometimes",
        "order": "always",
        "order.at": "always",
        "order.id": "sometimes",
        "order.total": "sometimes",
    }


def test_selections_of_one_operation_are_taken_together() -> None:
    said = answer("{ order(id: 1) { id status } }", "{ order(id: 1) { id status: total } node { id } }")
    assert "data.order.id present always" in said
    assert "data.order.status type ['number', 'string']" in said
    assert "data.order.status nullable True" in said
    assert "data.node present sometimes" in said
    assert "data.node.id present always" in said


def test_what_the_schema_does_not_know_is_not_declared() -> None:
    said = answer("{ order(id: 1) { id vat { rate } } newer { id } }")
    assert [one for one in said if "vat" in one or "newer" in one] == []
    assert answer("subscription { paid { id } }") == []


def test_of_what_is_not_known_nothing_is_said_to_be_there() -> None:
    said = answer("{ order(id: 1) { id } }", "persisted.0123456789ab")
    assert "data.order.id type ['string']" in said
    assert not [one for one in said if " present " in one]
    assert answer("persisted.0123456789ab") == []


def test_the_data_may_be_null_where_it_was() -> None:
    key = "POST /graphql#Q"
    for seen, expected in ((False, False), (True, True)):
        null = (("response.200.body.data", Nullable(value=seen)),)
        clauses = promised(operation("{ node { id } }", key=key, seen=null)).responses["200"]
        (found,) = (
            clause.kind
            for clause, _ in clauses
            if str(clause.subject) == "response.200.body.data" and clause.kind.name == "nullable"
        )
        assert found == Nullable(value=expected)


def test_a_batch_is_an_array_of_answers() -> None:
    said = answer("{ node { id } }", "{ order(id: 1) { id } }", key="POST /graphql#[A+B]")
    assert "response.200.body[].data.node.id present always" in said
    assert "response.200.body[].data.node present sometimes" in said


def test_variables_are_of_their_types() -> None:
    one = operation(
        "query($id: ID!, $first: Int! = 3, $where: Where, $newer: Newer!) { order(id: $id) { id } }",
        seen=(("request.body.variables.id", Type(("string",))), ("request.body.query", Type(("string",)))),
    )
    said = [
        f"{str(clause.subject).removeprefix('request.body.')} {clause.kind.name} {clause.kind.value}"
        for clause, _ in promised(one).request
    ]
    assert [one for one in said if not one.startswith("variables.where.not")] == [
        "request.body type ['object']",
        "request.body nullable False",
        "query present sometimes",
        "query type ['string']",
        "query nullable True",
        "variables present sometimes",
        "variables type ['object']",
        "variables nullable False",
        "variables.id present always",
        "variables.id type ['integer', 'string']",
        "variables.id nullable False",
        "variables.where.status present sometimes",
        "variables.where.status type ['array', 'string']",
        "variables.where.status nullable True",
        "variables.where.status[] type ['string']",
        "variables.where.status[] nullable False",
        "variables.where.status[] enum ['OPEN', 'PAID']",
        "variables.where.total present always",
        "variables.where.total type ['number']",
        "variables.where.total nullable False",
        "variables.where.first present sometimes",
        "variables.where.first type ['integer']",
        "variables.where.first nullable False",
    ]


def test_deprecated_fields_that_are_selected_are_told() -> None:
    said = answer("{ orders { old: sum id } }")
    assert [one for one in said if "deprecated" in one] == [
        "data.orders[].old deprecated {'reason': 'use total'}"
    ]


def test_clauses_say_which_field_of_the_schema_states_them() -> None:
    pointers = {
        str(clause.subject): pointer
        for clause, pointer in promised(operation("{ node { id ... on Line { quantity } } }")).responses[
            "200"
        ]
    }
    assert pointers["response.200.body.data.node.id"] == "Node.id"
    assert pointers["response.200.body.data.node.quantity"] == "Line.quantity"


def test_types_that_look_alike_are_described_once() -> None:
    types = "\n".join(f"type T{n} implements N {{ id: ID! n: N }}" for n in range(300))
    many = load(f"type Query {{ n: N }}\ninterface N {{ id: ID! n: N }}\n{types}", producer="shop")
    assert isinstance(many, DeclaredSchema)
    found = many.observed([operation("{" + " n { id" * 20 + "}" * 21)])
    assert len(found.operations[0].responses["200"]) == 20 * 6


def test_what_nobody_selects_is_told_of_the_types_that_somebody_does() -> None:
    found = declared(operation("{ orders { id status at } found { ... on Line { quantity } } }"))
    told = {
        one.key: [clause.subject.parts[1] for clause, _ in one.request]
        for one in found.operations
        if one.key.startswith("type ")
    }
    assert told == {
        "type Query": ["order", "node", "unused"],
        "type Mutation": ["pay"],
        "type Line": ["id"],
        "type Order": ["total", "lines", "parent", "sum"],
    }
    callers = {one.key: one.callers for one in found.operations}
    assert callers["type Order"] == {"web": 5}
    assert callers["type Mutation"] == {}


def test_without_graphql_only_where_operations_begin_is_told() -> None:
    rest = replace(operation("{ node { id } }", key="GET /health"), selections=())
    assert [one.key for one in declared(rest).operations] == ["type Query", "type Mutation"]


SELECTIONS = st.recursive(
    st.sampled_from(["id", "total", "status", "at", "x: id", "__typename", "total @include(if: true)"]),
    lambda inner: st.builds(
        lambda head, body: f"{head} {{ {' '.join(body)} }}",
        st.sampled_from(
            ["parent", "p: parent", "... on Order", "... on Node @skip(if: false)", "...", "... on Order"]
        ),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
VALUES: dict[str, Any] = {"at": st.just("now") | st.integers(), "status": st.sampled_from(["OPEN", "PAID"])}


def orders(parent: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"id": st.text(max_size=2), "total": st.none() | st.floats(0, 9), "parent": parent, **VALUES}
    )


@given(
    st.lists(SELECTIONS, min_size=1, max_size=3), orders(st.none() | orders(st.none() | orders(st.none())))
)
def test_no_answer_of_a_server_breaks_what_its_schema_promises(parts: list[str], order: Any) -> None:
    assert isinstance(SHOP, DeclaredSchema)
    document = f"{{ order(id: 1) {{ {' '.join(parts)} }} }}"
    got = graphql_sync(SHOP.schema, document, {"order": order}).formatted
    assume("data" in got)  # else it is not valid: of one name are two fields of different types
    exchange = call(0, "POST", "/graphql", sent={"query": document}, got=dict(got))
    one = promised(operation(document, seen=(("request.body.query", Type(("string",))),)))
    broken = [
        clause.key for clause in one.clauses_for(["200"]) if clause.hold(Places(exchange, KEY)) is Holds.NO
    ]
    assert broken == []
