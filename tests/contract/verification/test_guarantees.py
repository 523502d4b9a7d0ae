"""Where guarantees come from, and how they can be checked."""

from __future__ import annotations

import json

import pytest

from contract.claim import Claim, Dependence, Evidence, Level, OperationMap, ProducerMap
from contract.clause import Clause, Kind
from contract.declared import load
from contract.kinds import Enum, Latency, Lifecycle, Occurs, Present, Retry, Type
from contract.subject import parse
from contract.verification.checks import Check, checks_of, of_consumers, uncovered
from contract.verification.guarantees import of_document, of_file, of_map, with_statuses
from store.errors import DefactoError

GET, POST, EVENT = "GET /orders/{id}", "POST /orders", "RECEIVE orders.created"
DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{order_id}:
    parameters: [{name: order_id, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        "200":
          description: an order
          content:
            application/json:
              schema: {type: object, required: [id], additionalProperties: false,
                properties: {id: {type: string}, note: {type: [string, "null"]}}}
"""


def clause(operation: str, subject: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation=operation, subject=parse(subject), kind=kind)


def claim(one: Clause, *levels: tuple[str, Level], held: int = 40, broken: int = 0, doubt: str = "") -> Claim:
    links = tuple(
        Dependence(consumer=who, level=level, basis="sent back", count=1, first_seen=1, last_seen=2)
        for who, level in levels
    )
    return Claim(clause=one, evidence=Evidence(held=held, broken=broken), dependence=links, doubt=doubt)


def observed(*claims: Claim) -> ProducerMap:
    operations = {one.clause.operation for one in claims}
    return ProducerMap(
        name="shop",
        operations=tuple(
            OperationMap(
                key=key,
                protocol="http",
                observations=40,
                consumers={"billing": 40},
                claims=tuple(one for one in claims if one.clause.operation == key),
            )
            for key in sorted(operations)
        ),
    )


IDENTITY = clause(GET, "response.200.body.id", Present(always=True))


def test_what_is_used_is_guaranteed_and_what_is_received_is_not() -> None:
    used = claim(IDENTITY, ("billing", Level.USED), ("web", Level.EXPOSED))
    sent = claim(clause(GET, "response.200.body.ref", Present(always=True)), ("web", Level.EXPOSED))
    doubted = claim(clause(GET, "response.200.body.x", Type(("string",))), ("a", Level.USED), doubt="few")
    habit = claim(clause(GET, "response.503", Retry(2, "none", 1.0)), ("a", Level.PROVEN))
    loose = claim(clause(GET, "response.200.body.y", Present(always=False)), ("a", Level.USED))
    (found,) = of_map(observed(used, sent, doubted, habit, loose))
    assert (found.clause, found.consumers, found.tolerated) == (IDENTITY, ("billing",), 0.0)
    assert found.source == "billing: sent back"


def test_an_inferred_envelope_leaves_room_for_what_its_evidence_does() -> None:
    latency = clause(GET, "response.200.latency", Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=40))
    (few,) = of_map(observed(claim(latency, ("a", Level.PROVEN), held=40)))
    (many,) = of_map(observed(claim(latency, ("a", Level.PROVEN), held=990, broken=10)))
    assert few.tolerated == pytest.approx(0.075)
    assert 0.01 < many.tolerated < 0.02


def test_a_document_guarantees_what_it_says() -> None:
    declared = load(DOCUMENT, producer="shop")
    asked = claim(clause("GET /orders/{order_id}", "response.200.body.id", Present(always=True)))
    asked = claim(asked.clause, ("billing", Level.REQUESTED), ("web", Level.EXPOSED))
    found = {
        (str(one.clause.subject), one.clause.kind.name): one for one in of_document(declared, observed(asked))
    }
    assert found["response.200.body.id", "present"].consumers == ("billing",)
    assert ("response.200.body", "closed") in found
    assert ("response.200.body.note", "present") not in found
    assert all(one.source == f"declared in {declared.source}" for one in found.values())
    assert of_document(declared, None)


def test_a_success_that_is_spoken_of_must_come() -> None:
    (used,) = of_map(observed(claim(IDENTITY, ("billing", Level.USED))))
    first, implied = with_statuses([used])
    assert first is used
    assert (implied.clause.kind, str(implied.clause.subject)) == (Occurs(), "response.200")
    assert implied.consumers == ("billing",)
    assert with_statuses([first, implied]) == [first, implied]


def test_a_file_of_clauses() -> None:
    row = {
        "subject": "response.200.body.status",
        "kind": "enum",
        "value": ["paid"],
        "evidence": {"held": 9, "broken": 0},
        "dependence": [
            {"consumer": "billing", "level": "used"},
            {"consumer": "web", "level": "exposed"},
        ],
    }
    text = json.dumps({"producers": [{"name": "shop", "operations": [{"key": GET, "clauses": [row]}]}]})
    (found,) = of_file(text, "map.json")
    assert found.clause == clause(GET, "response.200.body.status", Enum.of(["paid"]))
    assert (found.consumers, found.source) == (("billing",), "listed in map.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"producers": [{"name": 1}]}', '{"producers": 3}'])
def test_a_file_of_something_else_is_said(text: str) -> None:
    with pytest.raises(DefactoError, match=r"map\.json does not hold the clauses of a map"):
        of_file(text, "map.json")


LIFE = Lifecycle((("placed", "paid"),), ("placed",), ("paid",))


@pytest.mark.parametrize(
    ("one", "checks", "gap"),
    [
        (IDENTITY, (Check.GATE, Check.REPLAY, Check.TEST, Check.STORE), ""),
        (clause(GET, "response.200.body.status", LIFE), (Check.STORE,), "several exchanges"),
        (
            clause(POST, "response.201.body.id", Present(always=True)),
            (Check.GATE, Check.STORE),
            "POST is not",
        ),
        (
            clause(POST, "request.body.id", Present(always=True)),
            (Check.GATE, Check.STORE),
            "what consumers send",
        ),
        (
            clause(EVENT, "response.message.body.id", Present(always=True)),
            (Check.GATE, Check.STORE),
            "messages",
        ),
        (clause(GET, "response.503", Retry(2, "none", 1.0)), (), "what consumers do"),
    ],
)
def test_how_a_clause_is_checked(one: Clause, checks: tuple[Check, ...], gap: str) -> None:
    assert checks_of(one, declared=True) == checks
    assert checks_of(one, declared=False) == tuple(check for check in checks if check is not Check.GATE)
    assert gap in uncovered(one)
    assert bool(uncovered(one)) is bool(gap)
    assert of_consumers(one) is not bool(checks)
