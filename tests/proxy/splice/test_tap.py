"""What the tap copies, what it drops, and how it says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from proxy.counters import Counter
from proxy.splice.frames import PAYLOAD_LIMIT_BYTES, Kind, Opening
from proxy.splice.streams import PREFACE
from proxy.splice.tap import ALL, COUNT, EVENTS_ONLY
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
            await again.close()  # before it settled anything: what died with the first is not lost again
            await eventually(lambda: splice.tap.link is None)
            assert splice.count(Counter.DECODER_DIED) == 2
            assert splice.counters.unsettled(0, 0) == 0

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


H2 = PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""A client's preface with empty settings."""


def asks(number: int) -> bytes:
    """A HEADERS frame that begins a stream."""
    return b"\x00\x00\x01\x01\x05" + number.to_bytes(4) + b"\x82"


def answers(number: int) -> bytes:
    return b"\x00\x00\x01\x01\x05" + number.to_bytes(4) + b"\x88"


def test_http2_is_counted_by_streams_and_copied_from_its_first_byte() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(H2 + asks(1) + asks(3))
            assert not copy.between_exchanges
            copy.server(answers(3) + answers(1))
            assert copy.between_exchanges
            copy.close()
            frames = await decoder.read(closed)
            assert kinds(frames) == ["HELLO", "OPEN", "CLIENT_DATA", "SERVER_DATA", "CLOSE"]
            assert frames[2].requests == 2
            assert (splice.count(Counter.REQUESTS), splice.count(Counter.COPIED)) == (2, 2)
            await decoder.close()

    run(main())


def test_http2_is_not_taken_up_in_its_middle() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            copy = splice.tap.copy(0, "")
            copy.client(H2 + asks(1))
            copy.server(answers(1))
            decoder = await Decoder.connect(splice)
            copy.client(asks(3))
            copy.server(answers(3))
            assert splice.count(Counter.DECODER_DOWN) == 1
            assert splice.count(Counter.UNSYNCHRONISED) == 1
            assert splice.count(Counter.COPIED) == 0
            await decoder.close()

    run(main())


def test_a_pause_stops_copying_between_exchanges_and_is_counted() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            plain, streams = splice.tap.copy(0, ""), splice.tap.copy(0, "")
            answered(plain)
            streams.client(H2 + asks(1))
            decoder.mute(ALL, Counter.PAUSED)
            await eventually(lambda: splice.tap.paused != 0)
            answered(plain)
            streams.server(answers(1))
            streams.client(asks(3))
            assert splice.count(Counter.PAUSED) == 2
            decoder.mute(ALL, 0)
            await eventually(lambda: splice.tap.paused == 0)
            answered(plain)
            streams.client(asks(5))
            assert splice.count(Counter.COPIED) == 3
            assert splice.count(Counter.UNSYNCHRONISED) == 1
            await decoder.close()

    run(main())


def test_a_connection_of_which_no_bytes_are_wanted_still_tells_how_it_ends() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            decoder = await Decoder.connect(splice)
            copy = splice.tap.copy(0, "")
            copy.client(b"\x16\x03\x01")
            frames = await decoder.read(lambda frame: frame.kind == Kind.CLIENT_DATA)
            decoder.mute(frames[-1].connection, EVENTS_ONLY)
            await asyncio.sleep(0.05)
            copy.server(b"\x16\x03\x03")
            copy.client(b"\x17\x03\x03")
            copy.event(Kind.SERVER_EOF)
            copy.close()
            assert kinds(await decoder.read(closed)) == ["SERVER_EOF", "CLOSE"]
            await decoder.close()

    run(main())


def test_records_of_other_lanes_are_handed_over_or_counted_as_lost() -> None:
    async def main() -> None:
        async with worker(1) as splice:
            assert not splice.tap.record(0, b"packed", 1)
            decoder = await Decoder.connect(splice)
            assert splice.tap.record(0, b"packed", 1)
            frames = await decoder.read(lambda frame: frame.kind == Kind.RECORD)
            assert (frames[-1].payload, frames[-1].requests) == (b"packed", 1)
            assert not splice.tap.record(0, bytes(PAYLOAD_LIMIT_BYTES + 1), 1)
            await until_full(splice)
            assert not splice.tap.record(0, b"packed", 1)
            assert splice.count(Counter.DECODER_DOWN) == 1
            assert splice.count(Counter.TOO_LARGE) == 1
            assert splice.count(Counter.QUEUE_FULL) >= 1
            await decoder.close()

    run(main())
