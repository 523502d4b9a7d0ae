"""A real document joined with a hand-built map."""

from __future__ import annotations

from dataclasses import replace

from contract.claim import Claim, Consumer, ContractMap, Evidence, Level, OperationMap, ProducerMap, Standing
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


def test_several_documents_make_one_report() -> None:
    both = replace(
        orders(),
        producers=tuple(
            replace(orders().producers[0], name=name, consumers=(consumer(seen),))
            for name, seen in (("orders", 5), ("stock", 9))
        ),
    )
    drift = drift_between(both, load(DOCUMENT, producer="stock"), load(DOCUMENT, producer="orders"))
    assert list(drift.documents) == ["stock", "orders"]
    assert [one.producer for one in drift.compared] == ["stock"] * 3 + ["orders"] * 3
    (web,) = drift.consumers
    assert (web.observations, web.first_seen, web.last_seen) == (80, 5, 10)
    assert (web.identities, web.bases) == (("header:web",), ("header",))


def consumer(first_seen: int) -> Consumer:
    return Consumer(
        name="web",
        identities=("header:web",),
        bases=("header",),
        observations=40,
        first_seen=first_seen,
        last_seen=first_seen + 1,
    )


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


def test_what_is_declared_of_a_path_is_declared_of_all_that_it_serves() -> None:
    document = """
openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /graphql: {post: {responses: {"200": {description: an answer}}}}
  /hooks: {post: {responses: {"204": {description: taken}}}}
"""
    keys = ("POST /graphql#Orders", "POST /graphql#Pay", "GET /graphql#Orders")
    operations = tuple(
        OperationMap(
            key=key,
            protocol="http",
            observations=40,
            consumers={"web": 40},
            claims=(claim("response.200", Occurs(), key), claim("response.503", Occurs(), key)),
        )
        for key in keys
    )
    producers = (ProducerMap(name="orders", operations=operations),)
    compared = compare(replace(orders(), producers=producers), load(document, producer="orders"))
    assert [one.operation.key for one in compared] == [*keys, "POST /hooks"]
    standing = {
        one.operation.key: [claim.standing for claim in one.operation.claims if claim.evidence.total]
        for one in compared
    }
    told = [Standing.DECLARED, Standing.UNDECLARED]
    assert standing == {keys[0]: told, keys[1]: told, keys[2]: [Standing.UNDECLARED] * 2, "POST /hooks": []}
