"""Transcripts of WebSocket connections, whose messages are made by wsproto, or frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.decoders.decoder import Limits
from proxy.decoders.http import HttpDecoder
from tests.proxy.decoders.playing import ORIGIN, in_any_cutting, played

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.proxy.decoders.broker_playing import Sent
    from tests.proxy.decoders.playing import Seen

LIMITS = Limits(body_bytes=1000, head_bytes=5000)
PATH = "/live"
MASK = b"\x01\x02\x03\x04"

CLOSE = "close, please"

Said = tuple[str, bytes | str]
"""`("c", …)` from the client, `("s", …)` from the server: a text, `CLOSE` for a Close frame, or bytes."""


def make() -> HttpDecoder:
    return HttpDecoder(ORIGIN, LIMITS)


def handshake(subprotocol: str, *fields: str) -> list[Sent]:
    """An upgrade that agrees on a subprotocol; more header fields of the client's."""
    more = "".join(f"{field}\r\n" for field in fields)
    asked = (
        f"GET {PATH}?v=1 HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{more}\r\n"
    )
    agreed = (
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
    )
    return [("c", asked.encode()), ("s", agreed.encode())]


def frame(side: str, content: bytes | str, *, first: int | None = None) -> bytes:
    """One frame (RFC 6455 section 5.2); `first` is its first byte where that is not the kind's own."""
    data = content.encode() if isinstance(content, str) else content
    kind = 0x81 if isinstance(content, str) else 0x82
    if content is CLOSE:
        kind, data = 0x88, b"\x03\xe8"
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
    return bytes([kind if first is None else first]) + length + data


def framed(said: Iterable[Said]) -> list[Sent]:
    return [(side, frame(side, content)) for side, content in said]


def seen(subprotocol: str, *said: Said, fields: tuple[str, ...] = ()) -> Seen:
    """What is told of a connection that is over when all was said, in any cutting of its bytes."""
    steps = [*handshake(subprotocol, *fields), *framed(said)]
    return in_any_cutting(make, [*steps, "server_eof", "client_eof"])


def in_one_segment(subprotocol: str, *said: Said) -> Seen:
    """The same, where what one side says without a break comes at once."""
    steps: list[Sent] = []
    for side, content in said:
        data = frame(side, content)
        if steps and steps[-1][0] == side:
            steps[-1] = side, steps[-1][1] + data
        else:
            steps.append((side, data))
    return played(make(), [*handshake(subprotocol), *steps, "server_eof", "client_eof"])
