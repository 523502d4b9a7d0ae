"""Brokers with and without a lane before them: messages a second, and what of them was recorded.

    python -m benchmarks.brokers [--messages 100000] [--rate 5000] [PROTOCOL…]

One publisher and one consumer, as lean as Python allows: frames are made before the clock starts and written
as fast as the broker takes them; of what is delivered only the bytes are counted. So the broker is the slow
part. Then the same through `defacto record` with everything on; and through it at a fixed rate, where nothing
should be lost. Needs RabbitMQ on 5672, Mosquitto on 1883 and NATS on 4222 (127.0.0.1); those that are not
there are left out. Redis is loaded by redis-benchmark, of Debian's redis-tools.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import uvloop

from tests.cli.sidecar import Recorder

PORTS = {"amqp": 5672, "mqtt": 1883, "nats": 4222, "redis": 6379}
BODY = (
    b'{"order_id": "ord_%012d", "status": "placed", "items": [{"sku": "A-17", "quantity": 2}], "note": "'
    + (b"x" * 80)
)
BATCH = 100
"""Messages written at once."""


Ends = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
"""The publisher's connection and the consumer's."""


class Load(NamedTuple):
    """Frames to publish, and how many bytes each delivery is."""

    frames: list[bytes]
    delivered_bytes: int


def body(number: int) -> bytes:
    return BODY % number + b'"}'


async def amqp(port: int, count: int, name: str) -> tuple[Load, Ends]:
    from pamqp import body as content  # noqa: PLC0415 - each protocol has libraries of its own
    from pamqp import commands, frame, header  # noqa: PLC0415

    def sent(*frames: object, channel: int = 1) -> bytes:
        return b"".join(frame.marshal(one, channel) for one in frames)  # type: ignore[arg-type]

    ends = []
    for role in ("publisher", "consumer"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(b"AMQP\0\0\x09\x01")
        await reader.readuntil(b"\xce")
        told = commands.Connection.StartOk({"connection_name": role}, "PLAIN", "\0guest\0guest", "en_US")
        writer.write(sent(told, channel=0))
        await reader.readuntil(b"\xce")
        writer.write(
            sent(commands.Connection.TuneOk(2047, 131072, 0), commands.Connection.Open(), channel=0)
            + sent(commands.Channel.Open())
        )
        for _ in range(2):
            await reader.readuntil(b"\xce")
        if role == "publisher":
            writer.write(sent(commands.Queue.Declare(queue=name, auto_delete=True)))
        else:
            writer.write(sent(commands.Basic.Consume(queue=name, consumer_tag="c", no_ack=True)))
        await reader.readuntil(b"\xce")
        ends.append((reader, writer))
    properties = commands.Basic.Properties(content_type="application/json")

    def message(number: int) -> bytes:
        data = body(number)
        head = header.ContentHeader(0, len(data), properties)
        return sent(commands.Basic.Publish(routing_key=name), head, content.ContentBody(data))

    deliver = sent(commands.Basic.Deliver("c", 1, False, "", name))
    publish = sent(commands.Basic.Publish(routing_key=name))
    frames = [message(number) for number in range(count)]
    return Load(frames, len(frames[0]) - len(publish) + len(deliver)), ends


async def mqtt(port: int, count: int, name: str) -> tuple[Load, Ends]:
    def packet(kind: int, data: bytes) -> bytes:
        size, length = b"", len(data)
        while True:
            length, low = length >> 7, length & 0x7F
            size += bytes([low | (0x80 if length else 0)])
            if not length:
                return bytes([kind]) + size + data

    def text(value: str) -> bytes:
        return len(value).to_bytes(2, "big") + value.encode()

    ends = []
    for role in ("publisher", "consumer"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(packet(0x10, text("MQTT") + b"\x04\x02\x00\x00" + text(f"{name}-{role}")))
        await reader.readexactly(4)
        if role == "consumer":
            writer.write(packet(0x82, b"\0\x01" + text(name) + b"\0"))
            await reader.readexactly(5)
        ends.append((reader, writer))
    frames = [packet(0x30, text(name) + body(number)) for number in range(count)]
    return Load(frames, len(frames[0])), ends


async def nats(port: int, count: int, name: str) -> tuple[Load, Ends]:
    ends = []
    for role in ("publisher", "consumer"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        await reader.readuntil(b"\r\n")
        writer.write(b'CONNECT {"verbose":false,"name":"%s"}\r\n' % role.encode())
        if role == "consumer":
            writer.write(b"SUB %s 1\r\n" % name.encode())
        writer.write(b"PING\r\n")
        await reader.readuntil(b"PONG\r\n")
        ends.append((reader, writer))
    frames = [b"PUB %s %d\r\n%s\r\n" % (name.encode(), len(data), data) for data in map(body, range(count))]
    return Load(frames, len(frames[0]) + len(b"MSG 1 ") - len(b"PUB ")), ends


PROTOCOLS = {"amqp": amqp, "mqtt": mqtt, "nats": nats}


async def timed(protocol: str, port: int, count: int, rate: float = 0) -> float:
    """Messages delivered a second; with a rate, published no faster than that."""
    load, ends = await PROTOCOLS[protocol](port, count, f"bench{uuid4().hex[:8]}")
    (_, publisher), (consumer, _) = ends
    started = time.perf_counter()

    async def publish() -> None:
        for first in range(0, count, BATCH):
            publisher.writelines(load.frames[first : first + BATCH])
            await publisher.drain()
            if rate:
                await asyncio.sleep(max(0.0, started + first / rate - time.perf_counter()))

    async def consume() -> None:
        left = load.delivered_bytes * count
        while left > 0 and (data := await asyncio.wait_for(consumer.read(1 << 20), 20)):
            left -= len(data)

    publishing = asyncio.create_task(publish())
    with suppress(TimeoutError):
        await consume()
    took = time.perf_counter() - started
    await publishing
    for _, writer in ends:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return count / took


def recorded(protocol: str, count: int, rate: float = 0) -> tuple[float, str]:
    """The same through a lane: messages a second, and the recorder's last words."""
    with tempfile.TemporaryDirectory(prefix="defacto-brokers-") as folder:
        running = recorder(protocol, Path(folder))
        try:
            found = uvloop.run(timed(protocol, running.port, count, rate))
            return found, running.end()
        finally:
            running.kill()


