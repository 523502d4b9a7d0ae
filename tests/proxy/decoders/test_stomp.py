"""STOMP, frame by frame, by hand after its specifications."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Opaque, Reason
from proxy.decoders.stomp import ROLLED_BACK, StompDecoder
from proxy.raw import RawEvent, Sender
from tests.proxy.decoders.broker_playing import Player, Sent, payloads
from tests.proxy.decoders.playing import ORIGIN, Step, played

EOF: list[Step] = ["client_eof", "server_eof"]


def frame(command: str, body: bytes = b"", /, **headers: str) -> bytes:
    lines = [command, *(f"{name.replace('_', '-')}:{value}" for name, value in headers.items())]
    return "\n".join([*lines, "", ""]).encode() + body + b"\0"


def opened(version: str = "1.2", **headers: str) -> list[Sent]:
    said = {"accept_version": "1.0,1.1,1.2", "host": "/", **headers}
    told = {} if version == "1.0" else {"version": version}
    return [("c", frame("CONNECT", **said)), ("s", frame("CONNECTED", **told) + b"\n")]


PLAYER = Player(
    StompDecoder,
    Limits(body_bytes=1000, head_bytes=2000),
    lambda limits: 9 * limits.head_bytes + 6 * limits.body_bytes,
    opened(),
)
SEND = frame("SEND", b'{"id":1}', destination="/queue/orders", content_type="application/json")


def subscribe(**headers: str) -> Sent:
    return "c", frame("SUBSCRIBE", **{"id": "0", "destination": "/queue/orders", **headers})


def delivery(number: int, **headers: str) -> Sent:
    own = {
        "subscription": "0",
        "message_id": f"m{number}",
        "destination": "/queue/orders",
        "ack": f"a{number}",
    }
    return "s", frame("MESSAGE", b"%d" % number, **{**own, **headers})


def told(events: list[RawEvent]) -> list[tuple[bytes, str]]:
    return [(event.payload.data, event.acknowledgement) for event in events if event.payload]


def session(*steps: Step, version: str = "1.2") -> list[RawEvent]:
    seen = PLAYER.played(*opened(version), *steps)
    assert seen.opaque is None
    return seen.events


def reason(*steps: Step) -> Reason | None:
    seen = PLAYER.played(*steps)
    assert seen.opaque is not None
    assert seen.opaque[1] == 1
    return seen.opaque[0]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_message_is_told_with_its_place_and_what_it_says_of_itself(version: str) -> None:
    more = {"type": "order.paid", "timestamp": "1700000000123", "X_Trace": "7", "persistent": "true"}
    (event,) = session(("c", frame("SEND", b"{}", destination="/topic/orders", **more)), version=version)
    assert (event.sender, event.channel, event.type) == (Sender.CLIENT, "/topic/orders", "order.paid")
    assert event.published_at == 1_700_000_000_123_000_000
    assert event.headers == (("x-trace", "7"), ("persistent", "true"))
    assert (event.link.protocol, event.link.carrier, event.acknowledgement) == ("stomp", None, "")


def test_what_is_sent_with_a_receipt_waits_for_it() -> None:
    asked = [frame("SEND", b"%d" % n, destination="/queue/orders", receipt=f"r{n}") for n in range(3)]
    events = session(
        *(("c", one) for one in asked),
        ("s", frame("RECEIPT", receipt_id="r1")),
        ("s", frame("RECEIPT", receipt_id="nobody's")),
        ("s", frame("ERROR", b"no such queue", receipt_id="r0", message="refused")),
        *EOF,
    )
    assert told(events) == [(b"1", "receipt"), (b"0", "error"), (b"2", "")]
    assert [event.ordinal for event in events] == [1, 0, 2]
    assert [event.acknowledged_at is None for event in events] == [False, False, True]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("mode", ["auto", "client", "client-individual"])
def test_a_delivery_waits_for_what_its_subscription_says(version: str, mode: str) -> None:
    named = {
        "1.0": {"message_id": "m2"},
        "1.1": {"message_id": "m2", "subscription": "0"},
        "1.2": {"id": "a2"},
    }
    events = session(
        subscribe(ack=mode),
        *(delivery(number) for number in range(4)),
        ("c", frame("ACK", **named[version])),
        *EOF,
        version=version,
    )
    words = {
        "auto": ["auto"] * 4,
        "client": ["ack", "ack", "ack", ""],
        "client-individual": ["ack", "", "", ""],
    }
    assert [event.acknowledgement for event in events] == words[mode]
    assert {event.sender for event in events} == {Sender.SERVER}
    if mode == "client-individual":
        assert payloads(events)[0] == b"2"


def test_a_word_on_one_subscription_says_nothing_of_another() -> None:
    events = session(
        subscribe(ack="client"),
        subscribe(id="1", ack="client"),
        delivery(0),
        delivery(1, subscription="1"),
        delivery(2),
        ("c", frame("NACK", id="a2")),
        *EOF,
    )
    assert told(events) == [(b"0", "nack"), (b"2", "nack"), (b"1", "")]


def test_in_1_1_one_message_may_come_to_two_subscriptions() -> None:
    events = session(
        subscribe(ack="client-individual"),
        subscribe(id="1", ack="client-individual"),
        delivery(7),
        delivery(7, subscription="1"),
        ("c", frame("ACK", message_id="m7", subscription="1")),
        ("c", frame("NACK", message_id="m7", subscription="0")),
        version="1.1",
    )
    assert [(event.ordinal, event.acknowledgement) for event in events] == [(1, "ack"), (0, "nack")]


def test_in_1_0_a_subscription_may_have_no_id() -> None:
    events = session(
        ("c", frame("SUBSCRIBE", destination="/queue/orders", ack="client")),
        ("s", frame("MESSAGE", b"1", destination="/queue/orders", message_id="m1")),
        ("c", frame("ACK", message_id="m1")),
        version="1.0",
    )
    assert told(events) == [(b"1", "ack")]


def test_what_comes_after_a_subscription_was_left_says_nothing_of_acknowledgement() -> None:
    events = session(subscribe(), delivery(1), ("c", frame("UNSUBSCRIBE", id="0")), delivery(2))
    assert told(events) == [(b"1", "auto"), (b"2", "")]


def test_a_delivery_says_whether_it_came_before() -> None:
    again = {"true": 1, "false": 0, "maybe": None}
    events = session(subscribe(), *(delivery(n, redelivered=word) for n, word in enumerate(again)))
    assert [event.redeliveries for event in events] == list(again.values())


@pytest.mark.parametrize(("end", "words"), [("COMMIT", ["commit", "ack"]), ("ABORT", ["abort", ""])])
def test_what_is_part_of_a_transaction_waits_for_its_end(end: str, words: list[str]) -> None:
    within = {"transaction": "t1"}
    steps: list[Step] = [
        subscribe(ack="client"),
        delivery(0),
        ("c", frame("BEGIN", **within)),
        ("c", frame("SEND", b"1", destination="/queue/paid", receipt="r", **within)),
        ("s", frame("RECEIPT", receipt_id="r")),
        ("c", frame("ACK", id="a0", **within)),
    ]
    assert not session(*steps)
    events = session(*steps, ("c", frame(end, **within)), *EOF)
    by_payload = dict(told(events))
    assert [by_payload[b"1"], by_payload[b"0"]] == words
    rolled_back = {event.payload.data: event.flaws for event in events if event.payload}
    assert rolled_back == {b"0": (), b"1": (ROLLED_BACK,) if end == "ABORT" else ()}


def test_after_an_abort_a_delivery_may_be_acknowledged_again() -> None:
    events = session(
        subscribe(ack="client"),
        delivery(0),
        ("c", frame("NACK", id="a0", transaction="t")),
        ("c", frame("ABORT", transaction="t")),
        ("c", frame("ACK", id="a0")),
    )
    assert told(events) == [(b"0", "ack")]


@pytest.mark.parametrize(
    ("connect", "on", "names"),
    [
        ({"login": "billing", "passcode": "p"}, {}, ["user:billing"]),
        ({"login": "a-token"}, {}, []),
        ({"client_id": "till-7"}, {}, ["client-id:till-7"]),
        ({}, {"x_queue_name": "invoices"}, ["queue:invoices"]),
        ({"client_id": "c"}, {"durable_subscription_name": "d"}, ["group:d", "client-id:c"]),
        ({}, {"activemq.subscriptionName": "a"}, ["group:a"]),
    ],
)
def test_who_it_is(connect: dict[str, str], on: dict[str, str], names: list[str]) -> None:
    seen = PLAYER.played(*opened(**connect), subscribe(**on), delivery(1))
    (event,) = seen.events
    assert [one.key for one in event.client] == names
    assert all(one.source for one in event.client)


def test_headers_are_escaped_from_1_1_on() -> None:
    line = b"SEND\ndestination:/queue/a\nx-note:a\\cb\\\\c\\nd\\re\\t\n\n\0"
    expected = "a:b\\c\nd\re\\t"
    assert session(("c", line))[0].headers == (("x-note", expected),)
    assert session(("c", line), version="1.0")[0].headers == (("x-note", "a\\cb\\\\c\\nd\\re\\t"),)


def test_of_a_repeated_header_the_first_counts_and_lines_may_end_in_crlf() -> None:
    line = b"\r\n\nSEND\r\ndestination:/queue/a\r\nX:1\r\nX:2\r\n\r\nhi\0\r\n"
    (event,) = session(("c", line))
    assert (event.headers, payloads([event])) == ((("x", "1"),), [b"hi"])


def test_large_messages_are_cut_and_say_so() -> None:
    body = b"x" * 5000
    counted = frame("SEND", body + b"\0y", destination="/queue/a", content_length="5002")
    events = session(("c", frame("SEND", body, destination="/queue/a")), ("c", counted))
    assert [(event.payload.data, event.payload.size) for event in events if event.payload] == [
        (body[:1000], 5000),
        (body[:1000], 5002),
    ]


def test_many_small_messages_in_one_segment() -> None:
    many = b"".join(frame("SEND", b"%d" % n, destination="/queue/a") + b"\n" * (n % 3) for n in range(300))
    assert payloads(session(("c", many))) == [b"%d" % n for n in range(300)]


def test_more_than_may_wait_goes_without_a_word_oldest_first() -> None:
    many = [("c", frame("SEND", b"x" * 500, destination="/a", receipt=f"r{n}", n=f"{n}")) for n in range(20)]
    events = session(*many, ("s", frame("RECEIPT", receipt_id="r0")), *EOF)
    assert [dict(event.headers)["n"] for event in events] == [str(n) for n in range(20)]
    assert {event.acknowledgement for event in events} == {""}


@pytest.mark.parametrize("steps", [[("c", SEND)], [("s", delivery(1)[1])], [("s", frame("RECEIPT"))]])
def test_a_conversation_that_began_before_is_not_guessed_at(steps: list[Step]) -> None:
    assert reason(*steps) is Reason.OTHER_PROTOCOL


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x10\x0c\0\x04MQTT\x04", b'{"type":"x"}', b"CONNECTX\n\n\0", b"C" * 50],
)
def test_another_protocol_is_not_read(start: bytes) -> None:
    assert reason(("c", start)) is Reason.OTHER_PROTOCOL


@pytest.mark.parametrize(
    "garbage",
    [
        b"PUBLISH\ndestination:/a\n\n\0",
        b"\xff\xfe",
        b"SEND\nno colon\n\n\0",
        b"SEND\n:nameless\n\n\0",
        b"SEND\nx:\xff\n\n\0",
        b"SEND\nbody:but no destination\n\n\0",
        b"SEND\ndestination:/a\ncontent-length:2\n\nabc\0",
        b"SEND\ndestination:/a\ncontent-length:-1\n\n\0",
        b"SEND\ndestination:/a\ncontent-length:9999999999999999\n\n\0",
        b"ACK\nid:1\n\nbody\0",
        b"MESSAGE\ndestination:/a\n\n\0",
    ],
)
def test_garbage_ends_the_reading_and_nothing_that_was_there_before(garbage: bytes) -> None:
    waiting = frame("SEND", b"1", destination="/a", receipt="r")
    seen = PLAYER.played(*opened(), ("c", SEND), ("c", waiting), ("c", garbage))
    assert seen.opaque == (Reason.MALFORMED, 1)
    assert told(seen.events) == [(b'{"id":1}', ""), (b"1", "")]


def test_a_head_without_end_is_not_kept() -> None:
    assert reason(*opened(), ("c", b"SEND\nx:" + b"y" * 2100)) is Reason.TOO_LARGE


def test_subscriptions_without_end_are_not_kept() -> None:
    many = [subscribe(id=f"{n}", selector="x" * 500) for n in range(20)]
    assert reason(*opened(), *many) is Reason.TOO_LARGE


@pytest.mark.parametrize("header", ["receipt", "transaction", "destination"])
def test_what_names_a_message_that_waits_counts_with_it(header: str) -> None:
    decoder = StompDecoder(ORIGIN, PLAYER.limits)
    own = [{"destination": "/a", "receipt": f"{n}", header: f"{'x' * 900}{n}"} for n in range(50)]
    many = [("c", frame("SEND", **headers)) for headers in own]
    told = played(decoder, [*opened(), *many]).events
    assert len(told) > 45
    assert decoder.held_bytes > 900


def test_a_subscription_that_is_left_or_made_anew_takes_no_more_room() -> None:
    decoder = StompDecoder(ORIGIN, PLAYER.limits)
    played(decoder, opened())
    empty = decoder.held_bytes
    played(decoder, [subscribe()])
    one = decoder.held_bytes
    played(decoder, [subscribe()] * 100)
    assert decoder.held_bytes == one > empty
    played(decoder, [("c", frame("UNSUBSCRIBE", id="0"))] * 2)
    assert decoder.held_bytes == empty


def test_missing_bytes_end_the_reading() -> None:
    with pytest.raises(Opaque) as ended:
        StompDecoder(ORIGIN, PLAYER.limits).gap(1)
    assert ended.value.reason is Reason.UNSYNCHRONISED


def test_a_refused_client_says_nothing() -> None:
    steps: list[Step] = [opened()[0], ("s", frame("ERROR", b"who are you?", message="bad login")), *EOF]
    assert PLAYER.played(*steps)[:2] == ([], None)


def test_a_connection_that_is_lost_in_the_middle_of_a_frame() -> None:
    waiting = frame("SEND", b"1", destination="/a", receipt="r")
    assert told(session(("c", waiting), ("c", SEND[:30]), "client_reset")) == [(b"1", "")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("cs"),
            st.sampled_from([SEND, subscribe()[1], delivery(1)[1], frame("ACK", id="a1"), b"\n"])
            | st.binary(max_size=20),
        ),
        max_size=8,
    ),
    st.integers(1, 30),
)
def test_any_bytes_end_in_events_or_opaque(pieces: list[Sent], size: int) -> None:
    PLAYER.played(*opened(), *pieces, *EOF)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(
    NAMES,
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50),
    st.binary(),
)
def test_what_is_escaped_and_counted_comes_as_it_was_meant(name: str, value: str, body: bytes) -> None:
    def escaped(text: str) -> str:
        for plain, written in (("\\", r"\\"), ("\r", r"\r"), ("\n", r"\n"), (":", r"\c")):
            text = text.replace(plain, written)
        return text

    head = f"SEND\ndestination:/a\ncontent-length:{len(body)}\nn{escaped(name)}:{escaped(value)}\n\n"
    (event,) = session(("c", head.encode() + body + b"\0"))
    assert event.headers == ((f"n{name}".lower(), value),)
    assert event.payload is not None
    assert (event.payload.data, event.payload.size) == (body, len(body))
