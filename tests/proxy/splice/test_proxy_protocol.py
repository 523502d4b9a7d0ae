"""PROXY protocol headers: what is parsed, what is refused, and that nothing after them is taken."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.splice.proxy_protocol import (
    SIGNATURE,
    Endpoint,
    Origin,
    ProxyProtocolError,
    header_for,
    parse_v1,
    parse_v2,
    read_header,
)
from tests.proxy.splice.splicing import run

PORTS = st.integers(0, 65_535)
ORIGINS = st.sampled_from([4, 6]).flatmap(
    lambda version: st.builds(
        Origin,
        *[st.builds(Endpoint, st.ip_addresses(v=version).map(str), PORTS) for _ in range(2)],
    )
)


@given(ORIGINS | st.none())
def test_what_is_written_is_read(origin: Origin | None) -> None:
    assert parse_v1(header_for("v1", origin)) == origin
    assert parse_v2(header_for("v2", origin)) == origin


def test_the_examples_of_the_specification() -> None:
    v4 = Origin(Endpoint("192.168.0.1", 56324), Endpoint("192.168.0.11", 443))
    assert parse_v1(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n") == v4
    longest = b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"
    assert parse_v1(longest) is None
    extended = SIGNATURE + b"\x21\x11\x00\x0f" + bytes([1, 2, 3, 4, 5, 6, 7, 8, 0, 80, 1, 187]) + b"\x04\0\0"
    assert parse_v2(extended) == Origin(Endpoint("1.2.3.4", 80), Endpoint("5.6.7.8", 443))


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n",
        b"PROXY TCP4 192.168.0.1 ::1 1 2\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 65536\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 -1 2\r\n",
        b"PROXY TCP6 1.1.1.1 1.1.1.1 1 2\r\n",
        b"PROXY \r\n",
        b"",
    ],
)
def test_what_is_no_header_of_version_1(line: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        parse_v1(line)


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: SIGNATURE + rest))
def test_any_bytes_are_a_header_or_refused(data: bytes) -> None:
    for parse in (parse_v1, parse_v2):
        try:
            parse(data)
        except ProxyProtocolError:
            continue


async def _read(pieces: list[bytes], *, close: bool = False) -> tuple[Origin | None, bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        reading = asyncio.ensure_future(read_header(ours))
        for piece in pieces:
            await loop.sock_sendall(theirs, piece)
            await asyncio.sleep(0)
        if close:
            theirs.shutdown(socket.SHUT_WR)
        origin = await asyncio.wait_for(reading, 5)
        theirs.close()
        return origin, await loop.sock_recv(ours, 1000)


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("origin", [Origin(Endpoint("::1", 1), Endpoint("::2", 2)), None])
def test_what_follows_the_header_is_left(version: str, size: int, origin: Origin | None) -> None:
    async def main() -> None:
        header = header_for(version, origin) + b"\x16\x03\x01 what follows"
        pieces = [header[start : start + size] for start in range(0, len(header), size)]
        assert await _read(pieces) == (origin, b"\x16\x03\x01 what follows")

    run(main())


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        SIGNATURE + b"\x21\x11\xff\xff",
        b"PR",
    ],
)
def test_what_is_no_header_is_refused(data: bytes) -> None:
    async def main() -> None:
        with pytest.raises(ProxyProtocolError):
            await _read([data], close=True)

    run(main())
