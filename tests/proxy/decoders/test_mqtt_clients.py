"""Real MQTT clients, paho and gmqtt (which share no code), with a real broker, seen from between."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from proxy.decoders.mqtt import MqttDecoder
from proxy.raw import RawEvent, Sender
from tests.proxy.decoders.mqtt_by_hand import payload
from tests.proxy.decoders.relaying import needs, relaying_aside, replayed, same_in_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.proxy.decoders.relaying import Relay

paho = pytest.importorskip("paho.mqtt.client")
gmqtt = pytest.importorskip("gmqtt")

from paho.mqtt.packettypes import PacketTypes  # noqa: E402
from paho.mqtt.properties import Properties  # noqa: E402

BROKER = 1883
LEVELS = [4, 5]
QUALITIES = [0, 1, 2]
WORDS = ["", "puback", "pubcomp"]
PAYLOADS = [b'{"id": 1}', b"", b"x" * 300_000]
PROPERTIES = {
    "content_type": "application/json",
    "response_topic": "replies/7",
    "correlation_data": b"order-7",
    "message_expiry_interval": 3600,
    "payload_format_id": 1,
    "user_property": [("Trace", "1"), ("trace", "2")],
}
HEADERS = [
    ("content-type", "application/json"),
    ("reply-to", "replies/7"),
    ("correlation-id", "order-7"),
    ("message-expiry-interval", "3600"),
    ("payload-format-indicator", "1"),
    ("trace", "1"),
    ("trace", "2"),
]


@pytest.fixture
def relay() -> Iterator[Relay]:
    needs(BROKER, "MQTT broker")
    with relaying_aside(BROKER, MqttDecoder) as relay:
        yield relay


def events(relay: Relay) -> list[RawEvent]:
    """Of the latest connection, once it has ended; the same in any segments."""
    played = relay.connections[-1]
    deadline = time.monotonic() + 5
    while sum(not what.endswith("data") for what, _, _ in played) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    same_in_pieces(relay, MqttDecoder, 999)
    return replayed(played, MqttDecoder)


@pytest.fixture
def topic() -> str:
    return f"defacto-test/{uuid.uuid4().hex}"


@pytest.fixture
def name() -> str:
    """A client id; a broker ends the connection of whoever had the same one before."""
    return f"defacto-test-{uuid.uuid4().hex}"


def told(found: list[RawEvent], sender: Sender) -> list[tuple[str, bytes, str]]:
    return sorted(
        (one.channel, payload(one).data, one.acknowledgement) for one in found if one.sender is sender
    )


class Paho:
    """A client of paho's, connected, and the payloads that it has received."""

    def __init__(self, relay: Relay, level: int, client_id: str = "", **options: Any) -> None:
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id, protocol=level, **options)
        self.received: list[bytes] = []
        self._subscribed = 0
        self.client.on_message = lambda _client, _data, message: self.received.append(message.payload)
        self.client.on_subscribe = self._count
        self._relay = relay

    def connect(self, **options: Any) -> None:
        self.client.connect("127.0.0.1", self._relay.port, **options)
        self.until(self.client.is_connected)

    def subscribe(self, name: str, qos: int) -> None:
        expected = self._subscribed + 1
        self.client.subscribe(name, qos)
        self.until(lambda: self._subscribed == expected)

    def publish(self, topic: str, data: bytes, qos: int = 0, **options: Any) -> None:
        self.until(self.client.publish(topic, data, qos, **options).is_published)

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not reached():
            assert time.monotonic() < deadline
            self.client.loop(0.02)

    def leave(self) -> list[RawEvent]:
        """The events of the connection."""
        self.client.disconnect()
        self.until(lambda: not self.client.is_connected())
        return events(self._relay)

    def _count(self, *_told: Any) -> None:
        self._subscribed += 1


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("qos", QUALITIES)
def test_paho_publishes_and_is_delivered(relay: Relay, topic: str, name: str, level: int, qos: int) -> None:
    one = Paho(relay, level, name)
    one.client.username_pw_set("shop", "hunter2")
    one.connect()
    one.subscribe(topic + "/#", qos)
    for number, data in enumerate(PAYLOADS):
        one.publish(f"{topic}/{number}", data, qos)
    one.until(lambda: len(one.received) == len(PAYLOADS))
    found = one.leave()
    expected = [(f"{topic}/{number}", data, WORDS[qos]) for number, data in enumerate(PAYLOADS)]
    assert told(found, Sender.CLIENT) == expected
    assert told(found, Sender.SERVER) == expected
    assert {one.headers for one in found} == {(("mqtt-qos", str(qos)),)}
    assert {one.redeliveries for one in found} == {0 if qos else None}
    assert {tuple(said.key for said in one.client) for one in found} == {(f"client-id:{name}", "user:shop")}
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("qos", QUALITIES)
def test_gmqtt_publishes_and_is_delivered(relay: Relay, topic: str, name: str, level: int, qos: int) -> None:
    async def converse() -> None:
        subscribed = asyncio.Event()
        client = gmqtt.Client(name)
        client.on_message = lambda *_: 0  # success, in PUBACK or PUBREC
        client.on_subscribe = lambda *_: subscribed.set()
        await client.connect("127.0.0.1", relay.port, version=level)
        client.subscribe(f"{topic}/#", qos=qos)
        await subscribed.wait()
        for number, data in enumerate(PAYLOADS):
            client.publish(f"{topic}/{number}", data, qos=qos, **(PROPERTIES if level == 5 else {}))
        while len(relay.events) < 2 * len(PAYLOADS):  # noqa: ASYNC110 - the relay is another thread
            await asyncio.sleep(0.01)
        await client.disconnect()

    asyncio.run(asyncio.wait_for(converse(), 10))
    found = events(relay)
    expected = [(f"{topic}/{number}", data, WORDS[qos]) for number, data in enumerate(PAYLOADS)]
    assert told(found, Sender.CLIENT) == expected
    assert told(found, Sender.SERVER) == expected
    said = {header for event in found for header in event.headers}
    assert said == {("mqtt-qos", str(qos)), *(HEADERS if level == 5 else ())}


