"""Which protocol a connection speaks, from its first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.auto import AutoDecoder
from proxy.decoders.decoder import Instant, Limits, Opaque, Reason
from tests.proxy.decoders.playing import ORIGIN

AT = Instant(1, 1)

OPENINGS = {
    "http": b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "amqp": b"AMQP\x00\x00\x09\x01",
    "mqtt 3": b"\x10\x10\x00\x04MQTT\x04\x02\x00<\x00\x04test",
    "mqtt 5": b"\x10\x91\x01\x00\x04MQTT\x05\x02\x00<\x00\x00\x04test",
    "redis": b"*1\r\n$4\r\nPING\r\n",
}
DECODERS = {
    "http": "HttpDecoder",
    "http/2": "HttpDecoder",
    "amqp": "AmqpDecoder",
    "mqtt 3": "MqttDecoder",
    "mqtt 5": "MqttDecoder",
    "redis": "RedisDecoder",
}
KAFKA = b"\x00\x00\x00\x1e\x00\x12\x00\x03\x00\x00\x00\x01\x00\x07rdkafka\x00\x0blibrdkafka\x002"


def chosen(decoder: AutoDecoder) -> str:
    return type(decoder._decoder).__name__


@pytest.mark.parametrize("name", OPENINGS)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_client_speaks_first(name: str, size: int) -> None:
    if name == "amqp":
        pytest.importorskip("pamqp")
    if name == "redis":
        pytest.importorskip("hiredis")
    decoder, data = AutoDecoder(ORIGIN, Limits()), OPENINGS[name]
    for start in range(0, len(data), size):
        assert list(decoder.client_data(data[start : start + size], AT)) == []
    assert chosen(decoder) == DECODERS[name]
    assert decoder.wants_bytes


def test_kafka() -> None:
    pytest.importorskip("kio")
    decoder = AutoDecoder(ORIGIN, Limits())
    list(decoder.client_data(KAFKA, AT))
    assert chosen(decoder) == "KafkaDecoder"


@pytest.mark.parametrize("size", [1, 1000])
def test_nats_greets(size: int) -> None:
    decoder, data = AutoDecoder(ORIGIN, Limits()), b'INFO {"server_id":"x"}\r\n'
    for start in range(0, len(data), size):
        list(decoder.server_data(data[start : start + size], AT))
    assert chosen(decoder) == "NatsDecoder"


@pytest.mark.parametrize(
    "first", [b"\x08" * 20, b"\xff" * 20, b"220 mail.example ESMTP\r\n", b"hello there, what is this?"]
)
def test_what_begins_like_nothing_known_is_not_guessed_at(first: bytes) -> None:
    with pytest.raises(Opaque) as end:
        list(AutoDecoder(ORIGIN, Limits()).client_data(first, AT))
    assert (end.value.reason, end.value.lost) == (Reason.OTHER_PROTOCOL, 1)


def test_a_server_that_greets_otherwise() -> None:
    with pytest.raises(Opaque) as end:
        list(AutoDecoder(ORIGIN, Limits()).server_data(b"220 mail", AT))
    assert end.value.reason is Reason.OTHER_PROTOCOL


def test_before_anything_is_said() -> None:
    decoder = AutoDecoder(ORIGIN, Limits())
    assert list(decoder.client_eof(AT)) == list(decoder.server_reset(AT)) == []
    assert list(decoder.refused(AT)) == []
    with pytest.raises(Opaque):
        decoder.gap(0)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_do_harm(client: bytes, server: bytes) -> None:
    decoder = AutoDecoder(ORIGIN, Limits())
    try:
        list(decoder.client_data(client, AT))
        list(decoder.server_data(server, AT))
    except Opaque:
        return
    assert decoder.held_bytes >= 0
