from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import Claim, Decision, Level, Standing
from contract.kinds import Latency
from contract.ledger.proposal import proposal, risk
from contract.policy import DAY_NS, EvidencePolicy, Habit
from tests.contract.ledger.saying import ALWAYS, NOON, claim, link

POLICY = EvidencePolicy(
    shortest_days=0, least_per_consumer=3, consumers={"quarterly*": Habit(stays_days=400)}
)
CONTRADICTED = replace(claim(), standing=Standing.CONTRADICTED)
SLOW = claim("x", Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=400))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("about", "days", "decision", "why"),
    [
        (claim(), 0, Decision.GUARANTEED, "billing does more than receive it."),
        (claim("ref", ALWAYS, link("billing", Level.EXPOSED)), 0, Decision.MAY_CHANGE, "Nobody was seen"),
        (claim("ref", ALWAYS, link("billing", count=2)), 0, Decision.MAY_CHANGE, "Nobody was seen"),
        (claim(), 91, Decision.MAY_CHANGE, "Nobody was seen"),
        (claim("ref", ALWAYS, link("quarterly-report")), 91, Decision.GUARANTEED, "quarterly-report does"),
        (claim(broken=1), 0, Decision.MAY_CHANGE, "1 of 401 break it"),
        (claim(held=12), 0, None, "Seen 12 times; the policy wants 30."),
        (CONTRADICTED, 0, None, "mend the promise or the service first"),
        (SLOW, 0, None, "ask"),
    ],
)
def test_what_the_evidence_speaks_for(about: Claim, days: int, decision: Decision | None, why: str) -> None:
    said = proposal(about, POLICY, NOON + days * DAY_NS)
    assert said.decision is decision
    assert why in " ".join(said.reasons)


def test_a_short_while_says_too_little() -> None:
    said = proposal(claim(), EvidencePolicy(), NOON)
    assert said.decision is None
    assert said.reasons == ("Seen for less than the 7 days that the policy wants.",)


def test_what_would_hurt_most_comes_first() -> None:
    exposed = claim("e", ALWAYS, link("a", Level.EXPOSED), link("b", Level.EXPOSED))
    two = claim("d", ALWAYS, link("a"), link("b"))
    order = [replace(exposed, standing=Standing.CONTRADICTED), two, claim("c"), exposed]
    shuffled = [order[place] for place in (2, 0, 3, 1)]
    assert sorted(shuffled, key=risk) == order
