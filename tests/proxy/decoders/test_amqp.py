"""AMQP 0-9-1: what a message says, from sessions by hand."""

from __future__ import annotations

import datetime as dt
import gc
from typing import Any

import pytest

from tests.proxy.decoders.amqp_by_hand import (
    GREETING,
    B,
    Session,
    at,
    consuming,
    delivery,
    frames,
    message,
    published,
    sent,
    started,
)

from pamqp import frame, header, heartbeat  # isort: skip

from proxy.raw import Sender


def test_what_is_published() -> None:
    session = Session()
    (event,) = session.client(
        message(
            B.Publish(exchange="shop", routing_key="order.created"),
            b'{"id": 1}',
            content_type="application/json",
            content_encoding="identity",
            message_type="OrderCreated",
            message_id="m1",
            correlation_id="c1",
            reply_to="answers",
            app_id="shop",
            user_id="billing",
            delivery_mode=2,
            priority=0,
            expiration="60000",
            timestamp=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
            headers={"X-Trace": "a", "n": 3, "none": None, "yes": True, "bytes": bytearray(b"\xff!")},
        )
    )
    assert (event.protocol, event.sender, event.channel) == ("amqp", Sender.CLIENT, "order.created")
    assert (event.type, event.fingerprint) == ("OrderCreated", ("orders", "run-1", 0))
    assert event.payload is not None
    assert (event.payload.data, event.payload.size) == (b'{"id": 1}', 9)
    assert dict(event.headers) == {
        "amqp-exchange": "shop",
        "content-type": "application/json",
        "content-encoding": "identity",
        "message-id": "m1",
        "correlation-id": "c1",
        "reply-to": "answers",
        "app-id": "shop",
        "user-id": "billing",
        "delivery-mode": "2",
        "priority": "0",
        "expiration": "60000",
        "x-trace": "a",
        "n": "3",
        "none": "",
        "yes": "true",
        "bytes": "\ufffd!",
    }
    assert event.published_at == 1_767_323_045 * 10**9
    assert (event.at, event.acknowledged_at, event.acknowledgement) == (at(2).wall_ns, None, "")
    assert (event.sequence, event.redeliveries, event.flaws) == (None, None, ())


def test_what_killed_a_message_is_json() -> None:
    when = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    death = {"queue": "jobs", "count": 2, "time": when, "routing-keys": ["a"], "raw": bytearray(b"b")}
    (event,) = consuming(no_ack=True).server(delivery(1, headers={"x-death": [death]}))
    assert dict(event.headers)["x-death"] == (
        '[{"count": 2, "queue": "jobs", "raw": "b", "routing-keys": ["a"], '
        '"time": "2026-01-02T00:00:00+00:00"}]'
    )


def test_the_default_exchange_and_one_without_a_key() -> None:
    session = Session()
    (to_queue,) = session.client(message(B.Publish(routing_key="jobs")))
    (fanned_out,) = session.client(message(B.Publish(exchange="everybody")))
    assert (to_queue.channel, dict(to_queue.headers)) == ("jobs", {})
    assert fanned_out.channel == "everybody"


@pytest.mark.parametrize(
    ("mechanism", "response", "user"),
    [
        ("PLAIN", "\0billing\0hunter2", "billing"),
        ("PLAIN", "other\0billing\0hunter2\0hunter2", "billing"),
        ("AMQPLAIN", "\5LOGINS\0\0\0\7billing\x08PASSWORDS\0\0\0\7hunter2", "billing"),
        ("AMQPLAIN", "\5LOGINS\0hunter2", ""),
        ("EXTERNAL", "", ""),
        ("PLAIN", "hunter2", ""),
    ],
)
def test_who_the_client_is_without_its_password(mechanism: str, response: str, user: str) -> None:
    session = Session(greeted=False)
    start = GREETING + started(mechanism, response)
    for byte in start[:-1]:
        session.client(bytes([byte]))
    session.client(start[-1:])
    session.steps.clear()
    (event,) = session.client(published())
    said = {one.basis: (one.value, one.source) for one in event.client}
    assert said.pop("connection-name") == ("billing-7", "StartOk connection_name")
    assert said == ({"user": (user, f"StartOk {mechanism} user")} if user else {})
    assert not any(b"hunter2" in one for one in texts_below([session.decoder, event]))


def texts_below(roots: list[Any]) -> list[bytes]:
    """All texts and bytes that can be reached by attributes and elements."""
    found, seen, todo = [], set(), roots
    while todo:
        one = todo.pop()
        if isinstance(one, str | bytes | bytearray):
            found.append(one.encode() if isinstance(one, str) else bytes(one))
        elif id(one) not in seen and not isinstance(one, type) and not hasattr(one, "__globals__"):
            seen.add(id(one))
            todo += gc.get_referents(one)
    return found


def test_properties_that_cannot_be_read_cost_no_message() -> None:
    late = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    data = message(B.Publish(routing_key="a"), b"xy", message_id="m1", timestamp=late, app_id="shop")
    data = data.replace(int(late.timestamp()).to_bytes(8), (1_767_225_600 * 10**9).to_bytes(8))
    (event, after) = Session().client(data + published())
    assert event.payload is not None
    assert (event.payload.data, dict(event.headers), event.flaws) == (
        b"xy",
        {"message-id": "m1"},
        ("properties-unreadable",),
    )
    assert after.flaws == ()


def test_headers_of_any_depth_do_no_harm() -> None:
    for depth in (10, 200, 400, 600, 5000):
        nested = b"V"
        for _ in range(depth):
            nested = b"A" + len(nested).to_bytes(4) + nested
        table = b"\1a" + nested
        properties = (header.ContentHeader(0, 0)).marshal()[:12] + b"\x20\0" + len(table).to_bytes(4) + table
        head = b"\2\0\1" + len(properties).to_bytes(4) + properties + b"\xce"
        (event,) = Session().client(sent(B.Publish(routing_key="a")) + head)
        assert (event.flaws == ()) == (depth < 300) or depth == 400


def test_channels_are_interleaved() -> None:
    session = Session()
    one = message(B.Publish(routing_key="a"), b"one", channel=1, pieces=3)
    two = message(B.Publish(routing_key="b"), b"two", channel=2, pieces=3)
    mixed = b"".join(part for pair in zip(frames(one), frames(two), strict=True) for part in pair)
    assert [(e.channel, e.payload and e.payload.data) for e in session.client(mixed)] == [
        ("a", b"one"),
        ("b", b"two"),
    ]


def test_many_messages_in_one_segment() -> None:
    events = Session().client(b"".join(published(payload=b"%d" % n) for n in range(500)))
    assert [one.payload and one.payload.data for one in events] == [b"%d" % n for n in range(500)]
    assert [one.fingerprint[-1] for one in events] == list(range(500))


@pytest.mark.parametrize("empty_frame", [b"", b"\3\0\1\0\0\0\0\xce"])
def test_a_message_without_a_body_is_one(empty_frame: bytes) -> None:
    session = Session()
    data = message(B.Publish(routing_key="a"), b"")
    (event,) = session.client(data)
    assert event.payload is not None
    assert (event.payload.data, event.payload.size) == (b"", 0)
    two = frames(message(B.Publish(routing_key="a"), b"xy", pieces=2))
    assert len(session.client(b"".join([*two[:2], empty_frame, two[2], empty_frame, two[3]]))) == 1


def test_heartbeats_pass() -> None:
    beat = frame.marshal(heartbeat.Heartbeat(), 0)
    session = Session()
    assert len(session.client(beat + beat.join(frames(published())) + beat)) == 1
    assert session.server(beat) == []
