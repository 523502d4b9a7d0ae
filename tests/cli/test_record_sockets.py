"""GraphQL, STOMP and MQTT inside WebSockets: real clients through both lanes, which tell the same of them."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from store.records import Exchange, Lane, Message
from tests.cli.sidecar import Recorder
from tests.cli.socket_services import BROKER, ORDERS, socket_services
from tests.cli.test_record_intercept import intercepting
from tests.proxy.decoders.relaying import HOST, needs

if TYPE_CHECKING:
    from pathlib import Path

gql = pytest.importorskip("gql", reason="gql is not installed")
stomp = pytest.importorskip("stomp", reason="stomp.py is not installed")
paho = pytest.importorskip("paho.mqtt.client")
pytest.importorskip("mitmproxy", reason="mitmproxy is not installed")

from gql.transport.exceptions import TransportQueryError  # noqa: E402
from gql.transport.websockets import WebsocketsTransport  # noqa: E402

JWT = "eyJhbGciOiJub25lIn0.eyJhenAiOiJiaWxsaW5nIn0."
"""`{"alg":"none"}`, `{"azp":"billing"}`."""
NOTE = {"id": 7, "note": "x" * 100_000}


class Told(NamedTuple):
    """What one lane stored."""

    exchanges: list[Exchange]
    messages: list[Message]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """One session of each client, through the splice lane and through the intercept lane."""
    needs(BROKER[1], "MQTT broker")
    return asyncio.run(recorded(tmp_path_factory.mktemp("sockets")))


async def recorded(folder: Path) -> tuple[Told, Told]:
    async with socket_services() as port:
        upstream = f"http://{HOST}:{port}"
        given = ("--listen", f"{HOST}:0", "--upstream", upstream, "--producer", "orders")
        lanes = Recorder(*given, store=folder / "s.db"), intercepting(folder, upstream)
        try:
            for lane in lanes:
                await ask(lane.port, WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL)
                await ask(lane.port, WebsocketsTransport.APOLLO_SUBPROTOCOL)
                await asyncio.to_thread(send_and_receive, lane.port)
                await asyncio.to_thread(publish_and_receive, lane.port)
                await asyncio.to_thread(lane.end)
        finally:
            for lane in lanes:
                lane.kill()
        return Told(lanes[0].stored(), lanes[0].messages()), Told(lanes[1].stored(), lanes[1].messages())


async def ask(port: int, protocol: str) -> None:
    transport = WebsocketsTransport(
        f"ws://{HOST}:{port}/graphql",
        subprotocols=[protocol],
        init_payload={"Authorization": f"Bearer {JWT}"},
    )
    async with gql.Client(transport=transport) as session:
        order = gql.gql("query Order($id: ID!) { order(id: $id) { id total } }")
        order.variable_values = {"id": "7"}
        assert await session.execute(order) == {"order": {"id": "7", "total": 30}}
        with pytest.raises(TransportQueryError):
            await session.execute(gql.gql("{ nothing }"))
        paid = gql.gql("subscription { orderPaid(count: 3) { id status } }")
        assert len([one async for one in session.subscribe(paid)]) == 3


class Waiting(stomp.ConnectionListener):  # type: ignore[misc]  # there is no type
    """Counts what comes: messages, and receipts of what was sent."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.came = threading.Semaphore(0)

    def on_message(self, frame: Any) -> None:
        self.messages.append(frame)
        self.came.release()

    def on_receipt(self, frame: Any) -> None:
        self.came.release()


def send_and_receive(port: int) -> None:
    client = stomp.WSStompConnection(
        [(HOST, port)], ws_path="/stomp", header={"Sec-WebSocket-Protocol": "v12.stomp"}
    )
    listener = Waiting()
    client.set_listener("", listener)
    client.connect("shipping", "secret", wait=True)
    client.subscribe("/queue/orders", id="1", ack="client-individual")
    for receipt, content in enumerate((ORDERS["7"], NOTE)):
        client.send("/queue/orders", json.dumps(content), content_type="application/json", receipt=receipt)
        assert listener.came.acquire(timeout=10)
        assert listener.came.acquire(timeout=10)
    client.ack(listener.messages[0].headers["ack"])
    client.nack(listener.messages[1].headers["ack"])
    client.disconnect(receipt="bye")


