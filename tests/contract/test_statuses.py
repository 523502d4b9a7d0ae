"""Status patterns: the exact one before its class before the default."""

from __future__ import annotations

import pytest

from contract.statuses import covers, pattern_for


@pytest.mark.parametrize(
    ("declared", "pattern"),
    [
        ({"404", "4XX", "default"}, "404"),
        ({"4XX", "default"}, "4XX"),
        ({"200", "5XX", "default"}, "default"),
        ({"200", "5XX"}, None),
    ],
)
def test_the_most_specific_pattern_speaks(declared: set[str], pattern: str | None) -> None:
    assert pattern_for("404", declared) == pattern


@pytest.mark.parametrize(
    ("pattern", "covered"), [("404", True), ("4XX", True), ("default", True), ("5XX", False)]
)
def test_a_pattern_by_itself(pattern: str, covered: bool) -> None:
    assert covers(pattern, "404") is covered
