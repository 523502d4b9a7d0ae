"""Kinds about several exchanges together: what they say, and how they relate."""

from __future__ import annotations

from typing import Any

import pytest

from contract.clause import Clause, Holds, Kind, Relation
from contract.kinds import (
    EffectWithin,
    FollowedBy,
    Lifecycle,
    Pagination,
    PrecededBy,
    Present,
    ReadYourWrites,
    kind_from,
)
from contract.place import Places
from contract.subject import parse
from tests.inference.traffic import call

LIFE = Lifecycle(
    (("placed", "paid"), ("paid", "shipped"), ("placed", "cancelled")), ("placed",), ("cancelled", "shipped")
)
STRAIGHT = Lifecycle((("placed", "paid"), ("paid", "shipped")), ("placed",), ("shipped",))
BEFORE = PrecededBy("POST /payments", "response.201.body.id")
AFTER = FollowedBy("POST /payments/{id}/capture", "request.path.id", 340)
SENTENCES: list[tuple[str, Kind, str]] = [
    ("request.path.id", BEFORE, "path id always comes from an earlier POST /payments (201 body id)"),
    (
        "response.201.body.id",
        AFTER,
        "201 body id is always sent to POST /payments/{id}/capture (path id), mostly within 340 ms",
    ),
    ("response.200.body.status", STRAIGHT, "200 body status goes placed → paid → shipped"),
    ("response.200.body.status", LIFE, "200 body status goes placed → paid → shipped, placed → cancelled"),
    ("response.200", ReadYourWrites("PUT /a/{id}", 0), "200 shows what PUT /a/{id} wrote, at once"),
    ("response.200", EffectWithin("POST /a", 4_200), "200 shows what POST /a made, within 4.2 s"),
    ("request.query.cursor", Pagination("cursor"), "query cursor carries on where the last page said"),
]


@pytest.mark.parametrize(("subject", "kind", "sentence"), SENTENCES)
def test_a_statement_is_a_sentence_and_reads_back(subject: str, kind: Kind, sentence: str) -> None:
    assert kind.describe(parse(subject)) == sentence
    assert kind_from(kind.name, kind.value) == kind
    assert kind.compare(parse(subject), kind_from(kind.name, kind.value)) is Relation.SAME
    with pytest.raises(TypeError):
        kind.compare(parse(subject), Present(always=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preceded-by", {"operation": "", "subject": "response.200.body.id"}),
        ("preceded-by", {"operation": "POST /a"}),
        ("followed-by", {"operation": "POST /a", "subject": "request.path.id", "within_ms": -1}),
        ("followed-by", {"operation": "POST /a", "subject": "request.path.id", "within_ms": float("nan")}),
        ("lifecycle", {"transitions": [], "first": [], "last": []}),
        ("lifecycle", {"transitions": [["a"]], "first": [], "last": []}),
        ("lifecycle", {"transitions": [["a", "b"]], "first": [True], "last": []}),
        ("lifecycle", {"transitions": [["a", "b"]], "first": "a", "last": []}),
        ("read-your-writes", {"operation": "PUT /a", "within_ms": "soon"}),
        ("effect-within", {"within_ms": 3}),
        ("pagination", "scroll"),
        ("pagination", 7),
    ],
)
def test_a_value_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"needed|has|one of|pairs|states"):
        kind_from(name, value)


SUBJECT = parse("response.200.body.status")


@pytest.mark.parametrize(
    ("one", "two", "relation"),
    [
        (STRAIGHT, LIFE, Relation.NARROWER),
        (LIFE, STRAIGHT, Relation.WIDER),
        (STRAIGHT, Lifecycle((("paid", "placed"),), ("paid",), ("placed",)), Relation.INCOMPATIBLE),
        (AFTER, FollowedBy(AFTER.operation, AFTER.target, 20), Relation.WIDER),
        (AFTER, FollowedBy("POST /b", AFTER.target, 20), Relation.INCOMPATIBLE),
        (BEFORE, PrecededBy("GET /payments", "response.200.body.id"), Relation.INCOMPATIBLE),
        (ReadYourWrites("PUT /a", 0), ReadYourWrites("PUT /a", 50), Relation.NARROWER),
        (EffectWithin("POST /a", 50.0), EffectWithin("POST /a", 50.1), Relation.SAME),
        (EffectWithin("POST /a", 50.0), EffectWithin("POST /b", 50.0), Relation.INCOMPATIBLE),
        (Pagination("page"), Pagination("offset"), Relation.INCOMPATIBLE),
    ],
)
def test_how_they_relate(one: Kind, two: Kind, relation: Relation) -> None:
    assert one.compare(SUBJECT, two) is relation


@pytest.mark.parametrize(
    ("got", "holds"),
    [
        ({"status": "paid"}, Holds.NOT_APPLICABLE),
        ({"status": "lost"}, Holds.NO),
        ({"status": None}, Holds.NOT_APPLICABLE),
        ({}, Holds.NOT_APPLICABLE),
    ],
)
def test_one_answer_breaks_a_lifecycle_by_a_state_that_it_has_not(got: Any, holds: Holds) -> None:
    assert LIFE.hold(SUBJECT, Places(call(0, "GET", "/a", got=got), "GET /a")) is holds


def test_the_id_of_a_clause_knows_the_other_call_but_not_how_soon() -> None:
    def id_of(kind: Kind) -> str:
        return Clause(producer="p", operation="POST /a", subject=SUBJECT, kind=kind).id

    assert id_of(AFTER) == id_of(FollowedBy("POST /payments/{payment}/capture", "request.path.payment", 20))
    assert id_of(AFTER) != id_of(FollowedBy("POST /b", AFTER.target, 20))
    assert id_of(EffectWithin("POST /a", 1)) != id_of(EffectWithin("POST /b", 1))
