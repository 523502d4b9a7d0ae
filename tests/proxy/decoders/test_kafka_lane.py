"""What the connections of one Kafka lane know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

pytest.importorskip("kio", reason="kio is not installed")

from proxy.decoders.decoder import Instant, Limits, Origin
from proxy.decoders.kafka import KafkaDecoder
from tests.proxy.decoders.broker_playing import Sent
from tests.proxy.decoders.kafka_playing import (
    METADATA,
    bare_reply,
    bare_request,
    batch,
    fetch,
    fetched,
    metadata,
    request,
)

if TYPE_CHECKING:
    from proxy.raw import RawEvent

TOPIC = UUID(int=7)
HEARTBEAT = 12


def an_origin() -> Origin:
    return Origin(producer="orders", source="here", connection="run-1", peer="10.0.0.9")


def test_connections_of_a_lane_share_topics_and_groups() -> None:
    lane = an_origin()
    elsewhere = an_origin()

    def told(origin: Origin, *steps: Sent) -> list[RawEvent]:
        decoder = KafkaDecoder(origin, Limits())
        at = Instant(1_000, 0)
        feeds = {"c": decoder.client_data, "s": decoder.server_data}
        return [event for side, data in steps for event in feeds[side](data, at)]

    told(lane, bare_request(METADATA, 12, 1), metadata((TOPIC, "orders"), correlation=1))
    told(lane, request(HEARTBEAT, 4, 2, group_id="billers"), bare_reply(2))
    fetching = (fetch((TOPIC, 0, 0), version=13), fetched((TOPIC, 0, batch(b"1")), version=13))
    (event,) = told(lane, *fetching)
    assert (event.channel, [one.value for one in event.client]) == ("orders", ["billers", "shop"])
    (stranger,) = told(elsewhere, *fetching)
    assert (stranger.flaws, [one.value for one in stranger.client]) == (("topic-unknown",), ["shop"])
    told(lane, request(HEARTBEAT, 4, 2, group_id="mailers"), bare_reply(2))
    (event,) = told(lane, *fetching)
    assert [one.value for one in event.client] == ["shop"]  # the same client id in two groups says neither
