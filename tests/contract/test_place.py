"""Places: what stands where in one exchange."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.place import Found, Places
from contract.subject import Subject, parse
from store.records import Body, Exchange
from tests.inference.traffic import call

OPERATION = "GET /shops/{shop}/files/{name}.pdf"
ANSWER = {
    "items": [{"sku": "a", "note": None}, {"sku": "b"}],
    "prices": {"EUR": 1, "USD": 2.5},
    "odd name": 0,
}


def places(**changes: Any) -> Places:
    exchange = call(
        0,
        "GET",
        "/v1/shops/42/files/a%2Fb.pdf?limit=20&tag=x&tag=7&empty=",
        got=ANSWER,
        request_headers=(("accept", "a/b"), ("cookie", "id=7; theme=dark"), ("x-flag", "true")),
        response_headers=(("etag", '"1"'),),
    )
    return Places(replace(exchange, **changes), OPERATION)


def body(content: bytes, media_type: str = "application/json", **changes: Any) -> Body:
    return Body(content=content, size=len(content), wire_size=len(content), media_type=media_type, **changes)


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("request.path.shop", Found((42,))),
        ("request.path.name", Found(("a/b",))),
        ("request.path.other", Found((), missing=1)),
        ("request.query.limit", Found((20,))),
        ("request.query.tag", Found(("x", 7))),
        ("request.query.empty", Found(("",))),
        ("request.query.none", Found((), missing=1)),
        ("request.header.x-flag", Found((True,))),
        ("request.cookie.theme", Found(("dark",))),
        ("response.200.header.etag", Found(('"1"',))),
        ("response.2XX.header.etag", Found(('"1"',))),
        ("response.default.body.prices.EUR", Found((1,))),
        ("response.200.body.items[].sku", Found(("a", "b"))),
        ("response.200.body.items[].note", Found((None,), missing=1)),
        ("response.200.body.items[].note.deeper", Found(())),
        ("response.200.body.prices{}", Found((1, 2.5))),
        ('response.200.body["odd name"]', Found((0,))),
        ("response.200.body.gone", Found((), missing=1)),
        ("response.200.body.gone.deeper", Found(())),
        ("response.200.body[]", Found(())),
        ("response.404.body.items", None),
        ("response.4XX.header.etag", None),
        ("request.body.x", None),
        ("response.200.latency", None),
    ],
)
def test_what_stands_at_a_subject(subject: str, found: Found | None) -> None:
    assert places().find(parse(subject)) == found


def test_the_body_itself() -> None:
    found = places().find(parse("response.200.body"))
    assert found == Found((ANSWER,))


def test_a_form_is_read_as_an_object_of_lexical_values() -> None:
    form = body(b"name=Ada&age=36&age=37", "application/x-www-form-urlencoded")
    sent = places(request_body=form)
    assert sent.find(parse("request.body.age")) == Found((36,))
    assert sent.find(parse("request.body.name")) == Found(("Ada",))


@pytest.mark.parametrize(
    "opaque",
    [
        body(b"<a/>", "application/xml"),
        body(b'{"a": 1', "application/json"),
        body(b'{"a": 1}', truncated=True),
        body(b"\xff\xfe", "text/plain"),
    ],
)
def test_of_a_body_that_cannot_be_read_nothing_is_known(opaque: Body) -> None:
    assert places(response_body=opaque).find(parse("response.200.body.a")) is None


def test_without_an_answer_only_the_request_is_there() -> None:
    cut = places(status=None, response_body=None)
    assert cut.find(parse("response.200.body")) is None
    assert cut.find(parse("request.path.shop")) == Found((42,))


SUBJECTS = st.lists(
    st.sampled_from(["items", "sku", "[]", "{}", "note", "EUR", "", "odd name"]), max_size=5
).map(lambda parts: Subject(("response", "200", "body", *parts)))


@given(SUBJECTS)
def test_no_more_values_lack_a_field_than_there_are_parents(subject: Subject) -> None:
    found, parents = places().find(subject), places().find(subject.parent)
    assert found is not None
    if subject.parts[-1] not in {"body", "[]", "{}"}:
        assert parents is not None
        objects = [value for value in parents.values if isinstance(value, dict)]
        assert len(found.values) + found.missing == len(objects)


@given(st.binary(max_size=40), st.sampled_from(["application/json", "", "application/x-www-form-urlencoded"]))
def test_no_body_is_too_odd(content: bytes, media_type: str) -> None:
    exchange: Exchange = replace(call(0, "GET", "/a"), response_body=body(content, media_type))
    Places(exchange, "GET /a").find(parse("response.200.body.a[].b{}"))
