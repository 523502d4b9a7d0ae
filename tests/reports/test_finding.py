"""Claims fold into the highest place that the other side does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.claim import Claim, Dependence, Evidence, Level, OperationMap, Standing
from contract.clause import Clause, Kind
from contract.kinds import Nullable, Present, Type
from contract.subject import Subject, parse
from reports.finding import Compared, Finding, Scope, across, findings
from reports.reasons import reasons

KEY = "GET /orders/{id}"
KINDS = (Present(always=True), Type(("string",)), Nullable(value=False))


def link(consumer: str = "web", level: Level = Level.EXPOSED, count: int = 3) -> Dependence:
    return Dependence(consumer=consumer, level=level, basis="…", count=count, first_seen=1, last_seen=2)


def claim(
    subject: str,
    kind: Kind = KINDS[0],
    *,
    standing: Standing = Standing.UNDECLARED,
    held: int = 100,
    who: Iterable[Dependence] = (),
) -> Claim:
    clause = Clause(producer="shop", operation=KEY, subject=parse(subject), kind=kind)
    return Claim(
        clause=clause, evidence=Evidence(held=held, broken=0), standing=standing, dependence=tuple(who)
    )


def fold(
    *claims: Claim, promised: Iterable[str] | None = ("response.200.body.id",), observations: int = 100
) -> list[Finding]:
    operation = OperationMap(
        key=KEY,
        protocol="http",
        observations=observations,
        consumers={"web": observations} if observations else {},
        claims=claims,
    )
    known = None if promised is None else frozenset(map(parse, promised))
    return list(findings(Compared(producer="shop", operation=operation, promised=known)))


def test_presence_type_and_null_of_one_field_are_one_finding() -> None:
    (found,) = fold(*(claim("response.200.body.note", kind) for kind in KINDS))
    assert (found.scope, str(found.place), len(found.claims)) == (Scope.PLACE, "response.200.body.note", 3)


def test_an_undeclared_object_is_one_finding_with_all_inside() -> None:
    (found,) = fold(
        claim("response.200.body.courier.name.first"),
        claim("response.200.body.courier"),
        claim("response.200.body.courier.stops[].at"),
    )
    assert str(found.place) == "response.200.body.courier"
    assert found.id == claim("response.200.body.courier").clause.id


def test_an_undeclared_status_is_one_finding_with_headers_and_body() -> None:
    (found,) = fold(
        claim("response.503"), claim("response.503.header.retry-after"), claim("response.503.body.code")
    )
    assert str(found.place) == "response.503"


@pytest.mark.parametrize(
    "place", ["response.200.header", "request.header", "request.query", "request.path", "request.cookie"]
)
def test_headers_and_parameters_stand_by_themselves(place: str) -> None:
    assert {str(found.place) for found in fold(claim(f"{place}.a"), claim(f"{place}.b"))} == {
        f"{place}.a",
        f"{place}.b",
    }


def test_a_field_called_header_is_a_field() -> None:
    (found,) = fold(claim("response.200.body.query.a"), claim("response.200.body.query.b"))
    assert str(found.place) == "response.200.body.query"


def test_an_undeclared_operation_is_one_finding() -> None:
    (found,) = fold(claim("request.query.day"), claim("response.200.body.a"), promised=None)
    assert (found.scope, found.place) == (Scope.OPERATION, None)


def test_a_declared_map_knows_all_its_keys() -> None:
    (found,) = fold(claim("response.200.body.labels.color"), promised=("response.200.body.labels{}",))
    assert found.scope is Scope.STRENGTH


def test_more_than_was_promised_of_a_known_place_is_a_strength() -> None:
    (found,) = fold(claim("response.200.body.id"))
    assert found.scope is Scope.STRENGTH


def test_each_broken_promise_stands_alone() -> None:
    found = fold(*(claim("response.200.body.id", kind, standing=Standing.CONTRADICTED) for kind in KINDS))
    assert len(found) == 3


def test_never_seen_folds_like_undeclared() -> None:
    unseen = Standing.UNOBSERVED
    by_place = {
        str(found.place): found.scope
        for found in fold(
            claim("response.200.body.id", standing=Standing.DECLARED),
            claim("response.404", standing=unseen, held=0),
            claim("response.404.body.title", standing=unseen, held=0),
            claim("response.200.body.gift.note", standing=unseen, held=0),
            claim("response.200.body.id", KINDS[2], standing=unseen, held=0),
        )
        if found.standing is unseen
    }
    assert by_place == {
        "response.404": Scope.PLACE,
        "response.200.body.gift": Scope.PLACE,
        "response.200.body.id": Scope.STRENGTH,
    }


def test_an_operation_never_called_is_one_finding() -> None:
    (found,) = fold(
        claim("request.path.id", standing=Standing.UNOBSERVED, held=0),
        claim("response.204", standing=Standing.UNOBSERVED, held=0),
        observations=0,
    )
    assert (found.scope, found.place) == (Scope.OPERATION, None)


def test_the_strongest_dependence_of_each_consumer_counts() -> None:
    (found,) = fold(
        claim("response.200.body.courier", who=[link("web"), link("app", Level.REQUESTED)]),
        claim("response.200.body.courier.code", who=[link("web", Level.USED), link("app")]),
    )
    assert [(one.consumer, one.level) for one in found.dependence] == [
        ("web", Level.USED),
        ("app", Level.REQUESTED),
    ]
    assert str(found.lead.clause.subject) == "response.200.body.courier.code"
    assert found.id == claim("response.200.body.courier").clause.id


def test_receiving_is_not_relying() -> None:
    (found,) = fold(claim("response.200.body.note", who=[link("web")]))
    assert found.reliant == ()


def test_asking_as_the_declaration_lets_them_is_a_habit_and_no_reliance() -> None:
    (known,) = fold(
        claim("request.query.limit", who=[link("web", Level.REQUESTED)]), promised=("request.query.limit",)
    )
    (unknown,) = fold(claim("request.query.debug", who=[link("web", Level.REQUESTED)]))
    assert (known.habit, known.reliant) == (True, ())
    assert (unknown.habit, len(unknown.reliant)) == (False, 1)


@pytest.mark.parametrize("operations", [("SEND orders",), ("SEND orders", "SEND orders.paid")])
def test_publishers_depend_on_nothing_by_publishing(operations: tuple[str, ...]) -> None:
    (found,) = fold(claim("response.message.body.x", who=[link("web", Level.REQUESTED)]))
    assert [one.consumer for one in found.reliant] == ["web"]
    published = replace(found, operations=operations)
    assert published.published
    assert published.reliant == published.left == ()
    assert replace(published, operations=(*operations, KEY)).reliant


def test_of_many_operations_the_one_with_the_proof_is_told_first() -> None:
    """And nobody is sent a latency."""
    (met,) = fold(claim("response.200.latency", who=[link("batch"), link("web")]))
    (proven,) = fold(
        claim("response.201.latency", who=[link("web", Level.PROVEN)]), promised=("response.201.body.id",)
    )
    (found,) = across([replace(met, operations=("GET /a",)), replace(proven, operations=("POST /b",))])
    assert found.operations == ("POST /b", "GET /a")
    told = reasons(found)
    assert "Also waited for by batch." in told
    assert "Found in POST /b and GET /a." in told


def ranked(*claims: Claim) -> list[str]:
    return [str(found.place) for found in sorted(fold(*claims), key=lambda found: found.rank)]


def test_what_would_hurt_most_comes_first() -> None:
    used, asked, sent = link("a", Level.USED), link("b", Level.REQUESTED), link("c")
    assert ranked(
        claim("response.200.body.sent", who=[sent]),
        claim("response.200.body.asked", who=[asked]),
        claim("response.200.body.used", who=[used]),
        claim("response.200.body.by-two", who=[used, asked]),
        claim("response.200.body.rare", who=[used], held=10),
    ) == [
        "response.200.body.by-two",
        "response.200.body.used",
        "response.200.body.rare",
        "response.200.body.asked",
        "response.200.body.sent",
    ]


def test_an_unknown_field_hurts_more_than_an_unpromised_strength() -> None:
    used = link("a", Level.USED)
    assert ranked(
        claim("response.200.body.id", who=[used]), claim("response.200.body.note", who=[used], held=5)
    ) == ["response.200.body.note", "response.200.body.id"]


def lies_in(subject: Subject, place: Subject) -> bool:
    """Below a place, where a known map stands for each of its keys."""
    above = subject.parts[: len(place.parts)]
    return len(above) == len(place.parts) and all(
        theirs in {ours, "{}"} for ours, theirs in zip(above, place.parts, strict=True)
    )


NAMES = st.lists(st.sampled_from(["a", "b", "[]", "{}"]), min_size=1, max_size=4)
SUBJECTS = st.builds(
    lambda place, names: ".".join([place, *names]).replace(".[]", "[]").replace(".{}", "{}"),
    st.sampled_from(["request.body", "request.query", "response.200.body", "response.404.header"]),
    NAMES,
)


@given(
    st.lists(st.tuples(SUBJECTS, st.sampled_from(KINDS), st.sampled_from(list(Standing))), max_size=25),
    st.lists(SUBJECTS, max_size=5),
    st.booleans(),
)
def test_no_claim_is_lost_or_told_twice(
    parts: list[tuple[str, Kind, Standing]], promised: list[str], declared: bool
) -> None:
    claims = [claim(subject, kind, standing=standing) for subject, kind, standing in parts]
    found = fold(*claims, promised=promised if declared else None)
    told = [one for finding in found for one in finding.claims]
    assert sorted(map(id, told)) == sorted(map(id, claims))
    for finding in found:
        assert all(one.standing is finding.standing for one in finding.claims)
        if finding.place is not None:
            assert all(lies_in(one.clause.subject, finding.place) for one in finding.claims)


def test_rank_is_total_for_findings_that_differ_in_nothing_else() -> None:
    first, second = fold(claim("response.200.body.a"), claim("response.200.body.b"))
    assert first.rank != second.rank
    assert replace(first, claims=first.claims).rank == first.rank
