"""Findings explain themselves in sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import Evidence
from reports.drift import Drift
from reports.finding import Finding
from reports.reasons import bound, gist, headline, reasons, sure


def found(drift: Drift, operation: str, place: str) -> Finding:
    (finding,) = [
        finding for finding in drift.findings if (finding.operation, str(finding.place)) == (operation, place)
    ]
    return finding


@pytest.mark.parametrize(
    ("evidence", "words", "cell"),
    [
        (Evidence(held=0, broken=0), "never seen", "never seen"),
        (Evidence(held=1, broken=0), "seen once", "all 1 (≤100%)"),
        (
            Evidence(held=1240, broken=0),
            "true in all 1,240; at 95% at most 0.24% break it",
            "all 1,240 (≤0.24%)",
        ),
        (
            Evidence(held=95, broken=5),
            "true in 95 of 100; at 95% at most 11% break it",
            "95 of 100 (≤11%)",
        ),
    ],
)
def test_how_sure(evidence: Evidence, words: str, cell: str) -> None:
    assert bound(evidence) == words
    assert sure(evidence) == cell


def test_a_broken_promise(shop_drift: Drift) -> None:
    finding = found(shop_drift, "GET /orders/{id}", "response.200.body.paid")
    assert headline(finding) == "200 body paid may be absent"
    assert reasons(finding) == (
        "Declared: 200 body paid is always present.",
        "Sent to billing and storefront; whether they need it cannot be seen.",
        "12 of 400 observations (3%) broke the promise.",
    )


def test_an_undeclared_object_that_is_used(shop_drift: Drift) -> None:
    finding = found(shop_drift, "GET /orders/{id}", "response.200.body.courier")
    assert headline(finding) == (
        "200 body courier is undeclared, with 1 place inside; 200 body courier.tracking is always present"
    )
    assert gist(finding) == "storefront uses it: sent back as path code of GET /tracking/{code}, 31 times."
    assert reasons(finding) == (
        "Not declared.",
        "storefront uses it: sent back as path code of GET /tracking/{code}, 31 times.",
        "Also sent to billing.",
        "True in all 400; at 95% at most 0.75% break it.",
    )


def test_an_undeclared_operation(shop_drift: Drift) -> None:
    finding = found(shop_drift, "GET /internal/export", "None")
    assert headline(finding) == "is called, and not declared"
    assert reasons(finding) == ("No declared operation matches.", "Called by unidentified (twice).")


def test_what_was_never_seen(shop_drift: Drift) -> None:
    finding = found(shop_drift, "GET /orders/{id}", "response.404")
    assert headline(finding) == "404 is declared, and was never seen, with 1 place inside"
    assert reasons(finding) == ("It did not occur in 400 observations of this operation.",)
    assert reasons(found(shop_drift, "POST /orders/{id}/refund", "None")) == ("No request for it was seen.",)


def test_few_observations_are_called_few(shop_drift: Drift) -> None:
    finding = found(shop_drift, "GET /orders/{id}", "response.200.body.courier")
    few = replace(finding, claims=tuple(replace(one, evidence=EVIDENCE) for one in finding.claims))
    assert "Few observations" not in " ".join(reasons(finding))
    assert reasons(few)[-1] == (
        "True in all 10; at 95% at most 30% break it. Few observations: do not build on it yet."
    )


EVIDENCE = Evidence(held=10, broken=0)
