"""What a client publishes and is delivered over MQTT, and what becomes of it: packets made by hand."""

from __future__ import annotations

import pytest

from proxy.decoders.broker import link_of
from proxy.decoders.decoder import Reason
from proxy.raw import RawEvent, Sender
from tests.proxy.decoders.mqtt_by_hand import (
    EOF,
    PLAIN,
    PUBACK,
    PUBCOMP,
    PUBREC,
    PUBREL,
    begun,
    connack,
    connect,
    in_any_cutting,
    make,
    packet,
    payload,
    properties,
    publish,
    reason_of,
    short,
    text,
    word,
)
from tests.proxy.decoders.playing import ORIGIN, Step, played


@pytest.mark.parametrize("level", [4, 5])
def test_messages_of_both_ends(level: int) -> None:
    none = b"\0" if level == 5 else b""
    sent, got = in_any_cutting(
        [
            *begun(level),
            ("c", publish("a/b", b"one", props=none)),
            ("s", publish("c", b"two", props=none, flags=1)),
        ]
    )
    assert sent == RawEvent(
        link=link_of(ORIGIN, "mqtt"),
        ordinal=0,
        sender=Sender.CLIENT,
        channel="a/b",
        at=1_000_020,
        client=sent.client,
        payload=sent.payload,
        headers=PLAIN,
    )
    assert [(one.basis, one.value, one.source) for one in sent.client] == [
        ("client-id", "shop", "CONNECT client id")
    ]
    assert (payload(sent).data, payload(sent).size) == (b"one", 3)
    assert (got.sender, got.channel, got.fingerprint[2], got.redeliveries) == (Sender.SERVER, "c", 1, None)
    assert got.headers == (("mqtt-qos", "0"), ("mqtt-retain", "true"))


def test_many_messages_in_one_segment() -> None:
    steps = [*begun(), ("s", b"".join(publish(payload=b"%d" % number) for number in range(500)))]
    found = in_any_cutting(steps)
    assert [payload(one).data for one in found] == [b"%d" % number for number in range(500)]
    assert [one.fingerprint[2] for one in found] == list(range(500))


def test_properties_become_headers() -> None:
    props = properties(
        b"\x01\x01",
        b"\x02" + (3600).to_bytes(4),
        b"\x03" + text("application/json"),
        b"\x08" + text("replies/7"),
        b"\x09" + text(b"order-7"),
        b"\x0b\x81\x01",  # subscription identifier 129
        b"\x26" + text("Trace-Id") + text("é"),
        b"\x26" + text("trace-id") + text("again"),
    )
    (event,) = in_any_cutting([*begun(5), ("s", publish(props=props))])
    assert event.headers == (
        ("mqtt-qos", "0"),
        ("payload-format-indicator", "1"),
        ("message-expiry-interval", "3600"),
        ("content-type", "application/json"),
        ("reply-to", "replies/7"),
        ("correlation-id", "order-7"),
        ("trace-id", "é"),
        ("trace-id", "again"),
    )


@pytest.mark.parametrize("value", [b"\xff\0", b"a\nb"])
def test_correlation_data_that_is_no_text_is_told_in_hexadecimal(value: bytes) -> None:
    (event,) = in_any_cutting([*begun(5), ("c", publish(props=properties(b"\x09" + text(value))))])
    assert event.headers[-1] == ("correlation-id", value.hex())


def test_topic_aliases_are_of_one_direction_and_can_change() -> None:
    def aliased(topic: str) -> bytes:
        return publish(topic, props=properties(b"\x23" + short(7)))

    steps: list[Step] = [
        *begun(5),
        ("c", aliased("one") + aliased("")),
        ("s", aliased("two") + aliased("")),
        ("c", aliased("") + aliased("three") + aliased("")),
    ]
    assert [one.channel for one in in_any_cutting(steps)] == [
        "one",
        "one",
        "two",
        "two",
        "one",
        "three",
        "three",
    ]
    assert reason_of([*begun(5), ("c", aliased("one")), ("s", aliased(""))]) is Reason.MALFORMED


def test_user_and_client_but_no_password_and_no_will() -> None:
    for level in (4, 5):
        steps: list[Step] = [
            ("c", connect(level, "shop-7", "shop", "hunter2", will=True)),
            ("s", connack(level)),
        ]
        none = b"\0" if level == 5 else b""
        (event,) = in_any_cutting([*steps, ("c", publish(props=none)), *EOF])
        assert [(one.basis, one.value, one.source) for one in event.client] == [
            ("client-id", "shop-7", "CONNECT client id"),
            ("user", "shop", "CONNECT user name"),
        ]
        assert "hunter2" not in repr(event)


def test_a_user_name_alone_may_be_a_token() -> None:
    steps: list[Step] = [("c", connect(user="A1_TEST_TOKEN")), ("s", connack()), ("c", publish())]
    (event,) = in_any_cutting(steps)
    assert [one.basis for one in event.client] == ["client-id"]


def test_a_client_id_that_the_server_gave() -> None:
    given_id = properties(b"\x12" + text("auto-1"), b"\x22" + short(10))
    steps: list[Step] = [
        ("c", connect(5, "")),
        ("s", connack(5, props=given_id)),
        ("c", publish(props=b"\0")),
    ]
    (event,) = in_any_cutting(steps)
    assert [(one.basis, one.value, one.source) for one in event.client] == [
        ("client-id", "auto-1", "CONNACK assigned client identifier")
    ]


