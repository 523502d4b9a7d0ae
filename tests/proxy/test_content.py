"""Content codings: each, stacked, cut, corrupt, and hostile."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.content import BOMB_BYTES, COUNTED_LIMITS, PLAUSIBLE_TIMES, UndecodableError, codings_of, decode


def _raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def _zstd_stream(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "zlib deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", _raw_deflate),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "zstd stream": ("zstd", _zstd_stream),
    "two gzip members": ("gzip", lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:])),
    "two zstd frames": ("zstd", lambda data: zstandard.compress(data[:5]) + zstandard.compress(data[5:])),
}
LIMIT = 100_000
BODY = b'{"order": "%s"}' % bytes(range(65, 91)) * 50


@pytest.mark.parametrize("name", ENCODERS)
@given(data=st.binary(max_size=2_000))
def test_a_coding_is_undone(name: str, data: bytes) -> None:
    coding, encode = ENCODERS[name]
    decoded = decode(encode(data), (coding,), LIMIT)
    assert (decoded.content, decoded.size, decoded.truncated) == (data, len(data), False)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_cut_gives_a_beginning_and_says_so(name: str) -> None:
    coding, encode = ENCODERS[name]
    encoded = encode(BODY)
    boundary = len(encode(BODY[:5])) if "two" in name else 0
    for end in range(1, len(encoded)):
        decoded = decode(encoded[:end], (coding,), LIMIT)
        assert BODY.startswith(decoded.content)
        assert decoded.truncated or end == len(gzip.compress(BODY[:5])) or boundary


@pytest.mark.parametrize("name", ["gzip", "zlib deflate", "brotli", "zstd"])
def test_content_beyond_the_limit_is_counted_and_not_kept(name: str) -> None:
    coding, encode = ENCODERS[name]
    decoded = decode(encode(BODY), (coding,), 100)
    assert (decoded.content, decoded.size, decoded.truncated) == (BODY[:100], len(BODY), True)


@pytest.mark.parametrize("name", ["gzip", "zlib deflate", "brotli", "zstd"])
def test_a_bomb_stops_soon_after_the_count_does(name: str) -> None:
    coding, encode = ENCODERS[name]
    decoded = decode(encode(bytes(80_000_000)), (coding,), 1_000)
    assert len(decoded.content) == 1_000
    assert COUNTED_LIMITS * 1_000 <= decoded.size < 80_000_000


@pytest.mark.parametrize("codings", [1, 2, 3])
def test_of_a_bomb_little_is_unpacked_and_less_is_kept(codings: int) -> None:
    bomb = bytes(20_000_000)
    for _ in range(codings):
        bomb = gzip.compress(bomb)
    decoded = decode(bomb, ("gzip",) * codings, LIMIT)
    assert decoded.truncated
    assert len(decoded.content) == BOMB_BYTES
    assert decoded.size <= max(LIMIT, PLAUSIBLE_TIMES * len(bomb)) + 65_536


def test_what_is_long_and_may_be_meant_is_kept_to_the_limit_and_a_small_body_whatever_it_packs_to() -> None:
    long = random.Random(0).randbytes(30_000) * 10  # beyond what deflate looks back
    assert len(decode(gzip.compress(long), ("gzip",), LIMIT).content) == LIMIT
    small = bytes(LIMIT)
    assert len(gzip.compress(small)) * PLAUSIBLE_TIMES < LIMIT
    assert decode(gzip.compress(small), ("gzip",), LIMIT).content == small


def test_stacked_codings_are_undone_from_the_last_one() -> None:
    encoded = gzip.compress(brotli.compress(BODY))
    assert decode(encoded, ("br", "gzip"), LIMIT).content == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "compress", "aes128gcm", ""])
def test_corrupt_bytes_and_unknown_codings_give_nothing(coding: str) -> None:
    with pytest.raises(UndecodableError):
        decode(b"\x07\x07 this is none of them", (coding,), LIMIT)


def test_more_codings_than_anybody_uses_are_refused() -> None:
    with pytest.raises(UndecodableError):
        decode(b"x", ("gzip",) * 5, LIMIT)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_garbage_is_decoded_or_refused(data: bytes, coding: str) -> None:
    try:
        decode(data, (coding,), LIMIT)
    except UndecodableError:
        return


def test_codings_are_listed_in_the_order_applied() -> None:
    assert codings_of(["GZip, identity", " br "]) == ("gzip", "br")
    assert codings_of([]) == ()
