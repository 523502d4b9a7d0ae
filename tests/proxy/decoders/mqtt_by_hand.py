"""MQTT packets made by hand, and what a transcript of them gives."""

from __future__ import annotations

from proxy.decoders.decoder import Limits, Reason
from proxy.decoders.mqtt import MqttDecoder
from proxy.raw import RawBody, RawEvent
from tests.proxy.decoders import playing
from tests.proxy.decoders.playing import ORIGIN, Step

LIMITS = Limits(body_bytes=1000, head_bytes=5000)
EOF = ["client_eof", "server_eof"]
PLAIN = (("mqtt-qos", "0"),)


def make() -> MqttDecoder:
    return MqttDecoder(ORIGIN, LIMITS)


def payload(event: RawEvent) -> RawBody:
    assert event.payload is not None
    return event.payload


def in_any_cutting(steps: list[Step]) -> list[RawEvent]:
    """The events of a transcript that is read to its end, whole and byte by byte."""
    whole = playing.in_any_cutting(make, steps)
    assert whole.opaque is None
    return whole.events


def reason_of(steps: list[Step]) -> Reason | None:
    """Why a transcript is not read on."""
    opaque = playing.in_any_cutting(make, steps).opaque
    return opaque.reason if opaque else None


def short(number: int) -> bytes:
    return number.to_bytes(2)


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return short(len(data)) + data


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def packet(first: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([first]) + varint(len(body)) + body


def properties(*parts: bytes) -> bytes:
    return varint(sum(map(len, parts))) + b"".join(parts)


def connect(
    level: int = 4, client_id: str = "shop", user: str = "", password: str = "", *, will: bool = False
) -> bytes:
    none = b"\0" if level == 5 else b""
    flags = 0x80 * bool(user) | 0x40 * bool(password) | 0x04 * will
    return packet(
        0x10,
        text("MQTT"),
        bytes([level, flags]),
        short(60),
        none,
        text(client_id),
        none + text("gone/shop") + text("last words") if will else b"",
        text(user) if user else b"",
        text(password) if password else b"",
    )


def connack(level: int = 4, reason: int = 0, props: bytes = b"\0") -> bytes:
    return packet(0x20, bytes([0, reason]), props if level == 5 else b"")


def begun(level: int = 4) -> list[Step]:
    return [("c", connect(level)), ("s", connack(level))]


def publish(
    topic: str = "orders",
    payload: bytes = b"hi",
    *,
    qos: int = 0,
    number: int = 1,
    props: bytes = b"",
    flags: int = 0,
) -> bytes:
    identifier = short(number) if qos else b""
    return packet(0x30 | qos << 1 | flags, text(topic), identifier, props, payload)


def word(first: int, number: int, *rest: int) -> bytes:
    """PUBACK and its like."""
    return packet(first, short(number), bytes(rest))


PUBACK, PUBREC, PUBREL, PUBCOMP = 0x40, 0x50, 0x62, 0x70
