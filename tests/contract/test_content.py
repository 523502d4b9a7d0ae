"""Contents: text and bytes as values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.content import json_type, lexical, pairs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-1", -1),
        ("007", "007"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("True", "True"),
        ("null", "null"),
        ("", ""),
        ("9" * 30, "9" * 30),
        ("٤٢", "٤٢"),
    ],
)
def test_the_form_of_a_text(text: str, value: Any) -> None:
    found = lexical(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "boolean"),
        (1, "integer"),
        (1.0, "number"),
        (None, "null"),
        ("x", "string"),
        ("redacted.card.integer.abcdefghijklmnop", "integer"),
        ("redacted.jwt.string.abcdefghijklmnop", "string"),
        ({}, "object"),
        ([], "array"),
    ],
)
def test_the_type_of_a_value(value: Any, name: str) -> None:
    assert json_type(value) == name


def test_a_query_with_very_many_fields_is_nothing_that_anybody_means() -> None:
    assert pairs("a=1&b=%20&a=2") == [("a", "1"), ("b", " "), ("a", "2")]
    assert pairs("&".join(["a=1"] * 1001)) == []


@given(st.text())
def test_a_text_is_itself_or_what_it_looks_like(text: str) -> None:
    found = lexical(text)
    assert found == text or text in {"true", "false"} or float(text) == found
