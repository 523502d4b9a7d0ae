from __future__ import annotations

import gzip
import io
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.importers import mitmproxy
from proxy.importers.recording import Cut, RawFrame, Recorded, Skipped
from proxy.raw import RawBody
from store.errors import DefactoError
from store.records import Outcome

if TYPE_CHECKING:
    from proxy.importers.recording import Item

http = pytest.importorskip("mitmproxy.http", reason="the extra mitmproxy is not installed")

from mitmproxy import flow as flows  # noqa: E402
from mitmproxy.io import FlowWriter, tnetstring  # noqa: E402
from mitmproxy.test import tflow  # noqa: E402
from mitmproxy.websocket import WebSocketMessage  # noqa: E402
from wsproto.frame_protocol import Opcode  # noqa: E402

with warnings.catch_warnings():  # ldap3, which mitmproxy's addons import, uses what pyasn1 calls deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    from mitmproxy.addons.savehar import SaveHar

from tests.proxy.importers.samples import read_har  # noqa: E402

START = 1_772_442_000.25


def http_flow(**response: Any) -> Any:
    flow = tflow.tflow(resp=True)
    flow.request = http.Request.make(
        "POST",
        "https://api.example.com:8443/orders?x=1",
        b'{"sku":"a"}',
        {"Content-Type": "application/json", "User-Agent": "billing/1.2", "X": " caf\u00e9 "},
    )
    flow.request.http_version = "HTTP/2.0"
    flow.request.timestamp_start, flow.request.timestamp_end = START, START + 0.001
    flow.response = http.Response.make(201, b'{"id":42}', {"Content-Type": "application/json"})
    flow.response.timestamp_start, flow.response.timestamp_end = START + 0.020, START + 0.030
    for name, value in response.items():
        setattr(flow.response, name, value)
    return flow


def file_of(*recorded: Any) -> bytes:
    stream = io.BytesIO()
    for flow in recorded:
        FlowWriter(stream).add(flow)
    return stream.getvalue()


def read(data: bytes) -> list[Item]:
    return list(mitmproxy.read(io.BytesIO(data), producer="", source="test.mitm"))


def one(flow: Any) -> Recorded:
    (item,) = read(file_of(flow))
    assert isinstance(item, Recorded), item
    return item


def test_a_flow_becomes_an_exchange() -> None:
    flow = http_flow()
    exchange = one(flow).exchange
    assert (exchange.producer, exchange.source, exchange.protocol) == (
        "api.example.com",
        "test.mitm",
        "http/2",
    )
    assert (exchange.scheme, exchange.authority) == ("https", "api.example.com:8443")
    assert (exchange.method, exchange.target) == ("POST", "/orders?x=1")
    assert dict(exchange.request_headers)["x"] == "caf\u00c3\u00a9"
    assert exchange.request_body == RawBody(data=b'{"sku":"a"}', size=11)
    assert (exchange.status, exchange.response_body) == (201, RawBody(data=b'{"id":42}', size=9))
    assert exchange.started_at == 1_772_442_000_250_000_000
    lengths = (exchange.request_ns, exchange.wait_ns, exchange.duration_ns)
    assert [round(length / 1e6) for length in lengths if length] == [1, 20, 30]
    assert (exchange.outcome, exchange.flaws) == (Outcome.COMPLETE, ())
    assert (exchange.connection, exchange.peer) == (flow.client_conn.id, "127.0.0.1")


def test_trailers_are_kept() -> None:
    flow = http_flow(trailers=http.Headers([(b"Digest", b"x")]))
    assert one(flow).exchange.response_trailers == (("digest", "x"),)


