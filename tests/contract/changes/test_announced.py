# ruff: noqa: E501  # tables are read by their columns

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.changes.announced import FORMS, place, read
from contract.changes.usage import judge
from contract.claim import Dependence, Durations, Level, OperationMap, ProducerMap
from contract.kinds import Timeout
from tests.contract.changes.test_usage import KEY, claim, known

if TYPE_CHECKING:
    from contract.claim import Claim

SEEN = {"GET /a": frozenset({"200"}), "GET /b": frozenset({"200", "400"})}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("remove GET /orders/{id} 200 body total",
         [("response-property-removed", "GET /orders/{id}", "response.200.body.total")]),
        ("remove GET /orders/{id}", [("operation-removed", "GET /orders/{id}", "None")]),
        ("remove GET /a 404", [("response-error-removed", "GET /a", "response.404")]),
        ("remove GET /a 202", [("response-status-removed", "GET /a", "response.202")]),
        ("remove GET /a 200 header ETag", [("response-header-removed", "GET /a", "response.200.header.etag")]),
        ("remove POST /a body items[].sku",
         [("request-property-removed", "POST /a", "request.body.items[].sku")]),
        ("rename GET /a query limit to size", [("request-property-renamed", "GET /a", "request.query.limit")]),
        ("rename GET /a 200 body x to y", [("response-property-renamed", "GET /a", "response.200.body.x")]),
        ("require POST /a body x", [("request-property-became-required", "POST /a", "request.body.x")]),
        ("status 409 instead of 400 on GET /a", [("status-replaced", "GET /a", "response.400")]),
        ("status 409 instead of 400", [("status-replaced", "GET /b", "response.400")]),
        ("status 201 instead of 202", [("status-replaced", "GET /a", "response.202"),
                                       ("status-replaced", "GET /b", "response.202")]),
        ("latency  p99 0.5 s on GET /a", [("latency-raised", "GET /a", "response.2XX.latency")]),
    ],
)  # fmt: skip
def test_forms(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(one.rule.name, one.operation, str(one.subject)) for one in read(text, SEEN)] == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("drop GET /a", FORMS[0]),
        ("remove GET /a 200 total", "200 body total"),
        ("remove GET /a query", "query limit"),
        ("require GET /a 200 body x", "only what is sent"),
    ],
)
def test_errors_say_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(ValueError) as error:
        read(text, SEEN)
    assert told in str(error.value)


def test_places_are_written_as_reports_do() -> None:
    for text in ("200 body items[].sku", "query limit", "body", "404 header retry-after", "path id", "4XX"):
        assert place(text).readable == text


def waited(p99: float, count: int, *claims: Claim) -> ProducerMap:
    operation = OperationMap(
        key=KEY,
        protocol="http",
        observations=count,
        consumers={"web": count},
        claims=claims,
        durations=(Durations(consumer="web", status="200", count=count, p50_ms=1, p95_ms=2, p99_ms=p99),),
    )
    return ProducerMap(name="p", operations=(operation,), consumers=(known("web"),))


@pytest.mark.parametrize(
    ("p99", "count", "verdict"), [(40, 400, "may-break"), (600, 400, "unaffected"), (40, 4, "unknown")]
)
def test_latency_by_what_each_waited_so_far(p99: float, count: int, verdict: str) -> None:
    (one,) = judge(read(f"latency p99 500 ms on {KEY}", {}), waited(p99, count))
    assert [hit.verdict.value for hit in one.hits] == [verdict]


@pytest.mark.parametrize(("patience", "verdict"), [(400, "breaks"), (900, "may-break")])
def test_who_hangs_up_before_breaks(patience: float, verdict: str) -> None:
    impatient = claim("response.200.latency", Timeout(patience), web=("proven", 24))
    (one,) = judge(read(f"latency p99 500 ms on {KEY}", {}), waited(40, 400, impatient))
    assert [hit.verdict.value for hit in one.hits] == [verdict]
    assert isinstance(impatient.dependence[0], Dependence)
    assert impatient.dependence[0].level is Level.PROVEN
