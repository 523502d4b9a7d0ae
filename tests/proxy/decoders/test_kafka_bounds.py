"""Kafka connections that are broken, hostile or too large."""

from __future__ import annotations

import struct
from functools import cache
from uuid import UUID

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders import held, kafka_calls, kafka_fetches
from proxy.decoders.decoder import Limits, Reason
from proxy.decoders.kafka_records import INFLATED_LIMIT_BYTES
from proxy.raw import RawEvent
from tests.proxy.decoders.broker_playing import Sent
from tests.proxy.decoders.kafka_playing import (
    LIMITS,
    METADATA,
    OFFSET_COMMIT,
    OPENED,
    PRODUCE,
    TRANSACTIONAL,
    Record,
    bare_reply,
    bare_request,
    batch,
    fetch,
    fetched,
    framed,
    metadata,
    once,
    played,
    produce,
    produced,
    reply,
    request,
    session,
    signed,
)
from tests.proxy.decoders.playing import Step, bytewise

XERIAL = b"\x82SNAPPY\0"
ROOM = Limits(body_bytes=100_000, head_bytes=4096)
LONG = 4 * LIMITS.body_bytes + LIMITS.head_bytes


def contents(events: list[RawEvent]) -> list[bytes | None]:
    return [None if one.payload is None else one.payload.data for one in events]


def delivered(*data: bytes) -> list[RawEvent]:
    """What fetched batches give, and one more that can be read in any case."""
    return session(
        fetch(("a", 0, 0), correlation=1),
        fetched(("a", 0, b"".join(data)), correlation=1),
        fetch(("a", 0, 0), correlation=2),
        fetched(("a", 0, batch(b"next")), correlation=2),
    )


def flaws(events: list[RawEvent]) -> list[tuple[bytes | None, tuple[str, ...]]]:
    return list(zip(contents(events), [one.flaws for one in events], strict=True))


def longer(step: Sent, data: bytes = b"?") -> Sent:
    """The same frame with bytes behind its end."""
    return step[0], framed(step[1][4:] + data)


def nulled(step: Sent) -> Sent:
    """The same frame, which ends in an empty array, with none at all."""
    assert step[1][-2:] == b"\1\0"
    return step[0], step[1][:-2] + b"\0\0"


def test_a_reply_with_bytes_too_many_is_left_out() -> None:
    events = session(
        produce(("a", 0, batch(b"1")), correlation=1),
        longer(produced(("a", 0, 5), correlation=1)),
        produce(("a", 0, batch(b"2")), correlation=2),
        produced(("a", 0, 6), correlation=2),
    )
    assert [(one.acknowledgement, one.flaws) for one in events] == [
        ("", ("frame-undecoded",)),
        ("acks=all", ()),
    ]


@pytest.mark.parametrize(
    "unread",
    [
        longer(produce(("a", 0, batch(b"1")), acks=0, correlation=1)),
        longer(produce(("a", 0, batch(b"1")), acks=0, correlation=1), b"?" * LONG),
        bare_request(PRODUCE, 2, 1),
    ],
)
@pytest.mark.parametrize("has_reply", [False, True])
def test_a_publishing_request_that_is_not_read_may_have_a_reply(unread: Sent, has_reply: bool) -> None:
    steps = [unread, produce(("a", 0, batch(b"2")), correlation=2)]
    steps += [bare_reply(1)] if has_reply else []
    (event,) = session(*steps, produced(("a", 0, 5), correlation=2))
    assert event.acknowledgement == "acks=all"
    assert event.flaws[0] in {"frame-undecoded", "frame-too-large"}


def test_a_fetch_that_is_not_read_leaves_its_reply_readable() -> None:
    events = session(
        longer(fetch(("a", 0, 5), correlation=1)),
        fetched(("a", 0, batch(b"1")), correlation=1),
        longer(request(OFFSET_COMMIT, 8, 2, topics=[])),
        reply(OFFSET_COMMIT, 8, 2, topics=[]),
    )
    assert flaws(events) == [(b"1", ("frame-undecoded",))]


@pytest.mark.parametrize(
    "steps",
    [
        [bare_request(METADATA, 12, 1), nulled(metadata())],
        [request(OFFSET_COMMIT, 8, topics=[]), nulled(reply(OFFSET_COMMIT, 8))],
        [fetch(correlation=1), nulled(fetched())],
    ],
)
def test_an_array_that_must_be_there_and_is_null(steps: list[Sent]) -> None:
    (event,) = session(*steps, produce(("a", 0, batch(b"1")), acks=0, correlation=2))
    assert event.flaws == ("frame-undecoded",)


def test_a_frame_that_is_too_large_is_passed_over() -> None:
    events = session(
        fetch(("a", 0, 0), correlation=1),
        fetched(("a", 0, batch(b"x" * (LONG + 1))), correlation=1),
        fetch(("a", 0, 0), correlation=2),
        fetched(("a", 0, batch(b"next")), correlation=2),
    )
    assert flaws(events) == [(b"next", ("frame-too-large",))]


