"""The HTTP/1.1 decoder: transcripts of connections, in every cutting, and garbage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.decoders.decoder import Limits, Origin, Reason
from proxy.decoders.http1 import Http1Decoder
from store.records import Outcome
from tests.proxy.decoders.playing import Seen, Step, bytewise, in_any_cutting, played, untimed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from proxy.raw import RawExchange

ORIGIN = Origin(producer="orders", source="127.0.0.1:8080", connection="run-1", peer="10.0.0.9")
LIMITS = Limits(body_bytes=64, head_bytes=4096, in_flight=8)

GET = b"GET /a?b=c HTTP/1.1\r\nHost: shop\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nxyz"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"


def play(steps: Sequence[Step], limits: Limits = LIMITS) -> Seen:
    return played(Http1Decoder(ORIGIN, limits), steps)


def tr(*steps: Step) -> Seen:
    """Play whole and byte by byte: both must give the same."""
    return in_any_cutting(lambda: Http1Decoder(ORIGIN, LIMITS), steps)


def only(seen: Seen) -> RawExchange:
    assert seen.opaque is None, seen.opaque
    (exchange,) = seen.exchanges
    return exchange


def body(exchange: RawExchange) -> bytes | None:
    return exchange.response_body.data if exchange.response_body is not None else None


def test_one_exchange_is_whole() -> None:
    exchange = only(tr(("c", GET), ("s", OK)))
    assert (exchange.method, exchange.target, exchange.authority, exchange.status) == (
        "GET",
        "/a?b=c",
        "shop",
        200,
    )
    assert (exchange.protocol, exchange.outcome, exchange.peer) == ("http/1.1", Outcome.COMPLETE, "10.0.0.9")
    assert exchange.request_headers == (("host", "shop"),)
    assert exchange.response_headers == (("content-length", "5"),)
    assert exchange.request_body is None
    assert body(exchange) == b"hello"
    assert exchange.fingerprint == ("orders", "run-1", 1)


def test_times_run_from_the_first_byte_of_the_request() -> None:
    exchange = only(play([("c", POST[:10]), ("c", POST[10:]), ("s", OK[:20]), ("s", OK[20:])]))
    assert exchange.started_at == 1_000_000
    assert (exchange.request_ns, exchange.wait_ns, exchange.duration_ns) == (10, 20, 30)


def test_connection_is_kept_for_many_exchanges() -> None:
    seen = tr(("c", GET), ("s", OK), ("c", POST), ("s", EMPTY), ("c", GET), ("s", OK))
    assert [one.status for one in seen.exchanges] == [200, 204, 200]
    assert [one.fingerprint[-1] for one in seen.exchanges] == [1, 2, 3]


def test_empty_lines_between_requests_begin_nothing() -> None:
    seen = tr(("c", POST + b"\r\n"), ("s", OK), ("c", GET), ("s", OK))
    assert len(seen.exchanges) == 2
    assert seen.exchanges[1].method == "GET"


def test_pipelined_requests_are_answered_in_order() -> None:
    heads = [f"GET /{n} HTTP/1.1\r\nHost: h\r\n\r\n".encode() for n in range(5)]
    answers = [f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{n}".encode() for n in range(5)]
    seen = tr(("c", b"".join(heads)), ("s", b"".join(answers)))
    assert [(one.target, body(one)) for one in seen.exchanges] == [
        (f"/{n}", str(n).encode()) for n in range(5)
    ]


def test_head_reply_has_a_length_and_no_body_even_pipelined() -> None:
    head = b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"
    no_body = OK[: -len(b"hello")]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    seen = tr(("c", head + GET + head + GET), ("s", no_body + OK + chunked + OK))
    assert [(one.method, body(one)) for one in seen.exchanges] == [
        ("HEAD", None), ("GET", b"hello"), ("HEAD", None), ("GET", b"hello"),
    ]  # fmt: skip


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X: y"])
def test_statuses_without_a_body(status: int, framing: bytes) -> None:
    reply = b"HTTP/1.1 %d Nothing\r\n%s\r\n\r\n" % (status, framing)
    seen = tr(("c", GET), ("s", reply), ("c", GET), ("s", OK))
    assert [(one.status, body(one)) for one in seen.exchanges] == [(status, None), (200, b"hello")]


def test_interim_responses_are_not_answers() -> None:
    expect = b"POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    exchange = only(
        tr(("c", expect), ("s", b"HTTP/1.1 100 Continue\r\n\r\n"), ("c", b"xyz"), ("s", hints + OK))
    )
    assert (exchange.status, exchange.request_body and exchange.request_body.data) == (200, b"xyz")
    assert exchange.response_headers == (("content-length", "5"),)


def test_chunks_and_trailers() -> None:
    reply = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n"
        b"5;ext=1\r\nhel\r\n\r\n4\r\n\r\n\r\n\r\n0\r\nSum: 9\r\nOther: \t x \r\n\r\n"
    )
    seen = tr(("c", GET), ("s", reply), ("c", GET), ("s", OK))
    assert body(seen.exchanges[0]) == b"hel\r\n\r\n\r\n"
    assert seen.exchanges[0].response_trailers == (("sum", "9"), ("other", "x"))
    assert seen.exchanges[0].response_headers == (("transfer-encoding", "chunked"), ("trailer", "Sum"))
    assert body(seen.exchanges[1]) == b"hello"


def test_chunked_request() -> None:
    request = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
    exchange = only(tr(("c", request), ("s", OK)))
    assert exchange.request_body is not None
    assert exchange.request_body.data == b"xyz"


def test_body_until_the_server_closes() -> None:
    exchange = only(tr(("c", GET), ("s", b"HTTP/1.0 200 OK\r\n\r\nab"), ("s", b"cd"), "server_eof"))
    assert (body(exchange), exchange.outcome) == (b"abcd", Outcome.COMPLETE)


def test_body_until_close_is_cut_by_a_reset() -> None:
    exchange = only(tr(("c", GET), ("s", b"HTTP/1.0 200 OK\r\n\r\nab"), "server_reset"))
    assert (body(exchange), exchange.outcome) == (b"ab", Outcome.SERVER_CLOSED)


def test_body_is_cut_at_the_limit_and_its_size_is_exact() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
    exchange = only(tr(("c", GET), ("s", reply)))
    assert exchange.response_body is not None
    assert (len(exchange.response_body.data), exchange.response_body.size) == (64, 1000)
    assert exchange.response_body.truncated


def test_answer_before_the_request_has_ended() -> None:
    seen = tr(("c", POST[:-2]), ("s", OK), ("c", POST[-2:]), ("c", GET), ("s", EMPTY))
    assert [(one.method, one.status) for one in seen.exchanges] == [("POST", 200), ("GET", 204)]


def test_answer_and_then_the_request_never_ends() -> None:
    exchange = only(tr(("c", POST[:-2]), ("s", OK), "client_eof", "server_eof"))
    assert (exchange.outcome, exchange.flaws, exchange.request_ns) == (
        Outcome.COMPLETE, ("request-incomplete",), None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (["client_reset"], Outcome.CLIENT_CLOSED),
        (["client_eof", "server_eof"], Outcome.CLIENT_CLOSED),
        (["client_eof", ("s", OK[:30]), "server_eof"], Outcome.SERVER_CLOSED),
        (["server_eof"], Outcome.SERVER_CLOSED),
        (["server_reset"], Outcome.SERVER_CLOSED),
        (["refused"], Outcome.REFUSED),
    ],
)
def test_who_ended_it(end: list[object], outcome: Outcome) -> None:
    exchange = only(play([("c", GET), *end]))
    assert exchange.outcome is outcome
    assert exchange.duration_ns == 10 * len(end)


def test_client_that_closes_its_direction_is_answered_all_the_same() -> None:
    assert only(tr(("c", GET), "client_eof", ("s", OK), "server_eof")).outcome is Outcome.COMPLETE


def test_half_a_request_is_counted_and_no_exchange() -> None:
    seen = tr(("c", GET[:20]), "client_reset")
    assert seen.exchanges == []
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (Reason.MALFORMED, 1)


def test_upgrade_is_the_last_exchange() -> None:
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
    agree = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n\x81\x02hi"
    seen = tr(("c", ask), ("s", agree), ("c", b"\x81\x80"))
    assert [one.outcome for one in seen.exchanges] == [Outcome.OPAQUE]
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (None, 0)


def test_upgrade_declined_goes_on() -> None:
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    seen = tr(("c", ask), ("s", OK), ("c", GET), ("s", OK))
    assert [one.outcome for one in seen.exchanges] == [Outcome.COMPLETE, Outcome.COMPLETE]


def test_connect_is_a_tunnel_if_granted() -> None:
    ask = b"CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n"
    seen = tr(("c", ask), ("s", b"HTTP/1.1 200 Established\r\n\r\n\x00\x01"), ("c", b"\x00"))
    assert [(one.outcome, one.authority) for one in seen.exchanges] == [(Outcome.OPAQUE, "db:5432")]
    assert seen.opaque is not None
    denied = tr(("c", ask), ("s", b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"), ("c", GET), ("s", OK))
    assert [one.status for one in denied.exchanges] == [403, 200]


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"*1\r\n$4\r\nPING\r\n", Reason.MALFORMED),
        (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", Reason.MALFORMED),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Reason.MALFORMED),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", Reason.MALFORMED),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 5000 + b"\r\n\r\n", Reason.TOO_LARGE),
        (GET * 9, Reason.TOO_MANY),
    ],
)
def test_what_cannot_be_decoded_is_counted(first: bytes, reason: Reason) -> None:
    seen = tr(("c", first))
    assert seen.opaque is not None
    assert seen.opaque.reason is reason
    assert seen.opaque.lost >= 1
    assert seen.exchanges == []


def test_heads_count_among_what_is_held_until_they_are_answered() -> None:
    decoder = Http1Decoder(ORIGIN, LIMITS)
    padded = b"GET / HTTP/1.1\r\nX: " + b"y" * 3000 + b"\r\n\r\n"
    played(decoder, [("c", padded), ("c", padded)])
    assert 6000 < decoder.held_bytes < 6200
    played(decoder, [("s", EMPTY), ("s", EMPTY)])
    assert decoder.held_bytes == 0


@pytest.mark.parametrize("endless", [b"1" + b";x" * 5000, b"0\r\nX: " + b"y" * 5000])
def test_chunk_lines_and_trailers_are_bounded(endless: bytes) -> None:
    seen = play(bytewise([("c", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + endless)]))
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("reply", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_malformed_answers(reply: bytes) -> None:
    seen = tr(("c", GET), ("s", reply))
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost, seen.exchanges) == (Reason.MALFORMED, 1, [])


def test_junk_after_a_real_beginning_keeps_the_beginning() -> None:
    seen = tr(("c", GET), ("s", OK), ("c", b"\x00\xff junk"))
    assert len(seen.exchanges) == 1
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.MALFORMED


def test_bytes_after_an_answer_are_a_doubt_in_the_order() -> None:
    seen = tr(("c", GET), ("s", OK + OK))
    assert len(seen.exchanges) == 1
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.UNSYNCHRONISED


def test_server_may_say_that_it_waited_too_long() -> None:
    seen = tr(("c", GET), ("s", OK), ("s", b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"))
    assert len(seen.exchanges) == 1
    assert seen.opaque is not None
    assert (seen.opaque.reason, seen.opaque.lost) == (None, 0)


def test_every_truncation_gives_what_was_whole() -> None:
    steps = [("c", GET + POST), ("s", OK), ("s", EMPTY)]
    pieces = bytewise(steps)
    for length in range(len(pieces)):
        seen = play([*pieces[:length], "client_reset"])
        complete = [one for one in seen.exchanges if one.outcome is Outcome.COMPLETE]
        sent = length - len(GET + POST)
        assert len(complete) == (sent >= len(OK)) + (sent >= len(OK + EMPTY))


def test_after_a_gap_a_request_line_synchronises() -> None:
    seen = play([("c", GET), 5, ("c", POST), ("s", OK)])
    assert [(one.method, one.fingerprint[-1]) for one in seen.exchanges] == [("POST", 6)]


@pytest.mark.parametrize(
    "first", [b"xyz", b"{}GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b'{"a": " HTTP/1.1\r\n"}']
)
def test_after_a_gap_nothing_else_does(first: bytes) -> None:
    seen = play([1, ("c", first), ("s", OK)])
    assert seen.exchanges == []
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.UNSYNCHRONISED


def test_after_a_gap_a_connection_that_pipelined_is_left_alone() -> None:
    seen = play([("c", GET + GET), ("s", OK + OK), 2, ("c", GET), ("s", OK)])
    assert len(seen.exchanges) == 2
    assert seen.opaque is not None
    assert seen.opaque.reason is Reason.UNSYNCHRONISED


@pytest.mark.parametrize(
    ("request_line", "host", "authority"),
    [
        ("GET http://a.example:80/x HTTP/1.1", "b", "a.example"),
        ("GET http://a.example?x HTTP/1.1", "b", "a.example"),
        ("GET /http://x HTTP/1.1", "b:80", "b"),
        ("OPTIONS * HTTP/1.1", "b:8080", "b:8080"),
    ],
)
def test_authority(request_line: str, host: str, authority: str) -> None:
    exchange = only(tr(("c", f"{request_line}\r\nHost: {host}\r\n\r\n".encode()), ("s", OK)))
    assert exchange.authority == authority


# Garbage: nothing but Opaque is ever raised, and what is kept is bounded.

FRAGMENTS = st.sampled_from(
    [
        GET, POST, OK, EMPTY, b"GET ", b"HTTP/1.1 ", b"HEAD / HTTP/1.1\r\n\r\n", b"\r\n", b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
        b"5\r\nhello\r\n", b"0\r\n\r\n",
    ]
)  # fmt: skip
BYTES = st.one_of(FRAGMENTS, st.binary(max_size=40), st.lists(FRAGMENTS, max_size=4).map(b"".join))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("cs"), BYTES),
        st.sampled_from(["client_eof", "server_eof", "client_reset", "server_reset", "refused"]),
        st.integers(0, 9),
    ),
    max_size=20,
)


@given(STEPS)
def test_garbage_is_decoded_or_opaque(steps: list[object]) -> None:
    for exchange in play(steps).exchanges:
        for part in (exchange.request_body, exchange.response_body):
            assert part is None or len(part.data) <= min(part.size, LIMITS.body_bytes)


@given(STEPS.filter(lambda steps: not any(isinstance(step, int) for step in steps)))
def test_cutting_does_not_matter(steps: list[object]) -> None:
    whole, pieces = play(steps), play(bytewise(steps))
    assert untimed(whole) == untimed(pieces)


# Differential: what h11 writes, we read.

MEANINGFUL = {
    "content-length", "transfer-encoding", "connection", "host", "upgrade", "expect", "te", "trailer",
}  # fmt: skip
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,9}", fullmatch=True).filter(
    lambda name: name.lower() not in MEANINGFUL
)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
BODIES = st.one_of(st.none(), st.binary(max_size=50))
PLAIN = st.tuples(st.sampled_from(["GET", "HEAD", "POST", "PUT"]), HEADERS, BODIES, st.booleans())
REPLY = st.tuples(st.sampled_from([200, 201, 204, 304, 404, 500]), HEADERS, BODIES, st.booleans())


def written(sender: h11.Connection, head: h11.Event, content: bytes | None) -> bytes:
    data = sender.send(head) or b""
    if content:
        data += sender.send(h11.Data(data=content)) or b""
    return data + (sender.send(h11.EndOfMessage()) or b"")


def framing(content: bytes | None, *, chunked: bool) -> list[tuple[str, str]]:
    if content is None:
        return []
    return [("Transfer-Encoding", "chunked")] if chunked else [("Content-Length", str(len(content)))]


@settings(max_examples=60)
@given(st.lists(st.tuples(PLAIN, REPLY), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_h11_writes_is_read(pairs: list[tuple[Any, Any]], random: Random) -> None:
    client, server = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
    steps: list[object] = []
    expected = []
    for (method, fields, content, chunked), (status, reply_fields, reply_content, reply_chunked) in pairs:
        head = h11.Request(
            method=method, target="/x", headers=[("Host", "h"), *fields, *framing(content, chunked=chunked)]
        )
        asked = written(client, head, content)
        server.receive_data(asked)
        while not isinstance(server.next_event(), h11.EndOfMessage):
            pass
        bodiless = method == "HEAD" or status in {204, 304}
        sent = None if bodiless else reply_content or b""
        answer = h11.Response(
            status_code=status, headers=[*reply_fields, *framing(sent, chunked=reply_chunked)], reason="Fine"
        )
        answered = written(server, answer, sent)
        client.receive_data(answered)
        while not isinstance(client.next_event(), h11.EndOfMessage):
            pass
        for connection in (client, server):
            connection.start_next_cycle()
        for side, data in (("c", asked), ("s", answered)):
            cut = random.randrange(len(data) + 1)
            steps += [(side, data[:cut]), (side, data[cut:])]
        expected.append((method, status, content or None, sent or None))
    seen = play(steps)
    assert seen.opaque is None
    assert [
        (one.method, one.status, one.request_body and one.request_body.data, body(one))
        for one in seen.exchanges
    ] == expected
    for exchange, ((_, fields, *_), (_, reply_fields, *_)) in zip(seen.exchanges, pairs, strict=True):
        lowered = [(name.lower(), value) for name, value in fields]
        assert [one for one in exchange.request_headers if one in lowered] == lowered
        assert set(exchange.response_headers) >= {(name.lower(), value) for name, value in reply_fields}
