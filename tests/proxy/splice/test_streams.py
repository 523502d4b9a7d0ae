"""Counting HTTP/2 requests by frames: the same as hyper-h2 counts them, however the bytes are cut."""

from __future__ import annotations

import h2.config
import h2.connection
import h2.events
from hypothesis import given
from hypothesis import strategies as st

from proxy.splice.streams import PREFACE, Streams

HEAD = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "h"), ("x-long", "x" * 200)]


class Pair:
    """A client and a server in memory; what each sent is kept."""

    def __init__(self) -> None:
        self.client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.client.initiate_connection()
        self.server.initiate_connection()
        self.sent: list[tuple[bool, bytes]] = []

    def flush(self) -> None:
        for ours, end, other in ((True, self.client, self.server), (False, self.server, self.client)):
            data = end.data_to_send()
            if data:
                self.sent.append((ours, data))
                other.receive_data(data)


@given(
    st.lists(st.sampled_from(["whole", "body", "client-resets", "server-resets", "open"]), max_size=12),
    st.integers(1, 60),
)
def test_requests_and_answers_are_counted(kinds: list[str], size: int) -> None:
    pair = Pair()
    for kind in kinds:
        stream = pair.client.get_next_available_stream_id()
        pair.client.send_headers(stream, HEAD, end_stream=kind == "whole")
        if kind == "body":
            pair.client.send_data(stream, b"x" * 3000, end_stream=True)
        pair.flush()
        if kind in {"whole", "body"}:
            pair.server.send_headers(stream, [(":status", "200")])
            pair.server.send_data(stream, b"y" * 100, end_stream=True)
        elif kind == "client-resets":
            pair.client.reset_stream(stream)
        elif kind == "server-resets":
            pair.server.reset_stream(stream)
        pair.flush()
    pair.flush()
    streams, begun, ended = Streams(), 0, 0
    for client, data in pair.sent:
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            if client:
                more, given_up = streams.client(piece)
                begun, ended = begun + more, ended + given_up
            else:
                ended += streams.server(piece)
    assert begun == len(kinds)
    assert ended == len(kinds) - kinds.count("open")


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=10))
def test_any_bytes_are_counted_somehow(pieces: list[tuple[bool, bytes]]) -> None:
    streams = Streams()
    begun, ended = streams.client(PREFACE)
    for client, data in pieces:
        if client:
            more, given_up = streams.client(data)
            begun, ended = begun + more, ended + given_up
        else:
            ended += streams.server(data)
    assert 0 <= ended <= begun
