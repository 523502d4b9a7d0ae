"""Kafka's addresses are replaced, and nothing else changes by a byte; kio says what the bytes should be."""

from __future__ import annotations

import struct
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from proxy.splice import kafka_addresses
from proxy.splice.kafka_addresses import AddressRewriter
from tests.proxy.splice.kafka_replies import (
    ADDRESSED,
    KEYS,
    OTHERS,
    asked,
    bytewise,
    cut,
    fetched,
    few,
    framed,
    local,
    metadata,
    replaced,
    reply,
    request,
    response_type,
    sent,
)


@pytest.mark.parametrize(("api", "version"), ADDRESSED)
@few
@given(data=st.data())
def test_exactly_the_addresses_of_a_reply_are_replaced(api: str, version: int, data: st.DataObject) -> None:
    response = data.draw(st.from_type(response_type(api, version)))
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    expected = reply(replaced(response), 7)
    assert sent(rewriter, iter([reply(response, 7)])) == expected
    assert rewriter.undecoded == 0

    in_pieces = AddressRewriter(local)
    in_pieces.client(asked(response, 7))
    places = data.draw(st.lists(st.integers(0, 2000), max_size=8))
    assert sent(in_pieces, cut(reply(response, 7), places)) == expected


@settings(few, max_examples=150)
@given(data=st.data())
def test_all_other_replies_pass_byte_for_byte(data: st.DataObject) -> None:
    response = data.draw(st.from_type(response_type(*data.draw(st.sampled_from(OTHERS)))))
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    piece = reply(response, 7)
    assert rewriter.server(piece) is piece
    assert rewriter.undecoded == 0


@few
@given(data=st.data())
def test_many_replies_in_a_row_in_any_cutting(data: st.DataObject) -> None:
    kinds = st.sampled_from([*ADDRESSED, ("api_versions", 3), ("heartbeat", 4), ("fetch", 12)])
    responses = [
        data.draw(st.from_type(response_type(*kind)))
        for kind in data.draw(st.lists(kinds, min_size=1, max_size=5))
    ]
    rewriter = AddressRewriter(local)
    for piece in cut(
        b"".join(asked(one, number) for number, one in enumerate(responses)),
        data.draw(st.lists(st.integers(0, 100), max_size=8)),
    ):
        rewriter.client(piece)
    stream = b"".join(reply(one, number) for number, one in enumerate(responses))
    expected = b"".join(
        reply(replaced(one) if (one.__api_key__, one.__version__) in KEYS else one, number)
        for number, one in enumerate(responses)
    )
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    assert sent(rewriter, cut(stream, places)) == expected
    assert rewriter.undecoded == 0


def test_byte_by_byte() -> None:
    rewriter = AddressRewriter(local)
    response, other = fetched(b"records"), metadata(3)
    for piece in bytewise(asked(response, 1) + asked(other, 2)):
        rewriter.client(piece)
    stream = reply(response, 1) + reply(other, 2)
    assert sent(rewriter, bytewise(stream)) == reply(replaced(response), 1) + reply(replaced(other), 2)


def test_an_address_that_is_to_stay_leaves_the_bytes_as_they_are() -> None:
    rewriter = AddressRewriter(lambda _, host, port: (host, port))
    response = fetched(b"records")
    rewriter.client(asked(response, 7))
    assert rewriter.server(reply(response, 7)) == reply(response, 7)


def test_no_coordinator_is_no_address() -> None:
    schema = import_module("kio.schema.find_coordinator.v0.response")
    response = schema.FindCoordinatorResponse(error_code=ErrorCode.none, node_id=-1, host="", port=-1)
    rewriter = AddressRewriter(local)
    rewriter.client(asked(response, 7))
    assert rewriter.server(reply(response, 7)) == reply(response, 7)


@pytest.mark.parametrize(
    ("key", "version", "counted"),
    [
        *((0, 14, 1), (1, 19, 1), (3, 14, 1), (10, 7, 1), (60, 3, 1), (78, 0, 1), (79, 3, 1)),
        *((0, 9, 0), (1, 15, 0), (18, 99, 0), (3, -1, 0)),
    ],
)
def test_versions_that_nobody_knows_pass_and_are_counted(key: int, version: int, counted: int) -> None:
    rewriter = AddressRewriter(local)
    rewriter.client(request(key, version, 7))
    piece = framed(struct.pack("!i", 7), b"whatever")
    assert rewriter.server(piece) == piece
    assert rewriter.undecoded == counted


@settings(few, max_examples=300)
@given(st.sampled_from(ADDRESSED), st.binary(max_size=60), st.lists(st.integers(0, 100), max_size=4))
def test_whatever_a_reply_is_the_next_one_is_read(
    kind: tuple[str, int], body: bytes, places: list[int]
) -> None:
    next_one = fetched(b"records")
    rewriter = AddressRewriter(local)
    rewriter.client(request(response_type(*kind).__api_key__, kind[1], 7) + asked(next_one, 8))
    stream = framed(struct.pack("!i", 7), body) + reply(next_one, 8)
    out = sent(rewriter, cut(stream, places))
    assert out.endswith(reply(replaced(next_one), 8))
    if rewriter.undecoded:
        assert out.startswith(framed(struct.pack("!i", 7), body))


def test_requests_without_a_reply_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_addresses, "NOTED_LIMIT", 10)
    rewriter = AddressRewriter(local)
    for number in range(1000):
        rewriter.client(request(0, 13, number))  # acks=0
    response = metadata(1)
    rewriter.client(asked(response, 1000))
    assert len(rewriter._noted) == 10
    assert rewriter.server(reply(response, 1000)) == reply(replaced(response), 1000)
    assert not rewriter._noted


def test_a_large_request_is_skipped() -> None:
    rewriter = AddressRewriter(local)
    body = request(3, 0, 0) * 50_000  # looks like requests, and is the payload of one
    produce = request(0, 9, 6, body)
    response = metadata(1)
    for at in range(0, len(produce), 4096):
        rewriter.client(produce[at : at + 4096])
    rewriter.client(asked(response, 7))
    assert list(rewriter._noted) == [7]


def test_frames_of_sasl_tokens_are_none_of_ours() -> None:
    handshake, token = request(17, 0, 1), framed(b"\x00alice\x00secret")
    response = metadata(1)
    for pieces in (
        iter([handshake + token + framed(b"\x01")]),
        bytewise(handshake + token + framed(b"\x01")),
    ):
        rewriter = AddressRewriter(local)
        for piece in pieces:
            rewriter.client(piece)
        rewriter.client(asked(response, 2))
        answers = framed(struct.pack("!i", 1), b"\x00\x00\x00\x00\x00\x00") + framed() + framed(b"ok")
        assert sent(rewriter, bytewise(answers + reply(response, 2))) == answers + reply(
            replaced(response), 2
        )


def test_what_is_not_kafka_passes_and_is_counted_once() -> None:
    rewriter = AddressRewriter(local)
    for _ in range(3):
        rewriter.client(b"\xff\xff\xff\xff hello")
        assert rewriter.server(b"\xff\xff\xff\xff hello") == b"\xff\xff\xff\xff hello"
    assert rewriter.undecoded == 2  # each direction
