"""What traffic holds may be any text: it is written, and read back as it was."""

from __future__ import annotations

import pytest
import yaml

from contract.definition import asyncapi, odcs, openapi
from contract.definition.yaml_text import to_yaml
from contract.kinds import Enum, Type
from contract.subject import Subject
from tests.contract.definition.defining import CREATED, ORDER, all_guaranteed, claim, defined

ODD = [
    "\ud800",
    "\U0001f600",
    "\u2028\u202e",
    "\x00\x07",
    "no",
    "1e3",
    "2026-03-02",
    "a: b # c",
    "*x",
    " ",
    "é",
]


@pytest.mark.parametrize("text", ODD)
def test_values_and_names(text: str) -> None:
    claims = [
        claim(str(Subject(("response", "200", "body", text))), Type(("string",))),
        claim("response.200.body.x", Enum.of([text, "other"])),
        claim("response.message.body.x", Enum.of([text, "other"]), operation=CREATED),
    ]
    definition = defined(*claims, ledger=all_guaranteed(*claims))
    for writer in (openapi, asyncapi, odcs):
        form = writer.document(definition)
        assert yaml.safe_load(to_yaml(form)) == form
    written = openapi.document(definition)["paths"]["/orders/{id}"]["get"]
    clauses = written["x-defacto"]["operations"][ORDER]["clauses"]
    assert any("statement" in one for one in clauses.values()) is (text == "\ud800")


def test_what_stands_twice_is_written_twice() -> None:
    shared = {"a": [1]}
    assert to_yaml({"x": shared, "y": shared}) == "x:\n  a: [1]\ny:\n  a: [1]\n"
