"""What decides a claim can be told for every kind that a threshold decides."""

from __future__ import annotations

import pytest

from contract.kinds import KINDS
from inference import rules, thresholds
from inference.rules import thresholds_of


@pytest.mark.parametrize("kind", rules._BY_KIND)
def test_every_rule_is_of_a_kind_and_has_a_reason(kind: str) -> None:
    assert kind in KINDS
    found = thresholds_of(kind)
    assert found
    for name, value, reason in found:
        assert getattr(thresholds, name) == value
        assert len(reason.split()) > 4, name


def test_a_reason_is_the_text_below_its_name() -> None:
    (presence,) = thresholds_of("present")
    assert presence == (
        "MIN_PRESENCE",
        thresholds.MIN_PRESENCE,
        'Objects seen before "always present" is claimed: with fewer, most might lack it (rule of three).',
    )


def test_what_is_told_as_it_is_has_no_threshold_but_those_of_its_use() -> None:
    assert thresholds_of("occurs") == ()
    assert "MIN_RETURNED" in {one.name for one in thresholds_of("occurs", used=True)}
