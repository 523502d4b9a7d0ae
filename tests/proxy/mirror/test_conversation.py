"""What a captured conversation tells where its producer is only known by the host."""

from __future__ import annotations

from dataclasses import replace

from proxy.decoders.decoder import Limits
from proxy.mirror.conversation import Conversation
from proxy.raw import RawEvent, RawExchange
from tests.proxy.decoders.mqtt_by_hand import connack, connect, publish
from tests.proxy.decoders.playing import ORIGIN
from tests.proxy.decoders.socket_playing import framed, handshake


def test_events_inside_a_websocket_belong_to_the_host_of_its_handshake() -> None:
    said = [*handshake("mqtt"), *framed([("c", connect()), ("s", connack()), ("c", publish())])]
    conversation = Conversation(replace(ORIGIN, producer=""), Limits())
    told = [one for side, data in said for one in conversation.data(data, 5, client=side == "c")]
    (upgrade,) = [one for one in told if isinstance(one, RawExchange)]
    (event,) = [one for one in told if isinstance(one, RawEvent)]
    assert (upgrade.producer, event.producer) == ("shop", "shop")
    assert event.link.carrier == upgrade
