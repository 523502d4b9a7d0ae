"""Bytes of Redis connections: long, many, in pieces, damaged, or of something else."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Reason
from tests.proxy.decoders.broker_playing import Sent
from tests.proxy.decoders.playing import bytewise
from tests.proxy.decoders.redis_playing import (
    ENTRY,
    HELLO_3,
    PUBLISHED,
    Push,
    cmd,
    entry,
    once,
    played,
    read,
    reply,
    session,
)

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Step


def test_many_messages_in_one_segment() -> None:
    steps = [("c", PUBLISHED[0][1] * 500), ("s", b":1\r\n" * 500), *PUBLISHED]
    events = once(steps, Limits()).events
    assert [event.fingerprint[-1] for event in events] == list(range(501))
    assert once(bytewise(steps, 7), Limits()).events == events


@pytest.mark.parametrize("size", [9_999, 10_000, 10_001, 14_000])
def test_long_messages_are_cut_and_say_so(size: int) -> None:
    steps = [cmd("PUBLISH", "a", b"x" * size), reply(0), cmd("SUBSCRIBE a"), reply([b"subscribe", b"a", 1])]
    for event in session(*steps, reply([b"message", b"a", b"x" * size])):
        assert event.payload is not None
        assert (len(event.payload.data), event.payload.size) == (min(size, 10_000), size)


def test_frames_beyond_the_bound() -> None:
    too_long = b"x" * 20_000
    assert played(*PUBLISHED, cmd("PUBLISH", "a", too_long)).opaque == (Reason.TOO_LARGE, 1)
    assert played(cmd("XREAD STREAMS a 0"), reply([too_long])).opaque == (Reason.TOO_LARGE, 1)
    assert played(*PUBLISHED, ("c", b"*2\r\n$7\r\nPUBLISH\r\n$999999999999\r\nx")).opaque == (
        Reason.TOO_LARGE,
        1,
    )
    assert played(*PUBLISHED, ("c", b"PING " + too_long)).opaque == (Reason.TOO_LARGE, 1)
    assert played(cmd("GET a"), ("s", b"+" + too_long)).opaque == (Reason.TOO_LARGE, 1)


def test_room_is_not_made_for_what_is_only_announced() -> None:
    announced = b"*2000000000\r\n" * 9
    assert played(cmd("XREAD STREAMS a 0"), ("s", announced)).held < 200 + len(announced) + 100


def test_pipelines() -> None:
    many = cmd("GET a")[1] * 99_999
    assert (
        len(once([("c", many), *PUBLISHED[:1], ("s", b"$-1\r\n" * 99_999), reply(1)], Limits()).events) == 1
    )
    assert once([("c", many + many)], Limits()).opaque == (Reason.TOO_MANY, 1)
    assert once([("c", cmd("HELLO")[1] * 500)]).opaque == (Reason.TOO_MANY, 1)


def test_what_opaque_finds_waiting_is_told() -> None:
    seen = played(*PUBLISHED, *read(entry(1)), cmd("PUBLISH a 1"), ("s", b"?\r\n"))
    assert (len(seen.events), seen.opaque) == (3, (Reason.MALFORMED, 1))


@pytest.mark.parametrize(
    "data",
    [
        b"GET /orders HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"AMQP\x00\x00\x09\x01",
        b"\x10\x10\x00\x04MQTT\x04",
        b'CONNECT {"a":1}\r\nPING\r\n{',
        b"*1\r\n:1\r\n*1\r\n$-1\r\n*1\r\n" + b"x" * 200,
        b"*x\r\n" + b"x" * 200,
        b"*1\r\n$-7\r\n" + b"x" * 200,
    ],
)
def test_other_protocols(data: bytes) -> None:
    assert played(("c", data), ("s", b"HTTP/1.1 400 Bad Request\r\n")).opaque == (Reason.OTHER_PROTOCOL, 1)


def test_a_server_that_speaks_first_or_of_what_was_not_asked() -> None:
    assert played(("s", b'INFO {"server_id":"x"}\r\n')).opaque == (Reason.OTHER_PROTOCOL, 1)
    assert played(reply("OK")).opaque == (Reason.OTHER_PROTOCOL, 1)
    assert played(("s", b"ue\r\n$3\r\nabc\r\n")).opaque == (Reason.OTHER_PROTOCOL, 1)
    assert played(*PUBLISHED, reply(1)).opaque == (Reason.MALFORMED, 1)
    assert len(session(reply("-ERR max number of clients reached"))) == 0


@pytest.mark.parametrize(
    "data",
    [b"?\r\n", b"*x\r\n", b"*-2\r\n", b"%1\r\n*0\r\n:1\r\n", b"$1_0\r\n0123456789\r\n", b"*1\r\n" * 20],
)
def test_replies_that_are_none(data: bytes) -> None:
    steps = [*PUBLISHED, cmd("XREAD STREAMS a 0"), ("s", data + b":1\r\n")]
    assert played(*steps).opaque == (Reason.MALFORMED, 1)


def test_connections_that_never_were() -> None:
    assert session("refused") == []
    assert session("client_eof", "server_eof") == []


LIVELY: list[Step] = [
    *HELLO_3,
    cmd("CLIENT SETNAME n"),
    reply("OK"),
    *PUBLISHED,
    cmd("SUBSCRIBE news"),
    reply(Push([b"subscribe", b"news", 1]), Push([b"message", b"news", b"x" * 300])),
    cmd("XADD orders MAXLEN ~ 10 * a 1 b \xe4"),
    reply(ENTRY),
    *read(entry(1), entry(2)),
    cmd("GET a"),
    reply(b"y" * 500),
    cmd("MULTI"),
    cmd("XACK orders mail 1700000000123-1"),
    cmd("EXEC"),
    reply("OK", "QUEUED", [1]),
    "client_eof",
]


@given(st.data())
def test_any_cutting_gives_the_same(data: st.DataObject) -> None:
    cut: list[Step] = []
    for step in LIVELY:
        if not isinstance(step, tuple):
            cut.append(step)
            continue
        places = sorted(data.draw(st.sets(st.integers(0, len(step[1])), max_size=5)) | {0, len(step[1])})
        cut += [(step[0], step[1][a:b]) for a, b in pairwise(places)]
    assert once(cut) == once(LIVELY)


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=60)), max_size=6))
def test_garbage_is_opaque_or_nothing(steps: list[Sent]) -> None:
    once([*steps, "client_reset"])
    once([*LIVELY[:-1], *steps, "client_reset"])


@given(st.integers(0, len(LIVELY) - 2), st.data())
def test_damaged_sessions_are_opaque_or_nothing(number: int, data: st.DataObject) -> None:
    step = LIVELY[number]
    assert isinstance(step, tuple)
    at = data.draw(st.integers(0, len(step[1])))
    junk = data.draw(
        st.sampled_from([b"", b"\r\n", b"*", b"$", b"-1", b">3", b"%9", b"0"]) | st.binary(max_size=9)
    )
    damaged = (step[0], step[1][:at] + junk + step[1][at + data.draw(st.integers(0, 5)) :])
    steps = [*LIVELY[:number], damaged, *LIVELY[number + 1 :]]
    assert once(bytewise(steps)) == once(steps)