def test_a_body_that_was_streamed_is_a_flaw() -> None:
    exchange = one(http_flow(raw_content=None)).exchange
    assert (exchange.response_body, exchange.flaws) == (None, ("response-body-not-recorded",))


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("Connection killed.", Outcome.ERROR),
        ("[Errno 111] Connect call failed ('127.0.0.1', 1)", Outcome.REFUSED),
        ("Client disconnected.", Outcome.CLIENT_CLOSED),
        ("stream reset by client (CANCEL)", Outcome.CLIENT_CLOSED),
        ("server closed connection", Outcome.SERVER_CLOSED),
    ],
)
def test_flows_that_failed(message: str, outcome: Outcome) -> None:
    flow = http_flow()
    flow.response, flow.error = None, flows.Error(message, START + 1)
    exchange = one(flow).exchange
    assert (exchange.status, exchange.outcome, exchange.duration_ns) == (None, outcome, None)


def test_a_flow_without_response_or_error_did_not_succeed() -> None:
    flow = http_flow()
    flow.response = None
    assert one(flow).exchange.outcome == Outcome.ERROR


def test_connect_is_opaque() -> None:
    flow = http_flow()
    flow.request = http.Request.make("CONNECT", "https://api.example.com/")
    flow.request.authority = "api.example.com:443"
    flow.request.timestamp_start = START
    flow.response.status_code = 200
    exchange = one(flow).exchange
    assert (exchange.target, exchange.authority, exchange.outcome) == (
        "api.example.com:443",
        "api.example.com",
        Outcome.OPAQUE,
    )


def test_websocket_messages_go_with_their_upgrade() -> None:
    flow = tflow.twebsocketflow()
    flow.websocket.messages = [
        WebSocketMessage(Opcode.TEXT, True, b"hi", START),
        WebSocketMessage(Opcode.BINARY, False, b"\x00", START + 1),
    ]
    item = one(flow)
    assert item.exchange.outcome == Outcome.COMPLETE
    assert item.frames == (
        RawFrame(from_client=True, text=True, data=b"hi", sent_at=1_772_442_000_250_000_000),
        RawFrame(from_client=False, text=False, data=b"\x00", sent_at=1_772_442_001_250_000_000),
    )


def test_other_flows_are_named() -> None:
    items = read(file_of(tflow.ttcpflow(), http_flow(), tflow.tdnsflow(), tflow.tudpflow()))
    assert [str(item) for item in items if isinstance(item, Skipped)] == [
        "flow 1: it is a TCP flow, which is not read yet",
        "flow 3: it is a DNS flow, which is not read yet",
        "flow 4: it is a UDP flow, which is not read yet",
    ]
    assert isinstance(items[1], Recorded)


def test_a_broken_flow_costs_only_itself() -> None:
    odd = http_flow().get_state()
    odd["request"]["headers"] = 3
    from_the_future = http_flow().get_state() | {"version": 10_000}
    no_time = http_flow()
    no_time.request.timestamp_start = -1.0
    data = b"".join(
        [
            file_of(http_flow()),
            tnetstring.dumps(odd),
            tnetstring.dumps(from_the_future),
            tnetstring.dumps({"version": "x"}),
            tnetstring.dumps(["no", "flow"]),
            file_of(no_time),
            file_of(http_flow()),
        ]
    )
    items = read(data)
    assert [type(item) for item in items] == [Recorded, *[Skipped] * 5, Recorded]
    skipped = [item.where for item in items if isinstance(item, Skipped)]
    assert skipped == [f"flow {number}" for number in range(2, 7)]


def test_every_cut_keeps_the_flows_before_it() -> None:
    first, second = file_of(http_flow()), file_of(http_flow())
    for end in range(len(first) + 1, len(first + second), 7):
        items = read((first + second)[:end])
        assert isinstance(items[0], Recorded)
        assert items[1:] == [Cut("it is cut off, after flow 1")]


def test_what_is_no_flow_ends_the_file() -> None:
    first = file_of(http_flow())
    assert read(first + b"hello")[1:] == [Cut(f"no flow begins at byte {len(first)}, after flow 1")]


def test_a_length_that_lies_takes_no_memory() -> None:
    (cut,) = read(b"99999999999:")
    assert cut == Cut("the next flow has 99999999999 bytes, which is too much")


