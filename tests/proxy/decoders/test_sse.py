"""Server-sent events: what `EventSource` would be given, however the stream is cut."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Origin
from proxy.decoders.http import HttpDecoder
from proxy.decoders.sse import Event, EventStream
from tests.proxy.decoders.playing import in_any_cutting

ORIGIN = Origin(producer="orders", source="here", connection="run-1", peer="10.0.0.9")


def events(*pieces: bytes, limit: int = 1000) -> list[Event]:
    stream = EventStream(limit)
    return [event for piece in pieces for event in stream.feed(piece)]


def plain(found: list[Event]) -> list[tuple[str, bytes, str | None]]:
    return [(event.type, event.data, event.id) for event in found]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [  # the examples of the specification, and its corners
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", b"YHOO\n+2\n10", None)]),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                ("message", b"first event", "1"),
                ("message", b"second event", ""),
                ("message", b" third event", ""),
            ],
        ),
        (b"data:test\n\ndata: test\n\n", [("message", b"test", None)] * 2),
        (b"data\ndata\n\ndata:", [("message", b"\n", None)]),
        (b"event: paid\r\ndata: {}\r\rdata: x\n\n", [("paid", b"{}", None), ("message", b"x", None)]),
        (b"event: unsent\n\ndata: x\n\n", [("message", b"x", None)]),
        (b"\xef\xbb\xbfdata: x\n\n", [("message", b"x", None)]),
        (b"retry: 10\nother: 1\n\n", []),
        (b"id: a\0b\ndata: x\n\n", [("message", b"x", None)]),
        (b"data: not ended", []),
    ],
)
def test_streams(stream: bytes, expected: list[tuple[str, bytes, str | None]]) -> None:
    assert plain(events(stream)) == expected
    assert plain(events(*(bytes([byte]) for byte in stream))) == expected


def test_long_data_is_cut_and_says_so() -> None:
    (event,) = events(b"data: " + b"x" * 5000 + b"\ndata: yy\n\n", limit=10)
    assert (event.data, event.size) == (b"x" * 10, 5003)
    stream = EventStream(10)
    assert list(stream.feed(b"y" * 100_000)) == []
    assert stream.held_bytes < 100


def reference(text: str) -> list[tuple[str, bytes, str | None]]:
    """Read the whole stream at once, as the specification is written."""
    found, kind, data, last = [], "", [], None
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data and "\n".join(data):
                found.append((kind or "message", "\n".join(data).encode(), last))
            kind, data = "", []
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
        elif name == "id":
            last = value
    return found


LINES = st.lists(
    st.tuples(
        st.sampled_from(["data", "event", "id", "", ":", "da", "data: x"]),
        st.sampled_from([":", ": ", ""]),
        st.text("ab: é", max_size=5),
        st.sampled_from(["\n", "\r", "\r\n", "\n\n", "\r\n\r\n"]),
    ).map("".join),
    max_size=12,
)


@given(LINES.map("".join), st.integers(1, 9))
def test_any_stream_in_any_cutting_is_read_as_specified(text: str, size: int) -> None:
    data = text.encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert plain(events(*pieces)) == reference(text)


@pytest.mark.parametrize("chunked", [True, False])
def test_events_pass_before_their_exchange_ends(chunked: bool) -> None:
    body = [b'event: paid\nid: 7\ndata: {"a":1}\n\n', b"data: plain\n\n"]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    if chunked:
        pieces = [b"%x\r\n%s\r\n" % (len(one), one) for one in body]
        answer = [head + b"Transfer-Encoding: chunked\r\n\r\n", *pieces, b"0\r\n\r\n"]
    else:
        answer = [head + b"Connection: close\r\n\r\n", *body]
    ask = b"GET /events HTTP/1.1\r\nHost: h\r\n\r\n"
    steps = [("c", ask), *(("s", piece) for piece in answer), "server_eof"]
    seen = in_any_cutting(lambda: HttpDecoder(ORIGIN, Limits()), steps)
    (exchange,) = seen.exchanges
    assert seen.records[-1] is exchange
    assert [(one.type, one.key, one.payload.data, one.media_type) for one in seen.messages] == [
        ("paid", "7", b'{"a":1}', "application/json"),
        ("message", "7", b"plain", "text/plain"),
    ]
    assert {one.carrier.fingerprint for one in seen.messages} == {exchange.fingerprint}
    assert [one.ordinal for one in seen.messages] == [0, 1]


def test_compressed_streams_are_not_looked_into() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"
    steps = [("c", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), ("s", head + b"data: x\n\n"), "server_eof"]
    seen = in_any_cutting(lambda: HttpDecoder(ORIGIN, Limits()), steps)
    assert seen.messages == []
    assert len(seen.exchanges) == 1
