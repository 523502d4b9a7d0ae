from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.importers.text import field_value, readable

any_text = st.text(st.characters(exclude_categories=()))


@given(st.binary())
def test_a_field_value_is_its_bytes_as_iso_8859_1(data: bytes) -> None:
    shown = data.decode("utf-8", "surrogateescape")
    assert field_value(shown) == data.decode("iso-8859-1").strip(" \t\r\n")


@given(any_text)
def test_any_text_becomes_storable(text: str) -> None:
    readable(text).encode()
    field_value(text).encode()


@given(st.text())
def test_what_is_readable_stays(text: str) -> None:
    assert readable(text) == text
