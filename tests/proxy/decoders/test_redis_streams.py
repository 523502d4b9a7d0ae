"""Redis Streams by hand: entries, consumer groups, acknowledgements, and what becomes of those that wait."""

from __future__ import annotations

import json

import pytest

from proxy.decoders.decoder import Limits, Reason
from proxy.raw import Sender
from tests.proxy.decoders.broker_playing import Sent, payloads
from tests.proxy.decoders.playing import bytewise
from tests.proxy.decoders.redis_playing import (
    ADDED_AT,
    ENTRY,
    MEMBER,
    NOW,
    acknowledgements,
    cmd,
    entry,
    once,
    played,
    read,
    reply,
    session,
)

JSON = (("content-type", "application/json"),)
END = "client_eof"


def ack(*numbers: int) -> list[Sent]:
    return [cmd("XACK", "orders", "mail", *(entry(number)[0] for number in numbers)), reply(len(numbers))]


def test_an_added_entry() -> None:
    (event,) = session(cmd("XADD orders * name Zoë n \xff"), 20, reply(ENTRY))
    assert (event.sender, event.channel, event.at) == (Sender.CLIENT, "orders", NOW)
    assert payloads([event]) == ['{"name":"Zoë","n":"ÿ"}'.encode()]
    assert event.headers == JSON
    assert (event.key, event.published_at) == (ENTRY.decode(), ADDED_AT)
    assert (event.acknowledgement, event.acknowledged_at) == ("ack", NOW + 20_000_000)
    assert (event.sequence, event.redeliveries) == (None, None)


@pytest.mark.parametrize(
    "options",
    [
        "1700000000123-*",
        "NOMKSTREAM *",
        "MAXLEN 5 *",
        "maxlen = 5 *",
        "MINID ~ 5-0 LIMIT 9 *",
        "NOMKSTREAM KEEPREF IDMPAUTO p MAXLEN ~ 5 LIMIT 9 1700000000123-0",
        "ACKED IDMP p 7 *",
    ],
)
def test_options_of_xadd(options: str) -> None:
    (event,) = session(cmd(f"XADD orders {options} f v"), reply(ENTRY))
    assert (event.channel, payloads([event])) == ("orders", [b'{"f":"v"}'])


@pytest.mark.parametrize("command", ["XADD", "XADD s", "XADD s *", "XADD s * f", "XADD s MAXLEN"])
def test_commands_of_too_few_words(command: str) -> None:
    assert session(cmd(command), cmd("XADD s * f v"), reply("-ERR arguments", "-WRONGTYPE no")) == []


def test_an_entry_that_there_is_not() -> None:
    assert session(cmd("XADD orders NOMKSTREAM * f v"), reply(None), END) == []


def test_an_addition_whose_reply_is_lost() -> None:
    (event,) = session(cmd("XADD orders * f v"), END, "server_eof")
    assert (event.key, event.acknowledgement) == (None, "")


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ([b"data", b' {"a": 1}'], b' {"a": 1}'),
        ([b"Payload", b"[1]"], b"[1]"),
        ([b"event", b"{no"], b'{"event":"{no"}'),
        ([b"body", b"42"], b'{"body":"42"}'),
        ([b"order", b'{"a":1}'], b'{"order":"{\\"a\\":1}"}'),
        ([b"data", b"{}", b"type", b"t"], b'{"data":"{}","type":"t"}'),
        ([b"raw", b"\xff\x00"], b'{"raw":"\\\\xff\\u0000"}'),
        ([b"a", b"1", b"a", b"2"], b'{"a":"2"}'),
        ([], b"{}"),
    ],
)
def test_payloads(fields: list[bytes], payload: bytes) -> None:
    (event,) = session(cmd("XREAD STREAMS orders 0"), reply([[b"orders", [[ENTRY, fields]]]]))
    assert payloads([event]) == [payload]
    assert isinstance(json.loads(payload), dict | list)
    assert event.headers == JSON


