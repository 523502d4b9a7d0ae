"""What all decoders of brokers do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy.decoders.broker import link_of
from proxy.decoders.decoder import Limits, Opaque, Reason
from proxy.decoders.table import decoder_of
from proxy.raw import Link
from store.errors import DefactoError
from store.records import Lane
from tests.proxy.decoders.playing import ORIGIN, played

if TYPE_CHECKING:
    from proxy.decoders.decoder import Decoder

ENDS = ("client_eof", "server_eof", "client_reset", "server_reset", "refused")


@pytest.fixture(params=["amqp", "kafka", "mqtt", "nats", "redis"])
def decoder(request: pytest.FixtureRequest) -> Decoder:
    try:
        return decoder_of(request.param)(ORIGIN, Limits())
    except DefactoError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("end", ENDS)
def test_a_connection_without_a_word_is_nothing_however_it_ends(decoder: Decoder, end: str) -> None:
    assert (decoder.open_requests, decoder.held_bytes, decoder.wants_bytes) == (0, 0, True)
    assert played(decoder, [end, end]) == ([], None)


def test_a_gap_ends_the_reading(decoder: Decoder) -> None:
    with pytest.raises(Opaque) as end:
        decoder.gap(3)
    assert (end.value.reason, end.value.lost) == (Reason.UNSYNCHRONISED, 1)


@pytest.mark.parametrize("side", ["c", "s"])
def test_http_is_another_protocol(decoder: Decoder, side: str) -> None:
    seen = played(decoder, [(side, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 9)])
    assert seen.records == []
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (Reason.OTHER_PROTOCOL, 1)


def test_what_all_events_of_a_connection_have_in_common() -> None:
    assert link_of(ORIGIN, "nats") == Link(
        producer="orders",
        lane=Lane.SPLICE,
        source="here",
        protocol="nats",
        connection="run-1",
        peer="10.0.0.9",
        client_certificate="CN=c",
    )
