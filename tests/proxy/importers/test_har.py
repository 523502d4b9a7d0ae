from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.importers import har
from proxy.importers.recording import Cut, Recorded, Skipped
from proxy.raw import RawBody
from store.records import Lane, Outcome
from tests.proxy.importers.samples import STARTED_AT, entry, exchanges, har_of, one, read_har

MS = 1_000_000


def test_an_entry_becomes_an_exchange() -> None:
    exchange = one(entry(connection="443", serverIPAddress="10.0.0.7"))
    assert exchange.producer == "api.example.com"
    assert (exchange.lane, exchange.source, exchange.protocol) == (Lane.IMPORT, "test.har", "http/1.1")
    assert (exchange.method, exchange.scheme, exchange.authority) == ("GET", "https", "api.example.com")
    assert exchange.target == "/orders/42?limit=3"
    assert exchange.request_headers == (("user-agent", "billing/1.2"),)
    assert exchange.response_body == RawBody(data=b'{"id":42}', size=9, decoded=True)
    assert (exchange.status, exchange.outcome, exchange.flaws) == (200, Outcome.COMPLETE, ())
    assert (exchange.started_at, exchange.connection) == (STARTED_AT, "10.0.0.7#443")
    lengths = (exchange.request_ns, exchange.wait_ns, exchange.duration_ns)
    assert lengths == (500_000, 30_500_000, 40_500_000)


def test_the_producer_that_is_given_goes_before_the_host() -> None:
    (item,) = read_har(har_of(entry()), producer="orders")
    assert isinstance(item, Recorded)
    assert item.exchange.producer == "orders"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (entry(startedDateTime=...), "entry 2: startedDateTime is missing"),
        (entry(startedDateTime=17), "entry 2: startedDateTime is not text"),
        (entry(startedDateTime="yesterday"), "entry 2: startedDateTime is no date since 1970 (yesterday)"),
        (
            entry(startedDateTime="0001-01-01T00:00:00Z"),
            "entry 2: startedDateTime is no date since 1970 (0001-01-01T00:00:00Z)",
        ),
        (
            entry(startedDateTime="9999-12-31T23:59:59Z"),
            "entry 2: startedDateTime is no date since 1970 (9999-12-31T23:59:59Z)",
        ),
        (entry() | {"request": ...} | {"request": None}, "entry 2: request is missing"),
        (entry() | {"request": "GET /"}, "entry 2: request is not an object"),
        (entry(request={"method": ""}), "entry 2: request.method is missing"),
        (entry(request={"url": ...}), "entry 2: request.url is missing"),
        (entry(request={"url": ["x"]}), "entry 2: request.url is not text"),
        (entry(request={"url": "/orders"}), "entry 2: its URL is not absolute"),
        (entry(request={"url": "https:///orders"}), "entry 2: its URL has no host"),
        (entry(request={"url": "data:text/plain,hi"}), "entry 2: its URL is not HTTP (data:)"),
        (
            entry(request={"url": "chrome-extension://abc/x.js"}),
            "entry 2: its URL is not HTTP (chrome-extension:)",
        ),
        (entry(response={"status": 7}), "entry 2: response.status is no HTTP status (7)"),
        (entry(response={"status": [200]}), "entry 2: response.status is no HTTP status ([200])"),
        (entry() | {"response": 200}, "entry 2: response is not an object"),
        (None, "entry 2: it is not an object"),
        ([], "entry 2: it is not an object"),
    ],
)
def test_a_broken_entry_is_named_and_the_rest_kept(broken: Any, said: str) -> None:
    first, second, third = read_har(har_of(entry(), broken, entry(time=1)))
    assert isinstance(first, Recorded)
    assert isinstance(third, Recorded)
    assert isinstance(second, Skipped)
    assert str(second) == said


def test_an_entry_that_is_no_json_is_named() -> None:
    data = har_of(entry(), entry(), entry()).replace(b'"method": "GET",', b'"method": GET,', 1)
    items = read_har(data)
    assert str(items[0]) == "entry 1: it is not JSON (Expecting value)"
    assert len(exchanges(items)) == 2


