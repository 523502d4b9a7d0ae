"""What is held of a reply, what passes as it comes, and what becomes of replies that cannot be read."""

from __future__ import annotations

import struct
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from random import Random

import pytest
from aiokafka.protocol.types import TaggedFields
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from proxy.splice.kafka_addresses import AddressRewriter
from proxy.splice.kafka_reply import FILLING_TAGS, HELD_LIMIT_BYTES, filling
from tests.proxy.splice.kafka_replies import (
    asked,
    fetched,
    few,
    framed,
    local,
    metadata,
    replaced,
    reply,
    request,
    sent,
    versions,
)


@pytest.mark.parametrize("api", ["fetch", "share_fetch"])
@pytest.mark.parametrize("nodes", [0, 2])
@pytest.mark.parametrize("step", [999, 70_000, 4_000_000])
def test_long_replies_pass_as_they_come_and_lose_their_addresses(api: str, nodes: int, step: int) -> None:
    response = fetched(Random(0).randbytes(2_000_000), api, max(versions(api)), nodes)
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    stream = reply(response, 7)
    given, taken = 0, bytearray()
    for at in range(0, len(stream), step):
        given += len(stream[at : at + step])
        taken += rewriter.server(stream[at : at + step])
        assert given - len(taken) < 100  # held: at most the end with the addresses
    bare = reply(replace(response, node_endpoints=()), 7)[:-1]  # without its tagged fields, which are none
    expected = stream[:4] + bare[4:] + filling(len(stream) - len(bare)) if nodes else stream
    assert taken == expected
    assert rewriter.withheld == bool(nodes)
    assert rewriter.undecoded == 0


def test_the_limit_decides_by_the_reply_and_not_by_how_it_comes() -> None:
    room = HELD_LIMIT_BYTES - len(reply(fetched(bytes(100_000)), 7)) + 100_000
    for size in (room - 1, room, room + 1):
        stream = reply(fetched(bytes(size)), 7)
        results = []
        for step in (len(stream), 40_000):
            rewriter = AddressRewriter(local)
            rewriter.client(asked(fetched(b""), 7))
            pieces = (stream[at : at + step] for at in range(0, len(stream), step))
            results.append((sent(rewriter, pieces), rewriter.withheld, rewriter.undecoded))
        assert results[0] == results[1]
        assert results[0][1:] == (len(stream) > HELD_LIMIT_BYTES, 0)


@pytest.mark.parametrize("step", [5_000, 10_000_000])
def test_more_brokers_than_are_held_pass_and_are_counted(step: int) -> None:
    response = metadata(20_000)
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    stream = reply(response, 7)
    assert sent(rewriter, (stream[at : at + step] for at in range(0, len(stream), step))) == stream
    assert rewriter.undecoded == 1


def test_brokers_are_replaced_before_the_topics_have_come() -> None:
    schema = import_module("kio.schema.metadata.v0.response")
    topic = schema.MetadataResponseTopic(error_code=ErrorCode.none, name="t" * 30_000, partitions=())
    response = replace(metadata(3), topics=(topic,) * 100)
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    stream = reply(response, 7)
    first = rewriter.server(stream[:1000])
    assert len(first) > 1000 - 100
    assert first + rewriter.server(stream[1000:]) == reply(replaced(response), 7)


@few
@given(data=st.data())
def test_every_truncation_passes_and_is_counted(data: st.DataObject) -> None:
    response = data.draw(st.sampled_from([fetched(b"records"), fetched(b"records", "share_fetch", 2)]))
    body = reply(response, 7)[8:]
    for size in range(len(body)):
        rewriter = AddressRewriter(local)
        rewriter.client(asked(response, 7))
        piece = framed(struct.pack("!i", 7), body[:size])
        assert rewriter.server(piece) == piece
        assert rewriter.undecoded == 1


@pytest.mark.parametrize("body", [b"\x00", reply(metadata(1), 7)[8:], b"\xff" * 40])
def test_trailing_bytes_and_wrong_versions_pass(body: bytes) -> None:
    response = fetched(b"records")
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    piece = framed(reply(response, 7)[4:], body)
    assert rewriter.server(piece) == piece
    assert rewriter.undecoded == 1


def test_a_broker_that_stops_within_a_reply_loses_nothing() -> None:
    stream = reply(fetched(b"records"), 7)
    for end in range(len(stream)):
        rewriter = AddressRewriter(local)
        rewriter.client(asked(fetched(b""), 7))
        assert sent(rewriter, iter([stream[:end]])) == stream[:end]


def test_filling_is_tagged_fields_of_the_size() -> None:
    for size in (*range(5, 300), *range(16_380, 16_400)):
        data = BytesIO(filling(size))
        assert set(TaggedFields.decode(data)) <= set(FILLING_TAGS)
        assert data.tell() == size


@pytest.mark.parametrize("host", [b"\xff\xff", b"\x00\x01\xff"])
def test_a_host_that_is_null_or_no_text_passes(host: bytes) -> None:
    rewriter = AddressRewriter(local)
    rewriter.client(request(3, 0, 7))
    broker = struct.pack("!ii", 1, 1) + host + struct.pack("!i", 9092)  # a count, and the node id
    stream = framed(struct.pack("!i", 7), broker, bytes(8))
    assert sent(rewriter, iter([stream])) == stream
    assert rewriter.undecoded == 1


def test_a_field_in_the_kept_part_that_is_longer_than_the_reply_passes() -> None:
    rewriter = AddressRewriter(local)
    rewriter.client(request(1, 18, 7))
    tags = b"\x01\x09\x40"  # one, whose 64 bytes are not there
    stream = framed(struct.pack("!i", 7), bytes(11), b"\x01", tags)
    assert sent(rewriter, iter([stream])) == stream
    assert rewriter.undecoded == 1
