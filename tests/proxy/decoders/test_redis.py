"""Redis connections by hand: pub/sub, transactions, and who the client is.

Streams, odd bytes and real clients have files of their own beside this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxy.decoders.decoder import Instant, Reason
from proxy.decoders.redis import RedisDecoder
from proxy.raw import Sender
from store.records import Identity
from tests.proxy.decoders.broker_playing import payloads
from tests.proxy.decoders.playing import ORIGIN, bytewise
from tests.proxy.decoders.redis_playing import (
    ENTRY,
    HELLO_3,
    LIMITS,
    NOW,
    PUBLISHED,
    Push,
    cmd,
    once,
    played,
    reply,
    session,
)

if TYPE_CHECKING:
    from tests.proxy.decoders.playing import Step


def test_a_published_message() -> None:
    (event,) = session(*PUBLISHED)
    assert (event.producer, event.source, event.link.connection) == ("orders", "here", "run-1")
    assert (event.peer, event.client_certificate, event.lane) == ("10.0.0.9", "CN=c", ORIGIN.lane)
    assert (event.protocol, event.sender, event.channel, event.at) == ("redis", Sender.CLIENT, "news", NOW)
    assert event.fingerprint == ("orders", "run-1", 0)
    assert payloads([event]) == [b"hello"]
    assert (event.headers, event.client, event.flaws) == ((), (), ())
    assert (event.key, event.acknowledgement, event.redeliveries) == (None, "", None)


def test_what_was_refused_was_not_published() -> None:
    steps = [cmd("PUBLISH news a"), cmd("SPUBLISH news b"), cmd("PUBLISH news"), cmd("PUBLISH news c")]
    assert payloads(session(*steps, reply("-NOPERM no", 0, "-ERR number of arguments", 1))) == [b"b", b"c"]


def test_ordinary_traffic_is_passed_over_and_not_kept() -> None:
    value = b"x" * 1_000_000  # far beyond what may be kept
    steps = [
        cmd("SET", "a", value),
        cmd("GET a"),
        cmd("JSON.GET a"),
        cmd("LRANGE l 0 -1"),
        *PUBLISHED[:1],
        cmd("HGETALL h"),
        reply("OK", value, None, [b"a", [1, None, b"b"], []], 2, {b"a": [b"b", value]}),
        *PUBLISHED,
    ]
    seen = once(bytewise(steps, 1_001))
    assert payloads(seen.events) == [b"hello", b"hello"]
    assert seen == once(steps)
    assert seen.held == 0


def test_every_type_of_resp3_is_passed_over() -> None:
    odd = b"#t\r\n,3.1\r\n(123\r\n_\r\n=7\r\ntxt:abc\r\n~2\r\n:1\r\n:2\r\n%1\r\n+a\r\n*-1\r\n*0\r\n"
    steps: list[Step] = [*(cmd("GET a") for _ in range(8)), ("s", odd), *PUBLISHED]
    assert len(session(*HELLO_3, *steps)) == 1


def test_inline_commands() -> None:
    line = b"\r\nping\r\n  publish news 'two words' \r\nSET \"a b\" 1\n"
    (event,) = session(("c", line), reply("PONG", 0, "OK"))
    assert (event.channel, payloads([event])) == ("news", [b"two words"])


def test_empty_commands_have_no_reply() -> None:
    assert len(session(("c", b"*0\r\n*-1\r\n\r\n" + PUBLISHED[0][1]), reply(1))) == 1


def test_subscribed_in_resp2() -> None:
    events = session(
        cmd("GET a"),
        cmd("SUBSCRIBE news sport"),
        cmd("PSUBSCRIBE n*"),
        cmd("SSUBSCRIBE shard"),
        reply(None, [b"subscribe", b"news", 1], [b"message", b"news", b"1"], [b"subscribe", b"sport", 2]),
        reply([b"psubscribe", b"n*", 3], [b"ssubscribe", b"shard", 1]),
        reply([b"message", b"news", b"2"], [b"pmessage", b"n*", b"news", b"2"]),
        reply([b"smessage", b"shard", b"\xff"], [b"message", b"__redis__:invalidate", [b"a"]]),
        cmd("PING"),
        reply([b"pong", b""]),
        cmd("UNSUBSCRIBE"),
        cmd("PUNSUBSCRIBE n*"),
        cmd("SUNSUBSCRIBE"),
        reply([b"unsubscribe", b"news", 2], [b"message", b"sport", b"3"], [b"unsubscribe", b"sport", 1]),
        reply([b"punsubscribe", b"n*", 0], [b"sunsubscribe", b"shard", 0]),
        cmd("UNSUBSCRIBE"),
        reply([b"unsubscribe", None, 0]),
        cmd("LRANGE l 0 -1"),
        reply([b"message", b"news", b"a list's items"]),
        *PUBLISHED,
    )
    assert [(event.sender, event.channel) for event in events] == [
        *((Sender.SERVER, channel) for channel in ("news", "news", "news", "shard", "sport")),
        (Sender.CLIENT, "news"),
    ]
    assert payloads(events) == [b"1", b"2", b"2", b"\xff", b"3", b"hello"]


def test_a_channel_taken_away_is_no_reply() -> None:
    events = session(
        cmd("SSUBSCRIBE a b"),
        reply([b"ssubscribe", b"a", 1], [b"ssubscribe", b"b", 2], [b"sunsubscribe", b"a", 1]),
        cmd("SUNSUBSCRIBE"),
        reply([b"sunsubscribe", b"b", 0]),
        *PUBLISHED,
    )
    assert len(events) == 1


def test_subscribed_in_resp3() -> None:
    events = session(
        *HELLO_3,
        cmd("SUBSCRIBE news"),
        cmd("SUBSCRIBE"),
        cmd("GET a"),
        reply(Push([b"invalidate", [b"k"]]), Push([b"subscribe", b"news", 1]), "-ERR arguments"),
        reply(Push([b"message", b"news", b"1"]), b"value", Push([b"invalidate", None]), Push([])),
        cmd("LRANGE l 0 -1"),
        *PUBLISHED[:1],
        reply([b"message", b"news", b"a list's items"], Push([b"message", b"news", b"hello"]), 1),
        cmd("UNSUBSCRIBE"),
        reply(Push([b"unsubscribe", b"news", 0])),
    )
    assert [(event.sender, event.payload and event.payload.data) for event in events] == [
        (Sender.SERVER, b"1"),
        (Sender.SERVER, b"hello"),
        (Sender.CLIENT, b"hello"),
    ]


def test_a_refused_subscription() -> None:
    assert len(session(cmd("SUBSCRIBE a b"), reply("-NOPERM no"), *PUBLISHED)) == 1
    assert played(cmd("SUBSCRIBE a"), reply(7)).opaque == (Reason.OTHER_PROTOCOL, 1)


def test_a_transaction_is_told_when_it_was_carried_out() -> None:
    begun = [cmd("MULTI"), cmd("PUBLISH a 1"), cmd("GET k"), cmd("XADD s * f v"), cmd("CLIENT SETNAME n")]
    queued = reply("OK", *["QUEUED"] * 4)
    for outcome, count in (([3, None, ENTRY, "OK"], 2), ([3, None, "-WRONGTYPE no", "OK"], 1)):
        events = session(*begun, queued, cmd("EXEC"), reply(outcome), *PUBLISHED)
        assert len(events) == count + 1
        assert events[-1].client[0].value == "n"
    for ended, word in ((None, "EXEC"), ("-EXECABORT no", "EXEC"), ("OK", "DISCARD")):
        (event,) = session(*begun, queued, cmd(word), reply(ended), *PUBLISHED)
        assert (event.channel, event.client) == ("news", ())
    assert played(*begun, queued, cmd("EXEC"), reply([1])).opaque == (Reason.MALFORMED, 1)


def test_transactions_at_the_end_of_the_connection() -> None:
    begun = [cmd("MULTI"), cmd("PUBLISH a 1"), reply("OK", "QUEUED")]
    assert session(*begun, "server_eof") == []
    assert len(session(*begun, cmd("EXEC"), "server_eof")) == 1


def test_transactions_without_consequence() -> None:
    steps = [cmd("MULTI"), cmd("GET a"), cmd("MULTI"), cmd("EXEC"), cmd("EXEC"), cmd("DISCARD")]
    replies = reply("OK", "QUEUED", "-ERR nested", [b"a"], "-ERR without MULTI", "-ERR without MULTI")
    assert len(session(*steps, replies, *PUBLISHED)) == 1


def test_replies_that_the_client_did_not_want() -> None:
    events = session(
        cmd("CLIENT REPLY SKIP"),
        cmd("PUBLISH a 1"),
        cmd("PUBLISH a 2"),
        reply(1),
        cmd("CLIENT REPLY OFF"),
        cmd("PUBLISH a 3"),
        cmd("XADD s * f v"),
        cmd("GET a"),
        cmd("MULTI"),
        cmd("PUBLISH a 4"),
        cmd("EXEC"),
        cmd("SUBSCRIBE c"),
        reply([b"subscribe", b"c", 1]),
        cmd("CLIENT REPLY OFF"),
        reply("-ERR not while subscribed"),
        cmd("UNSUBSCRIBE"),
        reply([b"unsubscribe", b"c", 0]),
        cmd("CLIENT REPLY ON"),
        cmd("CLIENT REPLY what"),
        reply("OK", "-ERR syntax"),
        *PUBLISHED,
    )
    assert payloads(events) == [b"1", b"2", b"3", b'{"f":"v"}', b"4", b"hello"]


@pytest.mark.parametrize("word", ["SUBSCRIBE a", "CLIENT REPLY OFF"])
def test_commands_whose_place_in_a_transaction_s_reply_is_unknown(word: str) -> None:
    assert once([cmd("MULTI"), cmd(word)]).opaque == (Reason.UNSYNCHRONISED, 1)


def test_who_the_client_is() -> None:
    events = session(
        *PUBLISHED,
        cmd("HELLO 3 AUTH alice hush SETNAME billing"),
        reply({b"proto": 3}),
        *PUBLISHED,
        cmd("AUTH bob hush"),
        cmd("CLIENT SETNAME mail"),
        cmd("CLIENT GETNAME"),
        reply("OK", "OK", b"mail"),
        *PUBLISHED,
        cmd("AUTH mallory hush"),
        cmd("HELLO 9 SETNAME x"),
        cmd("HELLO"),
        cmd("AUTH a b c"),
        reply("-WRONGPASS no", "-NOPROTO no", {b"proto": 3}, "-ERR arguments"),
        *PUBLISHED,
        cmd("AUTH hush"),
        cmd("CLIENT", "SETNAME", ""),
        reply("OK", "OK"),
        *PUBLISHED,
    )
    alice = Identity(basis="user", value="alice", source="HELLO AUTH user")
    billing = Identity(basis="connection-name", value="billing", source="HELLO SETNAME")
    bob = Identity(basis="user", value="bob", source="AUTH user")
    mail = Identity(basis="connection-name", value="mail", source="CLIENT SETNAME")
    assert [set(event.client) for event in events] == [
        set(),
        {alice, billing},
        {bob, mail},
        {bob, mail},
        set(),
    ]


def test_credentials_are_not_kept() -> None:
    decoder = RedisDecoder(ORIGIN, LIMITS)
    for _, data in (cmd("AUTH hush1"), cmd("AUTH alice hush2"), cmd("HELLO 3 AUTH alice hush3 SETNAME n")):
        list(decoder.client_data(data, Instant(0, 0)))
    parts = [decoder, decoder._replies, decoder._events, decoder._readers[Sender.CLIENT]]
    assert "hush" not in str([vars(part) for part in parts])


def test_reset() -> None:
    (event,) = session(
        *HELLO_3,
        cmd("CLIENT SETNAME n"),
        cmd("SUBSCRIBE a"),
        cmd("CLIENT REPLY OFF"),
        cmd("MULTI"),
        cmd("PUBLISH a 1"),
        cmd("RESET"),
        reply("OK", Push([b"subscribe", b"a", 1]), "RESET"),
        cmd("LRANGE l 0 -1"),
        reply([b"message", b"a", b"1"]),
        *PUBLISHED,
    )
    assert (event.channel, event.client) == ("news", ())


@pytest.mark.parametrize("word", ["MONITOR", "SYNC", "PSYNC ? -1"])
def test_what_is_no_client_s_connection_any_more_is_not_read(word: str) -> None:
    seen = played(cmd("PUBLISH a 1"), cmd(word), reply("OK", "1700000000.5 [0 127.0.0.1:1] ping"))
    assert (payloads(seen.events), seen.opaque) == ([b"1"], (None, 0))


@pytest.mark.parametrize("error", ["-MOVED 3999 10.0.0.2:6379", "-ASK 3999 10.0.0.2:6379"])
def test_being_sent_elsewhere(error: str) -> None:
    events = session(cmd("GET a"), cmd("XADD s * f v"), reply(error, error), *PUBLISHED, *PUBLISHED)
    assert [event.flaws for event in events] == [("moved",), ()]
