"""pika and aio-pika against RabbitMQ, read from between them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

aio_pika = pytest.importorskip("aio_pika", reason="aio-pika is not installed")
pika = pytest.importorskip("pika", reason="pika is not installed")

from proxy.decoders.amqp import AmqpDecoder  # noqa: E402
from tests.proxy.decoders.relaying import needs, relaying, same_in_pieces  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.proxy.decoders.relaying import Relay

BROKER = 5672


@pytest.fixture(autouse=True)
def _broker() -> None:
    needs(BROKER, "RabbitMQ")


def with_pika(work: Callable[[pika.BlockingConnection, str], None]) -> tuple[Relay, str]:
    """What passed between pika and the broker."""
    queue = f"defacto.test.{uuid4()}"

    def connected(port: int) -> None:
        parameters = pika.ConnectionParameters(
            "127.0.0.1", port, client_properties={"connection_name": "mailer"}
        )
        connection = pika.BlockingConnection(parameters)
        work(connection, queue)
        connection.close()

    async def main() -> Relay:
        async with relaying(BROKER, AmqpDecoder) as relay:
            await asyncio.to_thread(connected, relay.port)
        return relay

    relay = asyncio.run(main())
    same_in_pieces(relay, AmqpDecoder, 1, 13)
    assert {one.key for event in relay.events for one in event.client[:2]} == {
        "connection-name:mailer",
        "user:guest",
    }
    return relay, queue


async def shop(relay: Relay, queue: str) -> None:
    connection = await aio_pika.connect(
        f"amqp://guest:guest@127.0.0.1:{relay.port}/", client_properties={"connection_name": "billing"}
    )
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(f"{queue}.x", "topic", auto_delete=True)
        declared = await channel.declare_queue(queue, auto_delete=True)
        await declared.bind(exchange, "order.*")
        for number in range(20):
            await exchange.publish(
                aio_pika.Message(
                    b'{"id": %d}' % number,
                    content_type="application/json",
                    message_id=str(number),
                    type="created",
                ),
                "order.created",
            )
        await exchange.publish(aio_pika.Message(b"z" * 600_000), "order.large")
        seen = 0
        async with declared.iterator() as messages:
            async for message in messages:
                seen += 1
                if seen == 3 and not message.redelivered:
                    await message.nack(requeue=True)
                elif seen == 4:
                    await message.reject()
                else:
                    await message.ack()
                if seen == 22:
                    break


def test_aio_pika() -> None:
    queue = f"defacto.test.{uuid4()}"

    async def main() -> Relay:
        async with relaying(BROKER, AmqpDecoder) as relay:
            await shop(relay, queue)
        return relay

    relay = asyncio.run(main())
    assert [(one.sequence, one.acknowledgement) for one in relay.published] == [
        (number, "confirm") for number in range(1, 22)
    ]
    assert all(one.at < (one.acknowledged_at or 0) for one in relay.published)
    assert [one.channel for one in relay.published] == ["order.created"] * 20 + ["order.large"]
    assert relay.published[0].client[0].key == "connection-name:billing"
    assert {"amqp-exchange": f"{queue}.x", "message-id": "0"}.items() <= dict(
        relay.published[0].headers
    ).items()
    assert relay.published[0].type == "created"
    words = [one.acknowledgement for one in relay.delivered]
    assert (words.count("ack"), words.count("nack-requeue"), words.count("reject")) == (20, 1, 1)
    assert [one.redeliveries for one in relay.delivered].count(1) == 1
    assert {one.client[-1].key for one in relay.delivered} == {f"queue:{queue}"}
    assert max(one.payload.size for one in relay.delivered if one.payload) == 600_000
    assert all(not one.flaws for one in relay.events)
    same_in_pieces(relay, AmqpDecoder, 1, 13)


def test_pika_gets_consumes_and_is_returned() -> None:
    def work(connection: pika.BlockingConnection, queue: str) -> None:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(queue, auto_delete=True)
        for number in range(10):
            channel.basic_publish("", queue, b"%d" % number)
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish("", f"{queue}.none", b"lost", mandatory=True)
        method, _, _ = channel.basic_get(queue)
        channel.basic_ack(method.delivery_tag)
        for count, _ in enumerate(channel.consume(queue, auto_ack=True), 2):
            if count == 10:
                break
        channel.cancel()
        plain = connection.channel()
        plain.basic_publish("", f"{queue}.none", b"lost too", mandatory=True)
        plain.basic_publish("", f"{queue}.none", b"not known to be")
        plain.close()

    relay, queue = with_pika(work)
    published = relay.published
    assert [one.payload and one.payload.data for one in published[:10]] == [b"%d" % n for n in range(10)]
    assert [one.acknowledgement for one in published] == ["confirm"] * 11 + ["", ""]
    assert sorted((one.payload.data, one.flaws) for one in published[10:] if one.payload) == [
        (b"lost", ("returned",)),
        (b"lost too", ("returned",)),
        (b"not known to be", ()),
    ]
    assert [one.acknowledgement for one in relay.delivered] == ["ack"] + ["auto"] * 9
    assert {one.channel for one in relay.delivered} == {queue}
    assert {one.client[-1].key for one in relay.delivered} == {f"queue:{queue}"}


def test_pika_answers_many_at_once_and_lets_a_message_die() -> None:
    def work(connection: pika.BlockingConnection, queue: str) -> None:
        channel = connection.channel()
        dead = f"{queue}.dead"
        channel.queue_declare(dead, exclusive=True)
        arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
        channel.queue_declare(queue, exclusive=True, arguments=arguments)
        for number in range(6):
            channel.basic_publish("", queue, b"%d" % number)
        tags = [channel.basic_get(queue)[0].delivery_tag for _ in range(6)]
        channel.basic_ack(tags[1], multiple=True)
        channel.basic_nack(tags[3], multiple=True, requeue=False)
        channel.basic_reject(tags[4], requeue=False)
        for _, properties, _ in channel.consume(dead, inactivity_timeout=5):
            assert properties.headers["x-death"]
            break

    relay, queue = with_pika(work)
    got = [one for one in relay.delivered if one.channel == queue and one.client[-1].value == queue]
    words = {one.sequence: one.acknowledgement for one in got}
    assert words == {1: "ack", 2: "ack", 3: "nack", 4: "nack", 5: "reject", 6: ""}
    buried = [one for one in relay.delivered if one.client[-1].key == f"queue:{queue}.dead"]
    assert '"reason": "rejected"' in dict(buried[0].headers)["x-death"]


def test_pika_commits_and_rolls_back() -> None:
    def work(connection: pika.BlockingConnection, queue: str) -> None:
        channel = connection.channel()
        channel.queue_declare(queue, exclusive=True)
        channel.tx_select()
        channel.basic_publish("", queue, b"kept")
        channel.tx_commit()
        channel.basic_publish("", queue, b"undone")
        channel.tx_rollback()
        method, _, body = channel.basic_get(queue)
        assert body == b"kept"
        channel.basic_ack(method.delivery_tag)
        channel.tx_rollback()
        channel.basic_nack(method.delivery_tag, requeue=False)
        channel.tx_commit()

    relay, _ = with_pika(work)
    assert [(one.payload and one.payload.data, one.acknowledgement, one.flaws) for one in relay.events] == [
        (b"kept", "commit", ()),
        (b"undone", "rollback", ("rolled-back",)),
        (b"kept", "nack", ()),
    ]
