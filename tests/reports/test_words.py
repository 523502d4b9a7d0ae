"""Quantities read as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.words import (
    between,
    clipped,
    count,
    instant,
    length,
    listed,
    milliseconds,
    moment,
    percent,
    upper,
    verb,
)

MORNING = 1_772_442_000 * 10**9


def test_count_and_verb() -> None:
    assert count(1, "consumer") == "1 consumer"
    assert count(0, "body", "bodies") == "0 bodies"
    assert count(12345, "observation") == "12,345 observations"
    assert (verb(1, "is", "are"), verb(0, "is", "are")) == ("is", "are")


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (0, "0%"),
        (1, "100%"),
        (1e-6, "under 0.01%"),
        (0.0024, "0.24%"),
        (0.041, "4.1%"),
        (0.379, "38%"),
        (0.99999, "99.99%"),
    ],
)
def test_percent(rate: float, words: str) -> None:
    assert percent(rate) == words


def test_an_upper_bound_is_never_below_what_is_shown() -> None:
    assert upper(1e-6) == "0.01%"
    assert upper(0.0024) == percent(0.0024)


@given(st.floats(min_value=1e-12, max_value=1 - 1e-12))
def test_percent_never_rounds_to_none_or_all(rate: float) -> None:
    assert percent(rate) not in {"0%", "100%", "0.00%", "0.0%"}


def test_listed() -> None:
    assert [listed(list("abcde"[:n])) for n in range(6)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c and 1 more",
        "a, b, c and 2 more",
    ]


@given(st.integers(min_value=0, max_value=4_000_000_000 * 10**9))
def test_instant_is_read_back_to_the_microsecond(unix_ns: int) -> None:
    read = datetime.fromisoformat(instant(unix_ns))
    delta = read - datetime(1970, 1, 1, tzinfo=UTC)
    assert (delta.days * 86_400 + delta.seconds) * 10**6 + delta.microseconds == unix_ns // 1000


def test_times_for_people() -> None:
    assert moment(MORNING) == "2026-03-02 09:00 UTC"
    assert between(MORNING, MORNING + 90 * 60 * 10**9) == "2026-03-02 09:00 to 10:30 UTC"
    assert between(MORNING, MORNING + 86_400 * 10**9) == "2026-03-02 09:00 to 2026-03-03 09:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (119, "1 minute"),
        (7200, "2 hours"),
        (86_400 * 3, "3 days"),
    ],
)
def test_length(seconds: int, words: str) -> None:
    assert length(seconds * 10**9) == words


@pytest.mark.parametrize(("value", "words"), [(0.84, "0.84 ms"), (41.3, "41 ms"), (1234, "1.23 s")])
def test_milliseconds(value: float, words: str) -> None:
    assert milliseconds(value) == words


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_clipped_is_short_and_a_beginning(text: str, most: int) -> None:
    short = clipped(text, most)
    assert len(short) <= most + 2
    assert text.startswith(short.removesuffix(" …"))
