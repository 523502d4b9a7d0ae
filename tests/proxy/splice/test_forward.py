"""The forwarder between real sockets: bytes, ends, resets and back-pressure pass as they came."""

from __future__ import annotations

import asyncio
import socket
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.counters import Counter
from proxy.splice.settings import ListenTls
from tests.certificates import Authority
from tests.proxy.splice.splicing import eventually, reset, run, server, worker

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from pathlib import Path

MIB = 1024 * 1024


async def echo(reader: StreamReader, writer: StreamWriter) -> None:
    """Send back what comes; end when the client ends."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=8))
def test_bytes_pass_unchanged(chunks: list[bytes]) -> None:
    async def main() -> None:
        async with server(echo) as port, worker(port) as splice:
            reader, writer = await splice.connect()
            for chunk in chunks:
                writer.write(chunk)
                await asyncio.sleep(0)
            writer.write_eof()
            assert await reader.read() == b"".join(chunks)
            writer.close()

    run(main())


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2 * MIB + b"\r\n\r\n",
        b"\x00\xff not HTTP \r\n\r\n" * 100,
        b"GET / HT",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabc",
    ],
    ids=["gigantic head", "garbage", "half a request", "lies about its length"],
)
def test_what_is_not_http_passes_all_the_same(data: bytes) -> None:
    async def main() -> None:
        async with server(echo) as port, worker(port) as splice:
            reader, writer = await splice.connect()
            writer.write(data)
            writer.write_eof()
            assert await reader.read() == data
            writer.close()

    run(main())


def test_each_direction_ends_for_itself() -> None:
    async def main() -> None:
        told = asyncio.Event()

        async def answers_late(reader: StreamReader, writer: StreamWriter) -> None:
            writer.write(b"early ")
            writer.write_eof()
            assert await reader.read() == b"question"  # only complete because the client's end arrived
            told.set()

        async with server(answers_late) as port, worker(port) as splice:
            reader, writer = await splice.connect()
            assert await reader.read() == b"early "  # the server's end arrived, and we may still send
            writer.write(b"question")
            writer.write_eof()
            await told.wait()
            writer.close()
            await eventually(lambda: not splice.forwarder.connections)

    run(main())


def test_slow_reader_slows_the_server_and_loses_nothing() -> None:
    block = bytes(range(256)) * 256
    count = 50 * MIB // len(block)

    async def main() -> None:
        sent = 0

        async def sends(reader: StreamReader, writer: StreamWriter) -> None:
            nonlocal sent
            for _ in range(count):
                writer.write(block)
                await writer.drain()
                sent += len(block)

        async with server(sends) as port, worker(port) as splice:
            with socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_connect(client, ("127.0.0.1", splice.port))
                await eventually(lambda: sent > 0)
                last = -1
                while sent != last:  # until nothing moves any more
                    last = sent
                    await asyncio.sleep(0.2)
                assert 0 < sent < 20 * MIB  # kernel buffers and ours, not the 50 MB
                digest, total = sha256(), 0
                while data := await loop.sock_recv(client, MIB):
                    digest.update(data)
                    total += len(data)
            assert total == count * len(block)
            assert digest.digest() == sha256(block * count).digest()

    run(main())


def test_slow_server_slows_the_client() -> None:
    async def main() -> None:
        go = asyncio.Event()
        received = 0

        async def reads_late(reader: StreamReader, writer: StreamWriter) -> None:
            nonlocal received
            await go.wait()
            while data := await reader.read(MIB):
                received += len(data)
            writer.write(b"thanks")

        async with server(reads_late) as port, worker(port) as splice:
            reader, writer = await splice.connect()
            writer.transport.set_write_buffer_limits(high=0)
            written, stuck = 0, False
            while written < 50 * MIB and not stuck:
                writer.write(bytes(MIB))
                written += MIB
                try:
                    await asyncio.wait_for(writer.drain(), 0.5)
                except TimeoutError:
                    stuck = True
            assert stuck
            go.set()
            await writer.drain()
            writer.write_eof()
            assert await reader.read() == b"thanks"
            assert received == written
            writer.close()

    run(main())


def test_data_sent_at_once_waits_for_the_upstream() -> None:
    async def main() -> None:
        async with server(echo) as port, worker(port) as splice:
            early = b"x" * 3 * MIB
            with socket.create_connection(("127.0.0.1", splice.port)) as client:
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                sending = asyncio.create_task(loop.sock_sendall(client, early))
                received = 0
                while received < len(early):
                    received += len(await loop.sock_recv(client, MIB))
                await sending

    run(main())


def test_refused_upstream_resets_the_client_and_is_counted() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        async with worker(port) as splice:
            reader, writer = await splice.connect()
            with pytest.raises(ConnectionResetError):
                assert await reader.read() != b""
            writer.close()
            await eventually(lambda: splice.count(Counter.REFUSED) == 1)
            assert not splice.forwarder.connections

    run(main())


@pytest.mark.parametrize("who", ["client", "server"])
def test_reset_passes_as_a_reset(who: str) -> None:
    async def main() -> None:
        seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def wait_for_the_end(reader: StreamReader, writer: StreamWriter) -> None:
            assert await reader.readexactly(1) == b"a"
            if who == "server":
                reset(writer)
                return
            try:
                seen.set_result("eof" if await reader.read() == b"" else "data")
            except ConnectionResetError:
                seen.set_result("reset")

        async with server(wait_for_the_end) as port, worker(port) as splice:
            reader, writer = await splice.connect()
            writer.write(b"a")
            if who == "client":
                await eventually(lambda: splice.forwarder.connections == 1)
                await asyncio.sleep(0.1)
                reset(writer)
                assert await seen == "reset"
            else:
                with pytest.raises(ConnectionResetError):
                    await reader.read()
                writer.close()
            await eventually(lambda: not splice.forwarder.connections)

    run(main())


def test_drain_waits_for_exchanges_and_closes_idle_connections() -> None:
    async def main() -> None:
        release = asyncio.Event()

        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            if b"/slow" in request:
                await release.wait()
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await reader.read()

        async with server(serve) as port, worker(port) as splice:
            idle_reader, idle = await splice.connect()
            idle.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await idle_reader.readuntil(b"\r\n\r\n")
            slow_reader, slow = await splice.connect()
            slow.write(b"GET /slow HTTP/1.1\r\n\r\n")
            await eventually(lambda: splice.count(Counter.REQUESTS) == 2)
            draining = asyncio.create_task(splice.forwarder.drain(10))
            assert await idle_reader.read() == b""
            assert not draining.done()
            with pytest.raises(ConnectionRefusedError):
                await splice.connect()
            release.set()
            assert await slow_reader.read() == b"HTTP/1.1 204 No Content\r\n\r\n"
            await draining
            for writer in (idle, slow):
                writer.close()

    run(main())


def test_a_failed_handshake_is_no_connection_any_more(tmp_path: Path) -> None:
    certificate, key = map(str, Authority(tmp_path).issue("localhost"))
    lane = {"tls": ListenTls(certificate=certificate, key=key), "max_connections": 1}

    async def main() -> None:
        async with server(echo) as port, worker(port, lane=lane) as splice:
            for _ in range(3):
                reader, writer = await splice.connect()
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                await reader.read()  # what OpenSSL says to that, and the end
                writer.close()
            await eventually(lambda: not splice.forwarder._ways[0].connections)
            assert splice.count(Counter.REJECTED) == 0

    run(main())
