from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers.instants import from_iso, from_seconds, length


@given(st.datetimes(datetime(1970, 1, 1), datetime(2261, 12, 31)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_both_ways_of_writing_an_instant_agree(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    exact = from_iso(aware.isoformat())
    assert exact is not None
    assert exact % 1000 == 0
    assert from_iso(aware.isoformat(timespec="microseconds").replace("+00:00", "Z")) == exact
    rounded = from_seconds(aware.timestamp())
    assert rounded is not None
    assert abs(rounded - exact) <= 2000


@pytest.mark.parametrize("seconds", [None, "1", True, -1, math.nan, math.inf, 1e30, 10**40])
def test_what_is_no_instant(seconds: Any) -> None:
    assert from_seconds(seconds) is None


@pytest.mark.parametrize(
    ("amount", "ns"),
    [
        (1, 10**6),
        (0.5, 500_000),
        (0, 0),
        (-1, None),
        (None, None),
        ("1", None),
        (True, None),
        (math.nan, None),
        (1e300, None),
    ],
)
def test_lengths(amount: Any, ns: int | None) -> None:
    assert length(amount, 10**6) == ns


@given(st.text())
def test_any_text_is_an_instant_or_none(text: str) -> None:
    instant = from_iso(text)
    assert instant is None or 0 <= instant < 2**63