def test_long_payloads_are_cut_and_say_so() -> None:
    for fields in ([b"a", b"x" * 12_000], [b"data", b'{"a":"' + b"x" * 11_992 + b'"}']):
        (event,) = session(cmd("XADD", "s", "*", *fields), reply(ENTRY))
        assert event.payload is not None
        assert len(event.payload.data) == 10_000
        assert event.payload.size >= 12_000


@pytest.mark.parametrize("name", [b"1-1", b"99999999999999-0", b"9" * 400, b"x-1", b"", b"\xff"])
def test_ids_that_are_no_time(name: bytes) -> None:
    (event,) = session(cmd("XREAD COUNT 1 STREAMS s 0"), reply([[b"s", [[name, [b"f", b"v"]]]]]))
    assert event.published_at is None


def test_what_is_read_without_a_group() -> None:
    asked = cmd("XREAD BLOCK 0 STREAMS a b $ +")
    for answer in ([[b"a", [entry(1)]], [b"b", [entry(2)]]], {b"a": [entry(1)], b"b": [entry(2)]}):
        events = session(asked, reply(answer), asked, reply(None))
        assert [(event.channel, event.sender) for event in events] == [
            ("a", Sender.SERVER),
            ("b", Sender.SERVER),
        ]
        assert {(one.acknowledgement, one.redeliveries, one.client) for one in events} == {("", None, ())}
        assert [event.published_at for event in events] == [ADDED_AT] * 2


@pytest.mark.parametrize(
    "command", ["XREAD STREAMS a", "XREAD", "XREADGROUP GROUP g", "XCLAIM s g c 0", "XACK s g", "XACK"]
)
def test_reading_that_will_be_refused(command: str) -> None:
    assert session(cmd(command), reply("-ERR arguments")) == []


@pytest.mark.parametrize("answer", [7, [b"a"], [[b"a", 7]], [[b"a", [7]]], [[b"a", [[b"1-1", [b"f"]]]]]])
def test_answers_that_are_none(answer: object) -> None:
    steps = [cmd("PING"), cmd("XREAD STREAMS a 0"), reply("PONG", answer)]
    assert played(*steps).opaque == (Reason.MALFORMED, 1)


def test_what_a_group_is_delivered_waits_for_its_acknowledgement() -> None:
    delivered = [cmd("CLIENT SETNAME n"), reply("OK"), *read(entry(1), entry(2), entry(3))]
    events = session(*delivered, 7, *ack(2, 9), END)
    assert acknowledgements(events) == [("2", "ack"), ("1", ""), ("3", "")]
    assert [event.fingerprint[-1] for event in events] == [0, 1, 2]
    first = events[0]
    assert (first.at, first.acknowledged_at) == (NOW, NOW + 7_000_000)
    assert (first.redeliveries, first.published_at) == (0, ADDED_AT)
    assert [one.value for one in first.client] == ["n", "mail", "worker-1"]
    assert first.client[1:] == MEMBER


@pytest.mark.parametrize("end", ["client_eof", "server_eof", "client_reset", "server_reset"])
def test_what_still_waits_at_the_end_is_told_once(end: str) -> None:
    assert len(session(*read(entry(1)), end, "client_eof", "server_eof", "server_reset")) == 1
    cut = cmd("XADD s * f v")[1][:-5]
    assert len(session(*read(entry(1)), ("c", cut), ("s", b"*1\r\n$99"), end)) == 1


def test_acknowledgements_of_every_kind() -> None:
    delivered = read(entry(1), entry(2), entry(3), entry(4), entry(5))
    events = session(
        *delivered,
        cmd("XACK other mail 1700000000123-1"),
        cmd("XACK orders others 1700000000123-1"),
        reply(0, 0),
        cmd("XACKDEL orders mail DELREF IDS 1 1700000000123-2"),
        reply([1]),
        cmd("MULTI"),
        cmd("XACK orders mail 1700000000123-3"),
        cmd("DISCARD"),
        cmd("MULTI"),
        cmd("XACK orders mail 1700000000123-4"),
        cmd("EXEC"),
        reply("OK", "QUEUED", "OK", "OK", "QUEUED", [1]),
        *ack(5, 5),
        END,
    )
    assert acknowledgements(events) == [("2", "ack"), ("4", "ack"), ("5", "ack"), ("1", ""), ("3", "")]


