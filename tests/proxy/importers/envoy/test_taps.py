"""Envoy's taps, from files as Envoy's published descriptors write them (xds-protos 1.85), and from worse."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import Config
from proxy.decoders.decoder import Instant, Limits, Origin
from proxy.decoders.http import HttpDecoder
from proxy.importers.envoy import traces, written_json, written_proto
from proxy.importers.formats import open_recording
from proxy.importers.intake import Intake
from proxy.importers.recording import Cut, Recorded, Skipped
from proxy.raw import RawExchange
from store.records import Lane, Outcome
from store.store import Store

if TYPE_CHECKING:
    from proxy.importers.recording import Item

TAPS = Path(__file__).parent / "taps"
SAMPLES = sorted(path.name for path in TAPS.iterdir())
AT = 1_795_255_200_250_000_000
ASK = (
    b"POST /orders?dry=1 HTTP/1.1\r\nHost: orders.internal:8080\r\nUser-Agent: billing/2\r\n"
    b'Content-Type: application/json\r\nContent-Length: 24\r\n\r\n{"sku":"A-1","amount":3}'
)
ANSWER = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id":1042}'
ENVOYS_OWN = {"host", "date", "x-forwarded-proto", "x-request-id", "x-envoy-upstream-service-time"}
"""Fields that Envoy adds before its filters, or moves into a pseudo-header field."""


def items(data: bytes, producer: str = "", source: str = "tap_7.json") -> list[Item]:
    known_as, found = open_recording(io.BytesIO(data), source, producer)
    assert known_as == "an Envoy tap"
    return list(found)


def sample(name: str) -> bytes:
    return (TAPS / name).read_bytes()


def one(data: bytes, **given_: str) -> RawExchange:
    (found,) = items(data, **given_)
    assert isinstance(found, Recorded), found
    return found.exchange


def buffered(**changes: Any) -> dict[str, Any]:
    """The buffered sample with other messages."""
    whole: dict[str, Any] = json.loads(sample("buffered.json"))
    for side, parts in changes.items():
        whole["http_buffered_trace"][side] |= parts
    return whole


def segments_of(name: str) -> list[Any]:
    return [json.loads(part) for part in sample(name).decode().replace("}\n{", "}\0{").split("\0")]


def written(*documents: Any) -> bytes:
    return "".join(json.dumps(one) for one in documents).encode()


def as_the_lane() -> RawExchange:
    """The same traffic, had it passed the splice lane."""
    origin = Origin(producer="orders", source="tap_7.json", connection="c", peer="10.0.0.1", lane=Lane.IMPORT)
    decoder = HttpDecoder(origin, Limits())
    found = [
        *decoder.client_data(ASK[:60], Instant(AT, AT)),
        *decoder.client_data(ASK[60:], Instant(AT, AT + 1_000_000)),
        *decoder.server_data(ANSWER, Instant(AT, AT + 3_500_000)),
    ]
    (exchange,) = found
    assert isinstance(exchange, RawExchange)
    return exchange


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("socket")])
def test_bytes_of_a_socket_are_what_the_lane_would_have_seen(name: str) -> None:
    found = one(sample(name), producer="orders")
    assert replace(found, fingerprint=(), connection="") == replace(
        as_the_lane(), fingerprint=(), connection=""
    )


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith("socket")])
def test_an_exchange_is_what_the_lane_would_have_seen_but_for_what_envoy_does(name: str) -> None:
    found, lane = one(sample(name), producer="orders"), as_the_lane()
    streamed = name.startswith("streamed")

    def bare(exchange: RawExchange) -> RawExchange:
        def kept(fields: Any) -> Any:
            return tuple(field for field in fields if field[0] not in ENVOYS_OWN)

        return replace(
            exchange,
            fingerprint=(),
            connection="",
            flaws=(),
            peer="" if streamed else exchange.peer,
            started_at=0 if streamed else exchange.started_at,
            wait_ns=None if streamed else exchange.wait_ns,
            request_ns=None,
            duration_ns=None,
            request_headers=kept(exchange.request_headers),
            response_headers=kept(exchange.response_headers),
            response_trailers=(),
        )

    assert bare(found) == bare(lane)
    assert found.response_trailers == (("x-checksum", "7"),)
    assert found.flaws == (("started-at-from-date",) if streamed else ())
    assert found.started_at == (AT - 250_000_000 if streamed else AT)


@pytest.mark.parametrize("kind", ["buffered", "streamed", "socket", "socket_streamed"])
def test_whatever_it_is_written_as_it_is_the_same_one(kind: str) -> None:
    found = [one(sample(name)) for name in SAMPLES if name.rpartition(".")[0].removesuffix("_string") == kind]
    assert len(found) > 1
    assert all(other == found[0] for other in found)


def test_a_file_that_is_imported_twice_adds_nothing_and_many_in_one_are_many(tmp_path: Path) -> None:
    again = sample("buffered.json").replace(b"67e3e8ac", b"77e3e8ac")
    with Store.open(str(tmp_path / "d.db")) as store:
        intake = Intake(Config(), store)
        taken = [
            intake.take(io.BytesIO(data), name=name)
            for name, data in (
                ("tap_1.json", sample("buffered.json")),
                ("other.json", sample("buffered.json")),
                ("tap_1.pb", sample("buffered.pb")),
                ("all.json", sample("buffered.json") + again + sample("socket.json")),
            )
        ]
    assert [(one.added, one.duplicates) for one in taken] == [(1, 0), (0, 1), (0, 1), (2, 1)]


def test_traces_without_times_are_told_apart_by_their_files() -> None:
    untimed = written(buffered(request={"headers_received_time": None}))
    first, second = one(untimed, source="tap_1.json"), one(untimed, source="tap_2.json")
    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == one(untimed, source="tap_1.json").fingerprint
    assert first.started_at == AT - 250_000_000
    assert first.wait_ns is None


def test_a_truncated_body_says_so() -> None:
    cut = {"as_string": '{"sku":"A-', "truncated": True}
    body = one(written(buffered(request={"body": cut}))).request_body
    assert body is not None
    assert (body.truncated, body.data, body.size) == (True, b'{"sku":"A-', 24)
    undeclared = buffered(response={"headers": [{"key": ":status", "value": "200"}], "body": cut})
    body = one(written(undeclared)).response_body
    assert body is not None
    assert (body.truncated, body.size) == (True, 11)


@pytest.mark.parametrize("declared", ["9" * 5000, "9" * 19, "-1", "٣", ""])
def test_a_length_that_nobody_sends_is_not_believed(declared: str) -> None:
    headers = [{"key": ":status", "value": "200"}, {"key": "content-length", "value": declared}]
    cut = {"headers": headers, "body": {"as_string": "abc", "truncated": True}}
    body = one(written(buffered(response=cut))).response_body
    assert body is not None
    assert body.size == 4


def test_what_follows_a_gap_in_a_streamed_body_is_not_put_behind_it() -> None:
    segments = [
        json.loads(text) for text in sample("streamed.json").decode().replace("}\n{", "}\0{").split("\0")
    ]
    segments[1]["http_streamed_trace_segment"]["request_body_chunk"]["truncated"] = True
    body = one(written(*segments)).request_body
    assert body is not None
    assert (body.data, body.size, body.truncated) == (b'{"sku":"A-', 25, True)


def test_text_that_stands_for_bytes_that_were_none_is_a_flaw() -> None:
    assert one(written(buffered(response={"body": {"as_string": "\x1f\ufffd\b"}}))).flaws == (
        "response-body-invalid-utf8",
    )


def test_a_compressed_body_is_as_on_the_wire() -> None:
    body = one(written(buffered(response={"body": {"as_bytes": "H4sI"}}))).response_body
    assert body is not None
    assert (body.data, body.decoded) == (b"\x1f\x8b\x08", False)


def test_an_exchange_without_an_answer_is_an_error() -> None:
    trace = buffered()
    del trace["http_buffered_trace"]["response"]
    found = one(written(trace))
    assert (found.status, found.outcome, found.response_body) == (None, Outcome.ERROR, None)


def test_interleaved_streams_are_told_apart_and_an_id_may_come_again() -> None:
    segments = segments_of("streamed.json")
    others = [json.loads(json.dumps(one).replace("11344748775327413437", "8")) for one in segments]
    mixed = [part for pair in zip(segments, others, strict=True) for part in pair]
    found = items(written(*mixed, *segments))
    assert [one.exchange.target for one in found if isinstance(one, Recorded)] == ["/orders?dry=1"] * 3
    assert len({one.exchange.fingerprint for one in found if isinstance(one, Recorded)}) == 3


def test_open_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "OPEN", 2)
    segment = segments_of("streamed.json")[0]
    reader = traces.Traces("", "x")
    given_ = [json.loads(json.dumps(segment).replace("11344748775327413437", str(n))) for n in range(5)]
    early = [item for number, one in enumerate(given_) for item in reader.take(one, str(number))]
    assert [item.where for item in early if isinstance(item, Skipped)] == ["0", "1", "2"]
    monkeypatch.setattr(traces, "OPEN_BYTES", 0)
    chunk = {"http_streamed_trace_segment": {"trace_id": "4", "request_body_chunk": {"as_bytes": "AAAA"}}}
    assert len(list(reader.take(chunk, "5"))) == 2


def test_heads_and_connections_count_among_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "OPEN_BYTES", 500)
    headers = [{"key": "x", "value": "y" * 100}]
    posted = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n" + "x" * 150
    asked = {"timestamp": "2026-11-21T10:00:00Z", "read": {"data": {"as_string": posted}}}
    for name, segment in (
        ("http_streamed_trace_segment", {"request_headers": {"headers": headers}}),
        ("http_streamed_trace_segment", {"request_trailers": {"headers": headers}}),
        ("socket_streamed_trace_segment", {"event": asked}),
    ):
        reader = traces.Traces("", "x")
        for number in range(9):
            early = list(reader.take({name: {"trace_id": str(number), **segment}}, str(number)))
        assert len(early) == 1
        assert 0 < len(list(reader.end())) < 5


def test_a_tap_in_a_cluster_writes_requests() -> None:
    turned = sample("socket.json").replace(b'"read"', b'"was"').replace(b'"write"', b'"read"')
    found = one(turned.replace(b'"was"', b'"write"'))
    assert (found.peer, found.target) == ("10.0.0.2", "/orders?dry=1")


def test_addresses_as_older_envoys_number_them() -> None:
    found = [
        *traces.Traces("", "x").take(
            {
                "http_buffered_trace": json.loads(sample("buffered.json"))["http_buffered_trace"]
                | {
                    "downstream_connection": {
                        "remote_address": {"socket_address": {"address": "10.0.0.2"}},
                        "third": {"socket_address": {"address": "10.0.0.1"}},
                    }
                }
            },
            "1",
        )
    ]
    assert isinstance(found[0], Recorded)
    assert found[0].exchange.peer == "10.0.0.1"


@pytest.mark.parametrize(
    ("trace", "reason"),
    [
        ({"http_buffered_trace": {}}, "its request is missing"),
        ({"http_buffered_trace": {"request": 5}}, "it is no trace of Envoy's"),
        ({"http_buffered_trace": None}, "it is no trace of Envoy's"),
        (buffered(response={"headers": [], "body": None}) | {}, None),
        (buffered(request={"headers_received_time": None}, response={"headers": []}), "it does not say when"),
        (buffered(response={"headers": [{"key": ":status", "value": "2000"}]}), "is no HTTP status"),
        (buffered(request={"body": {"as_bytes": "%"}}), "it is no trace of Envoy's"),
        (buffered(request={"headers": [{"key": ":method", "value": "GET"}]}), "its URL has no host"),
    ],
)
def test_what_cannot_be_read_is_named_and_stops_nothing(trace: Any, reason: str | None) -> None:
    found = items(written(trace, buffered()))
    assert isinstance(found[-1], Recorded)
    if reason is None:
        assert isinstance(found[0], Recorded)
    else:
        assert isinstance(found[0], Skipped)
        assert reason in str(found[0])
        assert found[0].where == "trace 1"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([{"timestamp": None, "read": {}}], "an event without its time"),
        (
            [{"timestamp": "2026-11-21T10:00:00Z", "read": {"data": {"as_string": "SSH-2.0"}}}],
            "does not begin with an HTTP request",
        ),
        (
            [
                {
                    "timestamp": "2026-11-21T10:00:00Z",
                    "read": {"data": {"as_string": ASK.decode()[:120], "truncated": True}},
                }
            ],
            "max_buffered_rx_bytes",
        ),
        (
            [{"timestamp": "2026-11-21T10:00:00Z", "read": {"data": {"as_string": ASK.decode()}}}],
            "its end was not captured",
        ),
    ],
)
def test_connections_that_come_to_nothing_say_why(events: list[Any], reason: str) -> None:
    trace = {"socket_buffered_trace": {"trace_id": "1", "events": events}}
    (found,) = items(written(trace))
    assert isinstance(found, Skipped)
    assert reason in found.reason


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_is_cut_off_ends_and_says_so(name: str) -> None:
    data = sample(name)
    read = written_json.read if name.endswith("json") else None
    if read is None:
        read = written_proto.read_one if name.endswith("pb") else written_proto.read_many
    for end in range(1, len(data.rstrip()), 7):
        found = list(read(io.BytesIO(data[:end]), producer="", source="x"))
        assert all(isinstance(item, Recorded | Skipped | Cut) for item in found)
        assert any(isinstance(item, Skipped | Cut) for item in found) or name.startswith(
            ("streamed", "socket_")
        )


def test_what_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_proto, "MAX_TRACE_BYTES", 100)
    assert items(sample("streamed.pb_length_delimited"))[-1] == Cut(
        "a trace of 273 bytes follows, after trace 0"
    )
    endless = sample("streamed.pb_length_delimited") + b"\xff" * 1000
    monkeypatch.setattr(written_proto, "MAX_TRACE_BYTES", 1000)
    assert items(endless)[-1] == Cut("it is no trace of Envoy's any more, after trace 6")
    monkeypatch.setattr(written_proto, "MAX_TRACE_BYTES", 100)
    (cut,) = written_proto.read_one(io.BytesIO(sample("buffered.pb")), producer="", source="x")
    assert isinstance(cut, Cut)


def test_field_values_that_are_no_utf8_are_kept_byte_for_byte() -> None:
    data = sample("buffered.pb").replace(b"billing/2", b"b\xe9llings\xff")
    assert ("user-agent", "b\xe9llings\xff") in one(data).request_headers


leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
NAMES = (
    "request response headers body key value as_bytes as_string trace_id events read data timestamp "
    "connection remote_address socket_address address headers_received_time"
)
names = st.sampled_from(NAMES.split())
anything = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@given(st.text(" \t\r\n"), anything)
def test_other_json_is_not_taken_for_one(space: str, value: Any) -> None:
    head = (space + json.dumps({"log": value})).encode()
    kinds = (written_json.recognises, written_proto.recognises_one, written_proto.recognises_many)
    assert not any(recognises(head) for recognises in kinds)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_somehow(noise: bytes) -> None:
    for read in (written_json.read, written_proto.read_one, written_proto.read_many):
        list(read(io.BytesIO(noise), producer="", source="x"))
        list(read(io.BytesIO(b'{"http_buffered_trace": ' + noise), producer="", source="x"))


@given(st.sampled_from(sorted(written_proto._TRACE.values(), key=str)), anything)
def test_any_json_is_read_or_named(kind: tuple[str, Any], value: Any) -> None:
    found = items(written({kind[0]: value}))
    assert all(isinstance(item, Recorded | Skipped) for item in found)


@given(st.integers(0, 534), st.integers(0, 255))
def test_a_byte_that_is_wrong_is_read_or_named(at: int, byte: int) -> None:
    data = bytearray(sample("buffered.pb"))
    data[at] = byte
    for item in written_proto.read_one(io.BytesIO(bytes(data)), producer="", source="x"):
        assert isinstance(item, Recorded | Skipped)
