"""Breaks that were reviewed pass the gate: for whom they were, and as long as it was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from contract.changes import RULES
from contract.changes.accepting import Terms, accept, breaks, id_of, put
from contract.changes.change import Change
from contract.changes.rules import Compatibility
from contract.changes.usage import Hit, Judged, Verdict, worst
from contract.ledger.errors import LedgerError
from contract.ledger.reading import parse
from contract.subject import parse as parse_subject

DAY = date(2026, 11, 21)
TERMS = Terms(by="anna", at=DAY, reason='they "moved": to cents', until=date(2026, 12, 31))
LEDGER = """# ours
interface:
  producer: shop   # the shop
clauses: {}
"""


def judged(*names: str, verdict: Verdict = Verdict.BREAKS, place: str = "response.200.body.total") -> Judged:
    change = Change(
        rule=RULES["response-property-removed"],
        operation="GET /orders/{id}",
        subject=parse_subject(place),
        message="gone",
    )
    hits = (
        Hit(consumer=name, owner="", verdict=verdict, basis="uses it", calls=40, count=3) for name in names
    )
    return Judged(change=change, hits=tuple(hits))


def held(one: Judged, text: str, today: date = DAY) -> Judged:
    (found,) = accept((one,), parse(text, "contract.yaml").accepted, today)
    return found


@pytest.mark.parametrize("name", ["billing", "wéb: '#1'\n", "no", "7", "[x]"])
def test_what_is_written_is_accepted(name: str) -> None:
    one = judged(name)
    text = put(LEDGER, "contract.yaml", [one], TERMS)
    found = held(one, text)
    assert found.accepted == 'accepted by anna on 2026-11-21, until 2026-12-31: they "moved": to cents'
    assert worst([found]) is Compatibility.COMPATIBLE
    assert found.compatibility is Compatibility.BREAKING  # it still is one
    assert breaks([found]) == []
    assert parse(text, "contract.yaml").notes == ()
    assert "producer: shop   # the shop" in text


def test_a_later_one_stands_below_and_the_same_is_written_anew() -> None:
    first, other = judged("billing"), judged("billing", place="response.200.body.note")
    text = put(LEDGER, "contract.yaml", [first], TERMS)
    both = put(text, "contract.yaml", [other], TERMS)
    assert list(parse(both, "contract.yaml").accepted) == [id_of(first.change), id_of(other.change)]
    longer = put(both, "contract.yaml", [first], replace(TERMS, until=None))
    assert parse(longer, "contract.yaml").accepted[id_of(first.change)].until is None
    assert len(parse(longer, "contract.yaml").accepted) == 2


def test_for_one_more_consumer_it_is_to_be_reviewed_anew() -> None:
    text = put(LEDGER, "contract.yaml", [judged("billing")], TERMS)
    found = held(judged("billing", "loyalty"), text)
    assert found.refused == "it was accepted for billing; loyalty would be hit as well"
    assert worst([found]) is Compatibility.BREAKING
    gone = held(judged(), text)
    assert gone.accepted


def test_after_its_day_it_counts_no_more() -> None:
    text = put(LEDGER, "contract.yaml", [judged("billing")], TERMS)
    assert held(judged("billing"), text, date(2026, 12, 31)).accepted
    found = held(judged("billing"), text, date(2027, 1, 1))
    assert found.refused == "it was accepted until 2026-12-31, and that has passed"
    assert not found.accepted


def test_only_what_breaks_is_written() -> None:
    mild = judged("billing", verdict=Verdict.UNAFFECTED)
    assert put(LEDGER, "contract.yaml", [mild], TERMS) == LEDGER


def test_another_place_is_another_break() -> None:
    text = put(LEDGER, "contract.yaml", [judged("billing")], TERMS)
    other = held(judged("billing", place="response.200.body.note"), text)
    assert (other.accepted, other.refused) == ("", "")


def test_a_ledger_that_says_it_wrongly() -> None:
    with pytest.raises(LedgerError, match=r"accepted\.x: Object missing required field `rule`"):
        parse("accepted:\n  x:\n    by: anna\n", "contract.yaml")


def test_who_has_left_need_not_be_accepted() -> None:
    one = judged("billing", "old")
    text = put(LEDGER, "contract.yaml", [judged("billing")], TERMS)
    assert held(one, text).refused
    gone = replace(one, hits=tuple(replace(hit, left="x" * (hit.consumer == "old")) for hit in one.hits))
    assert held(gone, text).accepted
