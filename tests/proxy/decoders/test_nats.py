"""NATS connections by hand. JetStream and real clients have files of their own beside this."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Instant, Reason
from proxy.decoders.nats import NatsDecoder
from proxy.raw import Sender
from tests.proxy.decoders.broker_playing import payloads
from tests.proxy.decoders.nats_playing import (
    BASE,
    CONNECT,
    CREATED,
    INFO,
    LIMITS,
    OPENED,
    ack_subject,
    acknowledgements,
    api_answer,
    headed,
    msg,
    once,
    played,
    pub,
    session,
)
from tests.proxy.decoders.playing import ORIGIN, bytewise

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Step


def test_a_published_message() -> None:
    (event,) = session(pub("orders.new", b'{"a":1}'))
    assert (event.producer, event.source, event.link.connection) == ("orders", "here", "run-1")
    assert (event.peer, event.client_certificate) == ("10.0.0.9", "CN=c")
    assert (event.protocol, event.sender, event.channel, event.at) == (
        "nats",
        Sender.CLIENT,
        "orders.new",
        1_000,
    )
    assert payloads([event]) == [b'{"a":1}']
    assert event.fingerprint == ("orders", "run-1", 0)
    assert event.client == BASE
    assert (event.acknowledgement, event.redeliveries, event.headers, event.flaws) == ("", None, (), ())


def test_credentials_are_not_kept() -> None:
    decoder = NatsDecoder(ORIGIN, LIMITS)
    for side, data in OPENED:
        list((decoder.client_data if side == "c" else decoder.server_data)(data, Instant(0, 0)))
    assert decoder.held_bytes == 0
    assert "hush" not in str(vars(decoder)) + str(vars(decoder._readers[Sender.CLIENT]))


def test_the_message_s_own_head() -> None:
    head = b"NATS/1.0\r\nContent-Type: application/json\r\nX-A:1\r\nX-A: 2\r\nno field\r\n\r\n"
    published, delivered = session(
        ("c", headed("HPUB", "a.b", head, b"{}")), ("s", headed("HMSG", "a.b 1 replies", head, b"{}"))
    )
    fields = (("content-type", "application/json"), ("x-a", "1"), ("x-a", "2"))
    assert published.headers == fields
    assert delivered.headers == (*fields, ("reply-to", "replies"))
    assert payloads([published, delivered]) == [b"{}", b"{}"]


def test_names_in_lower_case_and_odd_space_between_words() -> None:
    events = session(("c", b"pub\t a  2\r\nhi\r\nPub b 0\n\r\n"), ("s", b"+OK\r\n-ERR 'no'\r\n"))
    assert [(event.channel, event.payload.size) for event in events if event.payload] == [("a", 2), ("b", 0)]


def test_many_messages_in_one_segment() -> None:
    side, data = pub("a", b"PUB a 3\r\n")
    events = session((side, data * 500))
    assert payloads(events) == [b"PUB a 3\r\n"] * 500
    assert [event.fingerprint[-1] for event in events] == list(range(500))


@pytest.mark.parametrize("size", [999, 1000, 1001, 300_000])
def test_long_messages_are_cut_and_say_so(size: int) -> None:
    long = [pub("a", b"x" * size), msg("b", b"y" * size), msg("c", b"z")]
    cut = once([*OPENED, *bytewise(long, 997)])
    assert cut == once([*OPENED, *long])
    kept = [(len(event.payload.data), event.payload.size) for event in cut.events if event.payload]
    assert kept == [(min(size, 1000), size)] * 2 + [(1, 1)]


def test_queue_groups_until_they_are_left() -> None:
    events = session(
        ("c", b"SUB a.* workers 7\r\nSUB a.* 8\r\nSUB a.* others 9\r\n"),
        msg("a.1", b"", sid=7),
        msg("a.1", b"", sid=8),
        msg("a.1", b"", sid=9),
        ("c", b"UNSUB 7 2\r\nUNSUB 9\r\nUNSUB 8 1\r\n"),
        msg("a.1", b"", sid=7),
        msg("a.1", b"", sid=7),
        msg("a.1", b"", sid=9),
    )
    groups = [[one.value for one in event.client if one.basis == "group"] for event in events]
    assert groups == [["workers"], [], ["others"], ["workers"], [], []]
    assert events[0].client[-1].source == "SUB queue group"


def test_more_groups_than_can_be_remembered_end_the_reading() -> None:
    many = b"".join(b"SUB a workers %d\r\n" % number for number in range(1000))
    assert played(*OPENED, ("c", many)).opaque == (Reason.TOO_MANY, 1)
    left = b"".join(b"SUB a workers %d\r\nUNSUB %d\r\n" % (number, number) for number in range(1000))
    assert once([*OPENED, ("c", left)])[1:] == (None, 0)


def test_a_request_and_its_answer() -> None:
    asked, answer, given = session(
        pub("prices.get", b"what", "_INBOX.x.1"),
        msg("_INBOX.x.1", b"12"),
        pub("_INBOX.other.1", b"given"),
    )
    assert (asked.channel, asked.headers) == ("prices.get", (("reply-to", "_INBOX.x.1"),))
    assert (answer.channel, answer.headers, answer.sender) == (
        "_INBOX",
        (("nats-reply", "true"),),
        Sender.SERVER,
    )
    assert (given.channel, given.headers, given.sender) == (
        "_INBOX",
        (("nats-reply", "true"),),
        Sender.CLIENT,
    )
    assert acknowledgements([asked, answer, given]) == [(None, "")] * 3


def test_a_request_that_nobody_answers() -> None:
    status = ("s", headed("HMSG", "_INBOX.x.1 1", b"NATS/1.0 503\r\n\r\n"))
    (event,) = session(pub("a", b"1", "_INBOX.x.1"), status)
    assert acknowledgements([event]) == [(None, "")]


def test_other_servers_are_told_of_once() -> None:
    offer = ("s", b'INFO {"connect_urls":["10.0.0.2:4222"]}\r\n')
    first, second = (played(offer, CONNECT, offer, pub("a", b"1"), offer, pub("a", b"2"))).events
    assert (first.flaws, second.flaws) == (("other-servers-offered",), ())
    (late,) = session(offer, pub("a", b"1"))
    assert late.flaws == ("other-servers-offered",)


@pytest.mark.parametrize(
    "steps",
    [
        [("c", b"CONNECT {}\r\n")],
        [("s", b"MSG a 1 1\r\nx\r\n")],
        [("s", b"HTTP/1.1 200 OK\r\n")],
        [("s", b"I am")],
        [INFO, ("c", b"PUB a 1\r\nx\r\n")],
        [INFO, ("c", b"\x16\x03\x01\x02")],
    ],
)
def test_what_begins_differently_is_another_protocol(steps: list[Step]) -> None:
    assert played(*steps) == ([], (Reason.OTHER_PROTOCOL, 1), 0)


@pytest.mark.parametrize(
    "step",
    [
        ("c", b"MSG a 1 1\r\nx\r\n"),
        ("s", b"PUB a 1\r\nx\r\n"),
        ("c", b"\r\n"),
        ("c", b"PUB a\r\n"),
        ("c", b"PUB a b c 1\r\n"),
        ("c", b"PUB a -1\r\n"),
        ("c", b"PUB a 1_0\r\n"),
        ("c", b"PUB a " + b"9" * 3000 + b"\r\n"),
        ("c", b"PUB a 1\r\nxx\r\n"),
        ("c", b"PUB a 2\r\nx\r\n\r\n"),
        ("c", b"HPUB a 9 5\r\n"),
        ("c", b"HPUB a 5 5\r\nhello\r\n"),
        ("c", b"SUB a\r\n"),
        ("c", b"CONNECT []\r\n"),
        ("c", b"CONNECT\r\n"),
        ("s", b"INFO {\r\n"),
        ("s", b"GARBAGE\r\n"),
    ],
)
def test_what_breaks_the_protocol_ends_the_reading(step: Step) -> None:
    before = [*OPENED, msg("a", b"held", ack_subject(1)), pub("a", b"1")]
    seen = played(*before, step)
    assert seen.opaque == (Reason.MALFORMED, 1)
    assert sorted(payloads(seen.events)) == [b"1", b"held"]


@pytest.mark.parametrize(
    "step", [("c", b"x" * 5000), ("c", b"PUB " + b"a" * 4096 + b" 1\r\n"), ("c", b"HPUB a 4097 4097\r\n")]
)
def test_long_heads_end_the_reading(step: Step) -> None:
    assert played(*OPENED, step).opaque == (Reason.TOO_LARGE, 1)


SESSION: list[Step] = [
    *OPENED,
    ("c", b"SUB a.* workers 7\r\nUNSUB 7 5\r\n"),
    pub("a.b", b"payload"),
    ("c", headed("HPUB", "a.c _INBOX.x.1", b"NATS/1.0\r\nA: b\r\n\r\n", b"with head")),
    msg("a.b", b"payload", sid=7),
    msg("_INBOX.x.1", b'{"stream":"S","seq":3}'),
    CREATED,
    api_answer("bulk", ack_policy="all"),
    msg("a", b"1", ack_subject(1)),
    msg("a", b"2", ack_subject(2)),
    pub(ack_subject(1), b"+ACK"),
    ("s", headed("HMSG", "_INBOX.x.3 1", b"NATS/1.0 408\r\n\r\n")),
    pub("long", b"x" * 1500),
    "client_eof",
]


@given(st.data())
def test_any_cutting_gives_the_same(data: st.DataObject) -> None:
    steps: list[Step] = []
    for step in SESSION:
        if isinstance(step, tuple):
            cuts = data.draw(st.lists(st.integers(0, len(step[1])), max_size=4))
            edges = [0, *sorted(cuts), len(step[1])]
            steps += [(step[0], step[1][a:b]) for a, b in pairwise(edges)]
        else:
            steps.append(step)
    whole = once(SESSION)
    assert len(whole.events) == 6
    assert once(steps) == whole


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=60)), max_size=6), st.booleans())
def test_any_bytes_end_in_events_or_opaque(pieces: list[tuple[str, bytes]], opened: bool) -> None:
    once([*(OPENED if opened else []), *pieces, "server_eof"])


@given(st.data())
def test_broken_sessions_end_in_events_or_opaque(data: st.DataObject) -> None:
    steps: list[Step] = []
    for step in SESSION:
        if isinstance(step, tuple) and data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(step[1])))
            removed = data.draw(st.integers(0, 3))
            added = data.draw(st.binary(max_size=3))
            steps.append((step[0], step[1][:place] + added + step[1][place + removed :]))
        else:
            steps.append(step)
    assert once(steps) == once(bytewise(steps))
