"""Messages in their frames: whole ones, cut ones, packed ones, and bytes that are none."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content import UndecodableError
from proxy.grpc.frames import frames, from_base64, unframe
from tests.proxy.grpc.calling import framed

LIMIT = 1 << 20


@given(st.lists(st.binary(max_size=40)), st.integers(0, 60))
def test_every_beginning_has_the_messages_that_are_whole_in_it(messages: list[bytes], cut: int) -> None:
    data = framed(*messages)
    beginning = data[: max(len(data) - cut, 0)]
    found = unframe(beginning, "", LIMIT)
    assert list(found.messages) == messages[: len(found.messages)]
    assert found.end == len(framed(*found.messages)) <= len(beginning)
    assert cut or found.messages == tuple(messages)
    assert not found.full


@given(st.binary(), st.sampled_from(["", "gzip", "snappy", "identity"]))
def test_no_bytes_make_it_raise_anything_else(data: bytes, encoding: str) -> None:
    with suppress(ValueError, UndecodableError):
        found = unframe(data, encoding, 100)
        assert sum(map(len, found.messages)) <= 100
        assert found.end <= len(data)
    with suppress(ValueError):
        from_base64(data)


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)]
)
def test_packed_messages_stand_beside_plain_ones(encoding: str, pack: object) -> None:
    assert callable(pack)
    data = framed(b"a") + framed(pack(b"b" * 100), flags=1) + framed(b"c")
    assert unframe(data, encoding, LIMIT).messages == (b"a", b"b" * 100, b"c")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (framed(b"nothing packed", flags=1), "gzip"),
        (framed(gzip.compress(b"a" * 99, mtime=0)[:-9], flags=1), "gzip"),
        (framed(gzip.compress(b"a", mtime=0), flags=1), "snappy"),
        (framed(gzip.compress(b"a", mtime=0), flags=1), "identity"),
        (framed(gzip.compress(b"a", mtime=0), flags=1), ""),
    ],
)
def test_what_cannot_be_unpacked_is_told(data: bytes, encoding: str) -> None:
    with pytest.raises(UndecodableError):
        unframe(data, encoding, LIMIT)


def test_unknown_flags_are_no_frame() -> None:
    with pytest.raises(ValueError, match="flags 0x2 at byte 6"):
        list(frames(framed(b"a") + framed(b"b", flags=2)))


def test_the_limit_is_of_what_was_packed() -> None:
    bomb = framed(gzip.compress(b"a" * 1000, mtime=0), flags=1)
    found = unframe(framed(b"first") + bomb + framed(b"last"), "gzip", 900)
    assert found.full
    assert found.messages == (b"first",)
    assert found.end == len(framed(b"first"))
    assert len(unframe(bomb * 3, "gzip", 2000).messages) == 2


def test_trailers_of_the_web_are_a_last_message() -> None:
    data = framed(b"a") + framed(b"grpc-status: 5\r\nGrpc-Message:gone\r\nodd\r\n", flags=0x80)
    found = unframe(data, "", LIMIT)
    assert found.messages == (b"a",)
    assert found.trailers == (("grpc-status", "5"), ("grpc-message", "gone"))
    packed = framed(gzip.compress(b"grpc-status: 0\r\n", mtime=0), flags=0x81)
    assert unframe(packed, "gzip", LIMIT).trailers == (("grpc-status", "0"),)


@given(st.lists(st.binary(min_size=1)))
def test_base64_may_come_in_pieces(pieces: list[bytes]) -> None:
    assert from_base64(b"".join(map(b64encode, pieces))) == b"".join(pieces)