def publish_and_receive(port: int) -> None:
    arrived = threading.Semaphore(0)
    client = paho.Client(
        paho.CallbackAPIVersion.VERSION2, client_id="sensor-7", transport="websockets", protocol=paho.MQTTv5
    )
    client.ws_set_options(path="/mqtt")
    client.on_message = client.on_subscribe = client.on_connect = lambda *_: arrived.release()
    client.connect(HOST, port)
    client.loop_start()
    assert arrived.acquire(timeout=10)
    client.subscribe("defacto/inside/+", qos=1)
    assert arrived.acquire(timeout=10)
    for content in (b'{"celsius": 21}', b"x" * 50_000):
        client.publish("defacto/inside/kitchen", content, qos=1).wait_for_publish(10)
        assert arrived.acquire(timeout=10)
    client.disconnect()
    client.loop_stop()


def of(protocol: str, messages: list[Message]) -> list[Message]:
    return [one for one in messages if one.protocol == protocol]


def content(message: Message) -> Any:
    assert message.payload is not None
    return json.loads(message.payload.content)


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
def test_operations_of_graphql_are_what_they_are_over_http(told: tuple[Told, Told], protocol: str) -> None:
    exchanges, messages = told[0]
    calls = [one for one in exchanges if one.protocol == protocol]
    assert [(one.method, one.path, one.status) for one in calls] == [
        ("POST", "/graphql", status) for status in (200, 400, 200)
    ]
    assert {one.identity.key for one in calls} == {"jwt:billing"}
    assert JWT not in str(calls)
    events = of(protocol, messages)
    assert [(one.type, one.channel) for one in events] == [("subscription.orderPaid", "/graphql")] * 3
    assert [content(one)["data"]["orderPaid"]["id"] for one in events] == ["0", "1", "2"]
    assert {one.exchange for one in events} == {calls[2].id}
    assert {one.consumer.key for one in events if one.consumer} == {"jwt:billing"}


def test_stomp_is_told_as_a_broker_is(told: tuple[Told, Told]) -> None:
    exchanges, messages = told[0]
    mine = of("stomp", messages)
    (upgrade,) = [one for one in exchanges if one.path == "/stomp"]
    assert {(one.channel, one.exchange) for one in mine} == {("/queue/orders", upgrade.id)}
    sent = [one for one in mine if one.consumer is None]
    got = [one for one in mine if one.consumer is not None]
    assert [content(one) for one in sent] == [content(one) for one in got] == [ORDERS["7"], NOTE]
    assert [one.acknowledgement for one in got] == ["ack", "nack"]
    assert {one.acknowledgement for one in sent} == {"receipt"}
    assert all(one.published_at and one.delivered_at and one.published_at <= one.delivered_at for one in got)
    assert {who.key for one in mine for who in (one.publisher, one.consumer) if who} == {"user:shipping"}


def test_mqtt_is_told_as_a_broker_is(told: tuple[Told, Told]) -> None:
    exchanges, messages = told[0]
    mine = of("mqtt", messages)
    (upgrade,) = [one for one in exchanges if one.path == "/mqtt"]
    assert {(one.channel, one.exchange) for one in mine} == {("defacto/inside/kitchen", upgrade.id)}
    assert [(one.consumer is None, one.acknowledgement) for one in mine].count((True, "puback")) == 2
    assert [(one.consumer is None, one.acknowledgement) for one in mine].count((False, "puback")) == 2
    assert {one.payload.size for one in mine if one.payload} == {len(b'{"celsius": 21}'), 50_000}
    assert {who.key for one in mine for who in (one.publisher, one.consumer) if who} == {"client-id:sensor-7"}


def test_both_lanes_tell_the_same(told: tuple[Told, Told]) -> None:
    ours, theirs = told
    for protocol in ("graphql-transport-ws", "graphql-ws"):
        calls = [[comparable(one) for one in lane.exchanges if one.protocol == protocol] for lane in told]
        assert calls[0] == calls[1]
    for protocol in ("graphql-transport-ws", "graphql-ws", "stomp", "mqtt"):
        assert said(ours, protocol) == said(theirs, protocol)
    assert not of("websocket", ours.messages + theirs.messages)


def said(lane: Told, protocol: str) -> list[Message]:
    """In an order that does not depend on who was quicker."""
    return sorted(map(untimed, of(protocol, lane.messages)), key=repr)


def comparable(exchange: Exchange) -> Exchange:
    kept = tuple((name, value) for name, value in exchange.request_headers if name != "host")
    return replace(
        exchange,
        id="",
        lane=Lane.SPLICE,
        source="",
        started_at=0,
        wait_ns=None,
        duration_ns=None,
        connection="",
        authority="",
        request_headers=kept,
    )


def untimed(message: Message) -> Message:
    return replace(
        message,
        id="",
        exchange="",
        lane=Lane.SPLICE,
        source="",
        published_at=None,
        delivered_at=None,
        acknowledged_at=None,
    )
