"""`defacto record` between a Kafka cluster and its clients: every broker is reached through the lane."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.sidecar import Recorder, free_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

confluent = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
aiokafka = pytest.importorskip("aiokafka", reason="aiokafka is not installed")
pytest.importorskip("kio", reason="kio is not installed")

BROKERS = 3
COUNT = 60


@contextmanager
def cluster() -> Iterator[int]:
    """librdkafka's mock cluster; the port of one of its brokers."""
    mock = confluent.Producer({"test.mock.num.brokers": BROKERS})
    brokers = mock.list_topics(timeout=10).brokers
    assert len(brokers) == BROKERS
    yield next(iter(brokers.values())).port
    del mock


@contextmanager
def recording(tmp_path: Path, upstream: int) -> Iterator[Recorder]:
    port = free_row(BROKERS + 2)
    running = Recorder(
        "--listen",
        f"127.0.0.1:{port}",
        "--upstream",
        f"kafka://127.0.0.1:{upstream}",
        "--producer",
        "events",
        store=tmp_path / "k.db",
    )
    try:
        yield running
    finally:
        running.kill()


def value(number: int) -> bytes:
    return b'{"order_id": "ord_%06d"}' % number


def over_confluent(port: int, **options: Any) -> None:
    given = {"bootstrap.servers": f"127.0.0.1:{port}", "client.id": "orders-api", **options}
    producer = confluent.Producer(given)
    for number in range(COUNT):
        producer.produce("orders", value(number), key=b"k%d" % (number % 7))
    assert producer.flush(20) == 0
    consumer = confluent.Consumer(
        {
            "bootstrap.servers": f"127.0.0.1:{port}",
            "client.id": "biller-1",
            "group.id": "billing",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe(["orders"])
    seen, end = 0, time.monotonic() + 40
    while seen < COUNT:
        assert time.monotonic() < end, seen
        message = consumer.poll(1)
        seen += message is not None and message.error() is None
    consumer.commit(asynchronous=False)
    consumer.close()


async def over_aiokafka(port: int) -> None:
    address = f"127.0.0.1:{port}"
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=address, client_id="orders-api") as producer:
        for number in range(COUNT):
            await producer.send_and_wait("orders", value(number), key=b"k%d" % (number % 7))
    consumer = aiokafka.AIOKafkaConsumer(
        "orders",
        bootstrap_servers=address,
        client_id="biller-1",
        group_id="billing",
        auto_offset_reset="earliest",
    )
    async with consumer:
        for _ in range(COUNT):
            await asyncio.wait_for(consumer.getone(), 40)
        await consumer.commit()


def talk(client: str, port: int) -> None:
    if client == "aiokafka":
        asyncio.run(over_aiokafka(port))
    else:
        over_confluent(port, **({"compression.type": "zstd", "enable.idempotence": True} if client else {}))


@pytest.mark.parametrize("client", ["", "compressed", "aiokafka"])
def test_all_that_passes_a_cluster_is_recorded(tmp_path: Path, client: str) -> None:
    with cluster() as broker, recording(tmp_path, broker) as running:
        talk(client, running.port)
        running.end()
        messages = running.messages()
    published = [one for one in messages if one.consumer is None]
    delivered = [one for one in messages if one.consumer and one.delivered_at]
    commits = [one for one in messages if one.acknowledgement == "commit"]
    assert len(published) == COUNT, "clients left the lane"
    assert len({(one.partition, one.sequence) for one in delivered}) == COUNT, "clients left the lane"
    assert {one.channel for one in messages} == {"orders"}
    assert {one.publisher.value for one in published if one.publisher} == {"orders-api"}
    assert {one.consumer.value for one in delivered if one.consumer} == {"billing"}
    assert {one.consumer.value for one in commits if one.consumer} == {"billing"}
    assert len({one.partition for one in published}) > 1
    assert {one.key for one in published} == {f"k{n}" for n in range(7)}
