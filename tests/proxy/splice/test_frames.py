from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.splice.frames import HEADER, PAYLOAD_LIMIT_BYTES, Frame, FrameError, FrameReader, Kind

U64 = st.integers(0, 2**64 - 1)
FRAMES = st.lists(
    st.builds(
        Frame,
        U64,
        U64,
        U64,
        st.integers(0, 255),
        st.sampled_from(list(Kind)),
        st.integers(0, 65535),
        st.binary(),
    )
)


def encoded(frames: list[Frame]) -> bytes:
    return b"".join(
        HEADER.pack(
            one.connection, one.monotonic_ns, one.wall_ns, len(one.payload), one.lane, one.kind, one.requests
        )
        + one.payload
        for one in frames
    )


@given(FRAMES, st.integers(1, 50))
def test_frames_come_back_however_the_stream_is_cut(frames: list[Frame], step: int) -> None:
    reader, data = FrameReader(), encoded(frames)
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == frames


@given(FRAMES.filter(bool), st.data())
def test_a_truncated_stream_gives_the_whole_frames(frames: list[Frame], data: st.DataObject) -> None:
    stream = encoded(frames)
    cut = data.draw(st.integers(0, len(stream) - 1))
    seen = list(FrameReader().feed(stream[:cut]))
    assert seen == frames[: len(seen)]
    assert len(encoded(seen)) <= cut < len(encoded(frames[: len(seen) + 1]))


@pytest.mark.parametrize(("kind", "size"), [(0, 0), (13, 0), (Kind.CLIENT_DATA, PAYLOAD_LIMIT_BYTES + 1)])
def test_what_no_tap_writes_is_an_error(kind: int, size: int) -> None:
    with pytest.raises(FrameError):
        list(FrameReader().feed(HEADER.pack(1, 2, 3, size, 0, kind, 0)))


@given(st.binary(max_size=200))
def test_garbage_is_an_error_or_waits(data: bytes) -> None:
    with suppress(FrameError):
        assert len(list(FrameReader().feed(data))) <= len(data) // HEADER.size