def test_the_same_flow_has_the_same_fingerprint_whatever_the_user_marks() -> None:
    flow = http_flow()
    before = one(flow).exchange.fingerprint
    flow.marked, flow.comment = ":star:", "look"
    assert one(flow).exchange.fingerprint == before
    flow.response.content = b"other"
    assert one(flow).exchange.fingerprint != before


def test_identical_flows_are_told_apart() -> None:
    flow = http_flow()
    first, second = read(file_of(flow, flow))
    assert isinstance(first, Recorded)
    assert isinstance(second, Recorded)
    assert first.exchange.fingerprint != second.exchange.fingerprint


def test_without_mitmproxy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mitmproxy", None)
    with pytest.raises(DefactoError) as caught:
        read(b"12:")
    assert "pip install 'defacto[mitmproxy]'" in caught.value.hint


CODED = gzip.compress(b'{"id":42}' * 9, mtime=0)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"status_code": 404},
        {"raw_content": b""},
        {
            "headers": http.Headers([(b"Content-Encoding", b"gzip"), (b"Content-Type", b"a/b")]),
            "raw_content": CODED,
        },
        {
            "headers": http.Headers([(b"Content-Encoding", b"gzip")]),
            "raw_content": CODED[:20] + b"!" + CODED[21:],
        },
        {
            "headers": http.Headers([(b"Content-Type", b"text/plain; charset=latin-1")]),
            "raw_content": b"caf\xe9",
        },
        {"headers": http.Headers([(b"Content-Type", b"text/plain")]), "raw_content": "caf\u00e9".encode()},
        {"headers": http.Headers([(b"Content-Type", b"text/html")]), "raw_content": "<p>caf\u00e9".encode()},
        {"headers": http.Headers([(b"Content-Type", b"application/json")]), "raw_content": b'{"a":"\xff"}'},
        {"headers": http.Headers([(b"X", b"\xff\xc3\xa9")])},
        {"raw_content": bytes(range(256))},
    ],
    ids=range(11),
)
def test_a_har_of_the_same_flow_is_the_same_observation(response: dict[str, Any]) -> None:
    """`SaveHar` is what wrote the HAR files that people have of their flow files."""
    import json  # noqa: PLC0415

    from proxy.config import Config  # noqa: PLC0415
    from proxy.recorder import Recorder  # noqa: PLC0415

    flow = http_flow(**response)
    har = json.dumps(SaveHar().make_har([flow])).encode()
    recorder = Recorder.from_config(Config())
    (from_har,) = [recorder.exchange(item.exchange) for item in read_har(har) if isinstance(item, Recorded)]
    from_flow = recorder.exchange(one(flow).exchange)
    for name in (
        "method",
        "scheme",
        "authority",
        "path",
        "query",
        "status",
        "protocol",
        "started_at",
        "outcome",
    ):
        assert getattr(from_har, name) == getattr(from_flow, name), name
    assert from_har.request_headers == from_flow.request_headers
    assert from_har.response_headers == from_flow.response_headers
    assert from_har.request_body == from_flow.request_body
    assert from_har.flaws == from_flow.flaws
    ours, theirs = from_flow.response_body, from_har.response_body
    assert (ours and ours.content) == (theirs and theirs.content)
    for name in ("request_ns", "wait_ns", "duration_ns"):
        assert abs(getattr(from_har, name) - getattr(from_flow, name)) < 1_000_000


@given(st.binary() | st.binary().map(lambda data: b"%d:%s}" % (len(data), data)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_garbage_is_named_or_ends_the_file(data: bytes) -> None:
    items = read(data)
    assert all(isinstance(item, Skipped | Cut) for item in items)
    assert bool(items) == bool(data)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_real_file_with_bytes_changed_never_raises(data: st.DataObject) -> None:
    whole = bytearray(file_of(http_flow(), http_flow()))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(whole))
