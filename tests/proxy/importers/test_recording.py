from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers import recording
from proxy.importers.recording import Ordinals, Skipped


@given(st.lists(st.binary(max_size=1)))
def test_ordinals_count_what_came_before(digests: list[bytes]) -> None:
    ordinals, seen = Ordinals(), Counter[bytes]()
    for digest in digests:
        assert ordinals.of(digest) == seen[digest]
        seen[digest] += 1


def test_ordinals_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "IDENTICAL_WITHIN", 2)
    ordinals = Ordinals()
    assert [ordinals.of(digest) for digest in (b"a", b"b", b"a", b"c", b"a", b"b")] == [0, 0, 1, 0, 2, 0]


def test_skipped_in_words() -> None:
    assert str(Skipped("entry 3", "it is odd")) == "entry 3: it is odd"
    assert str(Skipped("entry 3", "it is odd", "x")) == "entry 3: it is odd (x)"
