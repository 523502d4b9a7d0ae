"""Events over either broker; what is told of orders, and what subscribers do about it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aio_pika
import aiohttp
import pytest
import yaml
from aio_pika.exceptions import ChannelNotFoundEntity
from aiohttp.test_utils import TestClient, TestServer

from contract.declared import load as load_declared
from contract.subject import parse
from examples.shop.events import CHANNELS, CREATED, PAID, SHIPPED, Delivery, connected, takes_guests
from examples.shop.outbox import MAX_EVENTS, Outbox
from examples.shop.server import OUTBOX, make_app
from examples.shop.subscribers.ledger import Disorder, Ledger
from examples.shop.subscribers.loyalty import PROMPT, WITLESS_EVERY, Loyalty
from examples.shop.truth import EVENTS, load
from tests.examples.brokers import RABBITMQ, own_broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PATIENCE_S = 10


@pytest.fixture(scope="module", params=["mqtt", "amqp"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "mqtt":
        with own_broker() as own:
            yield own
    elif asyncio.run(takes_guests(RABBITMQ)):
        yield RABBITMQ
    else:
        pytest.skip("no RabbitMQ on this machine")


@asynccontextmanager
async def hearing(url: str, exchange: str, name: str = "test") -> AsyncIterator[AsyncIterator[Delivery]]:
    async with connected(url, name, exchange) as broker:
        yield await broker.subscribe(CHANNELS)


async def first(deliveries: AsyncIterator[Delivery], count: int) -> list[Delivery]:
    async with asyncio.timeout(PATIENCE_S):
        return [await anext(deliveries) for _ in range(count)]


def own_exchange() -> str:
    return f"shop.events.{uuid4()}"


def test_what_is_published_is_delivered_in_order(url: str) -> None:
    async def main() -> list[tuple[str, Any]]:
        exchange = own_exchange()
        async with hearing(url, exchange) as deliveries, connected(url, "shop", exchange) as broker:
            for number in range(5):
                for channel in CHANNELS:
                    await broker.publish(channel, {"number": number})
            heard = await first(deliveries, 15)
            for delivery in heard:
                await delivery.accept()
            return [(one.channel, one.event["number"]) for one in heard]

    assert asyncio.run(main()) == [(channel, number) for number in range(5) for channel in CHANNELS]


def test_what_is_requeued_comes_again_over_amqp(url: str) -> None:
    async def main() -> list[bool]:
        exchange = own_exchange()
        async with hearing(url, exchange) as deliveries, connected(url, "shop", exchange) as broker:
            await broker.publish(CREATED, {"number": 1})
            (delivery,) = await first(deliveries, 1)
            await delivery.requeue()
            if url.startswith("mqtt"):  # it has no word for that
                return [delivery.again]
            (other,) = await first(deliveries, 1)
            await other.accept()
            return [delivery.again, other.again]

    assert asyncio.run(main()) == [False, True][: 1 if url.startswith("mqtt") else 2]


def test_nothing_is_left_on_the_broker() -> None:
    if not asyncio.run(takes_guests(RABBITMQ)):
        pytest.skip("no RabbitMQ on this machine")

    async def main() -> None:
        exchange = own_exchange()
        async with hearing(RABBITMQ, exchange), connected(RABBITMQ, "shop", exchange) as broker:
            await broker.publish(CREATED, {"number": 1})
        async with await aio_pika.connect(RABBITMQ) as connection:
            for find in ("get_exchange", "get_queue"):
                channel = await connection.channel()
                name = exchange if find == "get_exchange" else f"{exchange}.test"
                with pytest.raises(ChannelNotFoundEntity):
                    await getattr(channel, find)(name)

    asyncio.run(main())


def test_a_broker_that_is_not_there_takes_no_guests() -> None:
    assert not asyncio.run(takes_guests("amqp://127.0.0.1:9"))


def test_the_outbox_keeps_what_no_broker_takes_yet(url: str) -> None:
    async def main() -> list[int]:
        exchange, outbox = own_exchange(), Outbox()
        for number in range(3):
            outbox.put(CREATED, {"number": number})
        nowhere = asyncio.create_task(outbox.deliver("mqtt://127.0.0.1:9", exchange))
        await asyncio.sleep(0.1)
        nowhere.cancel()
        async with hearing(url, exchange) as deliveries:
            delivering = asyncio.create_task(outbox.deliver(url, exchange))
            heard = await first(deliveries, 3)
            outbox.put(CREATED, {"number": 3})
            heard += await first(deliveries, 1)
            for one in heard:
                await one.accept()
                assert datetime.now(UTC) - datetime.fromisoformat(one.event["sent_at"]) < timedelta(minutes=1)
            delivering.cancel()
            await asyncio.gather(nowhere, delivering, return_exceptions=True)
            return [one.event["number"] for one in heard]

    assert asyncio.run(main()) == [0, 1, 2, 3]


def test_the_outbox_is_bounded() -> None:
    outbox = Outbox()
    for number in range(MAX_EVENTS + 10):
        outbox.put(CREATED, {"number": number})
    assert outbox.waiting == MAX_EVENTS


def test_a_refused_request_is_no_event() -> None:
    async def main() -> int:
        async with TestClient(TestServer(make_app(seed=7))) as client:
            order = (await (await client.get("/orders", params={"status": "placed"})).json())["items"][0][
                "id"
            ]
            assert (await client.post(f"/orders/{order}/payments", json={})).status == 422
            assert (await client.post(f"/orders/{order}/shipments", json={})).status == 409
            assert (await client.post(f"/orders/{order}/points", json={"points": 10})).status == 204
            return client.app[OUTBOX].waiting if client.app else -1

    assert asyncio.run(main()) == 0


@pytest.mark.parametrize(
    ("told", "disorder"),
    [
        ((CREATED, PAID, SHIPPED), False),
        ((PAID, SHIPPED), False),
        ((SHIPPED,), False),
        ((PAID, CREATED), True),
        ((CREATED, SHIPPED), True),
        ((CREATED, CREATED), True),
    ],
)
def test_the_ledger_insists_on_order(told: tuple[str, ...], *, disorder: bool) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as http:
            ledger = Ledger(http)
            for channel in told:
                await ledger.take(Delivery(channel, {"order_id": "EU-10001"}))
                await ledger.take(Delivery(CREATED, {"order_id": f"US-{ledger.written}"}))

    if disorder:
        with pytest.raises(Disorder):
            asyncio.run(main())
    else:
        asyncio.run(main())


def test_loyalty_grants_for_each_delivery_unless_it_is_late() -> None:
    async def main() -> tuple[str, int]:
        app = make_app(seed=7)
        async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as http:
            loyalty = Loyalty(http)
            event = {"order_id": "EU-10001", "articles": 2, "sent_at": datetime.now(UTC).isoformat()}
            for _ in range(WITLESS_EVERY):
                await loyalty.take(Delivery(PAID, event))
            late = {**event, "sent_at": (datetime.now(UTC) - 2 * PROMPT).isoformat()}
            await loyalty.take(Delivery(PAID, late))
            return str(loyalty), loyalty.granted

    said, granted = asyncio.run(main())
    assert granted == WITLESS_EVERY
    assert said.endswith("1 too late")


def test_the_document_declares_less_than_is_sent() -> None:
    document = EVENTS.with_name("asyncapi.yaml")
    declared = load_declared(document, producer="shop-events")
    assert not declared.warnings
    keys = {operation.key for operation in declared.operations}
    truth = load(EVENTS, over="amqp")
    assert {fact.place.operation for fact in truth.drift} <= keys
    messages = yaml.safe_load(document.read_text("utf-8"))["components"]["messages"]
    for key, message in messages.items():
        told = {
            parse(place.subject).parts[3]
            for place in truth.shapes
            if place.operation == f"RECEIVE order.{key}" and len(parse(place.subject).parts) > 3
        }
        assert not told or told > set(message["payload"]["properties"]), key


@pytest.mark.parametrize("over", ["amqp", "mqtt"])
def test_truth_of_events(over: str) -> None:
    truth = load(EVENTS, over=over)
    assert truth.producer == "shop-events"
    assert {one.consumer for one in truth.dependences} == set(truth.consumers)
    assert ("redelivered" in {one.kind for one in truth.dependences}) == (over == "amqp")
    assert set(truth.content_types.values()) == {"application/json"}
    used = {(one.consumer, place) for one in truth.dependences for place in one.places}
    assert not used & {(one.consumer, one.place) for one in truth.distractors}
    named = {
        *(one.place for one in truth.dependences),
        *(one.place for one in truth.facts),
        *(one.place for one in truth.distractors),
    }
    assert {place.operation for place in named} <= truth.statuses.keys()
