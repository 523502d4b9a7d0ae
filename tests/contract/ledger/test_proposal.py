from __future__ import annotations

from dataclasses import replace

import pytest

from contract.claim import Claim, Decision, Level, Standing
from contract.kinds import Latency
from contract.ledger.leaving import marked
from contract.ledger.proposal import proposal, risk
from contract.policy import EvidencePolicy
from tests.contract.ledger.saying import ALWAYS, claim, link

POLICY = EvidencePolicy(shortest_days=0, least_per_consumer=3)
LEFT = {"billing": "last seen long ago"}
CONTRADICTED = replace(claim(), standing=Standing.CONTRADICTED)
SLOW = claim("x", Latency(p50_ms=1, p95_ms=2, p99_ms=3, n=400))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("about", "decision", "why"),
    [
        (claim(), Decision.GUARANTEED, "billing does more than receive it."),
        (claim("ref", ALWAYS, link("billing", Level.EXPOSED)), Decision.MAY_CHANGE, "Nobody was seen"),
        (claim("ref", ALWAYS, link("billing", count=2)), Decision.MAY_CHANGE, "Nobody was seen"),
        (claim("ref", ALWAYS, *marked([link("billing")], LEFT)), Decision.MAY_CHANGE, "Nobody was seen"),
        (claim("ref", ALWAYS, *marked([link("web")], LEFT)), Decision.GUARANTEED, "web does more"),
        (
            claim("ref", operation="SEND orders"),
            Decision.MAY_CHANGE,
            "nobody depends on anything by",
        ),
        (claim(broken=1), Decision.MAY_CHANGE, "1 of 401 break it"),
        (claim(held=12), None, "Seen 12 times; the policy wants 30."),
        (CONTRADICTED, None, "mend the promise or the service first"),
        (SLOW, None, "ask"),
    ],
)
def test_what_the_evidence_speaks_for(about: Claim, decision: Decision | None, why: str) -> None:
    said = proposal(about, POLICY)
    assert said.decision is decision
    assert why in " ".join(said.reasons)


def test_a_short_while_says_too_little() -> None:
    said = proposal(claim(), EvidencePolicy())
    assert said.decision is None
    assert said.reasons == ("Seen for less than the 7 days that the policy wants.",)


def test_what_would_hurt_most_comes_first() -> None:
    exposed = claim("e", ALWAYS, link("a", Level.EXPOSED), link("b", Level.EXPOSED))
    two = claim("d", ALWAYS, link("a"), link("b"))
    order = [replace(exposed, standing=Standing.CONTRADICTED), two, claim("c"), exposed]
    shuffled = [order[place] for place in (2, 0, 3, 1)]
    assert sorted(shuffled, key=risk) == order
