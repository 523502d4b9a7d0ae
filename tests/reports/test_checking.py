"""The answer of the gate as a ledger has it: who has left, what was accepted, what is too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from contract.changes import Compatibility
from contract.changes.accepting import Terms, put
from contract.changes.usage import Verdict
from contract.claim import Consumer, ContractMap
from contract.ledger.model import Ledger
from contract.ledger.reading import parse
from contract.policy import DAY_NS
from reports.check import Checked
from reports.checking import Question, of_traffic, under
from tests.reports.conftest import MORNING, consumer
from tests.reports.test_check import BROKEN, checked

DAY = date(2026, 11, 21)
WEEKS = "interface: {producer: shop}\npolicy: {evidence: {stays_days: 14}}\n"


def last(name: str, days: int) -> Consumer:
    return replace(consumer(name, 5), last_seen=MORNING + days * DAY_NS)


def ledger(text: str = WEEKS) -> Ledger:
    return parse(text, "contract.yaml")


def found(*consumers: Consumer, usage: bool = True) -> Checked:
    return replace(checked(BROKEN, usage=usage), consumers=consumers)


def test_who_has_left_by_the_policy_blocks_nothing() -> None:
    report = under(found(last("web", 0), last("app", 15)), ledger(), DAY)
    assert report.verdict is Compatibility.WARNING
    left = {hit.consumer: hit.left for hit in report.judged[0].hits}
    assert left["web"].startswith("last seen 2026-03-02, more than 14 days before")
    assert left["app"] == ""  # it is here, and unaffected
    assert under(report, ledger(), DAY) == report


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (14, WEEKS),
        (15, WEEKS.replace("stays_days: 14", 'stays_days: 14, consumers: {"w*": {stays_days: 400}}')),
        (15, WEEKS.replace("shop", "other")),
    ],
)
def test_who_may_stay_blocks(days: int, text: str) -> None:
    report = under(found(last("web", 0), last("app", days)), ledger(text), DAY)
    assert report.verdict is Compatibility.BREAKING
    assert not any(hit.left for hit in report.judged[0].hits)


def test_less_than_the_policy_wants_is_told_and_makes_nothing_milder() -> None:
    report = under(found(last("web", 2), last("app", 0)), ledger(), DAY)
    assert report.verdict is Compatibility.BREAKING
    (doubt,) = report.doubts
    assert doubt.startswith("Observed for 2 days, and the policy wants 7 days:")
    assert under(found(last("web", 7)), ledger(), DAY).doubts == ()
    assert under(found(), ledger(), DAY).doubts == ()


def test_of_documents_alone_a_policy_of_evidence_says_nothing() -> None:
    text = WEEKS.replace("{evidence:", "{no_data: warn, evidence:")
    alone = replace(found(usage=False), judged=(replace(BROKEN, hits=()),))
    assert under(alone, ledger(text), DAY).verdict is Compatibility.BREAKING
    assert under(replace(alone, usage=True), ledger(text), DAY).verdict is Compatibility.WARNING


def test_without_a_ledger_everybody_counts() -> None:
    report = found(last("web", 0), last("app", 15))
    assert under(report, parse(WEEKS, ""), DAY) == report


def test_who_has_called_on_without_is_told(shop_map: ContractMap) -> None:
    """It may have migrated; the verdict stays, for nothing proves it."""

    def basis(days: int) -> str:
        (one,) = shop_map.producers
        later = tuple(replace(each, last_seen=each.last_seen + days * DAY_NS) for each in one.consumers)
        seen = replace(shop_map, producers=(replace(one, consumers=later),))
        (change,) = of_traffic(Question(announced=("remove GET /orders/{id} 200 body id",)), seen).judged
        return next(hit.basis for hit in change.hits if hit.verdict is Verdict.BREAKS)

    assert "not since" not in basis(14)
    assert basis(16).endswith("; not since 2026-03-02, and it called on: ask it")


def test_what_was_accepted_passes() -> None:
    text = put(WEEKS, "contract.yaml", [BROKEN], Terms(by="anna", at=DAY, reason="moved"))
    report = under(found(last("web", 0), last("app", 0)), ledger(text), DAY)
    assert report.verdict is Compatibility.COMPATIBLE
    assert report.judged[0].accepted
