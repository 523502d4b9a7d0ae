"""Calls: bodies as JSON, streams as arrays, codes as statuses, and what cannot be read."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config import IdentityConfig
from proxy.grpc import Calls, Methods
from proxy.identity import Identifier
from proxy.raw import RawBody
from proxy.recorder import Recorder
from store.records import Body, Outcome
from tests.proxy.grpc.calling import GRPC, Order, Ref, a_call, framed, orders_file
from tests.proxy.payloads.samples import descriptor_set, shop_file
from tests.proxy.planted import exchange
from tests.proxy.recording import a_recorder, a_redactor

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1 << 20
REF = Ref(id="o-1").SerializeToString()
ORDER = Order(id="o-1", total_cents=1250).SerializeToString()
ORDER_JSON = {"id": "o-1", "total_cents": 1250}
RECORDER = a_recorder()


@pytest.fixture
def described(tmp_path: Path) -> Recorder:
    """A recorder that has the descriptors."""
    (tmp_path / "orders.desc").write_bytes(descriptor_set(orders_file()))
    redactor = a_redactor()
    identifier = Identifier(IdentityConfig(), redactor)
    return Recorder(identifier, redactor, lambda _: LIMIT, calls=Calls(Methods(tmp_path)))


def value(body: Body | None) -> Any:
    assert body is not None
    assert body.media_type == "application/json"
    return json.loads(body.content)


def test_messages_are_read_by_the_types_of_the_method(described: Recorder) -> None:
    record = described.exchange(a_call(sent=framed(REF), got=framed(ORDER)))
    assert value(record.request_body) == {"id": "o-1"}
    assert value(record.response_body) == ORDER_JSON
    assert (record.path, record.status, record.flaws) == ("/shop.Orders/Get", 200, ())
    assert record.request_headers == GRPC
    assert record.response_trailers == (("grpc-status", "0"),)


def test_without_descriptors_numbers_stand_for_names() -> None:
    record = RECORDER.exchange(a_call(sent=framed(REF), got=framed(ORDER)))
    assert value(record.request_body) == {"1": "o-1"}
    assert value(record.response_body) == {"1": "o-1", "2": 1250}
    assert record.flaws == ("request-body-no-descriptor", "response-body-no-descriptor")


@pytest.mark.parametrize("count", [1, 3])
def test_a_declared_stream_is_an_array(described: Recorder, count: int) -> None:
    record = described.exchange(a_call("shop.Orders/Chat", sent=framed(REF), got=framed(*[ORDER] * count)))
    assert value(record.request_body) == [{"id": "o-1"}]
    assert value(record.response_body) == [ORDER_JSON] * count


def test_several_messages_are_an_array_whatever_is_known() -> None:
    record = RECORDER.exchange(a_call(got=framed(ORDER, b"")))
    assert value(record.response_body) == [{"1": "o-1", "2": 1250}, {}]


def test_an_empty_message_is_one(described: Recorder) -> None:
    record = described.exchange(a_call(got=framed(b"")))
    assert value(record.response_body) == {"id": "", "total_cents": 0}


def test_packed_messages_are_unpacked(described: Recorder) -> None:
    fields = (*GRPC, ("grpc-encoding", "gzip"))
    got = framed(gzip.compress(ORDER), flags=1)
    assert value(described.exchange(a_call(got=got, answered=fields)).response_body) == ORDER_JSON


def test_secrets_in_messages_are_redacted() -> None:
    hidden = "swordfish-of-the-deep"
    got = framed(json.dumps({"password": hidden}).encode(), b"{}")
    record = RECORDER.exchange(a_call(got=got, headers=(("content-type", "application/grpc+json"),)))
    assert hidden not in repr(record)
    assert record.redacted == 1
    assert list(value(record.response_body)[0]) == ["password"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("0", 200), ("1", 499), ("3", 400), ("5", 404), ("8", 429), ("14", 503), ("16", 401), ("17", 500)],
)
@pytest.mark.parametrize("only_trailers", [False, True])
def test_the_code_is_the_status(code: str, status: int, only_trailers: bool) -> None:
    said = (("grpc-status", code), ("grpc-message", "no such order"))
    raw = a_call(answered=GRPC + said, trailers=()) if only_trailers else a_call(trailers=said)
    record = RECORDER.exchange(raw)
    assert record.status == status
    assert said[0] in (*record.response_headers, *record.response_trailers)


def test_a_status_of_http_stays() -> None:
    assert RECORDER.exchange(a_call(status=503, trailers=())).status == 503
    assert RECORDER.exchange(a_call(trailers=())).status == 200
    cut = RECORDER.exchange(a_call(status=None, trailers=(), outcome=Outcome.SERVER_CLOSED))
    assert cut.status is None


def test_what_is_no_call_is_left_as_it_is() -> None:
    raw = exchange(status=200, response_headers=(("grpc-status", "5"), *GRPC))
    call = Calls(Methods()).read(raw, LIMIT)
    assert call.exchange is raw
    assert (call.request_fields, call.response_fields) == (raw.request_headers, raw.response_headers)
    answered = (("content-type", "text/html"),)
    record = RECORDER.exchange(a_call(got=b"<p>bad gateway", answered=answered, status=502))
    assert record.response_body is not None
    assert record.response_body.content == b"<p>bad gateway"
    assert record.status == 502


@pytest.mark.parametrize("missing", [1, len(framed(ORDER)) + 1])
def test_of_a_body_that_was_cut_the_whole_messages_are_kept(described: Recorder, missing: int) -> None:
    record = described.exchange(a_call("shop.Orders/List", got=framed(ORDER, ORDER, ORDER), missing=missing))
    assert value(record.response_body) == [ORDER_JSON] * (2 if missing == 1 else 1)
    assert record.response_body is not None
    assert record.response_body.truncated
    assert record.flaws == ()


def test_a_body_that_ends_inside_a_message_is_incomplete(described: Recorder) -> None:
    raw = a_call(got=framed(ORDER)[:-1])
    record = described.exchange(raw)
    assert record.response_body is not None
    assert (record.response_body.content, record.response_body.truncated) == (b"", True)
    assert record.flaws == ("response-body-incomplete",)
    closed = described.exchange(a_call(got=framed(ORDER)[:-1], outcome=Outcome.CLIENT_CLOSED))
    assert closed.flaws == ()


def test_what_is_longer_than_the_limit_is_left_out() -> None:
    got = framed(gzip.compress(b"\x0a\x7f" + b"a" * 127), flags=1) * 3
    record = a_recorder(body_limit=300).exchange(a_call(got=got, answered=(*GRPC, ("grpc-encoding", "gzip"))))
    assert value(record.response_body) == [{"1": "a" * 127}] * 2
    assert record.response_body is not None
    assert record.response_body.truncated


@pytest.mark.parametrize(
    ("got", "kept", "flaw"),
    [
        (framed(b"\x0a\x7fa"), b"", "undecodable"),
        (framed(b"\xff", flags=1), b"", "undecodable"),
        (b"\x09" + framed(ORDER), b"\x09" + framed(ORDER), "undecodable"),
        (framed(b"\x0b" * 200), b"", "undecodable"),
    ],
)
def test_what_cannot_be_read_is_told(described: Recorder, got: bytes, kept: bytes, flaw: str) -> None:
    record = described.exchange(a_call(got=got))
    assert record.response_body is not None
    assert (record.response_body.content, record.response_body.media_type) == (kept, "application/grpc")
    assert record.flaws == (f"response-body-{flaw}",)


def test_what_is_too_deep_is_told(tmp_path: Path) -> None:
    file = shop_file()
    file.service.add(name="Orders").method.add(
        name="Get", input_type=".shop.Order", output_type=".shop.Order"
    )
    (tmp_path / "shop.pb").write_bytes(descriptor_set(file))
    message = b""
    for _ in range(70):
        size = len(message)
        prefix = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
        message = b"\x4a" + prefix + message  # parent, field 9
    call = Calls(Methods(tmp_path)).read(a_call(got=framed(message)), LIMIT)
    assert call.exchange.flaws == ("response-body-too-deep",)
    assert call.exchange.response_body == RawBody(data=b"", size=len(framed(message)), decoded=True)


@pytest.mark.parametrize("text", [False, True])
def test_calls_from_the_web(text: bool) -> None:
    headers = (("content-type", f"application/grpc-web{'-text' if text else ''}+proto"),)
    pieces = [framed(ORDER), framed(b"grpc-status: 5\r\ngrpc-message: gone\r\n", flags=0x80)]
    got = b"".join(map(b64encode, pieces)) if text else b"".join(pieces)
    record = RECORDER.exchange(
        a_call("api/shop.Orders/Get", got=got, headers=headers, trailers=(), protocol="http/1.1")
    )
    assert value(record.response_body) == {"1": "o-1", "2": 1250}
    assert record.status == 404
    assert record.response_trailers == (("grpc-status", "5"), ("grpc-message", "gone"))


def test_a_coding_of_http_is_undone_first() -> None:
    fields = (("content-type", "application/grpc-web"), ("content-encoding", "gzip"))
    record = RECORDER.exchange(a_call(got=gzip.compress(framed(ORDER)), answered=fields))
    assert value(record.response_body) == {"1": "o-1", "2": 1250}


@pytest.mark.parametrize("codec", ["json", "thrift"])
def test_codecs(codec: str) -> None:
    got = framed(b'{"a": 1}')
    record = RECORDER.exchange(a_call(got=got, headers=(("content-type", f"application/grpc+{codec}"),)))
    assert record.response_body is not None
    assert record.response_body.content == (b'{"a": 1}' if codec == "json" else got)
    assert record.flaws == ()


@given(st.binary(), st.sampled_from(["", "+json", "-web", "-web-text"]), st.sampled_from(["", "gzip"]))
def test_no_body_makes_it_raise(data: bytes, form: str, encoding: str) -> None:
    headers = (("content-type", f"application/grpc{form}"), ("grpc-encoding", encoding))
    RECORDER.exchange(a_call(sent=data, got=data, headers=headers))
    RECORDER.exchange(a_call(sent=framed(data), got=framed(data, flags=1), headers=headers))
