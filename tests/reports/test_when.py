"""Instants and periods as people write them; how they are read is told by the tests of the options, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.when import read_instant, read_period
from store.errors import QuestionError


@pytest.mark.parametrize("text", ["9999-01-01", "0001-01-01", "999999w", "", "now", "2026-13-01"])
def test_what_no_store_can_be_asked_for_is_no_instant(text: str) -> None:
    with pytest.raises(QuestionError, match="is no instant"):
        read_instant(text)


@given(st.text(max_size=40))
def test_a_period_is_read_or_refused(text: str) -> None:
    try:
        span = read_period(text)
    except QuestionError:
        return
    assert span.since is not None or span.until is not None
