"""GraphQL inside WebSocket, message by message, in both of its protocols."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.decoders import graphql_ws
from proxy.decoders.decoder import Instant
from proxy.decoders.graphql_ws import UNKNOWN_ID, UNREADABLE
from proxy.raw import Sender
from store.records import Outcome
from tests.proxy.decoders.playing import played
from tests.proxy.decoders.socket_playing import (
    CLOSE,
    LIMITS,
    PATH,
    frame,
    framed,
    handshake,
    in_one_segment,
    make,
    seen,
)

if TYPE_CHECKING:
    from proxy.raw import RawExchange
    from tests.proxy.decoders.playing import Seen, Step
    from tests.proxy.decoders.socket_playing import Said

NEW, OLD = "graphql-transport-ws", "graphql-ws"
QUERY = "query Order($id: ID!) { order(id: $id) { id total } }"
SUBSCRIPTION = "subscription Paid { orderPaid { id } }"
DATA = {"data": {"order": {"id": 7, "total": 3}}}


def said(side: str, type_: str, id_: str | None = None, payload: Any = None) -> Said:
    message = {"id": id_, "type": type_, "payload": payload}
    return side, json.dumps({name: value for name, value in message.items() if value is not None})


def asks(id_: str, query: str, word: str = "subscribe", **more: Any) -> Said:
    return said("c", word, id_, {"query": query, **more})


OPENED = [said("c", "connection_init"), said("s", "connection_ack")]


def calls(told: Seen) -> list[RawExchange]:
    """The operations; the handshake comes before them."""
    assert told.opaque is None
    assert (told.exchanges[0].method, told.exchanges[0].status) == ("GET", 101)
    return told.exchanges[1:]


def answer(call: RawExchange) -> Any:
    return json.loads(call.response_body.data) if call.response_body else None


def events(told: Seen) -> list[tuple[str, Any]]:
    return [(one.type, json.loads(one.payload.data)) for one in told.messages]


@pytest.mark.parametrize(("protocol", "ask", "reply"), [(NEW, "subscribe", "next"), (OLD, "start", "data")])
def test_a_query_is_the_call_that_it_is_over_http(protocol: str, ask: str, reply: str) -> None:
    told = seen(
        protocol,
        *OPENED,
        asks("1", QUERY, ask, operationName="Order", variables={"id": 7}),
        said("s", reply, "1", DATA),
        said("s", "complete", "1"),
    )
    (call,) = calls(told)
    assert (call.method, call.target, call.status, call.outcome) == (
        "POST",
        f"{PATH}?v=1",
        200,
        Outcome.COMPLETE,
    )
    assert call.protocol == protocol
    assert call.request_body is not None
    assert json.loads(call.request_body.data) == {
        "query": QUERY,
        "operationName": "Order",
        "variables": {"id": 7},
    }
    assert answer(call) == DATA
    assert dict(call.response_headers) == {"content-type": "application/json"}
    assert not told.messages


def test_it_takes_as_long_as_its_answer() -> None:
    steps = [*OPENED, asks("1", QUERY), said("s", "next", "1", DATA), said("s", "complete", "1")]
    (call,) = calls(played(make(), [*handshake(NEW), *framed(steps)]))
    assert (call.wait_ns, call.duration_ns) == (10, 10)


@pytest.mark.parametrize(("protocol", "ask", "reply"), [(NEW, "subscribe", "next"), (OLD, "start", "data")])
def test_each_answer_of_a_subscription_is_a_message(protocol: str, ask: str, reply: str) -> None:
    answers = [{"data": {"orderPaid": {"id": number}}} for number in range(3)]
    told = seen(
        protocol,
        *OPENED,
        asks("1", SUBSCRIPTION, ask),
        *(said("s", reply, "1", one) for one in answers),
        said("s", "complete", "1"),
    )
    (call,) = calls(told)
    assert (call.status, answer(call), call.wait_ns, call.duration_ns) == (200, answers[0], None, None)
    assert events(told) == [("Paid", one) for one in answers]
    assert [one.ordinal for one in told.messages] == [0, 1, 2]
    assert {one.carrier.fingerprint for one in told.messages} == {call.fingerprint}
    assert {(one.sender, one.media_type, one.protocol) for one in told.messages} == {
        (Sender.SERVER, "application/json", protocol)
    }


def test_operations_go_on_side_by_side_and_an_id_may_be_used_again() -> None:
    told = seen(
        NEW,
        *OPENED,
        asks("1", "subscription A { a }"),
        asks("2", "subscription B { b }"),
        said("s", "next", "2", {"data": {"b": 1}}),
        said("s", "next", "1", {"data": {"a": 1}}),
        said("c", "complete", "1"),
        said("s", "complete", "1"),  # it crosses the client's
        asks("1", "{ c }"),
        said("s", "next", "1", {"data": {"c": 1}}),
        said("s", "complete", "1"),
        said("s", "next", "2", {"data": {"b": 2}}),
    )
    assert [answer(call) for call in calls(told)] == [{"data": {name: 1}} for name in "bac"]
    assert events(told) == [("B", {"data": {"b": 1}}), ("A", {"data": {"a": 1}}), ("B", {"data": {"b": 2}})]
    assert len({call.fingerprint for call in calls(told)}) == 3


ERROR = {"message": "no such field"}


@pytest.mark.parametrize(("protocol", "payload"), [(NEW, [ERROR]), (OLD, ERROR)])
@pytest.mark.parametrize("query", [QUERY, SUBSCRIPTION])
def test_what_is_not_executed_is_refused(protocol: str, payload: Any, query: str) -> None:
    told = seen(protocol, *OPENED, asks("1", query, "subscribe"), said("s", "error", "1", payload))
    (call,) = calls(told)
    assert (call.status, answer(call)) == (400, {"errors": [ERROR]})


def test_an_error_in_the_middle_of_a_subscription_is_its_last_message() -> None:
    told = seen(
        NEW, *OPENED, asks("1", SUBSCRIPTION), said("s", "next", "1", DATA), said("s", "error", "1", [ERROR])
    )
    assert answer(*calls(told)) == DATA
    assert events(told) == [("Paid", DATA), ("Paid", {"errors": [ERROR]})]


def test_what_has_more_answers_than_one_streams_whatever_it_says() -> None:
    told = seen(
        NEW,
        *OPENED,
        said("c", "subscribe", "1", {"extensions": {"persistedQuery": {}}, "operationName": "Paid"}),
        *(said("s", "next", "1", {"data": number}) for number in range(3)),
    )
    (call,) = calls(told)
    assert answer(call) == {"data": 0}
    assert events(told) == [("Paid", {"data": number}) for number in range(3)]


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ([], Outcome.SERVER_CLOSED),
        ([("c", CLOSE), ("s", CLOSE)], Outcome.CLIENT_CLOSED),
        ([("s", CLOSE), ("c", CLOSE)], Outcome.SERVER_CLOSED),
        ([said("c", "complete", "1")], Outcome.CLIENT_CLOSED),
    ],
)
def test_a_query_without_an_answer_says_who_gave_up(end: list[Said], outcome: Outcome) -> None:
    (call,) = calls(seen(NEW, *OPENED, asks("1", QUERY), *end))
    assert (call.status, call.outcome, call.response_body) == (None, outcome, None)
    assert call.duration_ns is not None


@pytest.mark.parametrize("end", [[], [said("c", "complete", "1")], [("c", CLOSE)]])
def test_a_subscription_on_which_nothing_happens_is_none_that_failed(end: list[Said]) -> None:
    (call,) = calls(seen(NEW, *OPENED, asks("1", SUBSCRIPTION), *end))
    assert (call.status, call.outcome, call.response_body) == (200, Outcome.COMPLETE, None)


def test_a_connection_that_is_lost_in_the_middle_of_a_frame_ends_what_is_under_way() -> None:
    side, whole = "s", frame("s", json.dumps({"id": "1", "type": "next", "payload": DATA}))
    steps: list[Step] = [*framed([*OPENED, asks("1", QUERY)]), (side, whole[:20]), "client_reset"]
    (call,) = calls(played(make(), [*handshake(NEW), *steps]))
    assert (call.status, call.outcome) == (None, Outcome.CLIENT_CLOSED)


def test_what_a_client_says_of_itself_counts_as_header_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_ws, "MAX_PARAMETER_CHARS", 20)
    parameters = {
        "Authorization": "Bearer x",
        "headers": {"X-Tenant": "blue", "count": 3},
        "bad name": "y",
        "long": "z" * 21,
    }
    told = seen(
        NEW,
        said("c", "connection_init", None, parameters),
        said("s", "connection_ack"),
        asks("1", "{ a }"),
        said("s", "next", "1", DATA),
        said("s", "complete", "1"),
        fields=("Authorization: Basic eA==", "Sec-WebSocket-Version: 13"),
    )
    (call,) = calls(told)
    assert call.request_headers == (
        ("host", "shop"),
        ("authorization", "Basic eA=="),
        ("content-type", "application/json"),
        ("authorization", "Bearer x"),
        ("x-tenant", "blue"),
    )


def test_words_about_the_connection_are_no_messages() -> None:
    told = seen(
        OLD,
        *OPENED,
        said("s", "ka"),
        said("c", "ping"),
        said("s", "pong", None, {"at": 1}),
        said("c", "connection_terminate"),
    )
    assert not calls(told)
    assert not told.messages


ODD: list[tuple[Said, str]] = [
    (("c", "hello"), UNREADABLE),
    (("c", b"\x00\x01"), UNREADABLE),
    (("c", '{"type": 3}'), UNREADABLE),
    (("c", '{"type": "subscribe", "id": {}}'), UNREADABLE),
    (("c", '{"payload":' * 5000), UNREADABLE),
    (("s", '{"type": "subscribe", "id": "1", "payload": {}}'), UNREADABLE),
    (("s", '{"type": "next", "id": "9", "payload": {}}'), UNKNOWN_ID),
    (("s", '{"type": "error", "id": "9", "payload": []}'), UNKNOWN_ID),
]


@pytest.mark.parametrize(("odd", "flaw"), ODD)
def test_what_is_not_understood_is_told_as_it_is_and_ends_nothing(odd: Said, flaw: str) -> None:
    told = seen(NEW, *OPENED, asks("1", QUERY), odd, said("s", "next", "1", DATA), said("s", "complete", "1"))
    assert answer(*calls(told)) == DATA
    (message,) = told.messages
    assert (message.flaws, message.protocol) == ((flaw,), "websocket")
    content = odd[1].encode() if isinstance(odd[1], str) else odd[1]
    assert (message.payload.data, message.payload.size) == (content[: LIMITS.body_bytes], len(content))


def test_another_protocol_inside_is_told_as_it_is() -> None:
    stomp = "CONNECT\naccept-version:1.2\n\n\0"
    told = seen(NEW, ("c", stomp), ("s", "CONNECTED\nversion:1.2\n\n\0"))
    assert [(one.flaws, one.type) for one in told.messages] == [((UNREADABLE,), "text")] * 2


def test_of_a_large_message_the_beginning_is_kept_as_of_a_large_body() -> None:
    large = {"data": {"text": "x" * 50_000}}
    told = seen(
        NEW,
        *OPENED,
        asks("1", QUERY, variables={"note": "y" * 5000}),
        said("s", "next", "1", large),
        said("s", "complete", "1"),
    )
    (call,) = calls(told)
    assert call.request_body is not None
    assert call.response_body is not None
    for body, whole in (
        (call.request_body, {"query": QUERY, "variables": {"note": "y" * 5000}}),
        (call.response_body, large),
    ):
        text = json.dumps(whole).encode()
        assert body.size == len(text)
        assert text.startswith(body.data)
        assert 900 < len(body.data) < LIMITS.body_bytes


def test_many_small_messages_in_one_segment() -> None:
    told = in_one_segment(
        NEW,
        *OPENED,
        *(asks(str(number), f"{{ a{number} }}") for number in range(30)),
        *(
            one
            for number in range(30)
            for one in (said("s", "next", str(number), {"data": number}), said("s", "complete", str(number)))
        ),
    )
    assert [answer(call) for call in calls(told)] == [{"data": number} for number in range(30)]


@pytest.mark.parametrize(("name", "padding"), [("", "x" * 400), ("x" * 700, "")])
def test_what_is_kept_is_bounded_and_who_has_to_go_is_told(name: str, padding: str) -> None:
    decoder = make()
    asked = [asks(f"{name}{number}", SUBSCRIPTION, padding=padding) for number in range(500)]
    told = 0
    for side, data in (*handshake(NEW), *framed([*OPENED, *asked])):
        feed = decoder.client_data if side == "c" else decoder.server_data
        told += len(list(feed(data, Instant(0, 0))))
        assert decoder.held_bytes <= 4 * LIMITS.body_bytes
    assert told > len(asked) - 4 * LIMITS.body_bytes / 400
    assert told + len(list(decoder.server_eof(Instant(1, 1)))) == len(asked) + 1


WORDS = st.sampled_from(["connection_init", "subscribe", "start", "next", "data", "error", "complete", "x"])
MESSAGE = st.builds(
    said,
    st.sampled_from("cs"),
    WORDS,
    st.sampled_from(["1", "2"]),
    st.sampled_from([None, {}, [], "x", {"query": QUERY}, {"query": SUBSCRIPTION}, {"query": "{"}, DATA]),
)
JUNK = st.tuples(st.sampled_from("cs"), st.binary(max_size=30) | st.text(max_size=30))


@given(st.lists(MESSAGE | JUNK, max_size=12), st.sampled_from([NEW, OLD]))
def test_whatever_is_said_every_request_comes_to_an_end_and_no_two_are_one(
    messages: list[Said], protocol: str
) -> None:
    told = seen(protocol, *messages)
    assert told.opaque is None
    asked = sum(
        side == "c"
        and isinstance(text, str)
        and any(f'"type": "{word}"' in text for word in ("subscribe", "start"))
        for side, text in messages
    )
    assert len(calls(told)) == asked
    ids = [one.fingerprint for one in told.exchanges]
    assert len(set(ids)) == len(ids)