def test_a_share_is_a_group_while_it_is_the_only_one() -> None:
    def ask(first: int, *filters: str, option: bytes = b"\1") -> Step:
        return "c", packet(first, short(9), *(text(one) + option for one in filters))

    def leave(*filters: str) -> Step:
        return ask(0xA2, *filters, option=b"")

    steps: list[Step] = [
        *begun(),
        ask(0x82, "plain/#", "$share/", "$share/x", "$share/billing/orders/#"),
        ("s", packet(0x90, short(9), b"\1\1")),
        ("s", publish()),
        ("c", publish()),
        ask(0x82, "$share/billing/other"),
        ("s", publish()),
        ask(0x82, "$share/audit/orders/#"),
        ("s", publish()),
        leave("$share/audit/orders/#", "$share/unknown/x"),
        ("s", publish()),
        leave("$share/billing/orders/#", "$share/billing/other"),
        ("s", publish()),
    ]
    found = in_any_cutting(steps)
    assert [[one.value for one in event.client] for event in found] == [
        ["billing", "shop"],
        ["shop"],
        ["billing", "shop"],
        ["shop"],
        ["billing", "shop"],
        ["shop"],
    ]
    assert (found[0].client[0].basis, found[0].client[0].source) == ("group", "SUBSCRIBE share name")


# acknowledgements


@pytest.mark.parametrize(("sender", "peer"), ["cs", "sc"])
def test_puback(sender: str, peer: str) -> None:
    message = publish(qos=1, number=5)
    (event,) = in_any_cutting([*begun(), (sender, message), (peer, word(PUBACK, 5)), *EOF])
    assert (event.acknowledgement, event.at, event.acknowledged_at) == ("puback", 1_000_020, 1_000_030)
    assert (event.redeliveries, event.sequence, event.headers) == (0, None, (("mqtt-qos", "1"),))


@pytest.mark.parametrize(("sender", "peer"), ["cs", "sc"])
def test_pubcomp(sender: str, peer: str) -> None:
    steps: list[Step] = [
        *begun(),
        (sender, publish(qos=2, number=5)),
        (peer, word(PUBREC, 5)),
        (sender, word(PUBREL, 5)),
        (peer, word(PUBACK, 5)),  # of nothing
        (peer, word(PUBCOMP, 5)),
    ]
    (event,) = in_any_cutting([*steps, *EOF])
    assert (event.acknowledgement, event.acknowledged_at) == ("pubcomp", 1_000_060)


@pytest.mark.parametrize(
    ("qos", "answer", "told"),
    [
        (1, word(PUBACK, 5, 0x10), "puback"),
        (1, word(PUBACK, 5, 0x87), "puback 0x87"),
        (1, word(PUBACK, 5, 0x97, 0), "puback 0x97"),
        (2, word(PUBREC, 5, 0x83, 0), "pubrec 0x83"),
        (2, word(PUBCOMP, 5, 0x92), "pubcomp 0x92"),
    ],
)
def test_reason_codes(qos: int, answer: bytes, told: str) -> None:
    steps: list[Step] = [*begun(5), ("c", publish(qos=qos, number=5, props=b"\0")), ("s", answer)]
    (event,) = in_any_cutting(steps)
    assert event.acknowledgement == told


def test_messages_come_when_they_are_acknowledged_and_the_others_at_the_end() -> None:
    steps: list[Step] = [
        *begun(),
        ("c", publish(payload=b"0", qos=1, number=1) + publish(payload=b"1", qos=1, number=2)),
        ("s", publish(payload=b"2", qos=1, number=1) + word(PUBACK, 2)),
        ("c", publish(payload=b"3")),
        *EOF,
        "client_reset",
        "server_reset",
    ]
    found = in_any_cutting(steps)
    assert [(payload(one).data, one.acknowledgement, one.fingerprint[2]) for one in found] == [
        (b"1", "puback", 1),
        (b"3", "", 3),
        (b"0", "", 0),
        (b"2", "", 2),
    ]


@pytest.mark.parametrize("end", ["client_eof", "server_eof", "client_reset", "server_reset"])
def test_a_connection_lost_in_the_middle_of_a_packet(end: str) -> None:
    steps: list[Step] = [*begun(), ("s", publish(qos=1) + publish()[:-1]), end]
    (event,) = in_any_cutting(steps)
    assert (event.acknowledgement, event.acknowledged_at) == ("", None)


def test_what_waits_is_told_before_the_reading_ends() -> None:
    seen = played(make(), [*begun(), ("c", publish(qos=1)), ("s", b"\0")])
    assert [one.channel for one in seen.events] == ["orders"]
    assert seen.opaque is not None


def test_a_message_sent_again() -> None:
    again = publish(qos=1, number=5, flags=8)
    steps: list[Step] = [*begun(), ("s", publish(qos=1, number=5)), ("s", again), ("c", word(PUBACK, 5))]
    found = in_any_cutting(steps)
    assert [(one.redeliveries, one.acknowledgement) for one in found] == [(0, ""), (1, "puback")]