def test_a_frame_that_is_just_not_too_large() -> None:
    step = fetched(("a", 0, batch(b"x" * (LONG - 200))))
    assert LONG - 200 < len(step[1]) <= LONG
    (event,) = session(fetch(("a", 0, 0)), step)
    assert event.payload is not None
    assert (len(event.payload.data), event.payload.size) == (1_000, LONG - 200)


def test_batches_that_are_not_read_are_left_out() -> None:
    wrong_checksum = bytearray(batch(b"1"))
    wrong_checksum[-1] ^= 1
    old = struct.pack(">qiIBb", 0, 20, 0, 1, 0) + bytes(14)
    short = struct.pack(">qiib", 0, 20, 0, 2) + bytes(15)
    cases = (bytes(wrong_checksum), old, short, batch(b"1", attributes=5), batch(b"1", attributes=1))
    for data in cases:
        assert flaws(delivered(batch(b"0"), data, batch(b"2"))) == [
            (b"0", ()),
            (b"2", ("records-undecoded",)),
            (b"next", ()),
        ]


def test_what_comes_before_a_record_that_is_none_counts() -> None:
    data = bytearray(batch(b"one", b"two"))
    data[-5] = 0x7F  # the length of the last value
    assert flaws(delivered(signed(data))) == [(b"one", ()), (b"next", ("records-undecoded",))]


def test_the_last_batch_may_be_cut() -> None:
    cut = batch(b"x" * 100)[:-1]
    assert flaws(delivered(batch(b"0"), cut)) == [(b"0", ()), (b"next", ())]
    assert flaws(delivered(batch(b"0"), b"\0" * 11)) == [(b"0", ()), (b"next", ())]
    negative = struct.pack(">qiib", 0, -1, 0, 2) + bytes(60)
    assert flaws(delivered(batch(b"0"), negative)) == [(b"0", ()), (b"next", ())]


def recoded(codec: int, records: bytes) -> bytes:
    """A batch whose records were compressed to these bytes."""
    data = bytearray(batch(b"x")[:61] + records)
    struct.pack_into(">i", data, 8, len(data) - 12)
    data[22] |= codec
    return signed(data)


@cache
def bomb(codec: int) -> bytes:
    zeros = bytes(INFLATED_LIMIT_BYTES + 1)
    modules = {1: cramjam.gzip, 3: cramjam.lz4, 4: cramjam.zstd}
    return bytes(cramjam.snappy.compress_raw(zeros) if codec == 2 else modules[codec].compress(zeros))


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_bombs(codec: int) -> None:
    data = recoded(codec, bomb(codec))
    large = Limits(body_bytes=1_000_000, head_bytes=4096)
    steps: list[Step] = [
        *OPENED,
        fetch(("a", 0, 0)),
        fetched(("a", 0, data + batch(b"2"))),
    ]
    assert flaws(once(steps, large).events) == [(b"2", ("records-undecoded",))]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "records", [b"", b"\xff" * 30, b"\x82SNAPPY\0" + bytes(10), b"\x82SNAPPY\0" + b"\xff" * 20]
)
def test_what_does_not_inflate(codec: int, records: bytes) -> None:
    assert flaws(delivered(recoded(codec, records))) == [(b"next", ("records-undecoded",))]


def test_what_inflates_to_much_is_read() -> None:
    zeros = batch(bytes(INFLATED_LIMIT_BYTES // 2), codec=4)
    (event,) = session(fetch(("a", 0, 0)), fetched(("a", 0, zeros)))
    assert event.payload is not None
    assert event.payload.size == INFLATED_LIMIT_BYTES // 2


def test_a_head_of_a_record_that_is_too_large() -> None:
    record: Record = (b"k" * 4_000, b"v", [("h", b"x" * 200)])
    assert [(one.key, one.headers, one.flaws) for one in delivered(batch(record))] == [
        (None, (), ("head-too-large",)),
        (None, (), ()),
    ]


def test_what_is_no_text_is_hexadecimal() -> None:
    record: Record = (b"\xff\0", b"v", [("h", b"\xfe")])
    event, _ = delivered(batch(record))
    assert (event.key, event.headers) == ("ff00", (("h", "fe"),))


@pytest.mark.parametrize("time", [-1, 2**62])
def test_times_that_are_none(time: int) -> None:
    event, _ = delivered(batch(b"v", times=[time]))
    assert event.published_at is None


def test_publications_wait_within_bounds() -> None:
    data = batch(b"x" * 500)
    count = 4 * LIMITS.body_bytes // len(data)
    steps = [produce(("a", 0, data), correlation=n) for n in range(count + 2)]
    seen = played(*OPENED, *steps)
    assert [one.acknowledgement for one in seen.events] == [""] * 2
    assert 0 < seen.held <= 4 * LIMITS.body_bytes + 100
    replies = [produced(("a", 0, n), correlation=n) for n in range(count + 2)]
    events = session(*steps, *replies)
    assert [one.sequence for one in events] == [None, None, *range(2, count + 2)]
    assert [one.fingerprint[2] for one in events] == list(range(count + 2))


def test_not_too_many_publications_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 2)
    events = session(*(produce(("a", 0, batch(b"%d" % n)), correlation=n) for n in range(3)))
    assert contents(events) == [b"0"]


def test_too_many_requests_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_calls, "MAX_CALLS", 3)
    seen = played(*OPENED, *(bare_request(2, 1, n) for n in range(4)))
    assert seen.opaque == (Reason.TOO_MANY, 1)


