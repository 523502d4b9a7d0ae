from __future__ import annotations

import pytest
from hypothesis import given

from store.text import escape, unescape
from tests.store.strategies import any_text


@given(any_text)
def test_any_text_comes_back_and_is_storable_meanwhile(text: str) -> None:
    stored = escape(text)
    assert unescape(stored) == text
    assert "\0" not in stored
    stored.encode()  # a lone surrogate would raise


@pytest.mark.parametrize("text", ["", "GET", "naïve 🙂", "line\nbreak\t\x7f"])
def test_everyday_text_is_stored_as_it_is(text: str) -> None:
    assert escape(text) == text


def test_what_looks_like_an_escape_is_told_from_one() -> None:
    assert escape("\0") == "\x100000"
    assert escape("\x100000") == "\x1000100000"
    assert unescape("\x1000100000") == "\x100000"
    assert unescape("\x10 is no escape") == "\x10 is no escape"
