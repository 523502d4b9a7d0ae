"""The drift beside a ledger: by its policy who has left relies on nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from contract.claim import ContractMap
from contract.ledger.leaving import left_of
from contract.ledger.reading import parse
from contract.ledger.ruling import ruling_of
from contract.policy import DAY_NS
from reports.decisions import decided_drift, sentences
from reports.drift import Drift
from tests.reports.conftest import MORNING, drift_of

TODAY = date(2026, 3, 9)


def later(shop_map: ContractMap, days: int) -> ContractMap:
    """The map with billing going on for some days, and nobody else."""
    (producer,) = shop_map.producers
    consumers = tuple(
        replace(one, last_seen=MORNING + days * DAY_NS) if one.name == "billing" else one
        for one in producer.consumers
    )
    return replace(shop_map, producers=(replace(producer, consumers=consumers),))


def decided(observed: ContractMap, text: str) -> Drift:
    return decided_drift(drift_of(observed), observed, parse(text, "contract.yaml"), TODAY)


@pytest.mark.parametrize(
    ("days", "text", "left"),
    [
        (20, "policy: {evidence: {stays_days: 14}}", {"storefront", "unidentified"}),
        (20, "policy: {evidence: {stays_days: 14, consumers: {store*: {stays_days: 90}}}}", {"unidentified"}),
        (20, "interface: {producer: other}\npolicy: {evidence: {stays_days: 14}}", set()),
        (14, "policy: {evidence: {stays_days: 14}}", set()),
        (91, "clauses: {}", {"storefront", "unidentified"}),
        (80, "clauses: {}", set()),
    ],
)
def test_the_policy_says_who_has_left(shop_map: ContractMap, days: int, text: str, left: set[str]) -> None:
    observed = later(shop_map, days)
    report = decided(observed, text)
    links = [link for one in report.findings for link in one.dependence]
    assert {link.consumer for link in links if left_of(link)} == left
    assert not any(link.consumer in left for one in report.findings for link in one.reliant)
    before = {one.id for one in drift_of(observed).relied}
    after = {one.id for one in report.relied}
    assert before - after == {one.id for one in report.left}
    assert after <= before
    assert bool(report.left) is bool(left)


def test_without_a_ledger_everybody_counts(shop_map: ContractMap) -> None:
    observed = later(shop_map, 400)
    assert decided_drift(drift_of(observed), observed, parse("", ""), TODAY) == drift_of(observed)


def test_out_of_contract_is_relied_on_only_by_who_is_there(shop_map: ContractMap) -> None:
    report = drift_of(shop_map)
    used = next(one for one in report.relied if one.reliant[0].consumer == "storefront")
    id_ = used.lead.clause.id
    text = f"policy: {{evidence: {{stays_days: 14}}}}\nclauses:\n  {id_}:\n    decision: out-of-contract\n"
    told = "Out of contract, and storefront relies on it all the same."
    for days, relies in ((1, True), (20, False)):
        (found,) = (
            claim
            for one in decided(later(shop_map, days), text).findings
            for claim in one.claims
            if claim.clause.id == id_
        )
        ruling = ruling_of(found)
        assert ruling is not None
        assert (told in sentences(found, ruling)) is relies
