"""HTTP/2 between hyper-h2's own ends: what they say of a session, the decoder says."""

from __future__ import annotations

from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import hpack
import pytest
from hyperframe.frame import ContinuationFrame, DataFrame, HeadersFrame, PushPromiseFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Origin, Reason
from proxy.decoders.http import HttpDecoder
from proxy.decoders.http2 import PREFACE
from store.records import Outcome
from tests.proxy.decoders.playing import Step, bytewise, in_any_cutting, played, untimed

ORIGIN = Origin(producer="orders", source="here", connection="run-1", peer="10.0.0.9")
LIMITS = Limits(body_bytes=5000, head_bytes=20_000, in_flight=8)
Fields = list[tuple[str, str]]


def make() -> HttpDecoder:
    return HttpDecoder(ORIGIN, LIMITS)


def request(path: str = "/orders/1", method: str = "GET", *more: tuple[str, str]) -> Fields:
    return [(":method", method), (":scheme", "http"), (":authority", "shop"), (":path", path), *more]


class Ends:
    """A client and a server; what they send are the steps, and what they were told is kept."""

    def __init__(self) -> None:
        config = h2.config.H2Configuration
        self.client = h2.connection.H2Connection(config(client_side=True, header_encoding="latin-1"))
        self.server = h2.connection.H2Connection(config(client_side=False, header_encoding="latin-1"))
        self.steps: list[Step] = []
        self.heard: dict[tuple[str, int], dict[str, Any]] = {}
        self.client.initiate_connection()
        self.server.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Until neither end has anything to say."""
        while True:
            said = [("c", self.client.data_to_send()), ("s", self.server.data_to_send())]
            if not any(data for _, data in said):
                return
            for side, data in said:
                if data:
                    self.steps.append((side, data))
                    other = self.server if side == "c" else self.client
                    for event in other.receive_data(data):
                        self._hear(side, event, other)

    def _hear(self, side: str, event: Any, end: Any) -> None:
        number = getattr(event, "stream_id", None)
        if not number:
            return
        heard = self.heard.setdefault(
            (side, number), {"head": [], "body": b"", "trailers": [], "ended": False}
        )
        if isinstance(event, h2.events.RequestReceived | h2.events.ResponseReceived):
            heard["head"] = [tuple(field) for field in event.headers]
        elif isinstance(event, h2.events.TrailersReceived):
            heard["trailers"] = [tuple(field) for field in event.headers]
        elif isinstance(event, h2.events.DataReceived):
            heard["body"] += event.data
            end.acknowledge_received_data(event.flow_controlled_length, number)
        elif isinstance(event, h2.events.StreamEnded):
            heard["ended"] = True


def fields(head: Fields, *, pseudo: bool) -> Fields:
    return [field for field in head if field[0].startswith(":") is pseudo]


NAMES = st.text("abcdefgh-", min_size=1, max_size=9).map("x-{}".format)
HEADERS = st.lists(st.tuples(NAMES, st.text("abc 123/;=", max_size=40).map(str.strip)), max_size=5)
BODIES = st.binary(max_size=300) | st.integers(1, 30_000).map(lambda size: b"z" * size)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "path": st.text("/abc?=&", max_size=20).map("/{}".format),
            "headers": HEADERS,
            "body": BODIES,
            "request_trailers": st.booleans(),
            "status": st.sampled_from(["200", "201", "204", "404", "500"]),
            "answer": HEADERS,
            "content": BODIES,
            "answer_trailers": st.booleans(),
            "informed": st.booleans(),
            "padding": st.integers(0, 60),
        }
    ),
    min_size=1,
    max_size=6,
)


def held(ends: Ends, calls: list[dict[str, Any]]) -> list[int]:
    """All calls at once: every request begins before the first is answered."""
    numbers = []
    for call in calls:
        number = ends.client.get_next_available_stream_id()
        numbers.append(number)
        more = bool(call["body"]) or call["request_trailers"]
        ends.client.send_headers(number, request(call["path"], "POST", *call["headers"]), end_stream=not more)
        send(
            ends,
            ends.client,
            number,
            call["body"],
            trailers=call["request_trailers"],
            padding=call["padding"],
        )
    ends.flush()
    for number, call in zip(reversed(numbers), reversed(calls), strict=True):
        if call["informed"]:
            ends.server.send_headers(number, [(":status", "103"), ("link", "</a>")])
        more = bool(call["content"]) or call["answer_trailers"]
        ends.server.send_headers(number, [(":status", call["status"]), *call["answer"]], end_stream=not more)
        send(ends, ends.server, number, call["content"], trailers=call["answer_trailers"], padding=0)
        ends.flush()
    return numbers


def send(ends: Ends, end: Any, number: int, data: bytes, *, trailers: bool, padding: int) -> None:
    while data:
        size = min(1000, len(data))
        while end.local_flow_control_window(number) < size + padding + 1:
            ends.flush()
        piece, data = data[:size], data[size:]
        padded = {"pad_length": padding} if padding else {}
        end.send_data(number, piece, end_stream=not data and not trailers, **padded)
    if trailers:
        end.send_headers(number, [("grpc-status", "0")], end_stream=True)


@given(CALLS, st.integers(1, 400))
def test_what_h2_heard_is_read(calls: list[dict[str, Any]], size: int) -> None:
    ends = Ends()
    numbers = held(ends, calls)
    seen = played(make(), ends.steps)
    assert seen.opaque is None
    by_ordinal = {one.fingerprint[-1]: one for one in seen.exchanges}
    assert len(by_ordinal) == len(calls)
    for number in numbers:
        exchange = by_ordinal[(number + 1) // 2]
        asked, answered = ends.heard["c", number], ends.heard["s", number]
        assert asked["ended"]
        assert answered["ended"]
        assert dict(fields(asked["head"], pseudo=True))[":path"] == exchange.target
        assert list(exchange.request_headers) == fields(asked["head"], pseudo=False)
        assert list(exchange.response_headers) == fields(answered["head"], pseudo=False)
        assert dict(answered["head"])[":status"] == str(exchange.status)
        assert list(exchange.request_trailers) == asked["trailers"]
        assert list(exchange.response_trailers) == answered["trailers"]
        for raw, heard in ((exchange.request_body, asked), (exchange.response_body, answered)):
            assert (raw.size if raw else 0) == len(heard["body"])
            assert (raw.data if raw else b"") == heard["body"][:5000]
        assert exchange.outcome is Outcome.COMPLETE
    assert untimed(played(make(), bytewise(ends.steps, size))) == untimed(seen)


def test_one_exchange_is_whole() -> None:
    ends = Ends()
    ends.client.send_headers(
        1, request("/a?b=c", "GET", ("cookie", "a=1"), ("cookie", "b=2")), end_stream=True
    )
    ends.flush()
    ends.server.send_headers(1, [(":status", "200"), ("content-type", "application/json")])
    ends.server.send_data(1, b"{}", end_stream=True)
    ends.flush()
    (exchange,) = in_any_cutting(make, ends.steps).exchanges
    assert (exchange.protocol, exchange.method, exchange.target) == ("http/2", "GET", "/a?b=c")
    assert (exchange.scheme, exchange.authority, exchange.status) == ("http", "shop", 200)
    assert exchange.request_headers == (("cookie", "a=1; b=2"),)
    assert exchange.request_ns is not None
    assert exchange.wait_ns is not None
    assert exchange.duration_ns is not None
    assert exchange.request_ns <= exchange.wait_ns <= exchange.duration_ns


@pytest.mark.parametrize(
    ("by", "outcome"), [("client", Outcome.CLIENT_CLOSED), ("server", Outcome.SERVER_CLOSED)]
)
def test_a_reset_ends_one_stream(by: str, outcome: Outcome) -> None:
    ends = Ends()
    for number in (1, 3):
        ends.client.send_headers(number, request(f"/{number}"), end_stream=True)
    ends.flush()
    getattr(ends, by).reset_stream(1)
    ends.server.send_headers(3, [(":status", "204")], end_stream=True)
    ends.flush()
    seen = in_any_cutting(make, ends.steps)
    assert [(one.target, one.outcome) for one in seen.exchanges] == [
        ("/1", outcome), ("/3", Outcome.COMPLETE)
    ]  # fmt: skip


def test_an_answer_before_the_end_of_the_request_is_whole() -> None:
    ends = Ends()
    ends.client.send_headers(1, request(method="POST"))
    ends.flush()
    ends.server.send_headers(1, [(":status", "413")], end_stream=True)
    ends.server.reset_stream(1, 0)
    ends.flush()
    (exchange,) = in_any_cutting(make, ends.steps).exchanges
    assert (exchange.status, exchange.outcome, exchange.flaws) == (
        413,
        Outcome.COMPLETE,
        ("request-incomplete",),
    )


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("client_reset", Outcome.CLIENT_CLOSED),
        ("server_reset", Outcome.SERVER_CLOSED),
        ("server_eof", Outcome.SERVER_CLOSED),
        ("refused", Outcome.REFUSED),
    ],
)
def test_the_end_of_the_connection_ends_every_stream(event: str, outcome: Outcome) -> None:
    ends = Ends()
    for number in (1, 3):
        ends.client.send_headers(number, request(), end_stream=True)
    ends.flush()
    seen = in_any_cutting(make, [*ends.steps, event])
    assert [one.outcome for one in seen.exchanges] == [outcome] * 2


def test_a_tunnel_is_opaque_and_the_connection_goes_on() -> None:
    ends = Ends()
    ends.server.update_settings({h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
    ends.flush()
    ends.client.send_headers(1, [*request("/chat", "CONNECT"), (":protocol", "websocket")])
    ends.flush()
    ends.server.send_headers(1, [(":status", "200")])
    ends.server.send_data(1, b"\x81\x02hi")
    ends.client.send_headers(3, request(), end_stream=True)
    ends.flush()
    ends.server.send_headers(3, [(":status", "204")], end_stream=True)
    ends.flush()
    seen = in_any_cutting(make, ends.steps)
    assert [one.outcome for one in seen.exchanges] == [Outcome.OPAQUE, Outcome.COMPLETE]


def test_events_pass_before_their_exchange_ends() -> None:
    ends = Ends()
    ends.client.send_headers(1, request("/events"), end_stream=True)
    ends.flush()
    ends.server.send_headers(1, [(":status", "200"), ("content-type", "text/event-stream")])
    ends.server.send_data(1, b"event: paid\ndata: 1\n\nda")
    ends.flush()
    ends.server.send_data(1, b"ta: 2\n\n", end_stream=True)
    ends.flush()
    seen = in_any_cutting(make, ends.steps)
    assert [(one.type, one.payload.data) for one in seen.messages] == [("paid", b"1"), ("message", b"2")]
    (exchange,) = seen.exchanges
    assert {one.carrier.fingerprint for one in seen.messages} == {exchange.fingerprint}
    assert seen.records[-1] is exchange


def frames(*given: Any) -> bytes:
    return b"".join(one.serialize() for one in given)


def headers(number: int, block: bytes, *flags: str) -> HeadersFrame:
    frame = HeadersFrame(number, block)
    for flag in flags:
        frame.flags.add(flag)
    return frame


def test_pushed_header_blocks_keep_the_compression_right() -> None:
    coder = hpack.Encoder()
    asked = hpack.Encoder().encode(request())
    promise = PushPromiseFrame(1, 2, coder.encode([*request("/pushed"), ("x-new", "value")]))
    promise.flags.add("END_HEADERS")
    answer = headers(1, coder.encode([(":status", "200"), ("x-new", "value")]), "END_HEADERS", "END_STREAM")
    pushed = headers(2, coder.encode([(":status", "200")]), "END_HEADERS", "END_STREAM")
    ask = PREFACE + frames(SettingsFrame(), headers(1, asked, "END_HEADERS", "END_STREAM"))
    seen = in_any_cutting(make, [("c", ask), ("s", frames(promise, pushed, answer))])
    assert seen.opaque is None
    (exchange,) = seen.exchanges
    assert exchange.response_headers == (("x-new", "value"),)


def test_the_table_may_be_as_large_as_the_other_end_allows() -> None:
    coder = hpack.Encoder()
    coder.header_table_size = 65_536
    allow = SettingsFrame(settings={SettingsFrame.HEADER_TABLE_SIZE: 65_536})
    long = [(f"x-{number}", "v" * 1000) for number in range(10)]
    ask = PREFACE + frames(allow, headers(1, hpack.Encoder().encode(request()), "END_HEADERS", "END_STREAM"))
    again = frames(headers(3, hpack.Encoder().encode(request()), "END_HEADERS", "END_STREAM"))
    answers = [
        frames(headers(number, coder.encode([(":status", "200"), *long]), "END_HEADERS", "END_STREAM"))
        for number in (1, 3)
    ]
    seen = played(make(), [("c", ask), ("s", answers[0]), ("c", again), ("s", answers[1])])
    assert seen.opaque is None
    assert [len(one.response_headers) for one in seen.exchanges] == [10, 10]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (frames(headers(1, b"\xff\xff\xff", "END_HEADERS")), Reason.MALFORMED),
        (b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", Reason.TOO_LARGE),
        (frames(headers(1, b"\x00" * 19_000), *[ContinuationFrame(1, b"\0" * 5000)] * 2), Reason.TOO_LARGE),
        (frames(headers(1, hpack.Encoder().encode(request() * 2000), "END_HEADERS")), Reason.TOO_LARGE),
        (
            frames(*[headers(n, hpack.Encoder().encode([]), "END_HEADERS") for n in range(1, 21, 2)]),
            Reason.TOO_MANY,
        ),
        (b"\x00\x00\x01\x01\x08\x00\x00\x00\x01\xff", Reason.MALFORMED),
    ],
)
def test_what_cannot_be_decoded_is_counted(data: bytes, reason: Reason) -> None:
    seen = in_any_cutting(make, [("c", PREFACE + data)])
    assert seen.opaque is not None
    assert seen.opaque.reason is reason


def test_a_gap_cannot_be_bridged() -> None:
    ends = Ends()
    ends.client.send_headers(1, request(), end_stream=True)
    ends.flush()
    seen = played(make(), [*ends.steps, 1])
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (Reason.UNSYNCHRONISED, 1)


def test_memory_is_bounded() -> None:
    decoder = make()
    played(decoder, [("c", PREFACE + frames(headers(1, hpack.Encoder().encode(request()), "END_HEADERS")))])
    for _ in range(300):
        played(decoder, [("c", frames(DataFrame(1, b"x" * 16_000)))])
    assert decoder.held_bytes <= 5000 + 1000


def test_heads_that_were_small_on_the_wire_count_by_what_they_take() -> None:
    decoder, encoder = make(), hpack.Encoder()
    played(decoder, [("c", PREFACE)])
    fields = request("/", "GET", ("x", "y" * 3000))
    wire = [frames(headers(number, encoder.encode(fields), "END_HEADERS")) for number in (1, 3, 5)]
    assert len(wire[2]) < 30
    for number, sent in enumerate(wire, 1):
        played(decoder, [("c", sent)])
        assert 3000 * number < decoder.held_bytes < 3600 * number


@pytest.mark.parametrize("side", "cs")
def test_head_after_head_is_no_trailer(side: str) -> None:
    encoder = hpack.Encoder()
    ask = frames(headers(1, hpack.Encoder().encode(request()), "END_HEADERS"))
    answer = frames(headers(1, encoder.encode([(":status", "200")]), "END_HEADERS"))
    more = hpack.Encoder() if side == "c" else encoder
    steps: list[Step] = [("c", PREFACE + ask), ("s", answer)]
    steps += [
        (side, frames(headers(1, more.encode([("x", str(number))]), "END_HEADERS"))) for number in range(9)
    ]
    last: list[Step] = [
        (
            one,
            frames(
                headers(
                    1,
                    (more if one == side else hpack.Encoder()).encode([("t", "1")]),
                    "END_HEADERS",
                    "END_STREAM",
                )
            ),
        )
        for one in "cs"
    ]
    (exchange,) = played(make(), [*steps, *last]).exchanges
    assert exchange.request_trailers == exchange.response_trailers == (("t", "1"),)


@given(st.lists(st.tuples(st.sampled_from("cs"), st.binary(max_size=100)), max_size=6))
def test_any_bytes_end_in_exchanges_or_opaque(pieces: list[tuple[str, bytes]]) -> None:
    played(make(), [("c", PREFACE), *pieces, "server_eof"])


@given(st.integers(0, 2000), st.integers(0, 255), st.booleans())
def test_any_damage_ends_in_exchanges_or_opaque(at: int, byte: int, server: bool) -> None:
    ends = Ends()
    held(ends, [DAMAGED] * 3)
    steps = []
    for step in ends.steps:
        side, data = step  # type: ignore[misc]
        if (side == "s") is server and at < len(data):
            data = data[:at] + bytes([byte]) + data[at + 1 :]
        steps.append((side, data))
    played(make(), [*steps, "client_reset"])


DAMAGED = {
    "path": "/a", "headers": [("x-a", "b")], "body": b"body", "request_trailers": True, "status": "200",
    "answer": [("x-c", "d")], "content": b"content", "answer_trailers": True, "informed": True, "padding": 3,
}  # fmt: skip
