"""What real brokers and clients do, and what is told of it: prefetch, pending messages, offsets, commits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aio_pika
import nats
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from nats.js.api import ConsumerConfig

from inference.miners import MINERS
from proxy.config import Config
from proxy.decoders.amqp import AmqpDecoder
from proxy.decoders.kafka import KafkaDecoder
from proxy.decoders.nats import NatsDecoder
from proxy.raw import Sender
from proxy.recorder import Recorder
from tests.inference.scenes import scene
from tests.proxy.decoders.kafka_relaying import Broker, _Changing
from tests.proxy.decoders.relaying import HOST, in_a_loop, needs, relaying

if TYPE_CHECKING:
    from aio_pika.abc import AbstractIncomingMessage
    from nats.aio.msg import Msg

    from proxy.decoders.decoder import Limits, Origin
    from proxy.raw import RawEvent

RABBITMQ, NATS = 5672, 4222


def claimed(events: list[RawEvent]) -> dict[str, Any]:
    """What is claimed of the only channel, by kind: publications are recorded first, as they pass first."""
    recorder = Recorder.from_config(Config())
    in_order = sorted(events, key=lambda one: one.sender is Sender.SERVER)
    anonymous = (one._replace(link=one.link._replace(client_certificate="")) for one in in_order)
    found = scene([recorder.record(one) for one in anonymous])
    return {
        one.clause.kind.name: one.clause.kind.value
        for mine in MINERS
        for one in mine(found)
        if not one.doubt and one.clause.operation.startswith("RECEIVE")
    }


class Done:
    """Counts what was handled, until it is enough."""

    def __init__(self, enough: int) -> None:
        self.left = enough
        self.event = asyncio.Event()

    def one(self) -> None:
        self.left -= 1
        if not self.left:
            self.event.set()


@in_a_loop
async def test_a_prefetch_of_rabbitmq() -> None:
    needs(RABBITMQ, "RabbitMQ")
    name, done = f"orders-{uuid4().hex[:8]}", Done(80)

    async def handle(message: AbstractIncomingMessage) -> None:
        await asyncio.sleep(0.03)
        await message.ack()
        done.one()

    async with relaying(RABBITMQ, AmqpDecoder) as relay:
        connection = await aio_pika.connect(f"amqp://guest:guest@{HOST}:{relay.port}/")
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=5)
        queue = await channel.declare_queue(name, auto_delete=True)
        for n in range(80):
            body = aio_pika.Message(b'{"n": %d}' % n, message_id=uuid4().hex)
            await channel.default_exchange.publish(body, routing_key=name)
        await queue.consume(handle)
        await done.event.wait()
        await connection.close()
    assert claimed(relay.events)["in-flight"]["most"] == 5


@in_a_loop
async def test_what_jetstream_leaves_pending() -> None:
    needs(NATS, "NATS server")
    stream, done = f"S{uuid4().hex[:8]}", Done(80)
    subject = f"{stream.lower()}.orders"

    async def handle(message: Msg) -> None:
        await asyncio.sleep(0.01)
        await message.ack()
        done.one()

    async with relaying(NATS, NatsDecoder) as relay:
        client = await nats.connect(f"nats://{HOST}:{relay.port}")
        streams = client.jetstream()
        await streams.add_stream(name=stream, subjects=[subject])
        for n in range(80):
            await streams.publish(subject, b'{"n": %d}' % n)
        config = ConsumerConfig(max_ack_pending=4)
        await streams.subscribe(subject, durable="billing", cb=handle, manual_ack=True, config=config)
        await done.event.wait()
        await streams.delete_stream(stream)
        await client.close()
    told = claimed(relay.events)
    assert told["in-flight"]["most"] == 4
    assert told["gaps"] == {"how": "none", "n": 79}


@in_a_loop
async def test_offsets_and_commits_of_a_group_of_kafka() -> None:
    broker, topic, shared = Broker(), f"orders-{uuid4().hex[:8]}", dict[Any, Any]()
    broker.create(topic)

    def of_one_lane(origin: Origin, limits: Limits) -> KafkaDecoder:
        return KafkaDecoder(replace(origin, common=shared), limits)

    async with relaying(broker.port, of_one_lane, _Changing) as relay:
        at = f"{HOST}:{relay.port}"
        producer = AIOKafkaProducer(bootstrap_servers=at, client_id="shop")
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=at,
            client_id="billing",
            group_id=f"billers-{topic}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=20,
        )
        await producer.start()
        for n in range(100):
            await producer.send_and_wait(topic, b'{"n": %d}' % n, partition=0)
        await consumer.start()
        for n in range(100):
            await consumer.getone()
            if n % 10 == 9:
                await consumer.commit()
        await consumer.stop()
        await producer.stop()
    told = claimed(relay.events)
    assert told["gaps"] == {"how": "none", "n": 99}
    assert told["acknowledgement"] == ["commit"]
    assert told["handling"]["n"] == 100