def test_an_alias_and_a_client_id_that_the_broker_gave(relay: Relay, topic: str) -> None:
    properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.TopicAlias = 3
    one = Paho(relay, 5)
    one.connect()
    one.publish(topic, b"1", properties=properties)
    one.publish("", b"2", properties=properties)
    one.publish(topic, b"3", 1)
    found = one.leave()
    assert told(found, Sender.CLIENT) == [(topic, b"1", ""), (topic, b"2", ""), (topic, b"3", "puback")]
    (said,) = found[0].client
    assert (said.basis, said.source) == ("client-id", "CONNACK assigned client identifier")
    assert said.value


@pytest.mark.parametrize("level", LEVELS)
def test_a_shared_subscription(relay: Relay, topic: str, name: str, level: int) -> None:
    one = Paho(relay, level, name)
    one.connect()
    one.subscribe(f"$share/billing/{topic}", 1)
    one.publish(topic, b"1", 1)
    one.until(lambda: bool(one.received))
    sides = {event.sender: [said.key for said in event.client] for event in one.leave()}
    assert sides == {
        Sender.CLIENT: [f"client-id:{name}"],
        Sender.SERVER: ["group:billing", f"client-id:{name}"],
    }


def test_what_is_retained_says_so(relay: Relay, topic: str, name: str) -> None:
    one = Paho(relay, 4, name)
    one.connect()
    one.publish(topic, b"kept", 1, retain=True)
    try:
        one.subscribe(topic, 0)
        one.until(lambda: bool(one.received))
    finally:
        one.publish(topic, b"", 1, retain=True)  # forget it
    found = one.leave()
    assert [("mqtt-retain", "true") in event.headers for event in found[:2]] == [True, True]


def test_what_was_not_acknowledged_is_delivered_again(relay: Relay, topic: str, name: str) -> None:
    first = Paho(relay, 4, name, clean_session=False, manual_ack=True)
    first.connect()
    first.subscribe(topic, 1)
    first.publish(topic, b"1")
    first.publish(topic, b"2", 1)
    first.publish(topic, b"3", 1)
    first.until(lambda: len(first.received) == 3)
    found = first.leave()
    assert told(found, Sender.SERVER) == [(topic, b"1", ""), (topic, b"2", ""), (topic, b"3", "")]
    second = Paho(relay, 4, name, clean_session=False)
    second.connect()
    second.until(lambda: len(second.received) == 2)
    found = second.leave()
    assert [(payload(one).data, one.redeliveries, one.acknowledgement) for one in found] == [
        (b"2", 1, "puback"),
        (b"3", 1, "puback"),
    ]
    forgets = Paho(relay, 4, name, clean_session=True)
    forgets.connect()
    assert forgets.leave() == []
