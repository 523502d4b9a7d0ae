"""Brokers' protocols inside WebSocket: a stream of bytes, whatever messages it comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Instant, Opaque, Reason
from proxy.decoders.mqtt import MqttDecoder
from proxy.raw import RawEvent
from tests.proxy.decoders.broker_playing import payloads
from tests.proxy.decoders.mqtt_by_hand import PUBACK, connack, connect, publish, word
from tests.proxy.decoders.playing import ORIGIN, in_any_cutting, played
from tests.proxy.decoders.socket_playing import (
    CLOSE,
    LIMITS,
    PATH,
    frame,
    framed,
    handshake,
    in_one_segment,
    make,
    seen,
)
from tests.proxy.decoders.test_stomp import SEND
from tests.proxy.decoders.test_stomp import frame as stomp_frame

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Seen
    from tests.proxy.decoders.socket_playing import Said

STOMP = "v12.stomp"
CONNECT: list[Said] = [("c", stomp_frame("CONNECT")), ("s", stomp_frame("CONNECTED", version="1.2").decode())]
BEGUN: list[Said] = [("c", connect()), ("s", connack())]


def same(told: list[RawEvent], plain: list[RawEvent]) -> bool:
    """But for where they came from, and when."""
    return [one._replace(link=plain[0].link, at=0) for one in told] == [one._replace(at=0) for one in plain]


@given(st.data())
def test_packets_may_lie_across_messages_in_any_way(data: st.DataObject) -> None:
    packets = [publish(payload=b"x" * size) for size in data.draw(st.lists(st.integers(0, 300), max_size=6))]
    stream, pieces = b"".join([connect(), *packets]), []
    while stream:
        size = data.draw(st.integers(1, 200))
        pieces.append(stream[:size])
        stream = stream[size:]
    told = played(make(), [*handshake("mqtt"), *framed([("c", piece) for piece in pieces]), "server_eof"])
    plain = played(MqttDecoder(ORIGIN, LIMITS), [("c", connect()), *(("c", one) for one in packets)])
    assert told.opaque is None
    assert not told.messages
    assert not packets or same(told.events, plain.events)


def test_a_message_knows_the_handshake_that_it_came_by_and_is_no_exchange() -> None:
    told = seen("mqtt", *BEGUN, ("c", publish()), ("c", publish()))
    (upgrade,) = told.exchanges
    assert upgrade.target.startswith(PATH)
    assert [one.link.carrier for one in told.events] == [upgrade, upgrade]
    prints = {upgrade.fingerprint, *(one.fingerprint for one in told.events)}
    assert len(prints) == 3


def test_a_large_message_in_many_frames_and_many_small_ones_in_one() -> None:
    whole = publish(payload=b"x" * 5000)
    fragments = [
        frame("c", whole[at : at + 700], first=(0x02 if not at else 0x00) | 0x80 * (at + 700 >= len(whole)))
        for at in range(0, len(whole), 700)
    ]
    steps = [*handshake("mqtt"), *framed(BEGUN), *(("c", one) for one in fragments), "server_eof"]
    (event,) = in_any_cutting(make, steps).events
    assert event.payload is not None
    assert (len(event.payload.data), event.payload.size) == (LIMITS.body_bytes, 5000)
    many = b"".join(publish(payload=b"%d" % number) for number in range(200))
    assert payloads(in_one_segment("mqtt", *BEGUN, ("c", many)).events) == [b"%d" % n for n in range(200)]


def test_acknowledgements_come_from_the_other_side() -> None:
    told = seen("mqtt", *BEGUN, ("s", publish(qos=1, number=5)), ("c", word(PUBACK, 5)))
    assert [one.acknowledgement for one in told.events] == ["puback"]


@pytest.mark.parametrize("agreed", ["v10.stomp", "v11.stomp", STOMP])
def test_stomp_comes_as_text_and_as_bytes(agreed: str) -> None:
    beat: Said = ("s", "\n")
    told = seen(agreed, *CONNECT, beat, ("c", SEND), beat, ("c", SEND.decode()))
    assert payloads(told.events) == [b'{"id":1}'] * 2
    assert {one.link.protocol for one in told.events} == {"stomp"}


def lost(told: Seen) -> tuple[Reason | None, int] | None:
    return (told.opaque.reason, told.opaque.lost) if told.opaque else None


WAITS = publish(qos=1, payload=b"waits")


@pytest.mark.parametrize(
    ("agreed", "said", "reason"),
    [
        ("mqtt", [("c", publish())], Reason.OTHER_PROTOCOL),  # it began before
        ("mqtt", [("c", SEND)], Reason.OTHER_PROTOCOL),
        ("mqtt", [*BEGUN, ("c", WAITS), ("c", b"\xff\xff")], Reason.MALFORMED),
        ("mqtt", [*BEGUN, ("c", WAITS), ("c", "text")], Reason.MALFORMED),
        (STOMP, [("c", SEND)], Reason.OTHER_PROTOCOL),
        (STOMP, [("c", connect())], Reason.OTHER_PROTOCOL),
        (STOMP, [*CONNECT, ("c", "HELLO\n\n\0")], Reason.MALFORMED),
    ],
)
def test_what_cannot_be_read_is_not_guessed_at(agreed: str, said: list[Said], reason: Reason) -> None:
    told = seen(agreed, *said)
    assert lost(told) == (reason, 1)
    assert payloads(told.events) == [b"waits"] * (("c", WAITS) in said)
    assert len(told.exchanges) == 1


@pytest.mark.parametrize("end", ["client_reset", "server_reset", "server_eof"])
def test_a_connection_that_is_lost_in_the_middle_of_a_frame_tells_what_waits(end: str) -> None:
    cut = frame("c", publish(payload=b"half"))[:-3]
    steps = [*handshake("mqtt"), *framed([*BEGUN, ("c", WAITS)]), ("c", cut), end]
    told = in_any_cutting(make, steps)
    assert told.opaque is None
    assert payloads(told.events) == [b"waits"]


def test_a_frame_that_is_none_ends_the_reading_and_tells_what_waits() -> None:
    steps = [*handshake("mqtt"), *framed([*BEGUN, ("c", WAITS)]), ("c", b"\xff\xff\xff")]
    told = in_any_cutting(make, steps)
    assert lost(told) == (Reason.MALFORMED, 1)
    assert payloads(told.events) == [b"waits"]


def test_after_missing_bytes_nothing_more_is_read() -> None:
    decoder = make()
    for side, data in (*handshake("mqtt"), *framed(BEGUN)):
        list((decoder.client_data if side == "c" else decoder.server_data)(data, Instant(0, 0)))
    with pytest.raises(Opaque) as ended:
        decoder.gap(1)
    assert ended.value.reason is Reason.UNSYNCHRONISED


@pytest.mark.parametrize("agreed", ["", "chat", "mqttv3.1", "MQTT"])
def test_a_subprotocol_that_is_not_known_is_told_message_by_message(agreed: str) -> None:
    told = seen(agreed, ("c", connect()), ("s", "hello"), ("c", CLOSE))
    assert [(one.type, one.payload.data) for one in told.messages] == [
        ("binary", connect()),
        ("text", b"hello"),
    ]


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=40) | st.text(max_size=20)), max_size=6))
@pytest.mark.parametrize("agreed", ["mqtt", STOMP])
def test_any_messages_end_in_events_or_opaque(agreed: str, said: list[Said]) -> None:
    played(
        make(),
        [*handshake(agreed), *framed([*(BEGUN if agreed == "mqtt" else CONNECT), *said]), "server_eof"],
    )
