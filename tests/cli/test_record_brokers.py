"""`defacto record` between real brokers and real clients."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from inference.contract_map import build
from inference.fold import fold
from store.store import Store
from tests.certificates import Authority
from tests.cli.sidecar import Recorder
from tests.proxy.decoders.relaying import needs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from store.records import Message

aio_pika = pytest.importorskip("aio_pika", reason="aio-pika is not installed")
aiomqtt = pytest.importorskip("aiomqtt", reason="aiomqtt is not installed")
nats = pytest.importorskip("nats", reason="nats-py is not installed")

COUNT = 30


@asynccontextmanager
async def recording(tmp_path: Path, upstream: str, *more: str) -> AsyncIterator[Recorder]:
    given = ("--listen", "127.0.0.1:0", "--upstream", upstream, "--producer", "events")
    running = Recorder(*given, *more, store=tmp_path / "e.db")
    try:
        yield running
    finally:
        running.kill()


async def over_amqp(port: int, name: str, **options: object) -> None:
    """`COUNT` orders from an API to a biller that acknowledges them, over RabbitMQ."""

    async def connected(as_name: str) -> aio_pika.abc.AbstractConnection:
        scheme = "amqps" if options else "amqp"
        return await aio_pika.connect(
            f"{scheme}://guest:guest@localhost:{port}/",
            client_properties={"connection_name": as_name},
            **options,
        )

    async with await connected("api") as api, await connected("biller") as biller:
        publishing, consuming = await api.channel(), await biller.channel()
        exchange = await publishing.declare_exchange(f"{name}.x", "topic", auto_delete=True)
        queue = await consuming.declare_queue(f"{name}.billing", auto_delete=True)
        await queue.bind(exchange, "order.*")
        for number in range(COUNT):
            body = b'{"order_id": "ord_%06d", "total": %d}' % (number, number)
            message = aio_pika.Message(body, content_type="application/json")
            await exchange.publish(message, "order.created")
        seen = 0
        async with queue.iterator() as messages:
            async for message in messages:
                await message.ack()
                seen += 1
                if seen == COUNT:
                    return


async def over_mqtt(port: int, name: str) -> None:
    """The same over Mosquitto, with quality of service 1."""
    async with (
        aiomqtt.Client("127.0.0.1", port, identifier="biller") as biller,
        aiomqtt.Client("127.0.0.1", port, identifier="api") as api,
    ):
        await biller.subscribe(f"{name}/order/created", qos=1)
        for number in range(COUNT):
            body = b'{"order_id": "ord_%06d", "total": %d}' % (number, number)
            await api.publish(f"{name}/order/created", body, qos=1)
        seen = 0
        async for _ in biller.messages:
            seen += 1
            if seen == COUNT:
                return


async def over_nats(port: int, name: str) -> None:
    """The same over core NATS, with a queue group."""
    biller = await nats.connect(f"nats://127.0.0.1:{port}", name="biller-1")
    api = await nats.connect(f"nats://127.0.0.1:{port}", name="api")
    subscription = await biller.subscribe(f"{name}.order.created", queue="billing")
    await biller.flush()
    for number in range(COUNT):
        await api.publish(
            f"{name}.order.created", b'{"order_id": "ord_%06d", "total": %d}' % (number, number)
        )
    await api.flush()
    for _ in range(COUNT):
        await subscription.next_msg()
    for client in (biller, api):
        await client.close()


BROKERS: dict[str, tuple[int, Callable[..., object], str, str]] = {
    "amqp": (5672, over_amqp, "ack", "{name}.billing"),
    "mqtt": (1883, over_mqtt, "puback", "biller"),
    "nats": (4222, over_nats, "", "billing"),
}


def parts(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    """What was published, and what was delivered."""
    return [one for one in messages if one.consumer is None], [one for one in messages if one.consumer]


@pytest.mark.parametrize("protocol", BROKERS)
@pytest.mark.parametrize("sniffed", [False, True])
def test_what_passes_a_broker_is_recorded(tmp_path: Path, protocol: str, sniffed: bool) -> None:
    port, talk, word, consumer = BROKERS[protocol]
    needs(port, protocol)
    name = f"t{uuid4().hex[:8]}x"
    upstream = ("tcp" if sniffed else protocol) + f"://127.0.0.1:{port}"

    async def main() -> Recorder:
        async with recording(tmp_path, upstream, *(("--protocol", "auto") if sniffed else ())) as running:
            await talk(running.port, name)  # type: ignore[misc]
            summary = running.end()
            assert f"{2 * COUNT} messages" in summary
            assert " 0 lost" in summary
            return running

    published, delivered = parts(asyncio.run(main()).messages())
    assert len(published) == len(delivered) == COUNT
    assert {one.acknowledgement for one in delivered} == {word}
    assert {one.consumer.value for one in delivered if one.consumer} == {consumer.format(name=name)}
    assert {one.publisher.value for one in delivered if one.publisher} == {"api"}
    assert all(one.published_at and one.delivered_at for one in delivered)
    assert {one.protocol for one in published} == {protocol}


def test_the_map_of_a_broker(tmp_path: Path) -> None:
    needs(5672, "RabbitMQ")

    async def main() -> None:
        async with recording(tmp_path, "amqp://127.0.0.1:5672", "--keep", "summaries") as running:
            await over_amqp(running.port, f"t{uuid4().hex[:8]}x")
            running.end()

    asyncio.run(main())
    with Store.open(str(tmp_path / "e.db")) as store:
        assert list(store.messages()) == []
        fold(store)
        (producer,) = build(store).producers
    assert [one.key for one in producer.operations] == ["RECEIVE order.created", "SEND order.created"]
    received = producer.operations[0]
    kinds = {claim.clause.kind.name for claim in received.claims if not claim.doubt}
    assert {"present", "type", "acknowledgement", "handling", "latency"} <= kinds


def test_the_lane_ends_tls(tmp_path: Path) -> None:
    needs(5672, "RabbitMQ")
    authority = Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    (tmp_path / "defacto.toml").write_text(
        f"""
        [[lane]]
        producer = "events"
        listen = "127.0.0.1:0"
        upstream = "amqp://127.0.0.1:5672"
        [lane.tls]
        certificate = "{certificate}"
        key = "{key}"
        """
    )
    context = authority.client_context()

    async def main() -> Recorder:
        running = Recorder("--config", str(tmp_path / "defacto.toml"), store=tmp_path / "e.db")
        try:
            await over_amqp(running.port, f"t{uuid4().hex[:8]}x", ssl_context=context)
            running.end()
        finally:
            running.kill()
        return running

    published, delivered = parts(asyncio.run(main()).messages())
    assert len(published) == len(delivered) == COUNT


def test_clients_do_not_notice_that_the_decoder_is_gone(tmp_path: Path) -> None:
    needs(5672, "RabbitMQ")

    async def main() -> tuple[str, Recorder]:
        async with recording(tmp_path, "amqp://127.0.0.1:5672") as running:
            name = f"t{uuid4().hex[:8]}x"
            connection = await aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{running.port}/")
            async with connection:
                channel = await connection.channel()
                queue = await channel.declare_queue(name, auto_delete=True)
                first, signals = running.decoder(), {10: signal.SIGSTOP, 20: signal.SIGKILL}
                for number in range(30):
                    if number in signals:
                        os.kill(first, signals[number])
                    await channel.default_exchange.publish(aio_pika.Message(b"%d" % number), name)
                    got = await queue.get(timeout=5)
                    assert got.body == b"%d" % number
                    await got.ack()
            while running.decoder() == first:  # noqa: ASYNC110 - a process has no event
                await asyncio.sleep(0.1)
            await asyncio.sleep(2)  # it connects to the tap
            await over_amqp(running.port, name)
            return running.end(), running

    summary, running = asyncio.run(main())
    assert "decoder-died 1" in summary
    published, _ = parts(running.messages())
    assert len([one for one in published if one.channel == "order.created"]) == COUNT


def test_another_protocol_than_the_lane_was_told_is_forwarded_and_counted(tmp_path: Path) -> None:
    needs(1883, "Mosquitto")

    async def main() -> str:
        async with recording(tmp_path, "tcp://127.0.0.1:1883", "--protocol", "amqp") as running:
            await over_mqtt(running.port, f"t{uuid4().hex[:8]}x")
            return running.end()

    summary = asyncio.run(main())
    assert "other-protocol 2" in summary