def test_requests_wait_that_ask_for_too_much() -> None:
    places = [{"partition_index": n, "committed_offset": 1} for n in range(50)]
    commits = [request(OFFSET_COMMIT, 8, n, topics=[{"name": "a", "partitions": places}]) for n in range(2)]
    assert played(*OPENED, *commits).opaque == (Reason.TOO_MANY, 1)


def test_not_too_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_fetches, "MAX_PARTITIONS", 1)
    monkeypatch.setattr(kafka_fetches, "MAX_TOPICS", 1)
    ids = [UUID(int=n) for n in (1, 2)]
    events = session(
        bare_request(METADATA, 12, 1),
        metadata((ids[0], "one"), (ids[1], "two"), correlation=1),
        fetch((ids[0], 0, 9), (ids[1], 0, 9), version=13, correlation=2),
        fetched((ids[0], 0, batch(b"1")), (ids[1], 0, batch(b"2")), version=13, correlation=2),
    )
    assert [(one.channel, content) for one, content in zip(events, contents(events), strict=True)] == [
        (str(ids[0]), b"1")
    ]


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=200)), max_size=6), st.booleans())
def test_random_bytes(steps: list[tuple[str, bytes]], opened: bool) -> None:
    once([*(OPENED if opened else []), *steps, "client_eof"])


@cache
def conversation() -> list[Step]:
    records: list[Record] = [(b"k", b"v" * n, [("h", b"x")]) for n in range(4)]
    data = batch(*records, producer_id=4, attributes=TRANSACTIONAL)
    packed = batch(*records, codec=4, base_offset=4)
    commit = [{"name": "a", "partitions": [{"partition_index": 0, "committed_offset": 3}]}]
    return [
        *OPENED,
        bare_request(METADATA, 12, 1),
        metadata((None, "a"), correlation=1),
        produce(("a", 0, data), correlation=2),
        produce(("a", 0, packed), correlation=3, version=3),
        produced(("a", 0, 0), correlation=2),
        produced(("a", 0, 4), correlation=3, version=3),
        fetch(("a", 0, 0), correlation=4),
        fetched(("a", 0, data + packed), correlation=4, aborted=[(4, 0)]),
        request(OFFSET_COMMIT, 8, 5, group_id="g", topics=commit),
        reply(OFFSET_COMMIT, 8, 5, topics=[{"name": "a", "partitions": [{"partition_index": 0}]}]),
        request(17, 0, 6, mechanism="PLAIN"),
        bare_reply(6),
        ("c", framed(b"\0user\0hush")),
        ("s", framed(b"")),
        produce(("b", 0, data), acks=0, correlation=7),
        "client_eof",
    ]


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=4
)


@given(MUTATIONS, st.integers(1, 40))
def test_mutated_sessions(mutations: list[tuple[int, int, int]], size: int) -> None:
    steps = list(conversation())
    for number, at, value in mutations:
        step = steps[number % len(steps)]
        if isinstance(step, tuple):
            data = bytearray(step[1])
            data[at % len(data)] = value
            steps[number % len(steps)] = (step[0], bytes(data))
    whole = once(steps)
    assert once(bytewise(steps, size)) == whole


@given(st.integers(1, 200))
def test_every_cutting_gives_the_same(size: int) -> None:
    assert once(bytewise(conversation(), size)) == once(conversation())


@given(
    st.lists(st.tuples(st.integers(21, 200), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 4)
)
def test_mutated_records(mutations: list[tuple[int, int]], codec: int) -> None:
    """What is wrong in a batch whose checksum is right does no harm either."""
    records: list[Record] = [(b"k", b"v" * n, [("h", b"x")]) for n in range(6)]
    data = bytearray(batch(*records, codec=codec))
    for at, value in mutations:
        data[21 + at % (len(data) - 21)] = value
    events = delivered(signed(data))
    assert contents(events)[-1] == b"next"


@given(st.binary(max_size=300), st.sampled_from((0, 1, 8, 28)), st.integers(0, 20))
def test_bodies_of_anything(body: bytes, api: int, version: int) -> None:
    head = struct.pack(">hhih", api, version, 1, -1)
    answer: Sent = ("s", framed(struct.pack(">i", 1) + body))
    once([*OPENED, ("c", framed(head + body)), answer, "server_eof"])
    once([*OPENED, fetch(("a", 0, 0)), answer])
    assert once([*OPENED, bare_request(METADATA, version, 1), answer]).opaque is None


def test_room_is_honest() -> None:
    """What is held is told, frame by frame, and nothing after the end."""
    step = produce(("a", 0, batch(b"x" * 50_000)))
    seen = once([*OPENED, (step[0], step[1][:-1])], ROOM)
    assert seen.held >= len(step[1]) - 1
    assert once([*OPENED, step], ROOM).held >= 50_000
    assert once([*OPENED, step, "client_eof"], ROOM).held < 100
