"""Two clients against a real server, read from between them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from proxy.decoders.nats import NatsDecoder
from tests.proxy.decoders.broker_playing import payloads
from tests.proxy.decoders.nats_playing import acknowledgements
from tests.proxy.decoders.relaying import HOST, in_a_loop, needs, relaying, same_in_pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from proxy.raw import RawEvent
    from tests.proxy.decoders.relaying import Relay

nats = pytest.importorskip("nats")
natsio = pytest.importorskip("natsio.client")

SERVER = 4222


@pytest.fixture(autouse=True)
def _server_answers() -> None:
    needs(SERVER, "NATS server")


@asynccontextmanager
async def relayed() -> AsyncIterator[Relay]:
    async with relaying(SERVER, NatsDecoder) as relay:
        yield relay
    same_in_pieces(relay, NatsDecoder, 13)


def url(relay: Relay) -> str:
    return f"nats://{HOST}:{relay.port}"


def bases(event: RawEvent) -> dict[str, str]:
    return {one.basis: one.value for one in event.client}


@in_a_loop
async def test_nats_py_publishes_and_subscribes() -> None:
    subject = f"defacto.{uuid4().hex}"
    async with relayed() as relay:
        client = await nats.connect(url(relay), name="billing", user="u", password="hush", connect_timeout=2)
        subscription = await client.subscribe(subject, queue="workers")
        await client.publish(subject, b"1", headers={"Content-Type": "text/plain"})
        await client.publish(subject, b"2" * 500_000)
        received = [await subscription.next_msg(1) for _ in range(2)]

        async def answer(message: object) -> None:
            await message.respond(b"pong")  # type: ignore[attr-defined]

        await client.subscribe(f"{subject}.ask", cb=answer)
        answered = await client.request(f"{subject}.ask", b"ping", timeout=1)
        await client.close()
    assert [len(message.data) for message in received] == [1, 500_000]
    assert answered.data == b"pong"
    assert [len(payload) for payload in payloads(relay.published)] == [1, 500_000, 4, 4]
    first, second, asked, given = relay.delivered
    assert (first.channel, first.headers) == (subject, (("content-type", "text/plain"),))
    assert bases(first) == bases(second) == {"connection-name": "billing", "user": "u", "group": "workers"}
    assert (asked.channel, bases(asked)) == (f"{subject}.ask", {"connection-name": "billing", "user": "u"})
    assert (given.channel, given.headers) == ("_INBOX", (("nats-reply", "true"),))
    assert "hush" not in repr(relay.events)


@in_a_loop
async def test_nats_py_with_a_stream() -> None:
    name = f"T{uuid4().hex}"
    async with relayed() as relay:
        client = await nats.connect(url(relay), connect_timeout=2)
        stream = client.jetstream()
        await stream.add_stream(name=name, subjects=[f"{name}.*"], storage="memory")
        try:
            for number in range(4):
                assert (await stream.publish(f"{name}.new", b"%d" % number)).seq == number + 1
            pushed = await stream.subscribe(f"{name}.*", durable="pushed", manual_ack=True)
            one, two, three, four = [await pushed.next_msg(1) for _ in range(4)]
            await one.ack()
            await two.in_progress()
            await two.term()
            await three.nak()
            await (await pushed.next_msg(1)).ack_sync()
            assert four.metadata.sequence.stream == 4
            pulled = await stream.pull_subscribe(f"{name}.*", durable="pulled")
            for message in await pulled.fetch(3, timeout=1):
                await message.ack()
            with suppress(nats.errors.TimeoutError):
                await pulled.fetch(5, timeout=0.3)
            watched = await stream.subscribe(f"{name}.*", ordered_consumer=True)
            await watched.next_msg(1)
        finally:
            await stream.delete_stream(name)
            await client.close()
    assert acknowledgements(relay.published) == [(number, "ack") for number in (1, 2, 3, 4)]
    delivered = relay.delivered
    assert {event.channel for event in delivered} == {f"{name}.new"}
    assert [
        (event.sequence, event.acknowledgement, event.redeliveries)
        for event in sorted(delivered, key=lambda event: event.fingerprint[-1])
        if bases(event).get("group") == "pushed"
    ] == [(1, "ack", 0), (2, "term", 0), (3, "nack", 0), (4, "", 0), (3, "ack", 1)]
    pulled_events = [event for event in delivered if bases(event).get("group") == "pulled"]
    assert acknowledgements(pulled_events[:3]) == [(1, "ack"), (2, "ack"), (3, "ack")]
    ordered = [event for event in delivered if not event.client]
    assert acknowledgements(ordered) == [(number, "") for number in (1, 2, 3, 4)]
    assert all(event.published_at and event.published_at <= event.at for event in delivered)


@in_a_loop
async def test_natsio_publishes_and_subscribes() -> None:
    subject = f"defacto.{uuid4().hex}"
    async with relayed() as relay:
        config = natsio.ClientConfig(servers=[url(relay)], name="stock")
        async with natsio.NATSCore(config) as client:
            arrived: asyncio.Queue[object] = asyncio.Queue()
            await client.subscribe(subject, queue="shelves", callback=arrived.put)
            await client.publish(subject, b"one", reply_to="stock.replies")
            await asyncio.wait_for(arrived.get(), 1)
            await client.publish(f"{subject}.other", b"two")
            await client.flush()
            await asyncio.sleep(0.05)
    published, delivered = relay.published, relay.delivered
    assert sorted(payloads(published)) == [b"one", b"two"]
    assert payloads(delivered) == [b"one"]
    assert delivered[0].headers == (("reply-to", "stock.replies"),)
    assert bases(delivered[0]) == {"connection-name": "stock", "group": "shelves"}
