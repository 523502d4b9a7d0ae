"""JetStream's side of NATS connections, by hand: what waits for which word, and what is no event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy.decoders.decoder import Limits
from proxy.raw import Sender
from store.records import Identity
from tests.proxy.decoders.broker_playing import payloads
from tests.proxy.decoders.nats_playing import (
    BASE,
    CREATED,
    OPENED,
    STORED_AT,
    ack_subject,
    acknowledgements,
    api_answer,
    headed,
    msg,
    once,
    pub,
    session,
)

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Step


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ('{"stream":"ORDERS", "seq":7}', (7, "ack")),
        ('{"stream":"ORDERS", "seq":7, "duplicate": true}', (7, "ack")),
        ('{"error":{"code":503,"err_code":10077},"stream":"ORDERS","seq":0}', (None, "error")),
    ],
)
def test_a_stream_confirms_what_was_published(answer: str, known: tuple[int | None, str]) -> None:
    (event,) = session(pub("orders.new", b"1", "_INBOX.x.1"), 1, msg("_INBOX.x.1", answer.encode()))
    assert acknowledgements([event]) == [known]
    assert (event.at, event.acknowledged_at) == (1_000, 1_000 + 10**9)


@pytest.mark.parametrize(
    "answer",
    [
        '{"stream":"ORDERS", "seq":true}',
        '{"stream":1, "seq":1}',
        '{"stream":"ORDERS", "seq":0}',
        '{"stream":"ORDERS", "seq":',
        '["stream", "seq"]',
        f'{{"stream":"ORDERS", "seq":{1 << 63}}}',
    ],
)
def test_other_answers_confirm_nothing(answer: str) -> None:
    asked, answered = session(pub("a", b"1", "_INBOX.x.1"), msg("_INBOX.x.1", answer.encode()))
    assert acknowledgements([asked, answered]) == [(None, "")] * 2
    assert payloads([answered]) == [answer.encode()]


def test_a_confirmation_is_not_waited_for_forever() -> None:
    late = msg("_INBOX.x.1", b'{"stream":"ORDERS", "seq":7}')
    waited = once([*OPENED, pub("a", b"1", "_INBOX.x.1"), 4, ("c", b"PING\r\n"), 1, ("s", b"PONG\r\n"), late])
    assert acknowledgements(waited.events) == [(None, "")]
    assert waited.held == 0
    still = once([*OPENED, pub("a", b"1", "_INBOX.x.1"), 4, late])
    assert acknowledgements(still.events) == [(7, "ack")]


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "ack"),
        (b"+ACK", "ack"),
        (b"+NXT", "ack"),
        (b'+NXT {"batch":1}', "ack"),
        (b"-NAK", "nack"),
        (b'-NAK {"delay":1}', "nack"),
        (b"+TERM", "term"),
        (b"+TERM bad", "term"),
        (b"+WPI", ""),
        (b"???", ""),
    ],
)
def test_a_delivery_waits_for_its_acknowledgement(payload: bytes, word: str) -> None:
    subject = ack_subject(5, delivered=3)
    steps: list[Step] = [
        msg("orders.new", b"1", subject),
        2,
        pub(subject, payload, "_INBOX.x.9"),
        msg("_INBOX.x.9"),
    ]
    (event,) = session(*steps, "client_eof", "server_eof")
    assert (event.sender, event.channel, event.headers) == (Sender.SERVER, "orders.new", ())
    assert (event.sequence, event.redeliveries, event.published_at) == (5, 2, STORED_AT)
    assert event.acknowledgement == word
    assert event.acknowledged_at == (1_000 + 2 * 10**9 if word else None)
    assert event.client == (*BASE, Identity(basis="group", value="mail", source="JetStream consumer"))
    assert payloads([event]) == [b"1"]


@pytest.mark.parametrize("tail", ["", ".random"])
def test_acknowledgement_subjects_of_newer_servers(tail: str) -> None:
    subject = f"$JS.ACK.hub.hash.ORDERS.mail.1.9.4.{STORED_AT}.0{tail}"
    (event,) = session(msg("orders.new", b"1", subject), pub(subject, b"+ACK"))
    assert acknowledgements([event]) == [(9, "ack")]
    assert (event.published_at, event.redeliveries) == (STORED_AT, 0)


@pytest.mark.parametrize("reply", ["$JS.ACK.x", "$JS.ACK.S.c.1.x.1.1.0", f"$JS.ACK.S.c.1.{'9' * 30}.1.1.0"])
def test_what_only_resembles_an_acknowledgement_subject(reply: str) -> None:
    (event,) = session(msg("a", b"1", reply), pub(reply, b"+ACK"))
    assert acknowledgements([event]) == [(None, "")]
    assert event.headers == (("reply-to", reply),)


def test_a_redelivery_is_an_event_of_its_own() -> None:
    first, second = ack_subject(5, order=5), ack_subject(5, delivered=2, order=6)
    events = session(
        msg("a", b"1", first), pub(first, b"-NAK"), msg("a", b"1", second), pub(second), pub(second)
    )
    assert [(one.redeliveries, one.acknowledgement) for one in events] == [(0, "nack"), (1, "ack")]
    assert [one.fingerprint[-1] for one in events] == [0, 1]


def test_consumers_as_they_were_made() -> None:
    subjects = [ack_subject(number, consumer="bulk") for number in (1, 2, 3)]
    other = ack_subject(1, consumer="Xy3")
    events = session(
        CREATED,
        api_answer("bulk", durable_name="bulk", ack_policy="all"),
        CREATED,
        api_answer("Xy3", ack_policy="none"),
        msg("a", b"other", other),
        *(msg("a", b"bulk", subject) for subject in subjects),
        pub(subjects[1], b"+ACK"),
        pub(subjects[2], b"-NAK"),
    )
    assert acknowledgements(events) == [(1, ""), (1, "ack"), (2, "ack"), (3, "nack")]
    assert events[0].client == BASE
    assert events[1].client[-1].value == "bulk"


def test_what_is_said_to_jetstream_and_to_the_system_is_no_event() -> None:
    assert not session(
        pub("$JS.API.STREAM.INFO.ORDERS", b"", "_INBOX.x.1"),
        msg("_INBOX.x.1", b"[]"),
        pub("$SYS.REQ.USER.INFO", b""),
        pub("$JS.FC.ORDERS.x", b""),
        msg("$JS.EVENT.ADVISORY.x", b"{}"),
        ("s", headed("HMSG", "_INBOX.x.2 1", b"NATS/1.0 404 No Messages\r\n\r\n")),
        ("s", headed("HMSG", "d.x 1", b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Stream: 1\r\n\r\n")),
        pub("$JS.API.CONSUMER.MSG.NEXT.ORDERS.mail", b"1", "_INBOX.x.3"),
        ("s", headed("HMSG", "_INBOX.x.3 1", b"NATS/1.0 408 Request Timeout\r\n\r\n")),
        "server_eof",
    )


@pytest.mark.parametrize("end", ["client_eof", "server_eof", "client_reset", "server_reset"])
def test_what_waits_is_told_at_the_end_once(end: str) -> None:
    events = session(
        msg("a", b"1", ack_subject(1)),
        pub("b", b"2", "_INBOX.x.1"),
        ("c", b"PUB c 10\r\nhalf"),
        end,
        "client_eof",
        "server_reset",
    )
    assert sorted(payloads(events)) == [b"1", b"2"]


def test_at_most_a_thousand_wait() -> None:
    deliveries = b"".join(msg("a", b"1", ack_subject(number))[1] for number in range(1, 1200))
    events = once([*OPENED, ("s", deliveries)], Limits()).events
    assert [event.sequence for event in events] == list(range(1, 200))
    requests = b"".join(pub("a", b"1", f"_INBOX.x.{number}")[1] for number in range(1200))
    assert len(once([*OPENED, ("c", requests)], Limits()).events) == 200


def test_few_long_ones_wait() -> None:
    seen = once([*OPENED, *(msg("a", b"1" * 990, ack_subject(number)) for number in range(1, 11))])
    assert [event.sequence for event in seen.events] == list(range(1, 8))
    assert 2000 < seen.held <= 4000


def test_a_reply_subject_used_again() -> None:
    events = session(pub("a", b"1", "r"), pub("a", b"2", "r"), msg("r", b'{"stream":"S","seq":3}'))
    assert acknowledgements(events) == [(None, ""), (3, "ack")]
