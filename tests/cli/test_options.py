from __future__ import annotations

from time import time_ns

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cli.options import Instant, Period
from reports.when import Span

SECOND = 10**9


def read(text: str) -> int:
    return Instant().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "unix_ns"),
    [
        ("2026-03-02", 1_772_409_600 * SECOND),
        ("2026-03-02T09:00:00Z", 1_772_442_000 * SECOND),
        ("2026-03-02T10:00:00+01:00", 1_772_442_000 * SECOND),
        ("2026-03-02 09:00:00.5", 1_772_442_000 * SECOND + SECOND // 2),
        (" 1970-01-01 ", 0),
    ],
)
def test_instants(text: str, unix_ns: int) -> None:
    assert read(text) == unix_ns


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800)]
)
def test_how_long_ago(text: str, seconds: int) -> None:
    before = time_ns()
    instant = read(text)
    assert before - seconds * SECOND <= instant <= time_ns() - seconds * SECOND


@given(st.text(max_size=12).filter(lambda text: not any(character.isdigit() for character in text)))
@example("yesterday")
@example("2026-13-01")
@example("2026-03-02T25:00:00Z")
@example("5 years")
@example("9" * 400)
def test_anything_else_is_used_wrongly(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write 2026-03-02, 2026-03-02T09:00:00Z, 2h or 7d"):
        read(text)


def span(text: str) -> Span:
    return Period().convert(text, None, None)


DAY_START = 1_772_409_600 * SECOND


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-03-02", DAY_START, DAY_START + 86_400 * SECOND),
        ("2026-03-02T09", DAY_START + 9 * 3_600 * SECOND, DAY_START + 10 * 3_600 * SECOND),
        ("2026-03-02..2026-03-04", DAY_START, DAY_START + 2 * 86_400 * SECOND),
        ("2026-03-02 .. 2026-03-02T09:00:00Z", DAY_START, DAY_START + 9 * 3_600 * SECOND),
        ("2026-03-02..", DAY_START, None),
        ("..2026-03-02", None, DAY_START),
    ],
)
def test_periods(text: str, since: int | None, until: int | None) -> None:
    assert span(text) == (since, until, text)


def test_a_period_of_ages() -> None:
    since, until, _ = span("7d..1d")
    assert since is not None
    assert until is not None
    assert abs(until - since - 6 * 86_400 * SECOND) < SECOND


@pytest.mark.parametrize("text", ["7d", "2026-03", "yesterday", "2026-03-02..x", "..", "1d..7d", ""])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(click.BadParameter):
        span(text)
