"""The recorder: targets, bodies, flaws, places and counts; and that no exchange makes it raise."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.content import OPAQUE, parsed
from proxy.config import Config, IdentityConfig, RedactionConfig, SchemasConfig
from proxy.raw import Link, RawBody, RawEvent, RawExchange, Sender
from proxy.recorder import Recorder, split_target
from store.records import Body, Exchange, Identity, Lane, Outcome
from store.tokens import is_token
from tests.proxy.planted import exchange, with_body
from tests.proxy.recording import a_recorder

RECORDER = a_recorder()


@pytest.mark.parametrize(
    ("method", "target", "authority", "expected"),
    [
        ("GET", "/a/b?x=1&y", "h", ("http", "h", "/a/b", "x=1&y")),
        ("GET", "/a?b?c", "h:80", ("http", "h", "/a", "b?c")),
        ("GET", "/a", "h:8080", ("http", "h:8080", "/a", "")),
        ("GET", "//a//b/%2F", "h", ("http", "h", "//a//b/%2F", "")),
        ("GET", "http://H.example:80/a?b=1", "ignored", ("http", "H.example", "/a", "b=1")),
        ("GET", "HTTPS://h:443", "x", ("https", "h", "/", "")),
        ("GET", "https://h?x=1", "x", ("https", "h", "/", "x=1")),
        ("GET", "http://u:p@h/a", "x", ("http", "h", "/a", "")),
        ("GET", "/redirect?to=http://x/y", "h", ("http", "h", "/redirect", "to=http://x/y")),
        ("OPTIONS", "*", "h", ("http", "h", "*", "")),
        ("CONNECT", "h:443", "", ("http", "h:443", "", "")),
        ("CONNECT", "u:p@h:443", "", ("http", "h:443", "", "")),
        ("GET", "", "u:p@h", ("http", "h", "", "")),
    ],
)
def test_targets(method: str, target: str, authority: str, expected: tuple[str, str, str, str]) -> None:
    parts = split_target(exchange(method=method, target=target, authority=authority))
    assert (parts.scheme, parts.authority, parts.path, parts.query) == expected


def test_a_clean_exchange_is_recorded_as_it_was() -> None:
    headers = (
        ("content-type", "application/json; charset=utf-8"),
        ("accept", "*/*"),
        ("accept", "text/html"),
    )
    raw = exchange(
        target="/orders/42?limit=10&sort_key=name",
        request_headers=headers,
        response_headers=headers,
        request_body=RawBody(data=b'{"a": 1}', size=8),
        response_body=RawBody(data=b'{"next_page_token": "abc", "key": "k"}', size=38),
        request_trailers=(("x-checksum", "1"),),
        request_ns=1,
        wait_ns=2,
        duration_ns=3,
        connection="c",
        peer="10.0.0.7",
        flaws=("given",),
    )
    record = RECORDER.exchange(raw)
    for name in (
        "producer",
        "lane",
        "source",
        "protocol",
        "started_at",
        "method",
        "scheme",
        "authority",
        "status",
    ):
        assert getattr(record, name) == getattr(raw, name)
    for name in (
        "request_headers",
        "response_headers",
        "request_trailers",
        "request_ns",
        "wait_ns",
        "duration_ns",
    ):
        assert getattr(record, name) == getattr(raw, name)
    assert (record.path, record.query, record.peer, record.flaws) == (
        "/orders/42",
        "limit=10&sort_key=name",
        "10.0.0.7",
        ("given",),
    )
    assert record.request_body == Body(
        content=b'{"a": 1}', size=8, wire_size=8, media_type="application/json"
    )
    assert record.redacted == 0


def test_what_is_contract_stays_beside_what_is_secret() -> None:
    record = RECORDER.exchange(
        exchange(
            request_headers=(
                ("authorization", "Bearer swordfish"),
                ("proxy-authorization", "Swordfish"),
                ("cookie", 'sid=swordfish; theme="dark"; empty='),
            ),
            response_headers=(
                ("set-cookie", "sid=swordfish; Path=/; HttpOnly"),
                ("access-control-allow-credentials", "true"),
                ("www-authenticate", 'Bearer realm="orders"'),
            ),
        )
    )
    (_, authorization), (_, proxy), (_, cookie) = record.request_headers
    scheme, _, token = authorization.partition(" ")
    assert scheme == "Bearer"
    assert is_token(token)
    assert is_token(proxy)
    assert cookie.startswith(f'sid={token}; theme="redacted.')
    assert cookie.endswith("; empty=")
    assert record.response_headers[0] == ("set-cookie", f"sid={token}; Path=/; HttpOnly")
    assert record.response_headers[1:] == (
        ("access-control-allow-credentials", "true"),
        ("www-authenticate", 'Bearer realm="orders"'),
    )
    assert record.redacted == 5


@pytest.mark.parametrize(
    ("raw", "flaws"),
    [
        (
            with_body(b'{"a":1,"a":2}', "application/json"),
            {"request-body-duplicate-keys", "response-body-duplicate-keys"},
        ),
        (with_body(b"{", "application/json"), {"request-body-not-json", "response-body-not-json"}),
        (with_body(b"{", "application/json", cut=True), set()),
        (with_body(b"hello", "", coding="gzip"), {"request-body-undecodable", "response-body-undecodable"}),
        (
            with_body(gzip.compress(b"hello")[:-4], "", coding="gzip"),
            {"request-body-incomplete", "response-body-incomplete"},
        ),
        (with_body(b"\x00\x07password\x05hello", ""), {"request-body-withheld", "response-body-withheld"}),
        (
            exchange(request_headers=(("content-length", "7"),), request_body=RawBody(data=b"12", size=2)),
            {"request-body-length-mismatch"},
        ),
    ],
)
def test_flaws(raw: RawExchange, flaws: set[str]) -> None:
    assert set(RECORDER.exchange(raw).flaws) == flaws


@pytest.mark.parametrize(
    "method", ["", "/", "GET /x", "GET#x", "SEND", "RECEIVE", "SEND.", "x" * 33, "GET\n", "Ġ"]
)
def test_a_method_that_nobody_means_is_told_and_not_kept(method: str) -> None:
    record = RECORDER.exchange(exchange(method=method))
    assert (record.method, record.flaws) == ("OTHER", ("method-unreadable",))


@pytest.mark.parametrize("method", ["GET", "M-SEARCH", "SENDER", "get", "x_1"])
def test_other_methods_are_kept(method: str) -> None:
    record = RECORDER.exchange(exchange(method=method))
    assert (record.method, record.flaws) == (method, ())


def test_undecodable_and_withheld_bodies_keep_no_content() -> None:
    for raw in (
        with_body(b"hello", "", coding="br"),
        with_body(b"\x00password\x01hunter2", "application/msgpack"),
    ):
        body = RECORDER.exchange(raw).request_body
        assert body is not None
        assert (body.content, body.truncated, body.wire_size) == (
            b"",
            True,
            len(raw.request_body.data if raw.request_body else b""),
        )


def test_sizes_before_and_after_decoding_and_the_cut() -> None:
    data = gzip.compress(bytes(500))
    body = a_recorder(body_limit=100).record(with_body(data, "image/png", coding="gzip")).request_body
    assert body is not None
    assert (len(body.content), body.size, body.wire_size, body.truncated) == (100, 500, len(data), True)
    body = a_recorder(body_limit=3).record(with_body(b"12345", "image/png")).request_body
    assert body == Body(content=b"123", size=5, wire_size=5, media_type="image/png", truncated=True)


def test_a_recording_that_undid_the_coding_is_taken_at_its_word() -> None:
    raw = exchange(
        response_headers=(("content-encoding", "gzip"), ("content-length", "30")),
        response_body=RawBody(data=b"hello", size=5, decoded=True),
        lane=Lane.IMPORT,
    )
    record = RECORDER.exchange(raw)
    assert record.response_body == Body(content=b"hello", size=5, wire_size=5)
    assert record.flaws == ()


@pytest.mark.parametrize(
    ("tail", "secret"),
    [("AKIA2345ABCD", b"2345"), ("4111 1111 1111", b"1111"), ("x eyJhbGciOiJIUzI1NiJ9.eyJzd", b"hbGci")],
)
def test_half_a_secret_at_the_end_of_a_body_that_broke_off_is_gone(tail: str, secret: bytes) -> None:
    data = f'{{"note": "{tail}'.encode()
    for raw in (
        with_body(data, "application/json", cut=True),
        exchange(request_body=RawBody(data=data, size=len(data)), outcome=Outcome.CLIENT_CLOSED),
        exchange(request_body=RawBody(data=data + b"567890", size=len(data) + 6)),
    ):
        limited = a_recorder(body_limit=len(data)).record(raw).request_body
        assert limited is not None
        assert secret not in limited.content


def test_exceptions_by_name_and_by_place() -> None:
    config = RedactionConfig(
        keep_names=("session",),
        keep_places=("response.*.body.items[].pin", "request.query.sid", "request.cookie.lang"),
    )
    recorder = a_recorder(config)
    body = b'{"session": {"token": "kept"}, "pin": 1, "items": [{"pin": 2222, "x": "4111111111111111"}]}'
    record = recorder.exchange(
        exchange(
            target="/a?sid=kept&token=gone",
            request_headers=(("cookie", "lang=de; sid=1"), ("session", "kept")),
            request_body=RawBody(data=body, size=len(body)),
            response_body=RawBody(data=body, size=len(body)),
        )
    )
    assert record.query.startswith("sid=kept&token=redacted.")
    assert record.request_headers[0][1].startswith("lang=de; sid=redacted.")
    assert record.request_headers[1] == ("session", "kept")
    assert record.request_body is not None
    assert record.response_body is not None
    assert b'{"token": "kept"}' in record.request_body.content
    assert b'"pin": 2222' not in record.request_body.content
    assert b'"pin": 2222' in record.response_body.content
    assert b"4111111111111111" not in record.response_body.content
    assert b'"pin": 1' not in record.response_body.content


def test_an_id_depends_on_the_fingerprint_and_cannot_be_tested_without_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RECORDER.exchange(exchange()).id == a_recorder().record(exchange(status=500)).id
    assert RECORDER.exchange(exchange()).id != RECORDER.exchange(exchange(fingerprint=("test", 2))).id
    monkeypatch.setenv("DEFACTO_REDACTION_KEY_FILE", str(tmp_path / "key"))
    assert Recorder.from_config(Config()).record(exchange()).id != RECORDER.exchange(exchange()).id


def test_the_identity_is_read_before_redaction() -> None:
    record = a_recorder(identity=IdentityConfig(chain=("basic",))).record(
        exchange(request_headers=(("authorization", "Basic YmlsbGluZzpodW50ZXIy"),))
    )
    assert record.identity.key == "basic:billing"
    assert "YmlsbGluZ" not in record.request_headers[0][1]


TEXT = st.text(st.characters(max_codepoint=255), max_size=40)
NAMES = st.sampled_from(
    ["content-type", "content-encoding", "content-length", "authorization", "cookie", "host", "x"]
)
FIELDS = st.lists(
    st.tuples(
        NAMES,
        TEXT | st.sampled_from(["gzip", "br, zstd", "deflate", "application/json", "multipart/form-data"]),
    ),
    max_size=5,
).map(tuple)
RAW_BODIES = st.none() | st.builds(
    lambda data, more, decoded: RawBody(data=data, size=len(data) + more, decoded=decoded),
    st.binary(max_size=60) | TEXT.map(lambda text: text.encode("utf-8", "replace")),
    st.integers(0, 5),
    st.booleans(),
)


@given(
    st.builds(
        exchange,
        method=st.sampled_from(["GET", "CONNECT", "OPTIONS", ""]),
        target=TEXT | st.text(st.sampled_from("/?#@:%&=*htp.;"), max_size=20) | st.text(max_size=20),
        authority=TEXT,
        scheme=st.sampled_from(["http", "https", ""]),
        request_headers=FIELDS,
        response_headers=FIELDS,
        request_trailers=FIELDS,
        request_body=RAW_BODIES,
        response_body=RAW_BODIES,
        status=st.none() | st.integers(100, 599),
        outcome=st.sampled_from(Outcome),
        started_at=st.integers(0, 2**63),
    )
)
def test_any_exchange_becomes_a_record(raw: RawExchange) -> None:
    record = RECORDER.exchange(raw)
    assert isinstance(record, Exchange)
    assert [name for name, _ in record.request_headers] == [name for name, _ in raw.request_headers]


def an_event(sender: Sender, at: int, number: int, **more: object) -> RawEvent:
    client = "api" if sender is Sender.CLIENT else "billing"
    given = {
        "link": Link("events", Lane.SPLICE, "here", "amqp", connection="c", peer="10.0.0.7"),
        "ordinal": number,
        "sender": sender,
        "channel": "order.created",
        "at": at,
        "client": (Identity(basis="connection-name", value=client, source="StartOk"),),
        "payload": RawBody(data=b'{"card": "4111111111111111", "id": "o1"}', size=40),
        "headers": (("content-type", "application/json"), ("authorization", "Bearer abc.def")),
        **more,
    }
    return RawEvent(**given)  # type: ignore[arg-type]


def test_an_event_is_redacted_and_knows_its_publisher() -> None:
    recorder = a_recorder()
    sent = recorder.event(an_event(Sender.CLIENT, 5, 0))
    got = recorder.event(
        an_event(Sender.SERVER, 9, 1, acknowledgement="ack", acknowledged_at=12, redeliveries=1, sequence=7)
    )
    assert sent.id != got.id
    assert (sent.publisher, sent.consumer) == (
        Identity(basis="connection-name", value="api", source="StartOk"),
        None,
    )
    assert got.publisher == sent.publisher
    assert got.consumer == Identity(basis="connection-name", value="billing", source="StartOk")
    assert (got.published_at, got.delivered_at, got.acknowledged_at) == (5, 9, 12)
    assert (got.acknowledgement, got.redeliveries, got.sequence) == ("ack", 1, 7)
    for one in (sent, got):
        assert one.payload is not None
        assert b"4111111111111111" not in one.payload.content
        assert "abc.def" not in str(one.headers)
        assert one.redacted == 2


def test_an_acknowledgement_alone_was_not_delivered_then() -> None:
    alone = RECORDER.event(
        an_event(Sender.SERVER, 9, 1, payload=None, acknowledgement="commit", acknowledged_at=9, sequence=41)
    )
    assert alone.delivered_at is None
    assert alone.published_at is None
    assert alone.acknowledged_at == 9


def test_a_payload_in_another_format_is_kept_as_json_and_redacted(tmp_path: Path) -> None:
    (tmp_path / "7.avsc").write_text(
        json.dumps(
            {
                "type": "record",
                "name": "OrderPaid",
                "namespace": "shop",
                "fields": [{"name": "id", "type": "string"}, {"name": "password", "type": "string"}],
            }
        )
    )
    text = b"".join(bytes([2 * len(one)]) + one for one in (b"ord_1", b"hunter2hunter2"))
    payload = gzip.compress(b"\x00\x00\x00\x00\x07" + text)
    config = Config(
        redaction=RedactionConfig(key_file=str(tmp_path / "key")), schemas=SchemasConfig(folder=str(tmp_path))
    )
    record = Recorder.from_config(config).event(
        an_event(
            Sender.SERVER,
            9,
            1,
            payload=RawBody(data=payload, size=len(payload)),
            headers=(("content-type", "avro/binary"), ("content-encoding", "gzip")),
        )
    )
    assert record.payload is not None
    assert record.payload.media_type == "application/json"
    said = json.loads(record.payload.content)
    assert said["id"] == "ord_1"
    assert is_token(said["password"])
    assert record.type == "shop.OrderPaid"
    assert ("schema", "registry:7") in record.headers
    assert record.flaws == ()


def test_a_very_deep_payload_is_kept_and_said_to_be() -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    record = RECORDER.event(
        an_event(Sender.SERVER, 9, 1, payload=RawBody(data=deep, size=len(deep)), headers=())
    )
    assert "message-body-too-deep" in record.flaws
    assert parsed(record.payload) is OPAQUE if record.payload is not None else False
