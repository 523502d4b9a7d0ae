"""Standing: every row of the table, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from contract.claim import Claim, Decision, Evidence, Standing
from contract.clause import Clause, Kind
from contract.kinds import (
    Auth,
    Closed,
    ContentType,
    Deprecated,
    Enum,
    Format,
    Length,
    Nullable,
    Occurs,
    Pattern,
    Present,
    Range,
    Rate,
    RateLimit,
    Size,
    Type,
    Unique,
    Validator,
)
from contract.standing import join
from contract.subject import parse

OPERATION = "GET /orders/{id}"


def clause(subject: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation=OPERATION, subject=parse(subject), kind=kind)


def seen(subject: str, kind: Kind, *, held: int = 100, broken: int = 0, candidate: bool = False) -> Claim:
    evidence = Evidence(held=held, broken=broken, first_seen=1, last_seen=2, examples=("x",))
    return Claim(clause=clause(subject, kind), evidence=evidence, doubt="too few" if candidate else "")


def told(observed: list[Claim], declared: list[Clause]) -> dict[tuple[str, str], Standing]:
    return {(str(c.clause.subject), c.clause.kind.name): c.standing for c in join(observed, declared)}


X = "response.200.body.x"
ALWAYS, SOMETIMES = Present(always=True), Present(always=False)
STRING, INTEGER, NUMBER = Type(("string",)), Type(("integer",)), Type(("number",))


@pytest.mark.parametrize(
    ("subject", "observed", "declared", "standing"),
    [
        (X, ALWAYS, ALWAYS, Standing.DECLARED),
        (X, ALWAYS, SOMETIMES, Standing.UNDECLARED),
        (X, SOMETIMES, ALWAYS, Standing.CONTRADICTED),
        (X, SOMETIMES, SOMETIMES, Standing.DECLARED),
        (X, INTEGER, NUMBER, Standing.UNDECLARED),
        (X, NUMBER, INTEGER, Standing.CONTRADICTED),
        (X, STRING, INTEGER, Standing.CONTRADICTED),
        (X, Nullable(value=True), Nullable(value=False), Standing.CONTRADICTED),
        (X, Nullable(value=False), Nullable(value=True), Standing.UNDECLARED),
        ("request.query.x", ALWAYS, SOMETIMES, Standing.DECLARED),
        ("request.query.x", INTEGER, STRING, Standing.DECLARED),
        ("request.query.x", STRING, INTEGER, Standing.CONTRADICTED),
        ("response.404", Occurs(), Occurs(), Standing.DECLARED),
        (
            "response.200.header.content-type",
            ContentType(("text/html",)),
            ContentType(("application/json",)),
            Standing.CONTRADICTED,
        ),
    ],
)
def test_beside_its_declaration(subject: str, observed: Kind, declared: Kind, standing: Standing) -> None:
    assert told([seen(subject, observed)], [clause(subject, declared)]) == {
        (subject, observed.name): standing
    }


def test_without_a_declaration() -> None:
    claims = [seen(X, ALWAYS), seen(X, STRING), seen("response.200.body.y", SOMETIMES)]
    assert told(claims, []) == {(X, "present"): Standing.UNDECLARED, (X, "type"): Standing.UNDECLARED}


def test_too_little_evidence_confirms_and_contradicts_and_claims_nothing() -> None:
    assert told([seen(X, ALWAYS, candidate=True)], []) == {}
    assert told([seen(X, ALWAYS, candidate=True)], [clause(X, SOMETIMES)])[X, "present"] is Standing.DECLARED
    assert (
        told([seen(X, SOMETIMES, candidate=True)], [clause(X, ALWAYS)])[X, "present"] is Standing.CONTRADICTED
    )


def test_what_was_never_seen_is_told_once_at_the_top() -> None:
    whole = seen("response.200.body", Type(("object",)))
    declared = [
        clause("response.200.body", Type(("object",))),
        clause("response.200.body.a", SOMETIMES),
        clause("response.200.body.a", Type(("object",))),
        clause("response.200.body.a.b", SOMETIMES),
        clause("response.200.body.a.b", STRING),
    ]
    standings = told([whole], declared)
    unobserved = {subject for (subject, _), standing in standings.items() if standing is Standing.UNOBSERVED}
    assert unobserved == {"response.200.body.a"}


def test_a_required_field_that_no_object_ever_had_is_a_broken_promise() -> None:
    whole = seen("response.200.body", Type(("object",)), held=40)
    declared = [clause("response.200.body.a", ALWAYS), clause("response.200.body.a", STRING)]
    claims = [c for c in join([whole], declared) if str(c.clause.subject) == "response.200.body.a"]
    (broken,) = (c for c in claims if c.clause.kind.name == "present")
    assert broken.standing is Standing.CONTRADICTED
    assert (broken.evidence.held, broken.evidence.broken, broken.evidence.examples) == (0, 40, ("x",))
    assert broken.declared is not None
    assert broken.declared.kind == ALWAYS


def test_a_place_that_was_only_ever_null_was_seen() -> None:
    claims = [seen("response.200.body", Type(("object",))), seen(X, ALWAYS), seen(X, Nullable(value=True))]
    declared = [clause(X, ALWAYS), clause(X, STRING), clause(X, Nullable(value=True))]
    assert (X, "type") not in told(claims, declared)


def test_a_status_that_never_came_is_unobserved() -> None:
    assert told([], [clause("response.410", Occurs())]) == {("response.410", "occurs"): Standing.UNOBSERVED}


def test_a_field_that_a_closed_object_does_not_know_breaks_it() -> None:
    body = "response.200.body"
    claims = [seen(body, Type(("object",))), seen(f"{body}.a", STRING), seen(f"{body}.b", STRING)]
    declared = [clause(body, Type(("object",))), clause(f"{body}.a", STRING), clause(body, Closed(("a",)))]
    standings = told(claims, declared)
    assert standings[body, "closed"] is Standing.CONTRADICTED
    assert standings[f"{body}.b", "type"] is Standing.UNDECLARED
    kept = told(claims[:2], declared)
    assert kept[body, "closed"] is Standing.DECLARED


def test_a_declared_map_speaks_of_each_of_its_keys() -> None:
    prices = "response.200.body.prices"
    claims = [seen(prices, Type(("object",))), seen(f"{prices}.EUR", STRING)]
    declared = [clause(prices, Type(("object",))), clause(f"{prices}{{}}", NUMBER)]
    assert told(claims, declared)[f"{prices}.EUR", "type"] is Standing.CONTRADICTED


def test_headers_that_concern_no_operation_and_cookies_are_not_missed() -> None:
    declared: list[Any] = [
        clause("request.header.authorization", ALWAYS),
        clause("request.cookie.session", ALWAYS),
        clause("request.header.x-tenant", SOMETIMES),
    ]
    assert set(told([], declared)) <= {("request.header.x-tenant", "present")}


@pytest.mark.parametrize(
    ("subject", "observed", "declared", "standing"),
    [
        (X, Enum.of(["a", "b"]), Enum.of(["a", "b"]), Standing.DECLARED),
        (X, Enum.of(["a"]), Enum.of(["a", "b"]), Standing.UNDECLARED),
        (X, Enum.of(["a", "c"]), Enum.of(["a", "b"]), Standing.CONTRADICTED),
        (X, Enum.of(["a", "b"]), Enum.of(["a", "b", "none"]), Standing.DECLARED),
        ("request.body.x", Enum.of(["a"]), Enum.of(["a", "b"]), Standing.DECLARED),
        ("request.body.x", Enum.of(["c"]), Enum.of(["a", "b"]), Standing.CONTRADICTED),
        ("request.query.x", Enum.of([1]), Enum.of(["1", "2"]), Standing.DECLARED),
        (X, Range(1, 5), Range(1, None), Standing.UNDECLARED),
        (X, Range(0, 5), Range(1, None), Standing.CONTRADICTED),
        (X, Range(1, None), Range(0, 100), Standing.UNDECLARED),
        (X, Range(0, None), Range(0, 100), Standing.DECLARED),
        (X, Range(None, 200), Range(0, 100), Standing.CONTRADICTED),
        ("request.query.limit", Range(20, 50), Range(1, 100), Standing.DECLARED),
        ("request.query.limit", Range(20, 500), Range(1, 100), Standing.CONTRADICTED),
        (X, Length(3, 8), Length(1, 5), Standing.CONTRADICTED),
        (X, Size(1, 8), Size(0, 20), Standing.UNDECLARED),
        (X, Format("uri"), Format("uri"), Standing.DECLARED),
        (X, Format("date"), Format("date-time"), Standing.CONTRADICTED),
        (X, Format("iso-date-time"), Format("date-time"), Standing.CONTRADICTED),
        (X, Format("md5"), Format("base64"), Standing.UNDECLARED),
        (X, Format("slug"), Format("hostname"), Standing.UNDECLARED),
        (X, Pattern("^a[0-9]$"), Pattern("^a.$"), Standing.UNDECLARED),
        (X, Pattern("^a$"), Pattern("^a$"), Standing.DECLARED),
        (X, Unique("id"), Unique(None), Standing.UNDECLARED),
    ],
)
def test_values_beside_their_declaration(
    subject: str, observed: Kind, declared: Kind, standing: Standing
) -> None:
    assert told([seen(subject, observed)], [clause(subject, declared)])[subject, observed.name] is standing


@pytest.mark.parametrize(
    ("observed", "declared"),
    [
        (Length(1, 1), Enum.of(["a", "b"])),
        (Pattern("^[ab]$"), Enum.of(["a", "b"])),
        (Format("date"), Enum.of(["2019-12-25", "none"])),
        (Range(1, 4), Enum.of([1, 2, 3])),
        (Length(36, 36), Format("uuid")),
        (Pattern("^[0-9a-f-]{36}$"), Format("uuid")),
    ],
)
def test_what_another_declared_kind_says_already_is_declared(observed: Kind, declared: Kind) -> None:
    claims = join([seen(X, observed)], [clause(X, declared)])
    (claim,) = (claim for claim in claims if claim.clause.kind.name == observed.name)
    assert claim.standing is Standing.DECLARED
    assert claim.declared is not None
    assert claim.declared.kind == declared


@pytest.mark.parametrize(
    ("observed", "declared"),
    [
        (Length(1, 1), Enum.of(["a", "bb"])),
        (Pattern("^a$"), Enum.of(["a", "b"])),
        (Length(20, 20), Format("date-time")),
        (Pattern("Z$"), Format("date-time")),
        (Length(1, 1), Type(("string",))),
        (Range(1, 4), Type(("integer",))),
    ],
)
def test_what_other_kinds_only_allow_is_undeclared(observed: Kind, declared: Kind) -> None:
    assert told([seen(X, observed)], [clause(X, declared)])[X, observed.name] is Standing.UNDECLARED


def test_what_is_implied_is_not_told_where_there_is_too_little_evidence() -> None:
    standings = told([seen(X, Length(1, 1), candidate=True)], [clause(X, Enum.of(["a", "b"]))])
    assert (X, "length") not in standings


def test_candidates_break_what_is_declared_of_values() -> None:
    wider = seen(X, Enum.of(["a", "c"]), candidate=True)
    assert told([wider], [clause(X, Enum.of(["a", "b"]))])[X, "enum"] is Standing.CONTRADICTED


def test_observed_values_confirm_what_other_kinds_declare_of_them() -> None:
    observed = [seen(X, STRING), seen(X, Enum.of(["2019-12-25"]))]
    declared = [clause(X, STRING), clause(X, Format("date")), clause(X, Length(None, 5))]
    standings = told(observed, declared)
    assert (X, "format") not in standings
    assert standings[X, "length"] is Standing.UNOBSERVED


def test_values_below_a_declared_map_are_implied_by_what_it_says_of_each() -> None:
    prices = "response.200.body.prices"
    observed = [seen(prices, Type(("object",))), seen(f"{prices}.EUR", Length(1, 1))]
    declared = [clause(prices, Type(("object",))), clause(f"{prices}{{}}", Enum.of(["a", "b"]))]
    assert told(observed, declared)[f"{prices}.EUR", "length"] is Standing.DECLARED


AUTHORIZATION = "request.header.authorization"


@pytest.mark.parametrize(
    ("observed", "declared", "standing"),
    [
        (["bearer"], ["bearer"], Standing.DECLARED),
        (["bearer"], ["basic", "bearer"], Standing.DECLARED),
        (["bearer"], ["bearer", "none"], Standing.DECLARED),
        (["bearer", "none"], ["bearer"], Standing.CONTRADICTED),
        (["basic"], ["bearer"], Standing.CONTRADICTED),
        (["ssws"], ["api-key"], Standing.DECLARED),
        (["none", "ssws"], ["api-key"], Standing.CONTRADICTED),
    ],
)
def test_how_callers_say_who_they_are(observed: list[str], declared: list[str], standing: Standing) -> None:
    claims = [seen(AUTHORIZATION, Auth(tuple(observed)))]
    assert told(claims, [clause(AUTHORIZATION, Auth(tuple(declared)))]) == {(AUTHORIZATION, "auth"): standing}


def test_a_credential_is_declared_by_its_scheme_and_which_one_is_used_is_the_callers_choice() -> None:
    key, other = "request.header.x-api-key", "request.header.x-other-key"
    declared = [clause(key, Auth(("api-key",))), clause(other, Auth(("api-key",)))]
    observed = [seen(key, Auth(("api-key",))), seen(key, ALWAYS), seen(key, STRING)]
    assert told(observed, declared) == {
        (key, "auth"): Standing.DECLARED,
        (key, "present"): Standing.DECLARED,
        (key, "type"): Standing.DECLARED,
    }


def test_limits_and_validators_beside_the_declared_header_fields() -> None:
    place, etag = "response.200.header.x-ratelimit-limit", "response.200.header.etag"
    declared = [clause(place, RateLimit(None, None, None)), clause(etag, Validator(("etag",)))]
    observed = [seen(place, RateLimit(600, None, None)), seen(etag, Validator(("etag",)))]
    assert told(observed, declared) == {
        (place, "rate-limit"): Standing.UNDECLARED,
        (etag, "validator"): Standing.DECLARED,
    }
    other = [clause(place, RateLimit(60, None, None))]
    assert told(observed[:1], other) == {(place, "rate-limit"): Standing.CONTRADICTED}


def test_how_often_consumers_call_is_nothing_to_declare() -> None:
    assert told([seen("request", Rate(3, 9))], []) == {}


def test_what_is_deprecated_is_told_where_it_is_in_use() -> None:
    goes = Deprecated("use y")
    declared = [clause(X, STRING), clause(X, goes), clause(f"{X}y", goes)]
    (found,) = (one for one in join([seen(X, STRING)], declared) if one.clause.kind == goes)
    assert (found.standing, found.decision) == (Standing.DECLARED, Decision.DEPRECATED)
    assert found.evidence.held == 100
    assert join([], declared[1:]) == []
