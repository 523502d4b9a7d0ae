"""Kafka as aiokafka and librdkafka speak it, with a broker of librdkafka's."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer
from confluent_kafka import TopicPartition as Partition

from proxy.decoders.kafka import KafkaDecoder
from proxy.raw import RawEvent
from tests.proxy.decoders.kafka_relaying import Broker, relaying
from tests.proxy.decoders.relaying import in_a_loop, same_in_pieces


@pytest.fixture(scope="module")
def broker() -> Broker:
    return Broker()


@pytest.fixture
def topic(broker: Broker) -> str:
    name = f"orders-{uuid4().hex[:8]}"
    broker.create(name)
    return name


def content(event: RawEvent) -> bytes | None:
    return None if event.payload is None else event.payload.data


def who(event: RawEvent) -> dict[str, str]:
    return {one.basis: one.value for one in event.client}


def messages(events: list[RawEvent]) -> list[RawEvent]:
    return [one for one in events if one.acknowledgement != "commit"]


def commits(events: list[RawEvent]) -> list[RawEvent]:
    return [one for one in events if one.acknowledgement == "commit"]


async def consumed(consumer: AIOKafkaConsumer, count: int) -> None:
    async with asyncio.timeout(15):
        for _ in range(count):
            await consumer.getone()


@pytest.mark.parametrize("compression", [None, "gzip", "snappy", "lz4", "zstd"])
@in_a_loop
async def test_aiokafka(broker: Broker, topic: str, compression: str | None) -> None:
    async with relaying(broker.port) as relay:
        at = f"127.0.0.1:{relay.port}"
        producer = AIOKafkaProducer(
            bootstrap_servers=at, client_id="shop", acks="all", linger_ms=20, compression_type=compression
        )
        await producer.start()
        headers = [("Content-Type", b"application/json")]
        waiting = [
            await producer.send(topic, b'{"n":%d}' % n, key=b"k%d" % n, headers=headers) for n in range(20)
        ]
        sent = await asyncio.gather(*waiting)
        await producer.stop()
        consumer = AIOKafkaConsumer(bootstrap_servers=at, client_id="billing", fetch_max_wait_ms=20)
        await consumer.start()
        places = [TopicPartition(topic, partition) for partition in sorted({one.partition for one in sent})]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        await consumed(consumer, 20)
        await consumer.stop()
    published = sorted(relay.published, key=lambda one: int((one.key or "")[1:]))
    delivered = relay.delivered
    assert [content(one) for one in published] == [b'{"n":%d}' % n for n in range(20)]
    assert {(one.channel, one.acknowledgement) for one in published} == {(topic, "acks=all")}
    assert [(one.partition, one.sequence) for one in published] == [
        (one.partition, one.offset) for one in sent
    ]
    assert all(abs(one.at - (one.published_at or 0)) < 10**10 for one in published)
    assert who(published[0])["client-id"] == "shop"
    assert published[3].key == "k3"
    assert published[3].headers == (("content-type", "application/json"),)
    assert all(one.acknowledged_at is not None and one.acknowledged_at >= one.at for one in published)
    by_place = {(one.partition, one.sequence): content(one) for one in published}
    assert {(one.partition, one.sequence): content(one) for one in delivered} == by_place
    assert len(delivered) == 20
    assert {one.acknowledgement for one in delivered} == {""}
    assert who(delivered[0])["client-id"] == "billing"
    assert all(not one.flaws for one in relay.events)
    same_in_pieces(relay, KafkaDecoder, 7)


@in_a_loop
async def test_a_group_of_aiokafka(broker: Broker, topic: str) -> None:
    async with relaying(broker.port) as relay:
        at = f"127.0.0.1:{relay.port}"
        producer = AIOKafkaProducer(bootstrap_servers=at, enable_idempotence=True)
        await producer.start()
        for n in range(3):
            await producer.send_and_wait(topic, b"%d" % n, partition=0)
        await producer.stop()
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=at,
            client_id="billing",
            group_id=f"billers-{topic}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        await consumed(consumer, 3)
        await consumer.commit()
        await consumer.stop()
    assert [content(one) for one in messages(relay.delivered)] == [b"0", b"1", b"2"]
    (told,) = commits(relay.delivered)
    assert (told.channel, told.partition, told.sequence, told.payload) == (topic, 0, 2, None)
    assert told.acknowledged_at is not None
    assert who(told) == {"group": f"billers-{topic}", "client-id": "billing"}
    same_in_pieces(relay, KafkaDecoder, 7)


def got(consumer: Consumer, count: int) -> None:
    missing = count
    while missing:
        missing -= len(consumer.consume(missing, timeout=0.2))


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
@in_a_loop
async def test_librdkafka(broker: Broker, topic: str, compression: str) -> None:
    def play(port: int) -> None:
        common = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}
        producer = Producer(
            {**common, "client.id": "shop", "compression.type": compression, "enable.idempotence": True}
        )
        for n in range(500):
            producer.produce(topic, b"value" * 20, key=b"k%d" % n, headers={"n": b"%d" % n})
        producer.produce(topic, None, key=b"\xff\x00")
        producer.flush(10)
        consumer = Consumer({**common, "client.id": "billing", "group.id": "x", "fetch.wait.max.ms": 20})
        partitions = consumer.list_topics(topic).topics[topic].partitions
        consumer.assign([Partition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        got(consumer, 501)
        consumer.close()

    async with relaying(broker.port) as relay:
        await asyncio.to_thread(play, relay.port)
    published, delivered = relay.published, messages(relay.delivered)
    assert len(published) == 501
    assert {one.acknowledgement for one in published} == {"acks=all"}
    by_place = {(one.partition, one.sequence): (one.key, content(one), one.headers) for one in published}
    assert {
        (one.partition, one.sequence): (one.key, content(one), one.headers) for one in delivered
    } == by_place
    assert len(delivered) == 501
    (tombstone,) = [one for one in published if one.payload is None]
    assert tombstone.key == "ff00"
    assert {flaw for one in relay.events for flaw in one.flaws} <= {"topic-unknown"}
    same_in_pieces(relay, KafkaDecoder, 7)


@in_a_loop
async def test_a_group_of_librdkafka(broker: Broker, topic: str) -> None:
    def play(port: int) -> None:
        common = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0, "client.id": "billing"}
        producer = Producer(common)
        producer.produce(topic, b"a", partition=1)
        producer.flush(10)
        consumer = Consumer(
            {**common, "group.id": f"billers-{topic}", "auto.offset.reset": "earliest"}
            | {"enable.auto.commit": False, "fetch.wait.max.ms": 20}
        )
        consumer.subscribe([topic])
        got(consumer, 1)
        consumer.commit(asynchronous=False)
        consumer.close()

    async with relaying(broker.port) as relay:
        await asyncio.to_thread(play, relay.port)
    (told,) = commits(relay.delivered)
    assert (told.channel, told.partition, told.sequence) == (topic, 1, 0)
    assert who(told)["group"] == f"billers-{topic}"
    same_in_pieces(relay, KafkaDecoder, 7)


@in_a_loop
async def test_transactions(broker: Broker, topic: str) -> None:
    async with relaying(broker.port) as relay:
        at = f"127.0.0.1:{relay.port}"
        producer = AIOKafkaProducer(bootstrap_servers=at, client_id="shop", transactional_id=f"tx-{topic}")
        await producer.start()
        async with producer.transaction():
            sent = await producer.send_and_wait(topic, b"paid", partition=0)
            place = {TopicPartition(topic, 0): OffsetAndMetadata(7, "")}
            await producer.send_offsets_to_transaction(place, "billers")
        await producer.stop()
    (published,) = relay.published
    assert (content(published), published.sequence) == (b"paid", sent.offset)
    (told,) = commits(relay.delivered)
    assert (told.channel, told.partition, told.sequence, told.acknowledgement) == (topic, 0, 6, "commit")
    assert who(told)["group"] == "billers"
    same_in_pieces(relay, KafkaDecoder, 7)


@pytest.mark.parametrize(("acks", "word"), [(0, "acks=0"), (1, "acks=1")])
@in_a_loop
async def test_weaker_acknowledgements(broker: Broker, topic: str, acks: int, word: str) -> None:
    def play(port: int) -> None:
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{port}", "acks": acks, "log_level": 0})
        for n in range(3):
            producer.produce(topic, b"%d" % n, partition=0)
            producer.flush(10)

    async with relaying(broker.port) as relay:
        await asyncio.to_thread(play, relay.port)
    assert [one.acknowledgement for one in relay.published] == [word] * 3
    assert [one.sequence for one in relay.published] == ([None] * 3 if acks == 0 else [0, 1, 2])
    same_in_pieces(relay, KafkaDecoder, 7)
