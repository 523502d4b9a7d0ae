"""The verdict, the sections, and what is told once for many operations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import Claim, Decision, Evidence, OperationMap, Standing
from contract.clause import Clause
from contract.kinds import Deprecated, Latency, Present
from contract.ledger.leaving import marked
from contract.subject import parse
from reports.drift import Drift
from reports.finding import Compared
from reports.reasons import headline, reasons
from store.records import Capture
from tests.reports.conftest import EXPOSED, REQUESTED, USED, depends

PROMISED = ("response.200.body.id", "response.404")
ENVELOPE = Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=400)


def drift(*operations: tuple[str, dict[str, tuple[Standing, tuple[str, ...]]]]) -> Drift:
    """A drift of operations, each given as subject → (standing, consumers that send it back)."""
    return Drift(
        generated_at=2,
        window=(0, 1),
        capture=Capture(observed=10),
        documents={"shop": "openapi.yaml"},
        compared=tuple(compared(key, subjects) for key, subjects in operations),
    )


def compared(key: str, subjects: dict[str, tuple[Standing, tuple[str, ...]]]) -> Compared:
    claims = tuple(
        Claim(
            clause=Clause(
                producer="shop",
                operation=key,
                subject=parse(subject),
                kind=ENVELOPE if subject.endswith("latency") else Present(always=True),
            ),
            evidence=Evidence(held=0 if standing is Standing.UNOBSERVED else 40, broken=0),
            standing=standing,
            dependence=tuple(depends(name, USED) for name in consumers),
        )
        for subject, (standing, consumers) in subjects.items()
    )
    operation = OperationMap(key=key, protocol="http", observations=5, consumers={"web": 5}, claims=claims)
    return Compared(producer="shop", operation=operation, promised=frozenset(map(parse, PROMISED)))


RELIED = {"response.200.body.note": (Standing.UNDECLARED, ("web", "app"))}
SENT = {"response.200.body.note": (Standing.UNDECLARED, ())}
BROKEN = {"response.200.body.id": (Standing.CONTRADICTED, ())}
UNSEEN = {"response.410": (Standing.UNOBSERVED, ())}
KEPT = {"response.200.body.id": (Standing.DECLARED, ("web",))}


@pytest.mark.parametrize(
    ("subjects", "verdict", "failing"),
    [
        (RELIED, "2 consumers rely on 1 thing that nobody promised.", True),
        (BROKEN, "1 promise is not kept.", True),
        (UNSEEN | BROKEN, "1 promise is not kept; 1 declared thing was never seen.", True),
        (
            RELIED | BROKEN | UNSEEN,
            (
                "2 consumers rely on 1 thing that nobody promised; 1 promise is not kept; "
                "1 declared thing was never seen."
            ),
            True,
        ),
        (KEPT, "No promise was seen broken, and nobody was seen to rely on what nobody promised.", False),
        (
            SENT | UNSEEN,
            (
                "No promise was seen broken, and nobody was seen to rely on what nobody promised; "
                "1 declared thing was never seen."
            ),
            False,
        ),
    ],
)
def test_verdict(subjects: dict[str, tuple[Standing, tuple[str, ...]]], verdict: str, failing: bool) -> None:
    report = drift(("GET /a", subjects))
    assert report.verdict == verdict
    assert report.failing is failing


def test_no_data_is_never_fine() -> None:
    report = drift(("GET /a", KEPT))
    unseen = replace(report.compared[0], operation=replace(report.compared[0].operation, observations=0))
    assert replace(report, compared=(unseen,)).verdict.startswith("Nothing was observed")
    assert replace(report, compared=()).verdict.startswith("Nothing was observed")


def test_every_finding_stands_in_one_section(shop_drift: Drift) -> None:
    shown = [finding.id for section in shop_drift.sections for finding in section.findings]
    assert sorted(shown) == sorted(finding.id for finding in shop_drift.findings)
    assert len(shown) == len(set(shown))


def test_what_is_deprecated_and_in_use_has_a_section_and_fails_nothing() -> None:
    one = compared("GET /a", {"response.200.body.id": (Standing.DECLARED, ("web",))})
    (kept,) = one.operation.claims
    goes = replace(
        kept, clause=replace(kept.clause, kind=Deprecated("use key")), decision=Decision.DEPRECATED
    )
    found = replace(drift(), compared=(replace(one, operation=replace(one.operation, claims=(kept, goes))),))
    sections = {section.slug: section.findings for section in found.sections}
    assert [headline(finding) for finding in sections["deprecated"]] == ["200 body id is deprecated: use key"]
    assert [finding.claims for finding in sections["declared"]] == [(kept,)]
    assert not found.failing
    assert "deprecated" not in {section.slug for section in drift().sections}


def test_a_request_header_is_told_once_for_all_operations() -> None:
    header = {"request.header.x-tenant": (Standing.UNDECLARED, ("web",))}
    report = drift(("GET /a", header), ("GET /b", header), ("GET /c", header | RELIED))
    (told,) = [finding for finding in report.relied if len(finding.operations) > 1]
    assert told.operations == ("GET /a", "GET /b", "GET /c")
    assert told.callers == {"web": 15}
    assert headline(told) == "header x-tenant is undeclared"
    assert reasons(told)[-1] == "Found in GET /a, GET /b and GET /c."
    assert len(report.relied) == 2


def test_latency_is_told_once_whatever_the_status() -> None:
    report = drift(
        ("GET /a", {"response.200.latency": (Standing.UNDECLARED, ())}),
        ("GET /b", {"response.404.latency": (Standing.UNDECLARED, ())}),
    )
    (told,) = report.findings
    assert headline(told) == "latency is undeclared"
    assert len(told.claims) == 2


def test_a_body_field_of_two_operations_is_two_findings() -> None:
    assert len(drift(("GET /a", RELIED), ("GET /b", RELIED)).relied) == 2


def test_levels_used_in_fixtures_are_in_order() -> None:
    assert EXPOSED.rank < REQUESTED.rank < USED.rank


SINCE = "last seen 2025-01-02, more than 90 days before the end of what was observed"


def without(report: Drift, *names: str) -> Drift:
    """The report as it is where some consumers have left."""
    left = dict.fromkeys(names, SINCE)

    def parted(one: Compared) -> Compared:
        claims = tuple(
            replace(claim, dependence=tuple(marked(claim.dependence, left))) for claim in one.operation.claims
        )
        return replace(one, operation=replace(one.operation, claims=claims))

    return replace(report, compared=tuple(map(parted, report.compared)))


def test_what_only_those_relied_on_who_have_left_fails_nothing_and_stands_apart() -> None:
    report = without(drift(("GET /a", RELIED), ("GET /b", SENT)), "web", "app")
    assert not report.failing
    assert report.verdict == (
        "No promise was seen broken, and nobody who is still a consumer was seen to rely on what nobody "
        "promised; only app and web relied on 1 undeclared thing, and have left."
    )
    sections = {section.slug: section.findings for section in report.sections}
    (told,) = sections["left"]
    assert told.operations == ("GET /a",)
    assert told not in (*sections["relied"], *sections["sent"])
    assert [link.consumer for link in told.left] == ["app", "web"]
    assert f"app has left: {SINCE}; before, was sent it, 40 times." in reasons(told)
    shown = [finding.id for section in report.sections for finding in section.findings]
    assert sorted(shown) == sorted(finding.id for finding in report.findings)


def test_one_who_is_still_there_is_enough() -> None:
    report = without(drift(("GET /a", RELIED)), "web")
    assert report.failing
    assert report.verdict == "1 consumer relies on 1 thing that nobody promised."
    (told,) = report.relied
    assert [link.consumer for link in told.reliant] == ["app"]
    assert any(line.startswith("web has left: ") for line in reasons(told))
    assert "left" not in {section.slug for section in report.sections}


def test_of_many_that_have_left_some_are_named() -> None:
    names = [f"c{number}" for number in range(5)]
    many = {"response.200.body.note": (Standing.UNDECLARED, tuple(names))}
    (told,) = without(drift(("GET /a", many)), *names).left
    assert "2 more consumers have left, too." in reasons(told)
    assert sum("has left:" in line for line in reasons(told)) == 3


def test_a_broken_promise_stays_one_whoever_has_left() -> None:
    broken = {"response.200.body.id": (Standing.CONTRADICTED, ("web",))}
    assert without(drift(("GET /a", broken)), "web").failing
