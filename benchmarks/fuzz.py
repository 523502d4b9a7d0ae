"""Mutated sessions against every decoder: whatever comes, it ends in records or in `Opaque`, in bounds.

    python -m benchmarks.fuzz [--inputs 1000000] [--decoder http1] [--seed 1]

Valid sessions are cut anew, bits are flipped, pieces are dropped, doubled, moved and replaced by noise, both
directions mixed. An input that raises anything but `Opaque`, holds more than the limits allow, or takes
longer than a second, is printed as Python source, so that it can become a test.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, SettingsFrame

from benchmarks import fuzz_sessions
from proxy.decoders.decoder import Instant, Limits, Opaque, Origin
from proxy.decoders.http2 import PREFACE
from proxy.decoders.table import decoder_of

if TYPE_CHECKING:
    from collections.abc import Callable

Step = tuple[str, bytes]

ORIGIN = Origin(producer="p", source="s", connection="c", peer="10.0.0.1")
LIMITS = Limits(body_bytes=4096, head_bytes=8192, in_flight=16)
HELD_BYTES = 4 * 1024 * 1024
"""Bodies and heads of all requests under way, and one frame, with room to spare."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--decoder", choices=sorted(CORPUS), help="only this one")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in [options.decoder] if options.decoder else sorted(CORPUS):
        began = time.monotonic()
        protocol, sessions = CORPUS[name]
        opaque = fuzz(protocol, sessions(), options.inputs, Random(options.seed))
        rate = options.inputs / (time.monotonic() - began)
        print(
            f"{name:<10} {options.inputs:>9,} inputs  {opaque:>9,} ended opaque  {rate:>8,.0f}/s", flush=True
        )


def fuzz(protocol: str, sessions: list[list[Step]], inputs: int, random: Random) -> int:
    """Play mutations to a protocol's decoder; how many ended in `Opaque`."""
    opaque = 0
    for _ in range(inputs):
        steps = mutated(random.choice(sessions), random)
        began = time.process_time()  # not what others of the machine take
        try:
            opaque += played(protocol, steps)
        except Exception:
            print("steps =", steps)
            raise
        if time.process_time() - began > 1:
            raise SystemExit(f"too slow: steps = {steps}")
    return opaque


def played(protocol: str, steps: list[Step]) -> bool:
    """Feed one session; whether it ended in `Opaque`."""
    decoder = decoder_of(protocol)(replace(ORIGIN, common={}), LIMITS)
    try:
        for number, (side, data) in enumerate(steps):
            feed = decoder.client_data if side == "c" else decoder.server_data
            for _ in feed(data, Instant(number, number)):
                pass
            assert decoder.held_bytes < HELD_BYTES, decoder.held_bytes
        for _ in decoder.server_eof(Instant(0, 0)):
            pass
    except Opaque:
        return True
    return False


def mutated(session: list[Step], random: Random) -> list[Step]:
    """A session with one to five mutations, cut anew."""
    steps = [(side, bytearray(data)) for side, data in session]
    for _ in range(random.randint(1, 5)):
        place = random.randrange(len(steps))
        side, data = steps[place]
        at = random.randrange(len(data) + 1)
        match random.randrange(8):
            case 0 if data:
                data[at % len(data)] ^= 1 << random.randrange(8)
            case 1:
                del data[at : at + random.randint(1, 20)]
            case 2:
                data[at:at] = random.randbytes(random.randint(1, 20))
            case 3:
                data[at:at] = data[at : at + random.randint(1, 200)]
            case 4:
                steps[place] = ("s" if side == "c" else "c", data)
            case 5:
                steps.insert(random.randrange(len(steps)), (side, bytearray(data)))
            case 6:
                other = random.randrange(len(steps))
                steps[place], steps[other] = steps[other], steps[place]
            case _ if data:
                data[at % len(data)] = random.choice(b"\0\r\n :;,\xff0")
    return [piece for side, data in steps for piece in recut(side, bytes(data), random)]


