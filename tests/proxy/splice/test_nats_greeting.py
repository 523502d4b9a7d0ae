"""INFO as a lane's clients are shown it: the words on TLS are the lane's, all else is the server's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.splice.nats_greeting import GreetingError, read, shown

WORDS = ("tls_required", "tls_verify", "tls_available")
TEXTS = st.text(max_size=20) | st.sampled_from(['"tls_required":true', '\\"tls_required": false', "{", "\\"])
SAID = st.dictionaries(
    TEXTS.filter(lambda name: name not in WORDS),
    TEXTS | st.integers() | st.booleans() | st.lists(TEXTS, max_size=3),
    min_size=1,
    max_size=6,
)


def info(said: dict[str, Any], **form: Any) -> bytes:
    return b"INFO " + json.dumps(said, **form).encode() + b" \r\n"


@given(
    SAID, st.dictionaries(st.sampled_from(WORDS), st.booleans()), st.booleans(), st.booleans(), st.booleans()
)
def test_nothing_but_the_words_on_tls_is_changed(
    said: dict[str, Any], words: dict[str, bool], tls: bool, verify: bool, dense: bool
) -> None:
    form = {"separators": (",", ":"), "ensure_ascii": False} if dense else {}
    now = shown(info(said | words, **form), tls=tls, verify=verify)
    told = json.loads(now.removeprefix(b"INFO "))
    lane = {word: bool(told.pop(word, False)) for word in WORDS}
    assert lane == {"tls_required": tls, "tls_verify": verify, "tls_available": False}
    assert told == said
    without = shown(info(said, **form), tls=False, verify=False)
    assert without == info(said, **form)


def test_every_other_byte_is_the_servers() -> None:
    before = b'INFO {"server_id":"N\\u003c", "tls_required" : true,"go":1.20}   \r\n'
    after = b'INFO {"server_id":"N\\u003c", "tls_required":false,"go":1.20}   \r\n'
    assert shown(before, tls=False, verify=False) == after
    assert shown(b'INFO {"a":1}\r\n', tls=True, verify=False) == b'INFO {"tls_required":true,"a":1}\r\n'


@pytest.mark.parametrize(
    ("said", "demands", "offers"),
    [
        ({"a": 1}, False, False),
        ({"tls_required": True}, True, True),
        ({"tls_available": True}, False, True),
        ({"tls_required": False, "tls_available": False}, False, False),
        ({"tls_required": "yes"}, False, False),
    ],
)
def test_what_the_server_says_of_tls(said: dict[str, Any], demands: bool, offers: bool) -> None:
    greeting = read(info(said))
    assert (greeting.demands, greeting.offers) == (demands, offers)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"INFO {}\r\n",
        b"INFO [1]\r\n",
        b"INFO {\r\n",
        b'INFO {"a":1}',
        b"-ERR 'no'\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b'INFO {"a":"\xff"}\r\n',
        b"\x16\x03\x01\n",
    ],
)
def test_what_is_no_greeting(line: bytes) -> None:
    with pytest.raises(GreetingError):
        read(line)


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"INFO {" + rest + b"}\r\n"))
def test_any_bytes_are_a_greeting_or_none(line: bytes) -> None:
    try:
        greeting = read(line)
    except GreetingError:
        return
    assert read(shown(greeting.line, tls=True, verify=True)).demands
