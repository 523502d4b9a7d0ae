"""MQTT that is too long, broken, not MQTT at all, or any bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Instant, Limits, Reason
from proxy.decoders.mqtt import MqttDecoder
from tests.proxy.decoders.mqtt_by_hand import (
    EOF,
    LIMITS,
    PUBACK,
    PUBCOMP,
    PUBREC,
    PUBREL,
    begun,
    connack,
    connect,
    in_any_cutting,
    make,
    packet,
    payload,
    properties,
    publish,
    reason_of,
    short,
    text,
    word,
)
from tests.proxy.decoders.playing import ORIGIN, Step, bytewise, played, untimed


def test_a_long_message_is_cut_and_says_so() -> None:
    decoder = make()
    message = publish("t", bytes(100_000))
    steps: list[Step] = [*begun(), ("c", message[:90_000])]
    assert played(decoder, steps).events == []
    assert decoder.held_bytes <= LIMITS.body_bytes + LIMITS.head_bytes
    (event, after) = in_any_cutting([*begun(), ("c", message + publish(payload=b"after"))])
    assert (len(payload(event).data), payload(event).size) == (1000, 100_000)
    assert payload(after).data == b"after"


def test_only_so_much_waits() -> None:
    decoder = make()
    many = b"".join(publish("t", bytes(100), qos=1, number=number) for number in range(1, 101))
    found = played(decoder, [*begun(), ("c", many)]).events
    assert decoder.held_bytes <= 4 * LIMITS.body_bytes
    assert [one.fingerprint[2] for one in found] == list(range(len(found)))
    assert 60 < len(found) < 90
    assert len([*found, *decoder.client_eof(Instant(0, 0))]) == 100
    assert (decoder.held_bytes, list(decoder.server_eof(Instant(0, 0)))) == (0, [])
    roomy = MqttDecoder(ORIGIN, Limits())
    many = b"".join(publish(qos=2, number=number) for number in range(1, 1501))
    assert len(played(roomy, [*begun(), ("s", many)]).events) == 500


def test_what_cannot_be_held_at_all_goes_at_once() -> None:
    props = properties(*[b"\x26" + text("k") + text("v" * 50)] * 80)
    seen = played(make(), [*begun(5), ("c", publish(qos=1, props=props))])
    assert [len(one.headers) for one in seen.events] == [81]


@pytest.mark.parametrize(
    "steps",
    [
        [("c", packet(0x10, connect()[2:], bytes(6000)))],
        [*begun(5), ("c", publish(props=properties(b"\x03" + text("x" * 5000))))],
        [*begun(5), ("c", publish(props=properties(b"\x03" + text("x" * 7000))))],
        [*begun(5), ("c", publish("t" * 60_000))],
        [*begun(), ("c", packet(0x82, short(1), *[text("x" * 100) + b"\0"] * 60))],
        [
            *begun(5),
            ("s", b"".join(publish("t" * 2000, props=properties(b"\x23" + short(n))) for n in range(1, 12))),
        ],
        [*begun(), *[("c", packet(0x82, short(1), text(f"$share/g/{n:02000}") + b"\0")) for n in range(11)]],
    ],
    ids=["connect", "head", "cut head", "topic", "subscribe", "aliases", "shares"],
)
def test_heads_and_names_have_bounds(steps: list[Step]) -> None:
    assert reason_of(steps) is Reason.TOO_LARGE


# what is not read


@pytest.mark.parametrize(
    "steps",
    [
        [("c", b"GET / HTTP/1.1\r\n\r\n")],
        [("c", b"AMQP\0\0\x09\x01")],
        [("c", publish())],
        [("c", b"\x10\xff\xff\xff\xff\0\x04MQTT\x04\0\0")],
        [("c", packet(0x10, text("MQTT"), b"\x06\x02", short(60), text("shop")))],
        [("c", packet(0x10, text("MQIsdp"), b"\x03\x02", short(60), text("shop")))],
        [("s", connack())],
        [("c", connect()[:8]), ("s", b"INFO {")],
    ],
)
def test_another_protocol_or_the_middle_of_a_connection(steps: list[Step]) -> None:
    seen = played(make(), steps)
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (Reason.OTHER_PROTOCOL, 1)
    assert reason_of(steps) is Reason.OTHER_PROTOCOL


@pytest.mark.parametrize(
    "steps",
    [
        [("c", connect() + connect())],
        [("c", connect()), ("s", publish())],
        [*begun(), ("s", connack())],
        [*begun(), ("s", packet(0x82, short(1), text("t") + b"\0"))],
        [*begun(), ("c", b"\x36\x02\0\0")],
        [*begun(), ("c", b"\x30\xff\xff\xff\xff")],
        [*begun(), ("c", b"\x30\x01\0")],
        [*begun(), ("c", publish(""))],
        [*begun(), ("c", packet(0x30, text(b"\xff")))],
        [*begun(), ("c", publish(qos=1, number=0))],
        [*begun(), ("s", packet(PUBACK, b"\0"))],
        [*begun(5), ("s", publish())],
        [*begun(5), ("s", publish(props=properties(b"\x7e\0"), payload=b""))],
        [*begun(5), ("s", publish(props=b"\x02\x03\0\0", payload=b""))],
        [*begun(5), ("s", publish(props=b"\x09", payload=b""))],
        [*begun(5), ("s", publish(props=b"\x02\x0b\x80", payload=b""))],
        [*begun(), ("c", packet(0x82, short(1), text("t")))],
        [("c", packet(0x10, text("MQTT"), b"\x04\0", b"\0\0\0\0\0\0")), ("s", b"\x20\x00")],
    ],
)
def test_broken_streams(steps: list[Step]) -> None:
    assert reason_of(steps) is Reason.MALFORMED


def test_a_broker_that_is_not_there_is_no_error() -> None:
    assert played(make(), [("c", connect()[:5]), "refused", "client_eof"]) == ([], None)


@pytest.mark.parametrize("level", [4, 5])
def test_a_refused_client_is_no_error(level: int) -> None:
    decoder = make()
    steps: list[Step] = [
        ("c", connect(level)),
        ("s", connack(level, 5)),
        ("c", publish()),
        ("s", b"\0\0"),
        *EOF,
    ]
    seen = played(decoder, steps)
    assert (seen.records, seen.opaque) == ([], None)
    assert not decoder.wants_bytes


# any bytes

SESSION: list[Step] = [
    ("c", connect(5, "shop-7", "shop", "secret", will=True)),
    ("s", connack(5, props=properties(b"\x22" + short(10), b"\x21" + short(20)))),
    ("c", packet(0x82, short(1), b"\0", text("$share/billing/orders/#") + b"\1")),
    ("s", packet(0x90, short(1), b"\0\1")),
    (
        "c",
        publish("orders/1", b"x" * 30, qos=2, number=2, props=properties(b"\x23\0\1", b"\x09" + text("7"))),
    ),
    ("s", word(PUBREC, 2)),
    ("c", word(PUBREL, 2) + publish("", b"y" * 300, qos=1, number=3, props=properties(b"\x23\0\1"))),
    (
        "s",
        word(PUBCOMP, 2)
        + word(PUBACK, 3, 0x87)
        + b"\xd0\0"
        + publish("orders/2", qos=1, number=1, props=b"\0"),
    ),
    (
        "c",
        word(PUBACK, 1)
        + b"\xc0\0"
        + publish("orders/3", bytes(1500), props=properties(b"\x26" + text("a") * 2)),
    ),
    ("c", packet(0xE0)),
    *EOF,
]


@given(st.integers(1, 400))
def test_segments_do_not_matter(size: int) -> None:
    whole = untimed(played(make(), SESSION))
    assert len(whole[0]) == 4
    assert whole[1] is None
    assert untimed(played(make(), bytewise(SESSION, size))) == whole


def survives(steps: list[Step]) -> None:
    """Nothing but `Opaque` is raised, in bounds, whatever the segments."""
    decoder = MqttDecoder(ORIGIN, Limits(body_bytes=50, head_bytes=200))
    seen = played(decoder, steps)
    # a session's names, a packet a side, what waits
    assert decoder.held_bytes <= 3 * (4 * 200 + 64 + 200) + 2 * 250 + 4 * 50
    again = played(MqttDecoder(ORIGIN, Limits(body_bytes=50, head_bytes=200)), bytewise(steps))
    assert untimed(again) == untimed(seen)


@given(
    st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=60)), max_size=6),
    st.sampled_from([None, 4, 5]),
)
def test_random_bytes(steps: list[Step], level: int | None) -> None:
    survives([*(begun(level) if level else []), *steps, *EOF])


@given(st.data())
def test_mutated_sessions(data: Any) -> None:
    steps = list(SESSION)
    number = data.draw(st.sampled_from([at for at, step in enumerate(steps) if isinstance(step, tuple)]))
    side, content = steps[number]
    mutated = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        mutated += b"" if mutated else b"\0"
    steps[number] = (side, bytes(mutated))
    survives(steps)