def recut(side: str, data: bytes, random: Random) -> list[Step]:
    """The bytes in one to four reads."""
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randrange(4)))
    ends = [0, *cuts, len(data)]
    return [(side, data[start:end]) for start, end in pairwise(ends) if end > start]


def http1() -> list[list[Step]]:
    get = b"GET /orders/1?a=b HTTP/1.1\r\nHost: shop\r\nAccept: */*\r\n\r\n"
    post = b"POST /orders HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"
    post += b"5\r\nhello\r\n0\r\nX: y\r\n\r\n"
    ok = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    chunked = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    events = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\nevent: a\ndata: {}\n\ndata: x\n\n"
    )
    return [
        [("c", get), ("s", ok), ("c", post), ("s", chunked)],
        [("c", get + get), ("s", ok + ok)],
        [
            ("c", b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"),
            ("s", ok[: -len(b'{"a":1}')]),
            ("c", get),
            ("s", events),
        ],
    ]


def http2() -> list[list[Step]]:
    coder, answers = Encoder(), Encoder()
    ask = [(":method", "POST"), (":path", "/a"), (":scheme", "http"), (":authority", "h"), ("x-a", "b")]

    def head(number: int, block: bytes, *flags: str) -> bytes:
        frame = HeadersFrame(number, block)
        for flag in flags:
            frame.flags.add(flag)
        return bytes(frame.serialize())

    def body(number: int, data: bytes) -> bytes:
        frame = DataFrame(number, data)
        frame.flags.add("END_STREAM")
        return bytes(frame.serialize())

    start = PREFACE + SettingsFrame(settings={1: 8192}).serialize()
    client = start + b"".join(
        head(n, coder.encode(ask), "END_HEADERS") + body(n, b"x" * 50) for n in (1, 3, 5)
    )
    status = [(":status", "200"), ("content-type", "text/event-stream")]
    server = SettingsFrame().serialize() + b"".join(
        head(n, answers.encode(status), "END_HEADERS") + body(n, b"data: y\n\n") for n in (3, 1, 5)
    )
    return [[("c", client), ("s", server)]]


def websocket() -> list[list[Step]]:
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    agree = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    deflate = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
    plain = [("c", b"\x81\x85\x01\x02\x03\x04igohn"), ("s", b"\x81\x05hello\x89\x00\x01\x02hi\x80\x02ya")]
    packed = [("s", b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x41\x03\xf2\x48\xcd\x88\x02\x03\xe8")]
    return [
        [("c", ask), ("s", agree + b"\r\n"), *plain],
        [("c", ask), ("s", agree + deflate + b"\r\n"), *packed, *plain],
    ]


def tls() -> list[list[Step]]:
    name = b"\x00\x00\x00\x0c\x00\x0a\x00\x00\x07example"
    extensions = len(name).to_bytes(2) + name
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00" + extensions
    message = b"\x01" + len(hello).to_bytes(3) + hello
    return [[("c", b"\x16\x03\x01" + len(message).to_bytes(2) + message), ("s", b"\x16\x03\x03\x00\x01\x02")]]


CORPUS: dict[str, tuple[str, Callable[[], list[list[Step]]]]] = {
    "http1": ("http", http1), "http2": ("http", http2), "tls": ("http", tls),
    "websocket": ("http", websocket), "inside-ws": ("http", fuzz_sessions.inside_websocket),
    "amqp": ("amqp", fuzz_sessions.amqp), "kafka": ("kafka", fuzz_sessions.kafka),
    "mqtt": ("mqtt", fuzz_sessions.mqtt), "nats": ("nats", fuzz_sessions.nats),
    "redis": ("redis", fuzz_sessions.redis), "auto": ("auto", fuzz_sessions.any_protocol),
}  # fmt: skip
"""By name: the protocol whose decoder is played to, and the sessions."""

if __name__ == "__main__":
    main()