def test_a_file_that_is_cut_off_keeps_what_came_before() -> None:
    whole = har_of(entry(), entry(time=1), entry(time=2))
    items = read_har(whole[: whole.rindex(b"startedDateTime") + 20])
    assert len(exchanges(items)) == 2
    assert items[-1] == Cut("it is cut off, after entry 2")


@pytest.mark.parametrize("data", [b"{}", b'{"log": {}}', b'{"log": {"entries": 3}}', b"{"])
def test_a_file_without_entries_says_so(data: bytes) -> None:
    assert [type(item) for item in read_har(data)] == [Cut]


def test_an_empty_har_is_empty() -> None:
    assert read_har(har_of()) == []


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T09:00:00.250Z", STARTED_AT),
        ("2026-03-02T10:00:00.250+01:00", STARTED_AT),
        ("2026-03-02T01:00:00.2500000-08:00", STARTED_AT),
        ("2026-03-02T09:00:00.250", STARTED_AT),
        ("20260302T090000.250Z", STARTED_AT),
        ("2026-03-02T09:00:00.123456+00:00", STARTED_AT - 126_544_000),
    ],
)
def test_dates_as_tools_write_them(text: str, instant: int) -> None:
    assert one(entry(startedDateTime=text)).started_at == instant


@pytest.mark.parametrize(
    ("timings", "time", "lengths"),
    [
        ({"send": 1, "wait": 2, "receive": 3}, 99, (MS, 3 * MS, 6 * MS)),
        ({"send": 0, "wait": 7, "receive": 0}, 7, (0, 7 * MS, 7 * MS)),
        ({"send": -1, "wait": 7, "receive": -1}, 7, (None, 7 * MS, 7 * MS)),
        ({"send": -1, "wait": -1, "receive": -1}, 12, (None, None, 12 * MS)),
        ({"send": None, "wait": "7", "receive": True}, 12, (None, None, 12 * MS)),
        ({"send": math.nan, "wait": math.inf, "receive": 1e300}, 12, (None, None, 12 * MS)),
        ({}, -1, (None, None, None)),
        (..., ..., (None, None, None)),
        ([], 12, (None, None, 12 * MS)),
    ],
)
def test_timings_that_do_not_apply(timings: Any, time: Any, lengths: tuple[int | None, ...]) -> None:
    exchange = one(entry(timings=timings, time=time))
    assert (exchange.request_ns, exchange.wait_ns, exchange.duration_ns) == lengths


@pytest.mark.parametrize("status", [0, -1, None, "", "0"])
def test_no_response_is_an_error_with_what_is_known(status: Any) -> None:
    exchange = one(
        entry(
            response={"status": status, "headers": [], "content": {"size": 0}, "_error": "net::ERR_ABORTED"}
        )
    )
    assert (exchange.status, exchange.outcome) == (None, Outcome.ERROR)
    assert (exchange.wait_ns, exchange.duration_ns, exchange.response_body) == (None, None, None)
    assert exchange.request_ns == 500_000


def test_an_entry_without_response_is_an_error() -> None:
    assert one(entry() | {"response": None}).outcome == Outcome.ERROR


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ([{"name": "X-A", "value": " 1 "}, {"name": "x-a", "value": "2"}], (("x-a", "1"), ("x-a", "2"))),
        ([["X-A", "1"]], (("x-a", "1"),)),
        ([{"name": "Set-Cookie", "value": "a=1\nb=2"}], (("set-cookie", "a=1"), ("set-cookie", "b=2"))),
        (
            [
                {"name": ":authority", "value": "h"},
                {"name": ":path", "value": "/"},
                {"name": "a", "value": "1"},
            ],
            (("a", "1"),),
        ),
        (
            [{"name": "X-A"}, {"name": "X-B", "value": None}, {"name": "X-C", "value": 3}],
            (("x-a", ""), ("x-b", ""), ("x-c", "3")),
        ),
        ([{"name": "X", "value": "caf\u00e9"}], (("x", "caf\u00c3\u00a9"),)),
        ([{"name": "X", "value": "\udce9"}, {"name": "Y", "value": "\ud800"}], (("x", "\u00e9"), ("y", "?"))),
        (None, ()),
    ],
)
def test_header_fields(headers: Any, read: tuple[tuple[str, str], ...]) -> None:
    exchange = one(entry(request={"headers": headers}))
    assert exchange.request_headers == read
    assert exchange.flaws == ()


