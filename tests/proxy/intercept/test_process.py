"""The intercept lane's process: what it tells of odd traffic, beside what the splice lane's decoder tells."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from proxy.counters import Counter
from store.records import Outcome
from tests.proxy.intercept.intercepting import (
    asked,
    closed,
    comparable,
    intercepting,
    run,
    serving,
    spliced,
)

if TYPE_CHECKING:
    from pathlib import Path

    from proxy.raw import RawExchange
    from tests.proxy.intercept.intercepting import Talk

pytest.importorskip("mitmproxy", reason="mitmproxy is not installed")

CLOSE = b"Connection: close\r\n\r\n"

ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "until the end": b"HTTP/1.1 200 OK\r\n\r\nhello",
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
    "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "repeated fields": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
    "old": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "no answer": b"",
}

REQUESTS = {
    "plain": b"GET /orders/1?q=a%20b&q=2 HTTP/1.1\r\nHost: orders\r\nX-Trace: a b\r\n" + CLOSE,
    "a body": b"POST /orders HTTP/1.1\r\nHost: orders\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
    "in chunks": b"POST /orders HTTP/1.1\r\nHost: orders\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    "an odd method": b"PURGE /orders/1 HTTP/1.1\r\nHost: orders\r\n" + CLOSE,
}


def answering(answer: bytes) -> Talk:
    """A service that reads a whole request, says `answer` and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if b"chunked" in head:
                await reader.readuntil(b"0\r\n\r\n")
            elif b"Content-Length: 4" in head:
                await reader.readexactly(4)
            writer.write(answer)
            await writer.drain()
        await closed(writer)

    return talk


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_told_as_the_splice_lane_tells_it(tmp_path: Path, answer: bytes) -> None:
    async def main() -> None:
        told: list[RawExchange] = []
        async with (
            serving(answering(answer)) as service,
            spliced(service, told) as plain,
            intercepting(tmp_path, service) as lane,
        ):
            await asked(plain, REQUESTS["plain"])
            await asked(lane.port, REQUESTS["plain"])
            await lane.seen(1)
            assert [comparable(one) for one in lane.exchanges] == [comparable(one) for one in told]

    run(main())


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_told_as_the_splice_lane_tells_it(tmp_path: Path, request_bytes: bytes) -> None:
    async def main() -> None:
        told: list[RawExchange] = []
        async with (
            serving(answering(ANSWERS["length"])) as service,
            spliced(service, told) as plain,
            intercepting(tmp_path, service) as lane,
        ):
            assert await asked(plain, request_bytes) == ANSWERS["length"]
            assert (await asked(lane.port, request_bytes)).endswith(b"hello")
            await lane.seen(1)
            assert [comparable(one) for one in lane.exchanges] == [comparable(one) for one in told]

    run(main())


def test_a_client_that_goes_away_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            begun.set()
            await reader.read()
            await closed(writer)

        async with serving(never) as service, intercepting(tmp_path, service) as lane:
            _, writer = await asyncio.open_connection("127.0.0.1", lane.port)
            writer.write(REQUESTS["plain"])
            await begun.wait()
            await closed(writer)
            await lane.seen(1)
            assert [one.outcome for one in lane.exchanges] == [Outcome.CLIENT_CLOSED]

    run(main())


def test_a_service_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with intercepting(tmp_path, 1) as lane:
            assert await asked(lane.port, REQUESTS["plain"]) == b""
            assert lane.count(Counter.REFUSED) == 1

    run(main())


def test_a_request_that_mitmproxy_refuses_is_counted_and_the_next_one_is_recorded(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(answering(ANSWERS["length"])) as service, intercepting(tmp_path, service) as lane:
            both = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"
            await asked(lane.port, b"POST / HTTP/1.1\r\nHost: orders\r\n" + both + CLOSE + b"0\r\n\r\n")
            await asked(lane.port, REQUESTS["plain"])
            await lane.seen(1)
            assert [one.method for one in lane.exchanges] == ["GET"]
            assert lane.count(Counter.MALFORMED) + lane.count(Counter.DECODER_ERROR) == 1

    run(main())


def test_large_bodies_pass_while_few_bytes_of_them_are_kept(tmp_path: Path) -> None:
    size = 300 << 20

    async def main() -> None:
        async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size >> 20):
                writer.write(bytes(1 << 20))
                await writer.drain()
            await closed(writer)

        async with serving(large) as service, intercepting(tmp_path, service) as lane:
            before = lane.peak_bytes
            reader, writer = await asyncio.open_connection("127.0.0.1", lane.port)
            writer.write(REQUESTS["plain"])
            await reader.readuntil(b"\r\n\r\n")
            passed = 0
            while data := await reader.read(1 << 20):
                passed += len(data)
            await closed(writer)
            await lane.seen(1)
            body = lane.exchanges[0].response_body
            assert passed == size
            assert body is not None
            assert body.size == size
            assert len(body.data) <= 1 << 20
            assert lane.peak_bytes - before < size / 3

    run(main())


def test_nobody_who_reads_what_is_recorded_holds_up_no_request(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            serving(
                answering(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + bytes(60_000))
            ) as service,
            intercepting(tmp_path, service, taking=False, queue_bytes=1 << 12) as lane,
        ):
            for _ in range(100):
                assert (await asked(lane.port, REQUESTS["a body"])).endswith(bytes(60_000))
            assert lane.count(Counter.QUEUE_FULL) > 0

    run(main())


def test_events_are_told_as_they_pass(tmp_path: Path) -> None:
    async def main() -> None:
        more = asyncio.Event()

        async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            await more.wait()
            writer.write(b"event: paid\nid: 7\ndata: 2\n\n")
            await writer.drain()
            await closed(writer)

        async with serving(events) as service, intercepting(tmp_path, service) as lane:
            asking = asyncio.create_task(asked(lane.port, REQUESTS["plain"]))
            await lane.seen(0, 1)  # while the answer is under way
            more.set()
            await asking
            await lane.seen(1, 2)
            assert [one.payload.data for one in lane.messages if one.payload] == [b"1", b"2"]
            assert [one.ordinal for one in lane.messages] == [0, 1]

    run(main())
