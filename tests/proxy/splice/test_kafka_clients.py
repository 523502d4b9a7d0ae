"""Real clients stay on their lane: a cluster of three brokers behind three relays that replace addresses."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer

from proxy.splice.kafka_addresses import AddressRewriter

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Callable

MESSAGES = [b"message %04d" % number for number in range(200)]
TOPIC = "orders"


class Relays:
    """One local port for each broker. `requested` and `delivered` are all bytes that went through."""

    def __init__(self, brokers: dict[int, tuple[str, int]]) -> None:
        self.ports: dict[int, int] = {}
        self.requested = bytearray()
        self.delivered = bytearray()
        self.rewriters: list[AddressRewriter] = []
        self._brokers = brokers

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.ports[1]}"

    @property
    def undecoded(self) -> int:
        return sum(one.undecoded for one in self.rewriters)

    def local(self, node: int, host: str, port: int) -> tuple[str, int]:
        assert self._brokers[node] == (host, port)
        return "localhost", self.ports[node]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for node in self._brokers:
                server = await asyncio.start_server(self._relay(node), "127.0.0.1")
                self.ports[node] = server.sockets[0].getsockname()[1]
                stack.callback(server.close)
            yield

    def _relay(self, node: int) -> Callable[[StreamReader, StreamWriter], Any]:
        async def relay(client: StreamReader, to_client: StreamWriter) -> None:
            broker, to_broker = await asyncio.open_connection(*self._brokers[node])
            rewriter = AddressRewriter(self.local)
            self.rewriters.append(rewriter)

            def asked(data: bytes) -> bytes:
                rewriter.client(data)
                self.requested += data
                return data

            def answered(data: bytes) -> bytes:
                self.delivered += data
                return rewriter.server(data)

            try:
                await asyncio.gather(_copied(client, to_broker, asked), _copied(broker, to_client, answered))
            finally:
                for writer in (to_broker, to_client):
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()

        return relay


async def _copied(source: StreamReader, target: StreamWriter, change: Callable[[bytes], bytes]) -> None:
    try:
        while data := await source.read(65_536):
            target.write(change(data))
            await target.drain()
    except OSError:
        pass  # one of the two is gone, and so is the other
    finally:
        target.close()


def with_relays(test: Callable[[Relays], Any]) -> None:
    cluster = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    brokers = cluster.list_topics(timeout=10).brokers.values()

    async def main() -> None:
        relays = Relays({one.id: (one.host, one.port) for one in brokers})
        async with relays.open():
            await asyncio.wait_for(test(relays), 60)
        for message in MESSAGES:
            assert message in relays.requested
            assert message in relays.delivered
        assert relays.undecoded == 0

    asyncio.run(main())


async def with_aiokafka(relays: Relays) -> None:
    async with AIOKafkaProducer(bootstrap_servers=relays.bootstrap) as producer:
        for message in MESSAGES:
            await producer.send(TOPIC, message)
        await producer.flush()
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=relays.bootstrap, group_id="billing", auto_offset_reset="earliest"
    )
    async with consumer:
        seen = [(await anext(consumer)).value for _ in MESSAGES]
        await consumer.commit()
        known = consumer._client.cluster.brokers()
    assert sorted(seen) == MESSAGES
    assert {(one.host, one.port) for one in known} == {("localhost", port) for port in relays.ports.values()}


async def with_confluent(relays: Relays) -> None:
    await asyncio.to_thread(_with_confluent, relays)


def _with_confluent(relays: Relays) -> None:
    producer = Producer({"bootstrap.servers": relays.bootstrap})
    for message in MESSAGES:
        producer.produce(TOPIC, message)
    assert producer.flush(20) == 0
    consumer = Consumer(
        {"bootstrap.servers": relays.bootstrap, "group.id": "billing", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([TOPIC])
    seen: list[bytes | None] = []
    while len(seen) < len(MESSAGES):
        received = consumer.poll(20)
        assert received is not None
        assert received.error() is None
        seen.append(received.value())
    consumer.commit(asynchronous=False)
    known = consumer.list_topics(timeout=10).brokers.values()
    consumer.close()
    assert sorted(filter(None, seen)) == MESSAGES
    assert {(one.host, one.port) for one in known} == {("localhost", port) for port in relays.ports.values()}


@pytest.mark.parametrize("clients", [with_aiokafka, with_confluent])
def test_clients_produce_and_consume_on_the_lane_alone(clients: Callable[[Relays], Any]) -> None:
    with_relays(clients)
