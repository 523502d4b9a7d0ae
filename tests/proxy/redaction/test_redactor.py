"""The whole of redaction: every secret in every place, and the laws that hold for any bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.redaction import MediaType
from store.tokens import TOKEN, JsonType, token_type
from tests.proxy.planted import (
    BY_PATTERN,
    NAMED_VALUE,
    NAMES,
    PLACES,
    everything_in,
    exchange,
    left_of,
    named_places,
    with_body,
)
from tests.proxy.recording import a_recorder, a_redactor

RECORDER = a_recorder()
REDACTOR = a_redactor()

MEDIA_TYPES = (
    "",
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "text/html",
    "application/octet-stream",
    "application/json; charset=utf-16",
    "text/plain; charset=no-such-charset",
)

_FRAGMENTS = st.sampled_from(
    [
        *(
            '"password"',
            ":",
            '"',
            "\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            "token",
            "=",
            "&",
            "?",
            "%70assword",
            "%",
            "\\u0070",
        ),
        *(
            "<password>",
            "</password>",
            "<a b='",
            ">",
            "'",
            " ",
            "\n",
            "bearer ",
            "Bearer ",
            "eyJ",
            ".",
            "key-",
            "sk-",
        ),
        *(
            "://",
            "@",
            ":",
            "/",
            "--x\r\n",
            'content-disposition: form-data; name="pin"\r\n\r\n',
            "1",
            "4111111111111111",
        ),
        *(
            "\0",
            "\x01",
            "hunter2hunter2",
            "AKIA",
            "true",
            "null",
            "-",
            "secret",
            "name",
            "value",
            "api_key",
            "+",
            ";",
        ),
    ]
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(_FRAGMENTS, max_size=25).map(lambda parts: "".join(parts).encode()),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["password", "a", "token", "name", "value", "pin"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_that_looks_like_one_is_gone_from_every_place(place: str) -> None:
    for kind, secret in BY_PATTERN.items():
        if "deep" in place and kind != "jwt":
            continue
        record = RECORDER.exchange(PLACES[place](secret))
        assert left_of(secret, everything_in(record)) is None, kind
        assert record.redacted > 0, kind


@pytest.mark.parametrize("place", named_places("x", "y"))
def test_a_secret_that_its_name_gives_away_is_gone_from_every_place(place: str) -> None:
    for name in NAMES if "deep" not in place else NAMES[:2]:
        record = RECORDER.exchange(named_places(name, NAMED_VALUE)[place])
        assert left_of(NAMED_VALUE, everything_in(record), window=6) is None, name
        assert record.redacted > 0, name


def test_the_search_for_remains_finds_them_in_what_was_not_redacted() -> None:
    for kind, secret in BY_PATTERN.items():
        for place in PLACES:
            raw = PLACES[place](secret)
            if "gzip" not in place and "escapes" not in place:
                assert left_of(secret, everything_in(raw)) is not None, (kind, place)
    for place, raw in named_places("password", NAMED_VALUE).items():
        assert left_of(NAMED_VALUE, everything_in(raw), window=6) is not None, place


@given(BODIES, st.sampled_from(MEDIA_TYPES), st.booleans())
@example(b'{"password": "\\ud800"}', "application/json", False)
@example(b"\xff\xfe{\x00", "", True)
@example(b"passwd:\\", "", False)
def test_any_body_is_redacted_without_an_error_and_only_once(data: bytes, media_type: str, cut: bool) -> None:
    parsed = MediaType.parse(media_type)
    once = REDACTOR.start().body(data, parsed, "request.body", cut=cut)
    again = REDACTOR.start()
    assert again.body(once.content, parsed, "request.body", cut=cut).content == once.content
    assert again.count == 0


@given(BODIES, st.sampled_from(MEDIA_TYPES), st.booleans())
def test_a_body_that_needs_nothing_stays_byte_for_byte(data: bytes, media_type: str, cut: bool) -> None:
    redaction = REDACTOR.start()
    redacted = redaction.body(data, MediaType.parse(media_type), "request.body", cut=cut)
    if redaction.count == 0:
        assert redacted.content == data


@given(
    st.text(st.characters(max_codepoint=255), max_size=80),
    st.sampled_from(["x-note", "cookie", "authorization"]),
)
def test_any_header_is_redacted_without_an_error_and_only_once(value: str, name: str) -> None:
    once = REDACTOR.start().headers(((name, value),), "request.header")
    again = REDACTOR.start()
    assert again.headers(once, "request.header") == once
    assert again.count == 0


@given(st.lists(_FRAGMENTS, max_size=12).map("".join) | st.text(max_size=60))
def test_any_target_is_redacted_without_an_error_and_only_once(text: str) -> None:
    path, query = REDACTOR.start().path(text), REDACTOR.start().query(text)
    again = REDACTOR.start()
    assert (again.path(path), again.query(query)) == (path, query)
    assert again.count == 0


@given(st.text(min_size=1, max_size=40).filter(lambda text: not TOKEN.fullmatch(text)))
def test_a_named_secret_has_one_token_wherever_it_stands(secret: str) -> None:
    token = REDACTOR.token(secret)
    body = json.dumps({"password": secret}).encode()
    assert json.loads(
        REDACTOR.start().body(body, MediaType.parse("application/json"), "request.body").content
    ) == {"password": token}
    assert REDACTOR.start().secret(secret) == token


def test_the_token_of_a_login_is_the_token_of_the_next_call() -> None:
    login = RECORDER.exchange(with_body(b'{"access_token":"a-b-c.d_e~f"}', "application/json"))
    call = RECORDER.exchange(exchange(request_headers=(("authorization", "Bearer a-b-c.d_e~f"),)))
    assert login.response_body is not None
    token = json.loads(login.response_body.content)["access_token"]
    assert call.request_headers == (("authorization", f"Bearer {token}"),)


def test_what_describes_a_secret_stays_and_all_else_below_it_goes() -> None:
    body = (
        b'{"credentials": {"user": "u-1", "type": "LDAP", "valid": true, "old": [{"status": "on", "v": 7}]}}'
    )
    redacted = json.loads(
        REDACTOR.start().body(body, MediaType.parse("application/json"), "request.body").content
    )
    credentials = redacted["credentials"]
    assert (credentials["type"], credentials["valid"], credentials["old"][0]["status"]) == (
        "LDAP",
        True,
        "on",
    )
    assert TOKEN.fullmatch(credentials["user"])
    assert token_type(credentials["old"][0]["v"]) is JsonType.INTEGER


def test_another_key_makes_other_tokens() -> None:
    assert a_redactor(key=b"1" * 32).token("hunter2") != a_redactor(key=b"2" * 32).token("hunter2")


@pytest.mark.parametrize(
    ("value", "json_type"),
    [
        ("1234", JsonType.INTEGER),
        ("-12.5e3", JsonType.NUMBER),
        ("NaN", JsonType.NUMBER),
        ('"1234"', JsonType.STRING),
    ],
)
def test_a_token_tells_the_json_type_of_what_it_replaced(value: str, json_type: JsonType) -> None:
    redacted = REDACTOR.start().body(
        f'{{"pin":{value}}}'.encode(), MediaType.parse("application/json"), "request.body"
    )
    assert token_type(json.loads(redacted.content)["pin"]) is json_type
