"""An explanation holds all that is known about a claim, and finds it by any of its names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from contract.claim import Claim, ContractMap, Standing
from reports.explain import Explanation, explain_form, explain_text, find
from reports.json_form import to_json
from tests.reports.conftest import ALWAYS, ORDER, SOMETIMES, USED, claim, depends
from tests.reports.test_formats import printed

SENT_BACK = depends("storefront", USED, "sent back as path id of POST /orders/{id}/refund", 38)
CLAIM = replace(
    claim(ORDER, "response.200.body.id", ALWAYS, SENT_BACK, depends("billing", USED, "sent back", 400)),
    reasons=("seen in every one of 400 objects",),
    former_ids=("formerformer",),
)


def with_claims(shop_map: ContractMap, *claims: Claim) -> ContractMap:
    (producer,) = shop_map.producers
    operation = replace(producer.operations[0], claims=claims)
    return replace(shop_map, producers=(replace(producer, operations=(operation,)),))


def explained(shop_map: ContractMap, one: Claim) -> Explanation:
    (found,) = find(with_claims(shop_map, one), one.clause.id)
    return found


def test_by_id_prefix_and_former_id(shop_map: ContractMap) -> None:
    other = claim(ORDER, "response.200.body.total", ALWAYS)
    both = with_claims(shop_map, CLAIM, other)
    for name in (CLAIM.clause.id, CLAIM.clause.id[:6], "formerformer"):
        assert [one.claim for one in find(both, name)] == [CLAIM]
    assert len(find(both, "")) == 2
    assert find(both, "zzzzzz9") == []


def test_a_whole_id_goes_before_a_former_one(shop_map: ContractMap) -> None:
    other = replace(claim(ORDER, "response.200.body.total", ALWAYS), former_ids=(CLAIM.clause.id,))
    assert [one.claim for one in find(with_claims(shop_map, CLAIM, other), CLAIM.clause.id)] == [CLAIM]


def test_text(shop_map: ContractMap) -> None:
    said = printed(explain_text(explained(shop_map, CLAIM)), 200)
    for part in (
        "200 body id is always present",
        f"{ORDER} of shop · shape · present  [{CLAIM.clause.id}]",
        "Claimed.",
        "True in all 400; at 95% at most 0.75% break it.",
        "First seen 2026-03-02 09:00 UTC, last seen 2026-03-02 09:40 UTC.",
        "Seen in every one of 400 objects.",
        "MIN_PRESENCE = 5  Objects seen before",
        "MIN_RETURNED = ",
        "● storefront uses it: sent back as path id of POST /orders/{id}/refund, 38 times",
        "defacto show k3jx7qzt2m5aapw4",
        "formerformer",
    ):
        assert part in said
    assert said.index("billing uses it") < said.index("storefront uses it")


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (CLAIM, "Claimed."),
        (replace(CLAIM, doubt="4 seen, 5 needed"), "Not claimed: 4 seen, 5 needed."),
        (claim(ORDER, "response.200.body.id", SOMETIMES), "Not claimed: it rules nothing out."),
        (
            claim(ORDER, "response.200.body.id", ALWAYS, held=0, standing=Standing.UNOBSERVED),
            "Declared, and never seen.",
        ),
    ],
)
def test_verdicts(shop_map: ContractMap, one: Claim, verdict: str) -> None:
    explanation = explained(shop_map, one)
    assert explanation.verdict == verdict
    assert verdict in printed(explain_text(explanation), 200)


def test_what_the_document_says(shop_map: ContractMap) -> None:
    parted = claim(ORDER, "response.200.body.id", SOMETIMES, standing=Standing.CONTRADICTED, declared=ALWAYS)
    said = printed(explain_text(explained(shop_map, parted)), 200)
    assert "Contradicted: the document states that 200 body id is always present." in said


def test_json(shop_map: ContractMap) -> None:
    form = json.loads(to_json(explain_form(explained(shop_map, CLAIM))))
    assert form["id"] == CLAIM.clause.id
    assert form["former_ids"] == ["formerformer"]
    assert form["reasons"] == ["seen in every one of 400 objects"]
    assert form["thresholds"][0]["name"] == "MIN_PRESENCE"


def test_hostile_text_does_not_act(hostile_map: ContractMap) -> None:
    (producer,) = hostile_map.producers
    for operation in producer.operations:
        for one in operation.claims:
            said = printed(explain_text(explained(hostile_map, replace(one, doubt=operation.key))), 200)
            assert not any(character in said for character in "\x1b\x9b\u202e\u2066\u200b")
