"""What the ledger guarantees, seen or not."""

from __future__ import annotations

from contract.claim import Claim, Decision, Dependence, Evidence, Level
from contract.clause import Clause, Kind
from contract.kinds import Enum, Latency, Present
from contract.ledger.model import Entry, Interface, Ledger, Owner, Owners, Then
from contract.policy import Policy
from contract.subject import parse
from contract.verification.guarantees import Guarantee
from contract.verification.promises import decided, of_ledger

GET = "GET /orders/{id}"


def clause(subject: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation=GET, subject=parse(subject), kind=kind)


STATUS = clause("response.200.body.status", Enum.of(["paid", "placed"]))
GONE = clause("response.200.body.ref", Present(always=True))


def ledger(producer: str = "shop", **entries: Entry) -> Ledger:
    return Ledger(
        source="contract.yaml",
        interface=Interface(producer=producer),
        owners=Owners(producer=Owner(name="Orders")),
        policy=Policy(),
        entries=entries,
    )


def seen(one: Clause, *who: str) -> Claim:
    links = tuple(
        Dependence(consumer=name, level=Level.USED, basis="", count=1, first_seen=1, last_seen=2)
        for name in who
    )
    return Claim(clause=one, evidence=Evidence(held=9, broken=0), dependence=links)


def test_a_promise_keeps_the_value_that_was_decided() -> None:
    then = Then(value=["paid"], consumers={"billing": Level.USED, "web": Level.EXPOSED})
    decisions = ledger(**{STATUS.id: Entry(decision=Decision.GUARANTEED, evidence=then)})
    (found,) = of_ledger(decisions, "shop", [seen(STATUS, "analytics")])
    assert found.clause.kind == Enum.of(["paid"])
    assert found.clause.id == STATUS.id
    assert found.consumers == ("analytics", "billing")
    assert (found.owner, found.source) == ("Orders", "guaranteed in contract.yaml")


def test_a_promise_of_what_is_gone_is_still_one() -> None:
    entry = Entry(
        decision=Decision.DEPRECATED,
        operation=GET,
        subject="response.200.body.ref",
        kind="present",
        evidence=Then(value="always"),
    )
    (found,) = of_ledger(ledger(**{GONE.id: entry}), "shop", [])
    assert found.clause == GONE
    assert not of_ledger(ledger(**{GONE.id: Entry(decision=Decision.GUARANTEED)}), "shop", [])
    assert not of_ledger(ledger(**{STATUS.id: entry}), "shop", [])  # another clause's id


def test_what_is_not_promised_or_of_another_producer_is_no_guarantee() -> None:
    for decision in (Decision.MAY_CHANGE, Decision.OUT_OF_CONTRACT, Decision.UNDECIDED):
        assert not of_ledger(ledger(**{STATUS.id: Entry(decision=decision)}), "shop", [seen(STATUS)])
    promised = {STATUS.id: Entry(decision=Decision.GUARANTEED)}
    assert not of_ledger(ledger("other", **promised), "shop", [seen(STATUS)])


def test_a_value_of_an_old_form_is_read_as_what_is_seen_today() -> None:
    entry = Entry(decision=Decision.GUARANTEED, evidence=Then(value={"values": 3}))
    (found,) = of_ledger(ledger(**{STATUS.id: entry}), "shop", [seen(STATUS)])
    assert found.clause == STATUS


def test_a_promised_p99_tolerates_one_in_a_hundred() -> None:
    slow = clause("response.200.latency", Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=40))
    (found,) = of_ledger(ledger(**{slow.id: Entry(decision=Decision.GUARANTEED)}), "shop", [seen(slow)])
    assert found.tolerated == 0.01


def test_what_the_ledger_takes_back_nobody_guarantees() -> None:
    guarantees = [Guarantee(clause=STATUS), Guarantee(clause=GONE)]
    decisions = {STATUS.id: Entry(decision=Decision.MAY_CHANGE)}
    (kept,) = decided(guarantees, ledger(**decisions))
    assert (kept.clause, kept.owner) == (GONE, "Orders")
    assert decided(guarantees, ledger("other", **decisions)) == guarantees