def recorder(protocol: str, folder: Path) -> Recorder:
    upstream = f"{protocol}://127.0.0.1:{PORTS[protocol]}"
    given = ("--listen", "127.0.0.1:0", "--upstream", upstream, "--producer", "bench")
    return Recorder(*given, store=folder / "bench.db")


def redis(count: int) -> None:
    """XADD by redis-benchmark, 16 clients, directly and through the lane."""

    def load(port: int, name: str) -> float:
        said = subprocess.run(
            [
                *f"redis-benchmark -p {port} -n {count} -c 16 -q XADD {name} * payload".split(),
                body(1).decode(),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        subprocess.run(["redis-cli", "del", name], capture_output=True, check=True)
        return float(re.findall(r"([\d.]+) requests per second", said)[-1])

    direct = load(PORTS["redis"], f"bench{uuid4().hex[:8]}")
    with tempfile.TemporaryDirectory(prefix="defacto-brokers-") as folder:
        running = recorder("redis", Path(folder))
        try:
            through = load(running.port, f"bench{uuid4().hex[:8]}")
            words = running.end()
        finally:
            running.kill()
    row("redis", direct, through, words)


def row(name: str, direct: float, through: float, words: str) -> None:
    seen = int((re.search(r"([\d,]+) messages", words) or ["", "0"])[1].replace(",", ""))
    print(f"{name:<16}{direct:>12,.0f}{through:>12,.0f}{through / direct:>8.2f}   {seen:,} recorded; {words}")


def answers(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("protocols", nargs="*", default=[*PORTS], metavar="PROTOCOL")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=2_000)
    options = parser.parse_args()
    print(f"{'messages/s':<16}{'direct':>12}{'lane':>12}{'ratio':>8}")
    for protocol in options.protocols:
        if not answers(PORTS[protocol]):
            print(f"{protocol:<16}not there")
        elif protocol == "redis":
            if shutil.which("redis-benchmark"):
                redis(options.messages)
        else:
            direct = uvloop.run(timed(protocol, PORTS[protocol], options.messages))
            row(protocol, direct, *recorded(protocol, options.messages))
            count = int(options.rate * 5)
            row(f"  at {options.rate:,.0f}/s", options.rate, *recorded(protocol, count, options.rate))


if __name__ == "__main__":
    main()
