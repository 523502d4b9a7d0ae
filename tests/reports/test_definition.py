"""The contract for people: every clause in its part, with who decided it and who relies on it."""

from __future__ import annotations

import json
import re

import pytest

from contract.definition.terms import Definition, Part
from contract.ledger.model import Ledger
from reports.definition import DISPUTED, parties, policy_of, sections, verdict
from reports.definition_html import definition_html
from reports.definition_markdown import definition_markdown
from tests.contract.definition.defining import ALWAYS, claim, defined, ledger_of, link, order_claims

DISPUTE = """
    positions:
      billing: {role: consumer, position: guaranteed, reason: we match by it}
      orders: {role: producer, position: may-change}
"""


def decided(more: str = "") -> tuple[Definition, Ledger]:
    """An id guaranteed, the stages may change, latency out of contract, 404 deprecated, items disputed."""
    ids = {one.clause.key.partition(" · ")[2]: one.clause.id for one in order_claims()}
    items = f"  {ids['200 body items · type']}:{DISPUTE}"
    decisions = {
        ids["200 body id · present"]: "guaranteed",
        ids["200 body status · lifecycle"]: "may-change",
        ids["200 latency · latency"]: "out-of-contract",
        ids["404 · occurs"]: "deprecated",
    }
    ledger = ledger_of(decisions, more=items + more)
    return defined(*order_claims(), ledger=ledger), ledger


def test_each_clause_stands_in_its_part() -> None:
    told = {section.slug: section for section in sections(decided()[0])}
    parts = ("stable", "deprecated", "may-change", "out-of-contract", "disputed", "undecided")
    assert tuple(told) == parts
    (line,) = told[Part.STABLE.value].groups[0].lines
    assert (line.subject.readable, line.statements) == ("200 body id", ("always present",))
    assert [one.consumer for one in line.dependence] == ["billing"]
    assert line.notes == ("Guaranteed by ann.",)
    (disputed,) = told[DISPUTED].groups[0].lines
    assert disputed.notes[0].startswith("Disputed: billing (consumer) says guaranteed, we match by it;")
    assert sum(section.clauses for section in told.values()) == len(order_claims())


def test_of_what_is_undecided_only_what_somebody_relies_on_is_told() -> None:
    (group,) = next(one for one in sections(decided()[0]) if one.slug == "undecided").groups
    assert {link.consumer for line in group.lines for link in line.dependence} == {"billing", "warehouse"}
    assert all(line.dependence for line in group.lines)
    assert group.more > 0


def test_the_verdict() -> None:
    assert verdict(decided()[0]) == (
        "Orders promises 1 clause to 2 consumers. 1 is deprecated; 1 is disputed; 17 are undecided."
    )
    assert verdict(defined(*order_claims())) == ("Of shop nothing is promised yet. 22 are undecided.")


def test_who_answers() -> None:
    producer, *consumers = parties(decided()[0])
    assert (producer.owner, producer.contact) == ("Orders team", "orders@example.org")
    assert [one.name for one in consumers] == ["billing", "warehouse"]


def test_without_a_ledger_there_is_no_policy() -> None:
    assert policy_of(None) == ()
    assert "No policy was decided." in definition_markdown(defined(*order_claims()), None)


def test_markdown() -> None:
    text = definition_markdown(*decided())
    assert "# The contract of Orders 2" in text
    assert "## Disputed (1)" in text
    assert "| billing |  | | |" in text
    assert "A breaking change is announced" in text


def test_what_traffic_breaks_is_marked() -> None:
    document = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: order
          content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}
"""
    definition = defined(*order_claims(), document=document)
    lines = [line for one in sections(definition) for group in one.groups for line in group.lines]
    (broken,) = [line for line in lines if line.broken]
    assert broken.subject.readable == "200 body id"
    assert broken.notes == ("Not kept today: 200 body id is always a string.",)
    assert "an integer" in broken.statements


@pytest.mark.parametrize("render", [definition_html, definition_markdown])
def test_it_does_not_say_when_it_was_made(render: object) -> None:
    definition, ledger = decided()
    assert callable(render)
    assert render(definition, ledger) == render(definition, ledger)
    assert not re.search(r"\bMade\b", render(definition, ledger))


def test_traffic_cannot_write_markup() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=y>|\n# heading'
    subject = f"response.200.body[{json.dumps(evil)}]"
    one = claim(subject, ALWAYS, link(evil))
    definition = defined(one)
    page = definition_html(definition, None)
    assert "<script" not in page
    assert "<img" not in page
    text = definition_markdown(definition, None)
    assert "\n# heading" not in text
    assert "<script>" not in re.sub(r"`+.*?`+", "", text)


def test_the_page_is_one_file_to_print() -> None:
    page = definition_html(*decided())
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "@media print" in page
    assert "Signature" in page
    assert "content-security-policy" in page.lower()
