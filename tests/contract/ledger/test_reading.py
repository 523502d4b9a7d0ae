from __future__ import annotations

import io
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from contract.claim import Decision, Level
from contract.ledger.errors import LedgerError
from contract.ledger.reading import parse, read
from contract.ledger.template import template
from contract.policy import Policy

LEDGER = """\
interface: {producer: shop, version: "1.0"}
owners:
  consumers:
    no: {name: Finance, conact: x}
policy:
colour: red
clauses:
  abcdefghijkl:
    key: GET /orders · 200 body id · present
    decision: guaranteed
    at: 2026-11-21
    evidence: {value: null, consumers: {no: used}}
  orders:
    decison: guaranteed
"""


def test_what_stands_in_it_is_read() -> None:
    ledger = parse(LEDGER, "contract.yaml")
    entry = ledger.entries["abcdefghijkl"]
    assert (entry.decision, entry.at) == (Decision.GUARANTEED, date(2026, 11, 21))
    assert entry.evidence is not None
    assert entry.evidence.consumers == {"no": Level.USED}
    assert ledger.owners.consumers["no"].name == "Finance"


def test_what_nobody_understands_is_named() -> None:
    assert parse(LEDGER, "contract.yaml").notes == (
        "unknown key owners.consumers.no.conact",
        "unknown key colour",
        "unknown key clauses.orders.decison",
        "clauses.orders is no id of a clause",
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "policy:\nclauses:\n", template("shop")])
def test_sections_that_say_nothing_mean_the_defaults(text: str) -> None:
    ledger = parse(text, "contract.yaml")
    assert ledger.policy == Policy()
    assert (dict(ledger.entries), ledger.notes) == ({}, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1,2", "is no YAML"),
        ("- 1", "must be a mapping"),
        ("1: 2", "the key 1 is no text"),
        ("policy: {compatibility: {requests: backward}}", "Invalid enum value 'backward'"),
        ("policy: {evidence: {stays_days: -1}}", "policy"),
        ("clauses: {a: {at: 2026-13-45}}", "cannot be read"),
        ("clauses: {a: {at: 5}}", "clauses.a"),
        ("clauses: {a: {decision: promised}}", "Invalid enum value 'promised'"),
        ("clauses: {a: 1}", "clauses.a"),
        ("clauses: {a: {}, a: {}}", 'duplicate key "a"'),
        ("interface: {version: 1.0}", "Expected `str`, got `float`"),
        ("a: &x 1\nb: *x", "aliases"),
        ("a: &x [*x]", "aliases"),
        ("- " * 50_000, "nested too deeply"),
        ("a: " + "[" * 50_000, "nested too deeply"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1000)), "nested too deeply"),
        ("a: !!python/object:os.system x", "is no YAML"),
        ("a: !!int x", "cannot be read"),
        ("a: \x00", "is no YAML"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said.replace("(", r"\(")):
        parse(text, "contract.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot read"):
        read(tmp_path / "missing.yaml")
    (tmp_path / "odd.yaml").write_bytes(b"a: \xff")
    with pytest.raises(LedgerError, match="UTF-8"):
        read(tmp_path / "odd.yaml")


@given(st.text(alphabet=st.sampled_from(list("ab01:-?,[]{}#&*!|>'\"%@`~<= \n\t.\\")) | st.characters()))
@example("a: !!timestamp x")
@example("a: !!set {b}")
@example("? {}\n: 1")
@example("!!binary x: 1")
@example("a: 1:2:3.4_")
@example("[" * 2000)
@example("- " * 2000)
def test_any_text_is_read_or_a_clear_error(text: str) -> None:
    with suppress(LedgerError):
        parse(text, "contract.yaml")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
NAMES = st.sampled_from(
    [
        *("interface", "owners", "policy", "clauses", "producer", "consumers", "compatibility", "requests"),
        *(
            "severity",
            "notice",
            "breaking",
            "days",
            "evidence",
            "value",
            "decision",
            "at",
            "positions",
            "role",
        ),
    ]
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=4)
)


@given(st.dictionaries(NAMES, TREES, max_size=5))
def test_any_yaml_is_read_or_a_clear_error(tree: dict[str, Any]) -> None:
    stream = io.StringIO()
    YAML().dump(tree, stream)
    with suppress(LedgerError):
        parse(stream.getvalue(), "contract.yaml")
