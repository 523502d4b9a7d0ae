"""Real clients and a real server, a decoder in between: redis-py in both versions of RESP, and coredis."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from proxy.decoders.redis import RedisDecoder
from proxy.raw import Sender
from tests.proxy.decoders.relaying import HOST, needs, relaying, replayed, same_in_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from proxy.raw import RawEvent
    from tests.proxy.decoders.relaying import Relay

redis = pytest.importorskip("redis.asyncio")
coredis = pytest.importorskip("coredis")

SERVER = 6379
DATABASE = 9


async def forget(prefix: str) -> None:
    async with redis.Redis(host=HOST, port=SERVER, db=DATABASE) as client:
        await client.delete(f"{prefix}:orders")


def observed(scenario: Callable[[int, str], Awaitable[None]]) -> list[RawEvent]:
    """The events of what clients do through a port, with keys and channels under a prefix of their own."""

    async def play() -> Relay:
        prefix = f"defacto-{uuid.uuid4().hex[:8]}"
        async with relaying(SERVER, RedisDecoder) as relay:
            try:
                await scenario(relay.port, prefix)
            finally:
                await forget(prefix)
        return relay

    needs(SERVER, "Redis")
    relay = asyncio.run(play())
    same_in_pieces(relay, RedisDecoder, 1)
    return [event for played in relay.connections for event in replayed(played, RedisDecoder)]


def told(events: list[RawEvent], sender: Sender) -> list[tuple[str, bytes | None, str, int | None]]:
    return [
        (
            event.channel.partition(":")[2],
            event.payload.data if event.payload else None,
            event.acknowledgement,
            event.redeliveries,
        )
        for event in events
        if event.sender is sender
    ]


def names(event: RawEvent) -> list[tuple[str, str]]:
    return [(one.basis, one.value) for one in event.client]


@pytest.mark.parametrize("version", [2, 3])
def test_redis_py(version: int) -> None:
    async def scenario(port: int, prefix: str) -> None:
        stream, channel = f"{prefix}:orders", f"{prefix}:news"
        async with redis.Redis(
            host="127.0.0.1", port=port, db=DATABASE, protocol=version, client_name="billing"
        ) as client:
            await client.set(f"{prefix}:k", "x" * 20_000, ex=5)
            assert len(await client.get(f"{prefix}:k")) == 20_000
            await client.delete(f"{prefix}:k")
            await client.xgroup_create(stream, "mail", mkstream=True)
            await client.xadd(stream, {"id": 1, "what": "pen"}, maxlen=100)
            await client.xadd(stream, {"data": '{"id":2}'})
            async with client.pipeline(transaction=True) as pipeline:
                await pipeline.xadd(stream, {"id": 3}).get("nothing").publish(channel, "in all").execute()
            ((_, entries),) = await read(client, stream, ">", block=1_000)
            await client.xack(stream, "mail", entries[0][0])
            ((_, pending),) = await read(client, stream, "0")
            await client.xack(stream, "mail", pending[0][0])
            await client.xautoclaim(stream, "mail", "worker-2", 0)
            await client.xread({stream: "0"}, count=1)
            await read(client, stream, ">", block=5)
            subscriber = client.pubsub()
            await subscriber.subscribe(channel)
            await subscriber.psubscribe(f"{prefix}:n*")
            await client.publish(channel, b"hello \xff")
            for _ in range(4):  # two confirmations, a message by each subscription
                assert await subscriber.get_message(timeout=1)
            await subscriber.unsubscribe()
            await subscriber.aclose()

    async def read(client: Any, stream: str, entry: str, block: int | None = None) -> Any:
        answer = await client.xreadgroup("mail", "worker-1", {stream: entry}, block=block)
        return [(key, of[0] if version == 3 else of) for key, of in dict(answer).items()]

    events = observed(scenario)
    first, second, third = b'{"id":"1","what":"pen"}', b'{"id":2}', b'{"id":"3"}'
    assert Counter(told(events, Sender.CLIENT)) == Counter(
        [
            ("news", b"hello \xff", "", None),
            ("news", b"in all", "", None),
            *(("orders", payload, "ack", None) for payload in (first, second, third)),
        ]
    )
    assert Counter(told(events, Sender.SERVER)) == Counter(
        [
            ("news", b"hello \xff", "", None),
            ("news", b"hello \xff", "", None),
            ("orders", first, "", None),
            ("orders", first, "ack", 0),
            ("orders", second, "", 0),
            ("orders", second, "ack", 1),
            ("orders", third, "", 0),
            ("orders", third, "", 1),
            ("orders", third, "", 1),
        ]
    )
    assert {names(event)[0] for event in events} == {("connection-name", "billing")}
    acknowledged = [event for event in events if event.acknowledgement == "ack" and event.redeliveries == 0]
    assert names(acknowledged[0])[1:] == [("group", "mail"), ("client-id", "worker-1")]
    ids = {event.key for event in events if event.channel.endswith("orders")}
    assert len(ids) == 3
    assert all(event.published_at for event in events if event.key)
    assert not [event for event in events if event.flaws]


def test_coredis() -> None:
    async def scenario(port: int, prefix: str) -> None:
        stream, channel = f"{prefix}:orders", f"{prefix}:news"
        async with coredis.Redis(port=port, db=DATABASE, client_name="mailer") as client:
            await client.xgroup_create(stream, "mail", mkstream=True)
            await client.xadd(stream, {"id": 1})
            async with client.pipeline() as pipeline:
                for number in range(2, 42):
                    pipeline.xadd(stream, {"id": number})
            answer = await client.xreadgroup("mail", "worker-1", {stream: ">"}, block=1_000)
            (entries,) = (answer or {}).values()
            await client.xack(stream, "mail", [one.identifier for one in entries[:20]])
            await client.xautoclaim(stream, "mail", "worker-2", 0, "0")
            async with client.pubsub(channels=[channel]) as subscriber:
                await client.publish(channel, "hello")
                async with asyncio.timeout(2):
                    async for message in subscriber:
                        if message["type"] == "message":
                            break

    events = observed(scenario)
    published, delivered = told(events, Sender.CLIENT), told(events, Sender.SERVER)
    numbers = [b'{"id":"%d"}' % number for number in range(1, 42)]
    assert published == [
        *(("orders", payload, "ack", None) for payload in numbers),
        ("news", b"hello", "", None),
    ]
    assert [one for one in delivered if one[3] == 0] == [
        *(("orders", payload, "ack", 0) for payload in numbers[:20]),
        *(("orders", payload, "", 0) for payload in numbers[20:]),
    ]
    assert [one for one in delivered if one[3] == 1] == [
        ("orders", payload, "", 1) for payload in numbers[20:]
    ]
    assert [one for one in delivered if one[3] is None] == [("news", b"hello", "", None)]
    assert {names(event)[0] for event in events} == {("connection-name", "mailer")}


@pytest.mark.parametrize("hello", ["PING", "HELLO 3"])
def test_what_clients_seldom_do(hello: str) -> None:
    async def scenario(port: int, prefix: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        a, b = f"{prefix}:a", f"{prefix}:b"
        for line in (
            f"{hello}|GET {a}|GET {a} x|UNSUBSCRIBE|SUBSCRIBE|SUBSCRIBE {a} {b}",
            "CLIENT REPLY OFF|RESET",  # refused in RESP2
            f"CLIENT REPLY OFF|GET {a}|SUBSCRIBE {a}|UNSUBSCRIBE|PUBLISH {a} muted|CLIENT REPLY ON",
            f"CLIENT REPLY SKIP|GET {a}|CLIENT REPLY SKIP|CLIENT REPLY ON|CLIENT REPLY what",
            f"MULTI|PUBLISH {a} discarded|DISCARD|MULTI|GET|PUBLISH {a} aborted|EXEC|MULTI|MULTI|EXEC",
            f"MULTI|PUBLISH {a} 'carried out'|XADD {b} 0-0 refused 1|EXEC|EXEC|DISCARD|AUTH x y",
            f"SSUBSCRIBE {a}|SSUBSCRIBE {b}|SUNSUBSCRIBE|PUNSUBSCRIBE|RESET|PUBLISH {a} last",
            "MULTI|CLIENT SETNAME again|RESET|RESET|QUIT",
        ):
            writer.write(line.replace("|", "\r\n").encode() + b"\r\n")
            await asyncio.sleep(0.02)
        writer.write_eof()
        while await reader.read(65536):
            pass
        writer.close()

    events = observed(scenario)
    assert [one[1] for one in told(events, Sender.CLIENT)] == [b"muted", b"carried out", b"last"]
    assert {event.client for event in events} == {()}
