"""Blank values, and the values that are left to look at."""

from __future__ import annotations

from typing import Any

import pytest

from contract.blank import is_blank, text_at, values_at
from contract.place import Places
from contract.subject import parse
from tests.inference.traffic import call


@pytest.mark.parametrize(
    "value", [None, "", "  \t", " " * 99, "N/A", "n/a", "null", "None", " nil ", "-", "--"]
)
def test_blank(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", ["NA", "0", 0, False, "no", "nullable", "a" * 99, [], {}, "unknown artist"])
def test_not_blank(value: Any) -> None:
    assert not is_blank(value)


def test_blanks_and_tokens_are_not_looked_at() -> None:
    token = "redacted.secret.string.abcdefghijklmnop"
    got = {"x": [None, "", "N/A", token, "a", 0, False, []]}
    places = Places(call(0, "GET", "/a", got=got), "GET /a")
    assert values_at(parse("response.200.body.x[]"), places) == ["a", 0, False, []]
    assert values_at(parse("response.404.body.x[]"), places) == []


@pytest.mark.parametrize(
    ("subject", "value", "text"),
    [
        ("response.200.body.x", "a", "a"),
        ("response.200.body.x", 4, None),
        ("request.query.x", 4, "4"),
        ("request.query.x", 1.5, None),
        ("request.query.x", True, "true"),
    ],
)
def test_the_text_of_a_value(subject: str, value: Any, text: str | None) -> None:
    assert text_at(parse(subject), value) == text
