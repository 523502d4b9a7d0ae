"""Kafka connections by hand. Real clients have a file of their own beside this."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from kio.schema.errors import ErrorCode

from proxy.decoders.decoder import Limits, Reason
from proxy.raw import RawEvent, Sender
from store.records import Identity
from tests.proxy.decoders.broker_playing import Sent
from tests.proxy.decoders.kafka_playing import (
    API_VERSIONS,
    CONTROL,
    FETCH,
    METADATA,
    OFFSET_COMMIT,
    OPENED,
    PRODUCE,
    TRANSACTIONAL,
    TXN_OFFSET_COMMIT,
    Record,
    bare_reply,
    bare_request,
    batch,
    fetch,
    fetched,
    framed,
    metadata,
    played,
    produce,
    produced,
    reply,
    request,
    session,
)
from tests.proxy.decoders.playing import Step

JOIN_GROUP, HEARTBEAT, SYNC_GROUP, ADD_OFFSETS_TO_TXN, GROUP_HEARTBEAT = 11, 12, 14, 25, 68
SASL_HANDSHAKE, SASL_AUTHENTICATE = 17, 36
SHOP = Identity(basis="client-id", value="shop", source="client id")
TOPIC_ID = UUID(int=7)


def contents(events: list[RawEvent]) -> list[bytes | None]:
    return [None if one.payload is None else one.payload.data for one in events]


def test_a_published_record() -> None:
    record = (b"k", b'{"a":1}', [("Content-Type", b"application/json"), ("none", None)])
    (event,) = session(produce(("orders", 3, batch(record))), produced(("orders", 3, 41)))
    assert (event.producer, event.source, event.link.connection) == ("orders", "here", "run-1")
    assert (event.peer, event.client_certificate, event.protocol) == ("10.0.0.9", "CN=c", "kafka")
    assert (event.sender, event.channel, event.partition, event.sequence) == (Sender.CLIENT, "orders", 3, 41)
    assert (event.at, event.published_at) == (1_000, 1_700_000_000_000_000_000)
    assert (event.acknowledgement, event.acknowledged_at) == ("acks=all", 1_000)
    assert contents([event]) == [b'{"a":1}']
    assert event.headers == (("content-type", "application/json"), ("none", ""))
    assert (event.key, event.fingerprint, event.client) == ("k", ("orders", "run-1", 0), (SHOP,))
    assert (event.redeliveries, event.flaws) == (None, ())


def test_each_record_has_its_own_offset() -> None:
    events = session(
        produce(("a", 0, batch(b"1", b"2")), ("b", 1, batch(b"3")), acks=1),
        produced(("b", 1, 7), ("a", 0, 40)),
    )
    assert [(one.channel, one.partition, one.sequence) for one in events] == [
        ("a", 0, 40),
        ("a", 0, 41),
        ("b", 1, 7),
    ]
    assert {one.acknowledgement for one in events} == {"acks=1"}
    assert [one.fingerprint[2] for one in events] == [0, 1, 2]


def test_without_acknowledgement_nothing_waits_and_no_reply_comes() -> None:
    seen = played(*OPENED, produce(("a", 0, batch(b"1")), acks=0), bare_request(2, 1, 5), bare_reply(5))
    assert [(one.acknowledgement, one.acknowledged_at, one.sequence) for one in seen.events] == [
        ("acks=0", None, None)
    ]
    assert seen.opaque is None


def test_a_refused_record_has_the_word_for_why() -> None:
    (event,) = session(
        produce(("a", 0, batch(b"1"))), produced(("a", 0, -1), error=ErrorCode.not_leader_or_follower)
    )
    assert (event.acknowledgement, event.sequence) == ("NOT_LEADER_OR_FOLLOWER", None)
    assert event.acknowledged_at == 1_000


def test_a_reply_that_leaves_a_partition_out_says_nothing_of_it() -> None:
    (event,) = session(produce(("a", 0, batch(b"1"))), produced(("b", 0, 3)))
    assert (event.acknowledgement, event.acknowledged_at, event.sequence) == ("", None, None)


@pytest.mark.parametrize("end", ["client_eof", "server_eof", "client_reset", "server_reset"])
def test_what_waits_at_the_end_is_told_once(end: str) -> None:
    events = session(produce(("a", 0, batch(b"1", b"2"))), end, "server_eof")
    assert [(one.acknowledgement, one.sequence) for one in events] == [("", None)] * 2


def test_a_reply_after_the_client_has_ended_is_still_a_reply() -> None:
    seen = played(*OPENED, produce(("a", 0, batch(b"1"))), "client_eof", produced(("a", 0, 1)), bare_reply(3))
    assert (contents(seen.events), seen.opaque) == ([b"1"], (Reason.MALFORMED, 1))


def test_pipelined_requests_are_answered_in_order() -> None:
    events = session(
        produce(("a", 0, batch(b"1")), correlation=1),
        bare_request(10, 2, 2),
        produce(("a", 0, batch(b"2")), correlation=3),
        produced(("a", 0, 5), correlation=1),
        bare_reply(2),
        produced(("a", 0, 6), correlation=3),
    )
    assert [(content, one.sequence) for content, one in zip(contents(events), events, strict=True)] == [
        (b"1", 5),
        (b"2", 6),
    ]


@pytest.mark.parametrize("version", [4, 7, 11, 12])
def test_fetched_records(version: int) -> None:
    events = session(
        fetch(("a", 2, 40), version=version),
        fetched(("a", 2, batch(b"old", b"new", None, base_offset=39)), version=version),
    )
    assert contents(events) == [b"new", None]
    assert [(one.sender, one.channel, one.partition, one.sequence) for one in events] == [
        (Sender.SERVER, "a", 2, 40),
        (Sender.SERVER, "a", 2, 41),
    ]
    assert {(one.acknowledgement, one.at, one.client) for one in events} == {("", 1_000, (SHOP,))}


def test_a_session_remembers_what_was_asked_for() -> None:
    """A request of a session names only what changes (KIP-227)."""
    data = batch(*[b"%d" % n for n in range(10)], base_offset=10)
    events = session(
        fetch(("a", 0, 18), ("a", 1, 19), correlation=1, session_epoch=0),
        fetched(("a", 0, data), correlation=1),
        fetch(("a", 0, 19), correlation=2, session_epoch=1),
        fetched(("a", 1, data), ("a", 0, data), correlation=2),
        fetch(correlation=3, session_epoch=2, forgotten_topics_data=[{"topic": "a", "partitions": [1]}]),
        fetched(("a", 0, data), ("a", 1, batch(b"x")), correlation=3),
    )
    assert contents(events) == [b"8", b"9", b"9", b"9", b"9", b"x"]


def test_topics_by_their_ids() -> None:
    events = session(
        fetch((TOPIC_ID, 0, 0), version=13, correlation=1),
        fetched((TOPIC_ID, 0, batch(b"early")), version=13, correlation=1),
        bare_request(METADATA, 12, 2),
        metadata((TOPIC_ID, "orders"), (None, "x"), (UUID(int=9), None), correlation=2),
        fetch((TOPIC_ID, 0, 1), version=16, correlation=3),
        fetched((TOPIC_ID, 0, batch(b"late", base_offset=1)), version=16, correlation=3),
    )
    assert [(one.channel, one.flaws) for one in events] == [
        (str(TOPIC_ID), ("topic-unknown",)),
        ("orders", ()),
    ]


def test_published_to_a_topic_by_its_id() -> None:
    sent = {"topic_id": TOPIC_ID, "partition_data": [{"index": 0, "records": batch(b"1")}]}
    told = {"topic_id": TOPIC_ID, "partition_responses": [{"index": 0, "base_offset": 4}]}
    (event,) = session(
        bare_request(METADATA, 12, 2),
        metadata((TOPIC_ID, "orders"), correlation=2),
        request(PRODUCE, 13, acks=-1, topic_data=[sent]),
        reply(PRODUCE, 13, responses=[told]),
    )
    assert (event.channel, event.sequence, event.acknowledgement) == ("orders", 4, "acks=all")


def test_control_batches_are_no_events() -> None:
    marker: Record = (b"\0\0\0\1", b"\0\0\0\0\0\0", [])
    data = batch(b"1", attributes=TRANSACTIONAL, producer_id=5) + batch(
        marker, base_offset=1, attributes=CONTROL | TRANSACTIONAL, producer_id=5
    )
    events = session(fetch(("a", 0, 0)), fetched(("a", 0, data)))
    assert contents(events) == [b"1"]


def test_records_of_aborted_transactions() -> None:
    def of(producer: int, value: bytes, offset: int, attributes: int = TRANSACTIONAL) -> bytes:
        return batch(value, base_offset=offset, producer_id=producer, attributes=attributes)

    marker = TRANSACTIONAL | CONTROL
    data = b"".join(
        (
            of(5, b"before", 10),
            of(5, b"aborted", 11),
            of(6, b"another", 12),
            of(5, b"plain", 13, 0),
            of(5, b"marker", 14, marker),
            of(5, b"after", 15),
            of(6, b"aborted too", 16),
        )
    )
    events = session(fetch(("a", 0, 0)), fetched(("a", 0, data), aborted=[(6, 16), (5, 11)]))
    assert [one.flaws for one in events] == [(), ("aborted",), (), (), (), ("aborted",)]
    assert contents(events)[1] == b"aborted"


@pytest.mark.parametrize("api", [OFFSET_COMMIT, TXN_OFFSET_COMMIT])
def test_commits(api: int) -> None:
    version = {OFFSET_COMMIT: 8, TXN_OFFSET_COMMIT: 3}[api]
    places = [{"partition_index": n, "committed_offset": offset} for n, offset in enumerate((7, 8, 0))]
    errors = (ErrorCode.none, ErrorCode.unknown_member_id, ErrorCode.none)
    told = [{"partition_index": n, "error_code": error} for n, error in enumerate(errors)]
    (event,) = session(
        request(api, version, group_id="billers", topics=[{"name": "a", "partitions": places}]),
        reply(api, version, topics=[{"name": "a", "partitions": told}]),
    )
    assert (event.sender, event.channel, event.partition, event.sequence) == (Sender.SERVER, "a", 0, 6)
    assert (event.acknowledgement, event.acknowledged_at, event.payload) == ("commit", 1_000, None)
    assert [(one.basis, one.value) for one in event.client] == [("group", "billers"), ("client-id", "shop")]


@pytest.mark.parametrize(
    ("api", "version"), [(JOIN_GROUP, 6), (HEARTBEAT, 4), (14, 5), (25, 3), (GROUP_HEARTBEAT, 1)]
)
def test_the_group_is_known_once_it_was_named(api: int, version: int) -> None:
    event, later = session(
        fetch(("a", 0, 0), correlation=1),
        fetched(("a", 0, batch(b"1")), correlation=1),
        request(api, version, 2, group_id="billers"),
        bare_reply(2),
        fetch(("a", 0, 1), correlation=3),
        fetched(("a", 0, batch(b"2", base_offset=1)), correlation=3),
    )
    assert event.client == (SHOP,)
    assert [one.value for one in later.client] == ["billers", "shop"]
    assert later.client[0].source.endswith(" group id")


def user_of(*steps: Sent) -> list[str]:
    (event,) = session(*steps, produce(("a", 0, batch(b"1")), acks=0, correlation=99))
    assert "hush" not in repr(event)
    return [f"{one.value} ({one.source})" for one in event.client if one.basis == "user"]


JWT = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"none"}', b'{"sub":"billing"}'))
"""A token but for its signature."""


def handshake(mechanism: str, version: int = 1) -> list[Sent]:
    return [request(SASL_HANDSHAKE, version, 1, mechanism=mechanism), bare_reply(1)]


def token(data: bytes, version: int = 2) -> list[Sent]:
    return [request(SASL_AUTHENTICATE, version, 2, auth_bytes=data), bare_reply(2)]


@pytest.mark.parametrize(
    ("mechanism", "sent", "user"),
    [
        ("PLAIN", b"\0alice\0hush", ["alice (SASL PLAIN user)"]),
        ("PLAIN", b"admin\0alice\0hush", ["alice (SASL PLAIN user)"]),
        ("PLAIN", b"hush", []),
        ("SCRAM-SHA-256", b"n,,n=al=2Cice=3D,r=hush", ["al,ice= (SASL SCRAM-SHA-256 user)"]),
        ("SCRAM-SHA-512", b"n,a=x,n=bob,r=hush", ["bob (SASL SCRAM-SHA-512 user)"]),
        ("SCRAM-SHA-512", b"c=biws,r=hush,p=hush", []),
        ("OAUTHBEARER", b"n,,\1auth=Bearer hush\1\1", []),
        (
            "OAUTHBEARER",
            b"n,,\1auth=Bearer " + JWT + b".hush\1traceId=1\1\1",
            ["billing (SASL OAUTHBEARER user)"],
        ),
        ("OAUTHBEARER", b"n,,\1auth=Basic " + JWT + b".hush\1\1", []),
        ("OAUTHBEARER", b"\1", []),
        ("AWS_MSK_IAM", b'{"x-amz-signature": "hush"}', []),
    ],
)
def test_the_user_of_a_handshake(mechanism: str, sent: bytes, user: list[str]) -> None:
    assert user_of(*handshake(mechanism), *token(sent)) == user


@pytest.mark.parametrize("version", [0, 1, 2])
def test_every_version_of_a_token(version: int) -> None:
    assert user_of(*handshake("PLAIN"), *token(b"\0alice\0hush", version)) == ["alice (SASL PLAIN user)"]


def test_another_handshake_on_the_same_connection() -> None:
    """Clients authenticate themselves anew before what they showed is no longer good (KIP-368)."""
    first, again = token(b"n,,n=alice,r=hush"), token(b"n,,n=bob,r=hush")
    last = token(b"c=biws,r=hush,p=hush")
    scram = "SCRAM-SHA-256"
    assert user_of(*handshake(scram), *first, *last) == ["alice (SASL SCRAM-SHA-256 user)"]
    said = user_of(*handshake(scram), *first, *last, *handshake(scram), *again, *last)
    assert said == ["bob (SASL SCRAM-SHA-256 user)"]


def test_tokens_without_a_head() -> None:
    """What follows `SaslHandshake` version 0."""
    plain: list[Sent] = [("c", framed(b"\0alice\0hush")), ("s", framed(b""))]
    assert user_of(*handshake("PLAIN", 0), *plain) == ["alice (SASL PLAIN user)"]
    scram: list[Sent] = [
        ("c", framed(b"n,,n=bob,r=hush")),
        ("s", framed(b"r=hush,s=x,i=1")),
        ("c", framed(b"c=biws,r=hush,p=hush")),
        ("s", framed(b"v=hush")),
    ]
    assert user_of(*handshake("SCRAM-SHA-256", 0), *scram) == ["bob (SASL SCRAM-SHA-256 user)"]
    bearer = b"n,,\1auth=Bearer " + JWT + b".hush\1\1"
    oauth: list[Sent] = [("c", framed(bearer)), ("s", framed(b""))]
    assert user_of(*handshake("OAUTHBEARER", 0), *oauth) == ["billing (SASL OAUTHBEARER user)"]
    seen = played(*OPENED, *handshake("GSSAPI", 0))
    assert seen.opaque == (Reason.UNSYNCHRONISED, 1)


@pytest.mark.parametrize(
    "step",
    [
        ("c", b"GET / HTTP/1.1\r\n\r\n"),
        ("c", b"\x16\x03\x01\x02\x00\x01\x00"),
        ("c", b"AMQP\0\0\x09\x01"),
        ("c", b"*1\r\n$4\r\nPING\r\n"),
        ("c", b"\0\0\0\x29\0\3\0\0user\0postgres\0database\0postgres\0\0\0\0\0\0\0"),
        ("c", framed(b"\x12\x34\0\0\0\0\0\1\xff\xff")),
        ("c", framed(b"\0\x12\x12\x34\0\0\0\1\xff\xff")),
        ("c", framed(b"")),
        ("s", framed(b"\0\0\0\1more")),
        ("s", b"\x4a\0\0\0\x0a8.0.1"),
        ("s", framed(b"")),
    ],
)
def test_other_protocols(step: Step) -> None:
    assert played(step).opaque == (Reason.OTHER_PROTOCOL, 1)


def test_in_mid_stream() -> None:
    """The reply that comes first is to a request that was not seen."""
    seen = played(bare_request(FETCH, 1, 8), bare_reply(7))
    assert seen.opaque == (Reason.OTHER_PROTOCOL, 1)
    assert played(("c", bytes(range(100)))).opaque is None, "a long frame may still come"


def test_a_broken_connection() -> None:
    for steps in (
        (bare_request(3, 1, 2), bare_reply(3)),
        (bare_reply(1),),
        (("c", b"\xff\xff\xff\xff"),),
        (("c", framed(b"x")),),
        (bare_request(3, 1, 2), ("s", framed(b"xy"))),
    ):
        assert played(*OPENED, *steps).opaque == (Reason.MALFORMED, 1)


def test_what_waits_is_told_before_a_connection_is_given_up() -> None:
    seen = played(*OPENED, produce(("a", 0, batch(b"1"))), bare_reply(5))
    assert (contents(seen.events), seen.opaque) == ([b"1"], (Reason.MALFORMED, 1))


def test_a_connection_lost_in_mid_frame() -> None:
    side, data = produce(("a", 0, batch(b"1", b"2")))
    seen = played(*OPENED, (side, data[:-3]), "client_reset")
    assert (seen.events, seen.opaque) == ([], None)
    side, data = fetched(("a", 0, batch(b"1", b"2")))
    seen = played(*OPENED, fetch(("a", 0, 0)), (side, data[:-3]), "server_eof", "client_eof")
    assert (seen.events, seen.opaque) == ([], None)


def test_a_server_that_cannot_be_reached() -> None:
    assert played("refused").events == []


@pytest.mark.parametrize("codec", range(5))
def test_a_large_record_is_cut(codec: int) -> None:
    (event,) = session(fetch(("a", 0, 0)), fetched(("a", 0, batch(b"x" * 3_000, codec=codec))))
    assert event.payload is not None
    assert (len(event.payload.data), event.payload.size) == (1_000, 3_000)


def test_many_frames_in_one_segment() -> None:
    count = 300
    requests = b"".join(produce(("a", 0, batch(b"%d" % n)), correlation=n)[1] for n in range(count))
    replies = b"".join(produced(("a", 0, n), correlation=n)[1] for n in range(count))
    events = session(("c", requests), ("s", replies), limits=Limits(body_bytes=100_000, head_bytes=4096))
    assert [(one.sequence, content) for one, content in zip(events, contents(events), strict=True)] == [
        (n, b"%d" % n) for n in range(count)
    ]


def test_api_versions_in_any_version() -> None:
    """Its reply has a head of version 0 always, and only its correlation id is read."""
    seen = played(bare_request(API_VERSIONS, 9, 1), bare_reply(1))
    assert seen.opaque is None
