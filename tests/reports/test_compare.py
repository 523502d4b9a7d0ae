"""A real document joined with a hand-built map."""

from __future__ import annotations

from contract.claim import Claim, ContractMap, Evidence, Level, OperationMap, ProducerMap, Standing
from contract.clause import Clause, Kind
from contract.kinds import Occurs, Present, Type
from contract.openapi import load
from contract.subject import parse
from reports.compare import compare, drift_between, stood
from reports.finding import Scope
from store.records import Capture
from tests.reports.conftest import depends

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        "200":
          description: an order
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties: {id: {type: string}, note: {type: string}}
        default: {description: an error}
    delete:
      responses: {"204": {description: gone}}
"""
KEY = "GET /orders/{id}"


def claim(subject: str, kind: Kind, key: str = KEY, level: Level = Level.EXPOSED) -> Claim:
    return Claim(
        clause=Clause(producer="orders", operation=key, subject=parse(subject), kind=kind),
        evidence=Evidence(held=40, broken=0, first_seen=1, last_seen=2),
        dependence=(depends("web", level),),
    )


def orders() -> ContractMap:
    always, string = Present(always=True), Type(("string",))
    seen = (
        claim("response.200", Occurs()),
        claim("response.200.body", Type(("object",))),
        claim("response.200.body.id", always),
        claim("response.200.body.id", Type(("integer",))),
        claim("response.200.body.note", always, level=Level.USED),
        claim("response.200.body.note", string),
        claim("response.200.body.courier", string, level=Level.USED),
        claim("response.503", Occurs()),
    )
    export = (claim("response.200", Occurs(), "GET /export", Level.REQUESTED),)
    operations = tuple(
        OperationMap(key=key, protocol="http", observations=40, consumers={"web": 40}, claims=claims)
        for key, claims in ((KEY, seen), ("GET /export", export))
    )
    return ContractMap(
        generated_at=3,
        window=(1, 2),
        capture=Capture(observed=80),
        producers=(ProducerMap(name="orders", operations=operations),),
    )


def test_operations_of_both_sides_are_compared() -> None:
    compared = compare(orders(), load(DOCUMENT, producer="orders"))
    assert [one.operation.key for one in compared] == [KEY, "GET /export", "DELETE /orders/{id}"]
    assert [one.promised is None for one in compared] == [False, True, False]


def test_findings_of_a_real_document() -> None:
    drift = drift_between(orders(), load(DOCUMENT, producer="orders"))
    found = {
        (finding.operation, str(finding.place or ""), finding.standing, finding.scope)
        for finding in drift.findings
        if finding.standing is not Standing.DECLARED
    }
    assert found >= {
        (KEY, "response.200.body.id", Standing.CONTRADICTED, Scope.STRENGTH),
        (KEY, "response.200.body.courier", Standing.UNDECLARED, Scope.PLACE),
        (KEY, "response.200.body.note", Standing.UNDECLARED, Scope.STRENGTH),
        ("GET /export", "", Standing.UNDECLARED, Scope.OPERATION),
        ("DELETE /orders/{id}", "", Standing.UNOBSERVED, Scope.OPERATION),
    }
    assert not {place for _, place, _, _ in found if place.startswith("response.503")}  # default covers it
    assert drift.failing


def test_a_contradiction_says_where_the_document_states_it() -> None:
    drift = drift_between(orders(), load(DOCUMENT, producer="orders"))
    (finding,) = drift.of(Standing.CONTRADICTED)
    assert finding.pointer.startswith("#/paths/~1orders~1{id}/get/responses/200")


def test_the_map_says_how_each_claim_stands() -> None:
    stands = stood(orders(), load(DOCUMENT, producer="orders"))
    standing = {
        (one.key, str(claim.clause.subject), claim.clause.kind.name): claim.standing
        for one in stands.producers[0].operations
        for claim in one.claims
    }
    assert standing[KEY, "response.200.body.id", "present"] is Standing.DECLARED
    assert standing[KEY, "response.200.body.id", "type"] is Standing.CONTRADICTED
    assert standing["GET /export", "response.200", "occurs"] is Standing.UNDECLARED
    assert standing["DELETE /orders/{id}", "response.204", "occurs"] is Standing.UNOBSERVED
