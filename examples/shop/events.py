"""The shop's events on a broker, AMQP 0-9-1 or MQTT 3.1.1 by the scheme of its URL: what both have in common.

A channel is a routing key of one topic exchange (AMQP) or a topic (MQTT); it has the same name in both.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from abc import ABC, abstractmethod
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aio_pika
import aiomqtt
from aio_pika.exceptions import AMQPError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # what it calls an error it raises as well

Event = dict[str, Any]

EXCHANGE = "shop.events"
CREATED, PAID, SHIPPED = CHANNELS = ("order.created", "order.paid", "order.shipped")

BROKEN = (OSError, asyncio.TimeoutError, AMQPError, aiomqtt.MqttError)
"""What is raised where there is no broker, or none any more."""

AT_LEAST_ONCE = 1
"""MQTT's quality of service: with an acknowledgement for each message."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it was delivered. MQTT 3.1.1 has no word for refusing one: it is acknowledged anyway."""

    channel: str
    event: Event
    message: AbstractIncomingMessage | None = None
    """AMQP's, which waits for its acknowledgement."""

    @property
    def again(self) -> bool:
        """Whether the broker says that it may have been delivered before."""
        return self.message is not None and bool(self.message.redelivered)

    async def accept(self) -> None:
        """Acknowledge it."""
        if self.message is not None:
            await self.message.ack()

    async def requeue(self) -> None:
        """Ask for it once more."""
        if self.message is not None:
            await self.message.nack(requeue=True)


class Broker(ABC):
    """A connection to a broker."""

    @abstractmethod
    async def publish(self, channel: str, event: Event) -> None:
        """Publish, and wait until the broker has it. Raises one of `BROKEN`."""

    @abstractmethod
    async def subscribe(self, channels: Iterable[str]) -> AsyncIterator[Delivery]:
        """Subscribe; what is returned are the deliveries from then on. Raises one of `BROKEN`."""


@asynccontextmanager
async def connected(url: str, name: str, exchange: str = EXCHANGE) -> AsyncIterator[Broker]:
    """A connection under a name that the broker is told.

    Args:
        url: `amqp://[USER:PASSWORD@]HOST:PORT` (guest where none is named) or `mqtt://HOST:PORT`.
        name: the connection's name (AMQP), the client id (MQTT).
        exchange: of AMQP alone.

    Raises one of `BROKEN`.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port
    if parts.scheme == "mqtt":
        async with aiomqtt.Client(host, port or 1883, identifier=name, timeout=5) as client:
            yield _Mqtt(client)
        return
    properties: dict[str, Any] = {"connection_name": name}
    connection = await aio_pika.connect(url, client_properties=properties, timeout=5)
    async with connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=50)
        yield _Amqp(channel, name, exchange)


async def takes_guests(url: str) -> bool:
    """Whether there is an AMQP broker that lets us in, known within a second."""
    try:
        async with await aio_pika.connect(url, timeout=0.8):
            return True
    except BROKEN:
        return False


class _Mqtt(Broker):
    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, channel: str, event: Event) -> None:
        await self._client.publish(channel, json.dumps(event), qos=AT_LEAST_ONCE)

    async def subscribe(self, channels: Iterable[str]) -> AsyncIterator[Delivery]:
        await self._client.subscribe([(channel, AT_LEAST_ONCE) for channel in channels])
        return self._deliveries()

    async def _deliveries(self) -> AsyncIterator[Delivery]:
        async for message in self._client.messages:
            yield Delivery(str(message.topic), json.loads(message.payload))


class _Amqp(Broker):
    """Subscribers make the exchange, and the last that leaves takes it away: nothing is left behind."""

    def __init__(self, channel: AbstractChannel, name: str, exchange: str) -> None:
        self._channel = channel
        self._name = name
        self._exchange = exchange

    async def publish(self, channel: str, event: Event) -> None:
        exchange = await self._channel.get_exchange(self._exchange, ensure=False)
        message = aio_pika.Message(json.dumps(event).encode(), content_type="application/json")
        await exchange.publish(message, channel, mandatory=False)

    async def subscribe(self, channels: Iterable[str]) -> AsyncIterator[Delivery]:
        exchange = await self._channel.declare_exchange(self._exchange, "topic", auto_delete=True)
        queue = await self._channel.declare_queue(f"{self._exchange}.{self._name}", exclusive=True)
        for channel in channels:
            await queue.bind(exchange, channel)
        return self._deliveries(queue)

    async def _deliveries(self, queue: aio_pika.abc.AbstractQueue) -> AsyncIterator[Delivery]:
        async with queue.iterator() as messages:
            async for message in messages:
                yield Delivery(message.routing_key or "", json.loads(message.body), message)


if __name__ == "__main__":  # whether the broker at a URL lets us in
    sys.exit(not asyncio.run(takes_guests(sys.argv[1])))
