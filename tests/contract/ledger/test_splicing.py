"""Edits keep every character of what they do not touch."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.claim import Decision
from contract.kinds import Enum
from contract.ledger.errors import LedgerError
from contract.ledger.model import Role
from contract.ledger.reading import parse, tree
from contract.ledger.splicing import Edit, blocks, put
from contract.ledger.writing import clean, decided, positioned
from tests.contract.ledger.saying import DAY, claim, empty, written

BY_HAND = """\
# ours
interface:   {producer:  shop}   # odd spaces
clauses:     # decided below

  # about a
  aaaaaaaaaaaa:
    key:   "a"
    # she said so
    decision:    guaranteed   # in March
    colour: red
    evidence: {held: 1}

  # about m
  mmmmmmmmmmmm:
    key: m
    reason: |
      two
      # lines
    # the end of m

# what follows
later: [1,   2]
"""


def edit(id_: str, key: str, **fields: Any) -> Edit:
    return Edit(id_, {"key": key, **fields})


def without(text: str, id_: str) -> str:
    return text.replace(blocks(text, "x", [id_]), "")


@pytest.mark.parametrize(
    ("id_", "key", "before"),
    [
        ("bbbbbbbbbbbb", "A", "  # about a\n"),
        ("bbbbbbbbbbbb", "b", "\n  # about m\n"),
        ("zzzzzzzzzzzz", "z", "    # the end of m\n"),
    ],
)
def test_a_new_entry_stands_where_it_is_sorted_to(id_: str, key: str, before: str) -> None:
    text = put(BY_HAND, "x", [edit(id_, key, decision="may-change")])
    assert text == BY_HAND.replace(before, f"  {id_}:\n    key: {key}\n    decision: may-change\n{before}", 1)


def test_an_entry_keeps_its_comments_and_its_unknown_keys() -> None:
    text = put(
        BY_HAND, "x", [edit("aaaaaaaaaaaa", "a", decision="may-change", by="anna", evidence={"held": 2})]
    )
    assert without(text, "aaaaaaaaaaaa") == without(BY_HAND, "aaaaaaaaaaaa")
    block = blocks(text, "x", ["aaaaaaaaaaaa"])
    assert re.search(r'key: +"a"\n +# she said so\n +decision: +may-change +# in March\n +by: anna\n', block)
    assert "colour: red" in block
    assert tree(text, "x")["clauses"]["aaaaaaaaaaaa"]["evidence"] == {"held": 2}


def test_an_entry_in_braces_is_written_one_fact_a_line() -> None:
    text = put("clauses:\n  aaaaaaaaaaaa: {key: a}  # mine\n", "x", [edit("aaaaaaaaaaaa", "a", by="b")])
    assert re.fullmatch(
        r"clauses:\n  aaaaaaaaaaaa:( +# mine)?\n    key: a( +# mine)?\n    by: b( +# mine)?\n", text
    )
    assert text.count("# mine") == 1


def test_fields_are_taken_out() -> None:
    text = put(BY_HAND, "x", [edit("mmmmmmmmmmmm", "m", reason=None)])
    assert tree(text, "x")["clauses"]["mmmmmmmmmmmm"] == {"key": "m"}
    assert "# the end of m" in text


def test_a_former_id_gives_way_and_keeps_what_it_had() -> None:
    text = put(BY_HAND, "x", [Edit("nnnnnnnnnnnn", {"key": "n"}, "aaaaaaaaaaaa")])
    assert tree(text, "x")["clauses"]["nnnnnnnnnnnn"]["decision"] == "guaranteed"
    assert "aaaaaaaaaaaa" not in text
    assert "# she said so" in text


@pytest.mark.parametrize(
    "text", ["", "a: 1", "clauses:", "clauses: {}\n", "a: 1\nclauses:  # here\n\n# end\n"]
)
def test_the_first_entry(text: str) -> None:
    new = put(text, "x", [edit("aaaaaaaaaaaa", "a")])
    assert tree(new, "x")["clauses"] == {"aaaaaaaaaaaa": {"key": "a"}}
    assert re.findall("#.*", new) == re.findall("#.*", text)


@pytest.mark.parametrize(
    "text", ["clauses: {aaaaaaaaaaaa: {key: a}}", "clauses:\nlater: 1\n", "{clauses: {}}"]
)
def test_what_cannot_be_edited_without_harm_is_refused(text: str) -> None:
    with pytest.raises(LedgerError):
        put(text, "x", [edit("bbbbbbbbbbbb", "b")])


def test_line_ends_stay_as_they_are() -> None:
    crlf = BY_HAND.replace("\n", "\r\n")
    new = put(crlf, "x", [edit("bbbbbbbbbbbb", "b")])
    assert new == put(BY_HAND, "x", [edit("bbbbbbbbbbbb", "b")]).replace("\n", "\r\n")


WORDS = st.text(max_size=30)


@given(
    st.lists(st.tuples(WORDS, WORDS, st.sampled_from(Decision), st.booleans()), min_size=1, max_size=4),
    st.sampled_from([BY_HAND, "", BY_HAND.replace("\n", "\r\n")]),
)
def test_whatever_is_written_is_read_back_and_the_rest_stays(
    said: list[tuple[str, str, Decision, bool]], text: str
) -> None:
    before = text
    ledger = empty()
    for number, (words, value, decision, disputes) in enumerate(said):
        about = claim("abc"[number % 3], Enum.of((value, f"{value}x")))
        about = replace(about, clause=replace(about.clause, operation=f"GET /{words}"))
        made = (
            positioned(ledger, about, decision, by=words or "x", role=Role.CONSUMER, at=DAY, reason=value)
            if disputes
            else decided(ledger, about, decision, by=words, at=DAY, reason=value)
        )
        text = put(text, "x", [made])
        entry = parse(text, "x").entries[made.id]
        assert entry.decision is decision or disputes
        assert entry.key == made.fields["key"]
        assert entry.evidence is not None
    lines = iter(text.splitlines(keepends=True))
    assert all(line in lines for line in before.splitlines(keepends=True))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
)


@given(JSON)
@example([{"a": "?b"}])
@example(1e-7)
@example(["a, b", "[]", "x{}", "no", "1:2", "\u2028", "2026-01-01"])
def test_whatever_is_stated_can_be_written(value: Any) -> None:
    text = put("", "x", [edit("aaaaaaaaaaaa", "a", evidence={"value": clean(value)})])
    assert tree(text, "x")["clauses"]["aaaaaaaaaaaa"]["evidence"]["value"] == clean(value)


def test_every_fact_is_one_line() -> None:
    about = claim("state", Enum.of(("open", "paid: yes")))
    text = written(decided(empty(), about, Decision.GUARANTEED, by="anna", at=DAY, reason="a\nb " * 100))
    block = blocks(text, "x", [about.clause.id])
    assert "value: [open, 'paid: yes']" in block or "paid: yes" in block
    assert all(re.match(r" *\S+:( |$)", line) for line in block.splitlines())
