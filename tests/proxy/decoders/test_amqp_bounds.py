"""AMQP 0-9-1: bytes that are cut, lost, too many, or none of the protocol."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    told,
)

from pamqp import body, commands, header  # isort: skip

from proxy.decoders.amqp import AmqpDecoder
from proxy.decoders.decoder import Limits, Opaque, Reason
from proxy.raw import RawEvent
from tests.proxy.decoders.playing import ORIGIN

CONFIRM = sent(commands.Confirm.Select())


def test_a_large_message_is_counted_and_cut() -> None:
    session = Session(Limits(body_bytes=1000, head_bytes=4096))
    data = message(B.Publish(routing_key="a"), b"x" * 500_000, pieces=4)
    kept = 0
    for start in range(0, len(data), 1000):
        session.client(data[start : start + 1000])
        kept = max(kept, session.decoder.held_bytes)
    (event,) = session.events
    assert event.payload is not None
    assert (len(event.payload.data), event.payload.size, event.payload.truncated) == (1000, 500_000, True)
    assert 1000 <= kept <= 1100
    assert session.decoder.held_bytes == 0


def test_messages_on_their_way_share_what_is_kept() -> None:
    session = Session(Limits(body_bytes=1000))
    halves = [frames(message(B.Publish(), b"x" * 2000, n, pieces=2)) for n in range(1, 11)]
    for one in halves:
        assert session.client(b"".join(one[:-1])) == []
    assert 4000 <= session.decoder.held_bytes <= 4200
    for one in halves:
        session.client(one[-1])
    sizes = [(len(one.payload.data), one.payload.size) for one in session.events if one.payload]
    assert sizes[:4] == [(1000, 2000)] * 4
    assert {size for _, size in sizes} == {2000}
    assert len(sizes) == 10
    assert session.decoder.held_bytes == 0


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\n",
        b"AMQP\0\1\0\0",
        b"AMQP\3\1\0\0",
        b"AMQP\1\1\0\x09",
        b"\1\0\1\0",
        published(),
    ],
)
def test_another_protocol_and_the_middle_of_a_connection(first: bytes) -> None:
    with pytest.raises(Opaque) as end:
        Session(greeted=False).client(first)
    assert (end.value.reason, end.value.lost) == (Reason.OTHER_PROTOCOL, 1)
    for before in (b"", b"AMQP"):
        session = Session(greeted=False)
        session.client(before)
        with pytest.raises(Opaque) as end:
            session.server(sent(B.ConsumeOk("c1")))
        assert (end.value.reason, end.value.lost) == (Reason.OTHER_PROTOCOL, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"\1\0\1\0\0\0\4\0\x3c\0\x28\0",  # no end mark
        b"\1\0\1\0\0\0\0\xce",  # no method
        b"\1\0\1\0\0\0\4\0\x3c\0\xff\xce",  # an unknown one
        b"\1\0\1\0\0\0\5\0\x3c\0\x28\0\xce",  # one that ends early
        b"\2\0\1\0\0\0\1\0\xce",
        b"\x09\0\1\0\0\0\0\xce",
        sent(body.ContentBody(b"x")),
        sent(header.ContentHeader(0, 1)),
        sent(B.Publish(), body.ContentBody(b"x")),
        sent(B.Publish(), B.Publish()),
        sent(B.Publish(), header.ContentHeader(0, 1), header.ContentHeader(0, 1)),
        sent(B.Publish(), header.ContentHeader(0, 1), body.ContentBody(b"xy")),
        published()[:-1] + b"\0",
        published() + sent(body.ContentBody(b"x")),
        delivery(1),  # not a client's to say
    ],
)
def test_what_breaks_the_protocol_is_opaque(data: bytes) -> None:
    with pytest.raises(Opaque) as end:
        Session().client(data)
    assert (end.value.reason, end.value.lost) == (Reason.MALFORMED, 1)


def test_a_head_too_long_is_opaque_and_what_waits_is_told_first() -> None:
    session = consuming(limits=Limits(head_bytes=1024))
    session.server(delivery(1))
    found = session.decoder.client_data(b"\1\0\1\0\x10\0\0", at(9))
    assert next(found).sequence == 1
    with pytest.raises(Opaque) as end:
        next(found)
    assert (end.value.reason, end.value.lost) == (Reason.TOO_LARGE, 1)


@pytest.mark.parametrize("method", [B.Get(queue="jobs"), B.Consume(queue="jobs", nowait=True)])
def test_names_to_remember_are_bounded(method: Any) -> None:
    session = Session(Limits(head_bytes=1024))
    with pytest.raises(Opaque) as end:
        session.client(sent(*[method] * 100))
    assert end.value.reason is Reason.TOO_LARGE


def test_channels_are_bounded() -> None:
    with pytest.raises(Opaque) as end:
        Session().client(b"".join(sent(commands.Channel.Open(), channel=n) for n in range(1, 5000)))
    assert end.value.reason is Reason.TOO_MANY


def test_names_that_are_no_longer_needed_are_not_kept() -> None:
    session = Session(Limits(head_bytes=1024))
    for number in range(100):
        session.client(sent(B.Get(queue="jobs"), B.Consume(queue="jobs", consumer_tag=f"c{number}")))
        session.server(sent(B.GetEmpty(), B.ConsumeOk(f"c{number}")))
        session.client(sent(B.Cancel(f"c{number}"), B.Consume(queue="q", consumer_tag="d", nowait=True)))
        session.server(sent(B.CancelOk(f"c{number}")))
        session.client(sent(B.Cancel("d", nowait=True), B.Get(queue="q"), B.Consume(queue="q")))
        session.client(sent(B.Publish(), header.ContentHeader(0, 9), body.ContentBody(b"x")))
        assert session.decoder.held_bytes > 500
        session.server(sent(commands.Channel.CloseOk()))
        assert session.decoder.held_bytes == 0


def whole_session() -> list[tuple[str, bytes]]:
    """A bit of everything."""
    session = consuming()
    session.client(sent(B.Get(queue="q", no_ack=True)) + published(mandatory=True) + published("b"))
    session.server(message(B.GetOk(7, True, "", "jobs", 0), b"hello" * 40, pieces=3))
    session.server(message(B.Return(312, "NO_ROUTE", "shop", "order.created")))
    session.server(delivery(1, b"hello" * 40) + delivery(2, b"", headers={"a": [1, {"b": 2}]}) + delivery(3))
    session.client(sent(B.Ack(2, multiple=True)) + sent(commands.Tx.Select(), channel=2))
    session.client(message(B.Publish(), channel=2) + sent(commands.Tx.Rollback(), channel=2))
    session.server(sent(commands.Tx.RollbackOk(), channel=2))
    session.client(CONFIRM + published("c", b"x" * 300) + published("d"))
    session.server(sent(B.Ack(1)) + sent(commands.Channel.CloseOk(), channel=2))
    assert len(session.events) == 7
    return session.steps


def ending(steps: list[tuple[str, bytes]]) -> tuple[list[RawEvent], Reason | None]:
    """The events, with those at the end of the connection, and why it was opaque."""
    decoder = AmqpDecoder(ORIGIN, Limits(body_bytes=250, head_bytes=1024))
    events: list[RawEvent] = []
    try:
        for side, data in steps:
            for event in getattr(decoder, f"{side}_data")(data, at(1)):
                events.append(event)  # noqa: PERF402
    except Opaque as opaque:
        return events, opaque.reason
    return [*events, *decoder.client_reset(at(1))], None


def cut(steps: list[tuple[str, bytes]], places: random.Random) -> list[tuple[str, bytes]]:
    pieces = []
    for side, data in steps:
        inner = sorted(places.sample(range(len(data)), min(len(data), places.choice([0, 1, 5, 100]))))
        pieces += [(side, data[start:end]) for start, end in pairwise([0, *inner, len(data)])]
    return pieces


@given(st.randoms(use_true_random=False))
def test_however_it_is_cut_the_events_are_the_same(places: random.Random) -> None:
    steps = whole_session()
    assert len(ending(steps)[0]) == 9
    assert ending(cut(steps, places)) == ending(steps)
    assert ending([(side, data[n : n + 1]) for side, data in steps for n in range(len(data))]) == ending(
        steps
    )


@given(st.randoms(use_true_random=False), st.binary(max_size=8), st.booleans())
def test_mutated_sessions_end_in_events_or_opaque(places: random.Random, junk: bytes, replaces: bool) -> None:
    steps = whole_session()
    step = places.randrange(len(steps))
    side, data = steps[step]
    at_byte = places.randrange(len(data))
    steps[step] = side, data[:at_byte] + junk + data[at_byte + (len(junk) if replaces else 0) :]
    assert ending(cut(steps, places)) == ending(steps)


@given(st.lists(st.tuples(st.sampled_from(["client", "server"]), st.binary(max_size=60)), max_size=6))
def test_any_bytes_end_in_events_or_opaque(pieces: list[tuple[str, bytes]]) -> None:
    ending(pieces)
    ending([("client", GREETING), *pieces])


@given(st.sampled_from(sorted(commands.INDEX_MAPPING)), st.binary(max_size=60), st.sampled_from([1, 2]))
def test_any_frames_end_in_events_or_opaque(index: int, rest: bytes, kind: int) -> None:
    payload = index.to_bytes(4) + rest
    one = bytes([kind, 0, 1]) + len(payload).to_bytes(4) + payload + b"\xce"
    announced = sent(B.Publish()), sent(B.Deliver("c1", 1, False, "", "a"))
    for client, server in ((b"", b""), announced):
        ending([("client", GREETING), ("client", client + one)])
        ending([("client", GREETING), ("server", server + one)])


def test_a_connection_lost_in_the_middle_of_a_frame() -> None:
    session = consuming()
    session.server(delivery(1) + delivery(2, b"x" * 100)[:-20])
    assert told(session.end()) == [(1, "")]
    assert session.end() == []
    for ending_word in ("client_eof", "server_eof", "client_reset", "server_reset", "refused"):
        session = consuming()
        session.server(delivery(1))
        assert len(list(getattr(session.decoder, ending_word)(at(9)))) == 1
        assert list(session.decoder.client_eof(at(9))) == []
