from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from store.bodies import Coding, digest, pack, unpack


@given(st.binary(max_size=2000) | st.binary(max_size=8).map(lambda part: part * 500))
def test_any_content_comes_back(content: bytes) -> None:
    coding, packed = pack(content)
    assert unpack(coding, packed) == content
    assert len(packed) <= len(content)


def test_compressed_only_where_it_helps() -> None:
    assert pack(b"a" * 255)[0] is Coding.PLAIN
    assert pack(b"a" * 256)[0] is Coding.ZSTD
    assert pack(b"".join(digest(bytes([n])) for n in range(256)))[0] is Coding.PLAIN  # nothing repeats


def test_the_digest_is_fixed() -> None:
    assert digest(b"").hex() == "cae66941d9efbd404e4d88758ea67670"  # BLAKE2b-128 of nothing
