"""The form of tokens."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.tokens import JsonType, is_token, make_token, token_kind, token_type

MACS = st.text(string.ascii_lowercase + "234567", min_size=16, max_size=16)
KINDS = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
UNRESERVED = set(string.ascii_letters + string.digits + "-._~")


@given(KINDS, st.sampled_from(JsonType), MACS)
def test_a_token_tells_its_kind_and_type_and_fits_into_a_url(
    kind: str, json_type: JsonType, mac: str
) -> None:
    token = make_token(kind, json_type, mac)
    assert is_token(token)
    assert (token_kind(token), token_type(token)) == (kind, json_type)
    assert set(token) <= UNRESERVED


@pytest.mark.parametrize(
    "text",
    ["", "redacted.", "redacted.jwt.string.", "redacted.jwt.string.abc", "x redacted.a.string." + "a" * 16],
)
def test_what_is_no_token(text: str) -> None:
    assert not is_token(text)
    assert token_type(text) is None
    assert token_kind(text) is None
