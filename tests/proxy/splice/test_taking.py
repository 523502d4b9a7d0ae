"""What is taken off a socket, and what is left on it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from proxy.splice import taking
from tests.proxy.splice.splicing import run


async def taken(*pieces: bytes, limit: int = 100) -> tuple[bytes, bytes]:
    """The line, and what is left, of a peer that says this and ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(taking.line(ours, limit))
        for piece in pieces:
            await loop.sock_sendall(theirs, piece)
            await asyncio.sleep(0)
        theirs.shutdown(socket.SHUT_WR)
        line = await reading
        return line, await loop.sock_recv(ours, 1000)


def test_a_line_and_not_one_byte_more() -> None:
    async def main() -> None:
        assert await taken(b"one\r\ntwo\n") == (b"one\r\n", b"two\n")
        assert await taken(*(bytes([byte]) for byte in b"one\ntwo")) == (b"one\n", b"two")

    run(main())


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"", (b"", b"")), (b"no end", (b"no end", b"")), (b"x" * 120, (b"x" * 100, b"x" * 20))],
)
def test_less_where_there_is_no_more(sent: bytes, expected: tuple[bytes, bytes]) -> None:
    async def main() -> None:
        assert await taken(sent) == expected

    run(main())


def test_an_end_too_early() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setblocking(False)
            theirs.sendall(b"ab")
            theirs.close()
            with pytest.raises(EOFError):
                await taking.exactly(ours, 3)

    run(main())
