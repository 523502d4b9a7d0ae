from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.pretty import is_json, pretty

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(values)
def test_json_is_indented_as_the_standard_library_does(value: Any) -> None:
    assert pretty(json.dumps([value]).encode(), "application/json") == json.dumps([value], indent=2)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('{"a":1,"a":1.10,"b":1e400}', '{\n  "a": 1,\n  "a": 1.10,\n  "b": 1e400\n}'),
        ('{"a":[1,{"b":"x', '{\n  "a": [\n    1,\n    {\n      "b": "x'),
        ('{"a" "b" c]]}', '{\n  "a" "b" c\n]\n]\n}'),
        ("{}", "{}"),
        ("[ ]", "[]"),
        ("<p>no JSON</p>\n", "<p>no JSON</p>"),
        ("", ""),
    ],
)
def test_nothing_is_changed_or_lost(content: str, shown: str) -> None:
    assert pretty(content.encode(), "application/json") == shown


def test_deep_nesting_is_not_indented_for_ever() -> None:
    assert len(pretty(b"[" * 10_000, "application/json")) < 1_000_000


def test_text_keeps_its_lines() -> None:
    assert pretty(b"a\tb\r\n\x1b[2J", "text/plain") == "a   b\n\\x1b[2J"


def test_binary_is_dumped() -> None:
    shown = pretty(b"\x89PNG\r\n\x00" + bytes(400), "image/png")
    assert shown.startswith("0000  89 50 4e 47 0d 0a 00 00 ")
    assert shown.splitlines()[0].endswith("  .PNG............")
    assert shown.endswith("… 151 bytes more")


@pytest.mark.parametrize(
    ("media_type", "content", "answer"),
    [
        ("application/json", b"\xef\xbb\xbf {", True),
        ("application/problem+json", b"[", True),
        ("application/json", b"<p>", False),
        ("text/plain", b"{}", False),
        ("", b" [1]", True),
        ("", b"x", False),
    ],
)
def test_is_json(media_type: str, content: bytes, answer: bool) -> None:
    assert is_json(media_type, content) is answer


@given(st.binary(), st.sampled_from(["application/json", "text/plain", ""]))
def test_whatever_the_bytes_a_terminal_may_show_them(content: bytes, media_type: str) -> None:
    shown = pretty(content, media_type)
    assert not any(
        (ord(character) < 0x20 and character != "\n") or 0x7F <= ord(character) < 0xA0 for character in shown
    )
