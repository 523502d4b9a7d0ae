"""AMQP 0-9-1 by hand, frame by frame."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pamqp", reason="pamqp is not installed")

from pamqp import body, commands, frame, header

from proxy.decoders.amqp import AmqpDecoder
from proxy.decoders.decoder import Instant, Limits
from proxy.raw import RawEvent
from tests.proxy.decoders.playing import ORIGIN

GREETING = b"AMQP\x00\x00\x09\x01"
B = commands.Basic


def at(number: int) -> Instant:
    return Instant(1_000_000 + number, number)


def sent(*frames: Any, channel: int = 1) -> bytes:
    return b"".join(frame.marshal(one, channel) for one in frames)


def message(
    method: Any, payload: bytes = b"{}", channel: int = 1, pieces: int = 1, **properties: Any
) -> bytes:
    head = header.ContentHeader(0, len(payload), B.Properties(**properties))
    step = max(1, -(-len(payload) // pieces))
    bodies = [body.ContentBody(payload[n : n + step]) for n in range(0, len(payload), step)]
    return sent(method, head, *bodies, channel=channel)


def started(mechanism: str = "PLAIN", response: str = "\0billing\0hunter2") -> bytes:
    properties = {"connection_name": "billing-7", "product": "pika"}
    return sent(commands.Connection.StartOk(properties, mechanism, response, "en_US"), channel=0)


class Session:
    """A decoder, told by hand; a number each for the time."""

    def __init__(self, limits: Limits | None = None, *, greeted: bool = True) -> None:
        self.steps: list[tuple[str, bytes]] = []
        self.limits = limits or Limits()
        self.decoder = AmqpDecoder(ORIGIN, self.limits)
        self.time = 0
        self.events: list[RawEvent] = []
        if greeted:
            self.client(GREETING + started())

    def client(self, data: bytes) -> list[RawEvent]:
        return self._take("client", data)

    def server(self, data: bytes) -> list[RawEvent]:
        return self._take("server", data)

    def _take(self, side: str, data: bytes) -> list[RawEvent]:
        self.time += 1
        self.steps.append((side, data))
        found = list(getattr(self.decoder, f"{side}_data")(data, at(self.time)))
        self.events += found
        return found

    def end(self) -> list[RawEvent]:
        return list(self.decoder.server_eof(at(99)))


def consuming(no_ack: bool = False, limits: Limits | None = None) -> Session:
    session = Session(limits)
    session.client(sent(B.Consume(queue="billing.orders", consumer_tag="c1", no_ack=no_ack)))
    session.server(sent(B.ConsumeOk("c1")))
    return session


def delivery(tag: int, payload: bytes = b"{}", redelivered: bool = False, **properties: Any) -> bytes:
    return message(B.Deliver("c1", tag, redelivered, "shop", "order.created"), payload, **properties)


def published(key: str = "order.created", payload: bytes = b"{}", **flags: Any) -> bytes:
    return message(B.Publish(exchange="shop", routing_key=key, **flags), payload)


def told(events: list[RawEvent]) -> list[tuple[int | None, str]]:
    return [(one.sequence, one.acknowledgement) for one in events]


def frames(data: bytes) -> list[bytes]:
    """The same, frame by frame."""
    found = []
    while data:
        end = 8 + int.from_bytes(data[3:7])
        found.append(data[:end])
        data = data[end:]
    return found