@pytest.mark.parametrize("headers", [{"X": "1"}, "X: 1", [3], [{"value": "1"}], [["X"]]])
def test_headers_that_cannot_be_read_are_a_flaw(headers: Any) -> None:
    assert one(entry(response={"headers": headers})).flaws == ("response-headers-unreadable",)


def test_websocket_messages() -> None:
    messages = [
        {"type": "send", "time": 1772442000.5, "opcode": 1, "data": "h\u00e9llo"},
        {"type": "receive", "time": 1772442001, "opcode": 2, "data": "AAH/"},
        {"type": "receive", "data": "no time"},
        {"type": "ping", "data": "x"},
        {"type": "send", "opcode": 9, "data": "x"},
        {"type": "send", "opcode": 2, "data": "!"},
        "x",
    ]
    upgrade = entry(
        request={"url": "wss://api.example.com/live"}, response={"status": 101}, _webSocketMessages=messages
    )
    (item,) = read_har(har_of(upgrade))
    assert isinstance(item, Recorded)
    assert [(frame.from_client, frame.text, frame.data) for frame in item.frames] == [
        (True, True, "h\u00e9llo".encode()),
        (False, False, b"\x00\x01\xff"),
        (False, True, b"no time"),
    ]
    assert [frame.sent_at for frame in item.frames] == [
        1_772_442_000_500_000_000,
        1_772_442_001_000_000_000,
        None,
    ]
    assert item.exchange.scheme == "https"
    assert item.exchange.outcome == Outcome.COMPLETE
    assert item.exchange.flaws == ("websocket-message-unreadable",)


def test_an_upgrade_without_messages_is_opaque() -> None:
    assert one(entry(response={"status": 101})).outcome == Outcome.OPAQUE


def test_fingerprints_depend_on_all_content_and_on_nothing_else() -> None:
    same = json.dumps({"log": {"entries": [dict(reversed(entry().items()))]}}, indent=3).encode()
    assert exchanges(read_har(same))[0].fingerprint == one(entry()).fingerprint
    other = entry()
    other["response"]["content"]["text"] = '{"id":43}'
    assert one(other).fingerprint != one(entry()).fingerprint


def test_identical_entries_of_one_file_are_told_apart() -> None:
    first, second = exchanges(read_har(har_of(entry(), entry())))
    assert first.fingerprint == one(entry()).fingerprint
    assert first.fingerprint != second.fingerprint


def test_content_that_no_json_writer_takes_has_a_fingerprint() -> None:
    odd = entry(_big=10**30, _lone="\ud800")
    assert one(odd).fingerprint != one(entry()).fingerprint


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"log"', True),
        (b"\xef\xbb\xbf \n{", True),
        ('{"log"'.encode("utf-16"), True),
        (b"[1]", False),
        (b"12:", False),
        (b"", False),
        (b"\xff\xfe", False),
    ],
)
def test_recognises(head: bytes, known: bool) -> None:
    assert har.recognises(head) is known


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "value", "text", "params", "mimeType", "encoding", "size", "type", "data"]
            )
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.data())
def test_no_entry_however_wrong_raises(data: st.DataObject) -> None:
    whole = copy.deepcopy(entry(connection="1", _webSocketMessages=[{"type": "send", "data": "x"}]))
    whole["request"]["postData"] = {"mimeType": "text/plain", "text": "x", "params": []}
    for _ in range(data.draw(st.integers(1, 4))):
        parts = [
            part for part in (whole, whole["request"], whole["response"]) if isinstance(part, dict) and part
        ]
        part = parts[data.draw(st.integers(0, len(parts) - 1))]
        part[data.draw(st.sampled_from(sorted(part)))] = data.draw(junk)
    items = read_har(har_of(entry(), whole, entry()))
    assert [type(item) for item in items] in ([Recorded] * 3, [Recorded, Skipped, Recorded])


@given(st.lists(junk, max_size=5))
def test_entries_that_are_anything_are_each_accounted_for(entries: list[Any]) -> None:
    assert len(read_har(har_of(*entries))) == len(entries)
