from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers import har_body
from proxy.raw import RawBody
from tests.proxy.importers.samples import entry, one

GZIPPED = gzip.compress(b"hello", mtime=0)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def response_of(content: Any, **response: Any) -> tuple[RawBody | None, tuple[str, ...]]:
    exchange = one(entry(response={"content": content, "bodySize": -1} | response))
    return exchange.response_body, exchange.flaws


def request_of(post_data: Any, *headers: tuple[str, str]) -> tuple[bytes, tuple[str, ...]]:
    fields = [{"name": name, "value": value} for name, value in headers]
    exchange = one(entry(request={"method": "POST", "postData": post_data, "headers": fields}))
    return exchange.request_body.data if exchange.request_body else b"", exchange.flaws


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ({"text": "plain"}, b"plain"),
        ({"text": encoded(b"\x00\xff"), "encoding": "base64"}, b"\x00\xff"),
        ({"text": "00ff", "encoding": "hex"}, b"\x00\xff"),
        ({"text": f'["{encoded(b"one ")}", "{encoded(b"two")}"]', "encoding": "base64"}, b"one two"),
        ({"text": '["00", "ff"]', "encoding": "hex"}, b"\x00\xff"),
        ({"text": '["00"]'}, b'["00"]'),
        ({"text": {"id": 1}}, b'{"id": 1}'),
        ({"text": "é", "mimeType": "text/plain; charset=iso-8859-1"}, b"\xe9"),
        ({"text": "é", "mimeType": "text/plain; charset=utf-8"}, b"\xc3\xa9"),
        ({"text": "é", "mimeType": "text/plain; charset=no-such"}, b"\xc3\xa9"),
        ({"text": "ż", "mimeType": "text/plain; charset=iso-8859-1"}, b"\xc5\xbc"),
        ({"text": "é", "mimeType": "text/plain"}, b"\xc3\xa9"),
        ({"text": "Ã©", "mimeType": "text/plain"}, b"\xc3\xa9"),
        ({"text": "\udce9x", "mimeType": "text/plain"}, b"\xe9x"),
        ({"text": "\ud800", "mimeType": "text/plain"}, b"\xed\xa0\x80"),
    ],
)
def test_text_goes_back_to_its_bytes(content: dict[str, Any], data: bytes) -> None:
    body, flaws = response_of(content)
    assert body == RawBody(data=data, size=len(data), decoded=True)
    assert flaws == ()


@pytest.mark.parametrize("text", ["abc", "é", '["AA==", 3'])
def test_base64_that_is_none_is_kept_as_text_with_a_flaw(text: str) -> None:
    body, flaws = response_of({"text": text, "encoding": "base64"})
    assert body is not None
    assert body.data == text.encode()
    assert flaws == ("response-body-undecodable",)


def test_a_body_that_was_not_recorded_has_its_length() -> None:
    body, flaws = response_of({"size": 512, "mimeType": "image/png"})
    assert body == RawBody(data=b"", size=512, decoded=True)
    assert body.truncated
    assert flaws == ("response-body-not-recorded",)


@pytest.mark.parametrize("content", [{}, {"size": 0}, {"size": -1}, {"size": "9"}, {"text": ""}, None, "x"])
def test_no_body(content: Any) -> None:
    assert response_of(content) == (None, ())


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 101)])
def test_responses_that_cannot_have_a_body(method: str, status: int) -> None:
    response = {"status": status, "content": {"size": 300, "text": "x"}}
    assert one(entry(request={"method": method}, response=response)).response_body is None


def test_what_a_browser_had_in_its_cache_is_no_body() -> None:
    assert response_of({"text": "cached"}, status=304) == (None, ("response-body-from-cache",))


def test_the_length_transferred_is_that_of_the_compressed_body() -> None:
    headers = [{"name": "Content-Encoding", "value": "gzip"}]
    body, _ = response_of({"text": "x" * 1000}, headers=headers, bodySize=40)
    assert body is not None
    assert (body.size, body.decoded, body.truncated) == (40, True, False)


def test_bytes_that_are_compressed_still_are_said_to_be() -> None:
    headers = [{"name": "Content-Encoding", "value": "gzip"}]
    body, _ = response_of({"text": encoded(GZIPPED), "encoding": "base64"}, headers=headers, bodySize=25)
    assert body == RawBody(data=GZIPPED, size=len(GZIPPED), decoded=False)


def test_a_gzip_file_is_no_coded_body() -> None:
    body, _ = response_of({"text": encoded(GZIPPED), "encoding": "base64"}, headers=[])
    assert body is not None
    assert body.decoded


@pytest.mark.parametrize(
    ("headers", "content", "media"),
    [
        ([], {"mimeType": "application/json", "text": "{}"}, "application/json"),
        ([{"name": "Content-Type", "value": "text/a"}], {"mimeType": "text/b"}, "text/a"),
        ([], {"mimeType": "x-unknown"}, None),
        ([], {}, None),
    ],
)
def test_the_content_type_where_headers_are_missing(headers: Any, content: Any, media: str | None) -> None:
    exchange = one(entry(response={"headers": headers, "content": content}))
    assert dict(exchange.response_headers).get("content-type") == media


def test_the_request_body() -> None:
    assert request_of({"mimeType": "application/json", "text": '{"a":1}'}) == (b'{"a":1}', ())
    assert request_of({"mimeType": "", "text": encoded(b"\xff"), "encoding": "base64"}) == (b"\xff", ())
    assert request_of({"mimeType": "", "text": ""}) == (b"", ())
    assert request_of(None) == (b"", ())


def test_a_form_that_is_only_there_as_parameters() -> None:
    parameters = [{"name": "a b", "value": "1&2"}, {"name": "c"}, {"value": "lost"}, 3]
    form = {"mimeType": "application/x-www-form-urlencoded", "params": parameters}
    assert request_of(form) == (b"a+b=1%262&c=", ("request-body-rebuilt",))
    assert request_of({**form, "text": "kept"}) == (b"kept", ())


def test_a_multipart_form_that_is_only_there_as_parameters() -> None:
    parameters = [
        {"name": "note", "value": "hi"},
        {"name": "file", "fileName": 'a".txt', "contentType": "text/plain", "value": "é"},
    ]
    form = {"mimeType": "multipart/form-data; boundary=XX", "params": parameters}
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a%22.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n\xc3\xa9\r\n--XX--\r\n"
    )
    assert request_of(form) == (body, ("request-body-rebuilt",))


@given(st.text(st.characters(exclude_categories=())), st.sampled_from(["base64", "hex"]))
def test_decoding_never_raises(text: str, encoding: str) -> None:
    response_of({"text": text, "encoding": encoding})


@given(st.binary())
def test_base64_round_trip(data: bytes) -> None:
    assert har_body.from_base64(encoded(data)) == data
