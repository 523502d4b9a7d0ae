"""Transcripts of WebSocket connections, whose messages are made by wsproto, or frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Limits
from proxy.decoders.http import HttpDecoder
from tests.proxy.decoders.playing import ORIGIN, in_any_cutting, played

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Seen, Step

LIMITS = Limits(body_bytes=1000, head_bytes=5000)
PATH = "/live"
MASK = b"\x01\x02\x03\x04"

Said = tuple[str, bytes | str]
"""`("c", …)` from the client, `("s", …)` from the server; text as text, else binary."""


def make() -> HttpDecoder:
    return HttpDecoder(ORIGIN, LIMITS)


def handshake(subprotocol: str, *fields: str) -> list[Step]:
    """An upgrade that agrees on a subprotocol; more header fields of the client's."""
    more = "".join(f"{field}\r\n" for field in fields)
    asked = f"GET {PATH}?v=1 HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{more}\r\n"
    agreed = (
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
    )
    return [("c", asked.encode()), ("s", agreed.encode())]


def frame(side: str, content: bytes | str, *, opcode: int | None = None, fin: bool = True) -> bytes:
    """One frame (RFC 6455 section 5.2)."""
    data = content.encode() if isinstance(content, str) else content
    kind = opcode if opcode is not None else 1 if isinstance(content, str) else 2
    masked = 0x80 if side == "c" else 0
    if len(data) < 126:
        length = bytes([masked | len(data)])
    elif len(data) < 1 << 16:
        length = bytes([masked | 126]) + len(data).to_bytes(2)
    else:
        length = bytes([masked | 127]) + len(data).to_bytes(8)
    if masked:
        length += MASK
        data = bytes(byte ^ MASK[at % 4] for at, byte in enumerate(data))
    return bytes([0x80 * fin | kind]) + length + data


def close(side: str) -> Step:
    return side, frame(side, b"\x03\xe8", opcode=8)


def framed(said: list[Said]) -> list[Step]:
    return [(side, frame(side, content)) for side, content in said]


def seen(subprotocol: str, *said: Said | Step, fields: tuple[str, ...] = ()) -> Seen:
    """What is told of a connection that is over when all was said, in any cutting of its bytes."""
    steps: list[Step] = [
        (one[0], frame(one[0], one[1])) if isinstance(one, tuple) else one for one in said
    ]
    return in_any_cutting(make, [*handshake(subprotocol, *fields), *steps, "server_eof", "client_eof"])


def in_one_segment(subprotocol: str, *said: Said) -> Seen:
    """The same, where what one side says without a break comes at once."""
    steps: list[tuple[str, bytes]] = []
    for side, content in said:
        data = frame(side, content)
        if steps and steps[-1][0] == side:
            steps[-1] = side, steps[-1][1] + data
        else:
            steps.append((side, data))
    return played(make(), [*handshake(subprotocol), *steps, "server_eof", "client_eof"])
