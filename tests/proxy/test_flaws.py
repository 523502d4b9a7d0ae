"""Flaws of bodies, by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.flaws import body_flaws

JSON = "application/json"


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"", JSON, []),
        (b'{"a":1}', JSON, []),
        (b'{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', JSON, []),
        (b'{"a":1,"a":2}', JSON, ["duplicate-keys"]),
        (b'[{"b":{"a" : 1, "a": 2}}]', JSON, ["duplicate-keys"]),
        (b'{"a":1,"\\u0061":2}', JSON, ["duplicate-keys"]),
        (b'{"x\\":y":1}', JSON, []),
        (b'{"a":NaN}', JSON, ["nan"]),
        (b'{"a":-Infinity}', JSON, ["nan"]),
        (b'{"a":"NaN",}', JSON, ["not-json"]),
        (b"hello", JSON, ["not-json"]),
        (b'{"a":', "application/problem+json", ["not-json"]),
        (b"hello", "text/plain", []),
        (b'{"a":"\xff"}', JSON, ["invalid-utf8"]),
        (b"caf\xe9", "text/plain", ["invalid-utf8"]),
        (b"\xff\xd8\xff", "image/jpeg", []),
        (b"[" * 5_000 + b"]" * 5_000, JSON, ["too-deep"]),
        (b"1" * 5_000, JSON, ["huge-number"]),
    ],
)
def test_a_flaw_is_named(content: bytes, media_type: str, expected: list[str]) -> None:
    assert list(body_flaws(content, media_type)) == expected


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
)
def test_what_a_json_writer_wrote_has_no_flaw(value: object) -> None:
    for options in ({}, {"indent": 2}, {"ensure_ascii": False}):
        try:
            content = json.dumps(value, **options).encode()
        except UnicodeEncodeError:
            continue
        if b"\\ud" not in content:  # half a surrogate pair is no character
            assert list(body_flaws(content, JSON)) == []


@given(st.binary(max_size=200), st.sampled_from([JSON, "text/plain", "application/xml"]))
def test_any_bytes_have_at_most_one_flaw(content: bytes, media_type: str) -> None:
    assert len(list(body_flaws(content, media_type))) <= 1
