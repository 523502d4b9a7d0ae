"""What the tap copies, what it drops, and how it says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.counters import Counter
from proxy.splice.frames import Kind, Opening
from proxy.splice.tap import COUNT
from tests.proxy.splice.splicing import Decoder, eventually, run, server, worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.splice.frames import Frame
    from proxy.splice.tap import Copy
    from tests.proxy.splice.splicing import Worker

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BIG = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000)
QUEUE = 1024 * 1024


def kinds(frames: Sequence[Frame]) -> list[str]:
    return [Kind(frame.kind).name for frame in frames]


def closed(frame: Frame) -> bool:
    return frame.kind == Kind.CLOSE


def answered(copy: Copy, answer: bytes = OK) -> None:
    copy.client(GET)
    copy.server(answer)


async def until_full(splice: Worker) -> int:
    """Exchanges on a connection of their own until there is no room, since nobody reads; how many."""
    count = 0
    filler = splice.tap.copy(0, "")
    while not splice.tap.full:
        answered(filler, BIG)
        count += 1
        await asyncio.sleep(0.004)
    return count


def test_a_connection_is_copied_in_order() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "10.1.2.3")
            copy.client(GET)
            copy.server(OK)
            copy.event(Kind.CLIENT_EOF)
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == ["HELLO", "OPEN", "CLIENT_DATA", "SERVER_DATA", "CLIENT_EOF", "CLOSE"]
            assert [frame.payload for frame in frames[1:4]] == [Opening("10.1.2.3").packed(), GET, OK]
            assert frames[2].requests == 1
            assert frames[2].monotonic_ns <= frames[3].monotonic_ns
            assert splice.count(Counter.COPIED) == 1
            await decoder.close()

    run(main())


def test_without_a_decoder_requests_are_counted_and_the_next_one_is_copied() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            copy = splice.tap.copy(0, "")
            answered(copy)
            copy.client(GET)
            assert splice.count(Counter.DECODER_DOWN) == 2
            decoder = await Decoder.connect(splice)
            copy.server(OK)  # the answer to what was not copied
            answered(copy)
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == ["HELLO", "OPEN", "GAP", "CLIENT_DATA", "SERVER_DATA", "CLOSE"]
            assert COUNT.unpack(frames[2].payload) == (2,)
            await decoder.close()

    run(main())


def test_full_queue_drops_whole_exchanges_and_finishes_the_one_under_way() -> None:
    async def main() -> None:
        async with worker(1, queue_bytes=QUEUE) as splice:
            decoder = await Decoder.connect(splice)
            under_way = splice.tap.copy(0, "")
            under_way.client(GET)
            filled = await until_full(splice)
            under_way.server(OK)  # there is room for that
            answered(under_way)  # not for that
            answered(under_way)
            assert splice.count(Counter.QUEUE_FULL) == 2
            assert splice.count(Counter.COPIED) == filled + 1
            frames: list[Frame] = []
            while splice.tap.full or splice.tap.link.get_write_buffer_size():  # type: ignore[union-attr]
                frames += decoder.frames.feed(await decoder.reader.read(1 << 20))
            answered(under_way)
            under_way.close()
            frames += await decoder.read(closed)
            mine = [frame for frame in frames if frame.connection == 1]
            assert kinds(mine) == [
                "OPEN", "CLIENT_DATA", "SERVER_DATA", "GAP", "CLIENT_DATA", "SERVER_DATA", "CLOSE",
            ]  # fmt: skip
            await decoder.close()

    run(main())


def test_over_the_hard_limit_an_exchange_is_cut_and_memory_is_bounded() -> None:
    async def main() -> None:
        async with worker(1, queue_bytes=QUEUE) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(GET)
            copy.server(BIG)
            for _ in range(50):
                copy.server(bytes(200_000))
                await asyncio.sleep(0.004)
            link = splice.tap.link
            assert link is not None
            assert link.get_write_buffer_size() < 2 * QUEUE
            assert splice.count(Counter.QUEUE_FULL) == 1
            await decoder.close()

    run(main())


def test_no_copy_resumes_while_an_answer_is_outstanding() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            copy = splice.tap.copy(0, "")
            copy.client(GET + GET)  # pipelined, and nobody saw it
            copy.server(OK)
            decoder = await Decoder.connect(splice)
            answered(copy)  # what looks like its answer is the one to the request before
            answered(copy)
            assert splice.count(Counter.COPIED) == 0
            assert splice.count(Counter.UNSYNCHRONISED) == 2
            copy.server(OK)
            answered(copy)  # all are answered now
            assert splice.count(Counter.COPIED) == 1
            await decoder.close()

    run(main())


def test_a_dead_decoder_loses_what_it_had_not_settled() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            for _ in range(5):
                answered(copy)
            splice.counters.decoder(0, 0)[Counter.SETTLED] = 3
            await decoder.close()
            await eventually(lambda: splice.tap.link is None)
            assert splice.count(Counter.DECODER_DIED) == 2
            again = await Decoder.connect(splice)
            (hello,) = await again.read(lambda frame: frame.kind == Kind.HELLO)
            assert hello.connection == 5
            await again.close()

    run(main())


def test_a_muted_connection_is_counted_under_its_reason() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            broken, upgraded = splice.tap.copy(0, ""), splice.tap.copy(0, "")
            answered(broken)
            answered(upgraded)
            decoder.mute(1, Counter.MALFORMED)
            decoder.mute(2, 0)
            decoder.mute(3, Counter.MALFORMED)  # long gone
            await asyncio.sleep(0.05)
            answered(broken)
            answered(upgraded)
            assert splice.count(Counter.COPIED) == 2
            assert splice.counters.lost() == {Counter.MALFORMED: 1}
            await decoder.close()

    run(main())


def test_a_decoder_that_does_not_read_does_not_slow_the_traffic() -> None:
    async def main() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                try:
                    await reader.readuntil(b"\r\n\r\n")
                except asyncio.IncompleteReadError:
                    return
                writer.write(BIG)
                await writer.drain()

        async with server(answer) as port, worker(port, queue_bytes=QUEUE) as splice:
            decoder = await Decoder.connect(splice)
            reader, writer = await splice.connect()
            for _ in range(100):
                writer.write(GET)
                assert await reader.readexactly(len(BIG)) == BIG
            writer.close()
            lost, copied = splice.count(Counter.QUEUE_FULL), splice.count(Counter.COPIED)
            assert lost > 50
            assert copied + lost == 100
            await decoder.close()

    run(main())