def test_groups_that_there_are_not() -> None:
    asked, _ = read()
    assert session(asked, cmd("RESET"), reply("-NOGROUP no", "-NOPERM no"), *read(entry(1)), END)


def test_automatic_acknowledgement() -> None:
    asked = cmd("XREADGROUP GROUP mail worker-1 NOACK MAXCOUNT 9 STREAMS orders other > 0")
    answer = reply({b"orders": [entry(1)], b"other": [entry(2)]})
    new, old = session(asked, answer, END)
    assert (new.acknowledgement, new.acknowledged_at, new.redeliveries) == ("auto", NOW, 0)
    assert (old.acknowledgement, old.acknowledged_at, old.redeliveries) == ("", None, 1)


def test_redelivery() -> None:
    again = cmd("XREADGROUP GROUP mail worker-1 STREAMS orders 0")
    deleted = [entry(2)[0], None]
    events = session(*read(entry(1)), again, reply([[b"orders", [entry(1), deleted]]]), *ack(1, 2))
    assert acknowledgements(events) == [("1", ""), ("1", "ack"), ("2", "ack")]
    assert [event.redeliveries for event in events] == [0, 1, 1]
    assert (events[-1].payload, events[-1].headers) == (None, ())


def test_claims() -> None:
    events = session(
        cmd("XCLAIM orders mail worker-1 0 1700000000123-1 1700000000123-2"),
        reply([entry(1), None]),
        cmd("XAUTOCLAIM orders mail worker-1 0 0 COUNT 1"),
        reply([b"0-0", [entry(3)], []]),
        cmd("XCLAIM orders mail worker-1 0 1700000000123-4 JUSTID"),
        reply([entry(4)[0]]),
        cmd("XAUTOCLAIM orders mail worker-1 0 0 JUSTID"),
        reply([b"0-0", [entry(5)[0]]]),
        cmd("XCLAIM orders nobody worker-1 0 1-1"),
        reply("-NOGROUP no"),
        *ack(1, 3, 4, 5),
    )
    assert acknowledgements(events) == [("1", "ack"), ("3", "ack")]
    assert [event.redeliveries for event in events] == [1, 1]
    assert [event.client[0].source for event in events] == ["XCLAIM group", "XAUTOCLAIM group"]
    assert [event.client[1].value for event in events] == ["worker-1"] * 2
    assert played(*read(), cmd("XCLAIM a b c 0 1"), reply(b"x")).opaque == (Reason.MALFORMED, 1)


def test_pending_entries_that_a_read_takes_over() -> None:
    asked = cmd("XREADGROUP GROUP mail worker-1 CLAIM 1000 STREAMS orders >")
    events = session(asked, reply([[b"orders", [[*entry(1), 5000, 2], [*entry(2), 0, 0]]]]), *ack(1, 2))
    assert [event.redeliveries for event in events] == [2, 0]


def test_as_many_wait_as_may() -> None:
    steps = read(*(entry(number) for number in range(1_003)))
    limits = Limits(body_bytes=100_000)
    seen = once(steps, limits)
    assert [event.key for event in seen.events] == [entry(number)[0].decode() for number in range(3)]
    assert once(bytewise(steps, 1_000), limits) == seen
    assert len(once([*steps, END], limits).events) == 1_003
    assert once([*steps, END], limits).held == 0


def test_as_much_waits_as_may() -> None:
    big = [step for number in range(6) for step in read(entry(number, b"a", b"x" * 7_000))]
    seen = once(big)
    assert acknowledgements(seen.events) == [("0", "")]
    assert 35_000 < seen.held < 40_000
    added = [cmd("XADD", "s", "*", "a", b"x" * 7_000)] * 7
    events = session(*added, reply(*[ENTRY] * 7))
    assert [event.acknowledgement for event in events] == [""] * 2 + ["ack"] * 5
