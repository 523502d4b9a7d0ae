"""A broker's connection is copied from its first byte to its last, or counted as lost once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from proxy.counters import Counter
from proxy.splice.frames import Kind, Opening
from proxy.splice.tap import ALL
from proxy.splice.whole import WholeCopy
from tests.proxy.splice.splicing import Decoder, eventually, run, worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.splice.frames import Frame


def kinds(frames: Sequence[Frame]) -> list[str]:
    return [Kind(frame.kind).name for frame in frames]


def closed(frame: Frame) -> bool:
    return frame.kind == Kind.CLOSE


@pytest.mark.parametrize("first", ["client", "server"])
def test_all_of_it_is_copied_whoever_speaks_first(first: str) -> None:
    async def main() -> None:
        async with worker(1, "nats") as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "10.1.2.3", certificate="CN=billing")
            assert isinstance(copy, WholeCopy)
            getattr(copy, first)(b"one")
            copy.server(b"two")
            copy.client(b" HTTP/1.1\r\n")  # nothing in it means anything here
            copy.event(Kind.CLIENT_EOF)
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == [
                "HELLO", "OPEN", f"{first.upper()}_DATA", "SERVER_DATA", "CLIENT_DATA", "CLIENT_EOF", "CLOSE",
            ]  # fmt: skip
            assert Opening.unpacked(frames[1].payload).certificate == "CN=billing"
            assert [frame.requests for frame in frames[1:5]] == [1, 0, 0, 0]
            assert splice.count(Counter.REQUESTS) == splice.count(Counter.COPIED) == 1
            await decoder.close()

    run(main())


def test_one_that_began_without_a_decoder_is_lost_as_a_whole() -> None:
    async def main() -> None:
        async with worker(1, "amqp") as splice:
            copy = splice.tap.copy(0, "")
            copy.client(b"one")
            decoder = await Decoder.connect(splice)
            copy.server(b"two")
            copy.close()
            other = splice.tap.copy(0, "")
            other.client(b"three")
            other.close()
            frames = await decoder.read(closed)
            assert {frame.connection for frame in frames[1:]} == {2}
            assert splice.count(Counter.DECODER_DOWN) == 1
            assert (splice.count(Counter.REQUESTS), splice.count(Counter.COPIED)) == (2, 1)
            await decoder.close()

    run(main())


def test_one_whose_decoder_died_is_lost_and_not_taken_up_again() -> None:
    async def main() -> None:
        async with worker(1, "amqp") as splice:
            first = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(b"one")
            await first.read(lambda frame: frame.kind == Kind.CLIENT_DATA)
            await first.close()
            await eventually(lambda: splice.tap.link is None)
            second = await Decoder.connect(splice)
            copy.client(b"two")
            copy.server(b"three")
            copy.close()
            last = splice.tap.copy(0, "")
            last.client(b"four")
            last.close()
            frames = await second.read(closed)
            assert {frame.connection for frame in frames[1:]} == {2}
            assert splice.count(Counter.DECODER_DIED) == 1
            assert splice.count(Counter.REQUESTS) == 2
            await second.close()

    run(main())


def test_a_pause_cuts_it_and_the_next_one_after_it_is_copied() -> None:
    async def main() -> None:
        async with worker(1, "amqp") as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(b"one")
            decoder.mute(ALL, Counter.PAUSED)
            await eventually(lambda: splice.tap.paused != 0)
            copy.client(b"two")
            meanwhile = splice.tap.copy(0, "")
            meanwhile.client(b"three")
            decoder.mute(ALL, 0)
            await eventually(lambda: splice.tap.paused == 0)
            for lost in (copy, meanwhile):
                lost.client(b"four")
            assert splice.count(Counter.PAUSED) == 2
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == ["HELLO", "OPEN", "CLIENT_DATA", "GAP", "CLOSE"]
            await decoder.close()

    run(main())


def test_where_nothing_more_fits_it_is_cut_and_memory_is_bounded() -> None:
    async def main() -> None:
        async with worker(1, "kafka", queue_bytes=1 << 20) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            for _ in range(60):
                copy.server(bytes(200_000))
                await asyncio.sleep(0.004)
            link = splice.tap.link
            assert link is not None
            assert link.get_write_buffer_size() < 2 << 20
            assert splice.count(Counter.QUEUE_FULL) == 1
            await decoder.close()

    run(main())


def test_one_that_the_decoder_gave_up_is_not_counted_again() -> None:
    async def main() -> None:
        async with worker(1, "mqtt") as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(b"one")
            decoder.mute(1, Counter.MALFORMED)
            await asyncio.sleep(0.05)
            copy.client(b"two")
            copy.event(Kind.SERVER_EOF)
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == ["HELLO", "OPEN", "CLIENT_DATA", "CLOSE"]
            assert splice.count(Counter.MALFORMED) == 0  # the decoder counts that
            await decoder.close()

    run(main())


def test_a_refused_one_is_counted() -> None:
    async def main() -> None:
        async with worker(1, "amqp") as splice:
            splice.tap.copy(0, "").event(Kind.REFUSED)
            assert splice.count(Counter.REFUSED) == 1

    run(main())
