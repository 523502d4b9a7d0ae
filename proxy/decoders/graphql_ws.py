"""GraphQL over WebSocket seen from the side, in both of its protocols.

`graphql-transport-ws` is that of the library graphql-ws (its PROTOCOL.md); `graphql-ws` is the older one of
subscriptions-transport-ws, with other words for the same. An operation becomes what it is over HTTP: a POST
with its answer, so that it is one operation over whichever transport it comes. Each answer of a subscription
is a message besides, whose type is the operation's name; the exchange of a subscription has the first one.
What goes wrong before an operation is executed has the status that it has over HTTP, 400.

The script of a page cannot set header fields of a WebSocket. What it says instead when the connection begins
(`connection_init`) counts as header fields of its operations: there stands what tells who it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from proxy.decoders.held import HEADER_BYTES, Held
from proxy.decoders.websocket_messages import Messages
from proxy.raw import RawBody, RawExchange, RawMessage, Sender
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from proxy.decoders.decoder import Instant, Limits
    from proxy.raw import RawRecord
    from store.records import Headers

SUBPROTOCOLS = frozenset({"graphql-transport-ws", "graphql-ws"})

UNREADABLE = "graphql-unreadable"
"""Flaw of a message that is none of the protocol's; it is told as it is."""
UNKNOWN_ID = "graphql-unknown-id"
"""Flaw of an answer to nothing that is known: an operation that was let go, or that the client has left."""

MAX_PARAMETERS = 32
MAX_PARAMETER_CHARS = 8192
"""Of `connection_init`: as long as servers take header fields."""

_OK, _REFUSED = 200, 400
_JSON = "application/json"
_SILENT = frozenset({"connection_ack", "connection_error", "connection_terminate", "ka", "ping", "pong"})
"""What is about the connection alone."""
_OF_HANDSHAKE = re.compile(r"connection|upgrade|content-.*|sec-websocket-.*")
"""Header fields that no call has."""
_FIELD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_MEMBER = rb'\s*"(id|type)"\s*:\s*"([^"\\]{0,256})"\s*,'
_CUT = re.compile(rb"\s*\{" + _MEMBER + _MEMBER + rb'\s*"payload"\s*:\s*')
"""The beginning of a message as libraries write them: all that can be read of one whose end is cut off."""


class _Message(msgspec.Struct):
    """One message as it is written."""

    type: str
    id: str | int | None = None
    payload: msgspec.Raw = msgspec.Raw(b"")


class _Said(NamedTuple):
    """What one message says, its payload as it was written."""

    word: str
    id: str
    payload: RawBody


class _Request(msgspec.Struct):
    """What of a request says which operation it is."""

    query: str | None = None
    operationName: str | None = None  # noqa: N815 - as it is written


@dataclass(slots=True)
class _Operation:
    """One that was asked for and has not been ended."""

    exchange: RawExchange
    """As far as it is known; without bodies once it was given."""
    begun: Instant
    name: str
    streams: bool
    """Answers come until somebody ends it."""
    answered: Instant | None = None
    given: bool = False
    """The exchange is out; what comes now are messages."""
    messages: int = 0

    @property
    def held_bytes(self) -> int:
        bodies = (self.exchange.request_body, self.exchange.response_body)
        return HEADER_BYTES + sum(len(body.data) for body in bodies if body is not None)


class GraphQlMessages(Messages):
    """One connection, from the end of its opening handshake on."""

    def __init__(self, carrier: RawExchange, limits: Limits) -> None:
        super().__init__(carrier, limits)
        self._operations: Held[str, _Operation] = Held(4 * limits.body_bytes)
        self._numbers = count()
        headers = carrier.request_headers
        self._headers: Headers = (
            *((name, value) for name, value in headers if not _OF_HANDSHAKE.fullmatch(name)),
            ("content-type", _JSON),
        )
        agreed = dict(carrier.response_headers).get("sec-websocket-protocol", "")
        self._call = replace(
            carrier,
            protocol=agreed,
            method="POST",
            request_body=None,
            status=None,
            response_headers=(("content-type", _JSON),),
            response_body=None,
            request_ns=0,
            wait_ns=None,
            duration_ns=None,
        )
        """What all operations of the connection have in common."""
        self._parameters: Headers = ()
        self._of_client: dict[str, Callable[[_Said, Instant], Iterator[RawRecord]]] = {
            "connection_init": self._opens,
            "subscribe": self._asks,
            "start": self._asks,
            "complete": self._leaves,
            "stop": self._leaves,
        }
        self._of_server: dict[str, Callable[[_Operation, _Said, Instant], Iterator[RawRecord]]] = {
            "next": self._is_answered,
            "data": self._is_answered,
            "error": self._fails,
            "complete": self._completes,
        }

    @property
    def held_bytes(self) -> int:
        """Bytes of messages that have not ended, and of operations under way."""
        return super().held_bytes + self._operations.bytes

    def ended(self, by: Sender, at: Instant) -> Iterator[RawRecord]:
        """The connection is over, and so is all that waits."""
        for operation in self._operations.release():
            yield from self._left(operation, by, at)

    def _read(self, sender: Sender, kind: str, payload: RawBody, at: Instant) -> Iterator[RawRecord]:
        said = _said(payload)
        if said is None or said.word not in (self._of_client if sender is Sender.CLIENT else self._of_server):
            if said is None or said.word not in _SILENT:
                yield self._as_it_is(sender, kind, payload, at, (UNREADABLE,))
        elif sender is Sender.CLIENT:
            yield from self._of_client[said.word](said, at)
        elif (operation := self._operations.take(said.id)) is not None:
            yield from self._of_server[said.word](operation, said, at)
        elif said.word != "complete":  # which may have crossed the client's
            yield self._as_it_is(sender, kind, payload, at, (UNKNOWN_ID,))

    def _opens(self, said: _Said, at: Instant) -> Iterator[RawRecord]:
        """What the client says of itself."""
        del at
        self._parameters = tuple(_parameters(said.payload))
        return iter(())

    def _asks(self, said: _Said, at: Instant) -> Iterator[RawRecord]:
        name, streams = _asked(said.payload)
        exchange = replace(
            self._call,
            fingerprint=(*self._carrier.fingerprint, "graphql", next(self._numbers)),
            started_at=at.wall_ns,
            request_headers=(*self._headers, *self._parameters),
            request_body=said.payload,
        )
        yield from self._keep(said.id, _Operation(exchange, at, name, streams), at)

    def _leaves(self, said: _Said, at: Instant) -> Iterator[RawRecord]:
        """The client ends it."""
        operation = self._operations.take(said.id)
        if operation is not None:
            yield from self._left(operation, Sender.CLIENT, at)

    def _is_answered(self, operation: _Operation, said: _Said, at: Instant) -> Iterator[RawRecord]:
        if operation.answered is None:
            operation.exchange = replace(operation.exchange, status=_OK, response_body=said.payload)
            operation.answered = at
            if operation.streams:
                yield from self._begin_stream(operation)
        else:  # what has more than one answer streams, whatever it was taken for
            if not operation.given:
                yield from self._begin_stream(operation)
            yield self._event(operation, said.payload, at)
        yield from self._keep(said.id, operation, at)

    def _fails(self, operation: _Operation, said: _Said, at: Instant) -> Iterator[RawRecord]:
        """It is over, with a list of errors; in the older protocol with one."""
        body = _errors(said.payload)
        if operation.answered is not None:
            yield from self._left(operation, Sender.SERVER, at)
            yield self._event(operation, body, at)
            return
        operation.answered = at
        operation.exchange = replace(operation.exchange, status=_REFUSED, response_body=body)
        yield self._give(operation)

    def _completes(self, operation: _Operation, said: _Said, at: Instant) -> Iterator[RawRecord]:
        """The server ends it."""
        del said
        if not operation.given:
            operation.answered = operation.answered or at
            operation.exchange = replace(operation.exchange, status=_OK)
            yield self._give(operation)

    def _keep(self, identifier: str, operation: _Operation, at: Instant) -> Iterator[RawRecord]:
        """Until it ends. Who has to go for it: one with its id, and those without a word for longest."""
        for gone in self._operations.hold(identifier, operation, len(identifier) + operation.held_bytes):
            yield from self._left(gone, Sender.SERVER, at)

    def _left(self, operation: _Operation, by: Sender, at: Instant) -> Iterator[RawRecord]:
        """No answer will come. To a subscription none was owed."""
        if operation.given:
            return
        if operation.streams:
            operation.exchange = replace(operation.exchange, status=_OK)
        elif operation.answered is None:
            operation.answered = at
            outcome = Outcome.CLIENT_CLOSED if by is Sender.CLIENT else Outcome.SERVER_CLOSED
            operation.exchange = replace(operation.exchange, outcome=outcome)
        yield self._give(operation)

    def _begin_stream(self, operation: _Operation) -> Iterator[RawRecord]:
        """The exchange, and its answer as the first message."""
        body, answered = operation.exchange.response_body, operation.answered
        operation.streams = True
        yield self._give(operation)
        if body is not None and answered is not None:
            yield self._event(operation, body, answered)

    def _give(self, operation: _Operation) -> RawExchange:
        """The exchange. How long the first answer of a subscription takes says nothing of the server."""
        exchange = operation.exchange
        if operation.answered is not None and not operation.streams:
            lasted = operation.answered.monotonic_ns - operation.begun.monotonic_ns
            answered = lasted if exchange.status is not None else None
            exchange = replace(exchange, wait_ns=answered, duration_ns=lasted)
        operation.exchange = replace(exchange, request_body=None, response_body=None)
        operation.given = True
        return exchange

    def _event(self, operation: _Operation, payload: RawBody, at: Instant) -> RawMessage:
        operation.messages += 1
        return RawMessage(
            carrier=operation.exchange,
            ordinal=operation.messages - 1,
            protocol=self._call.protocol,
            sender=Sender.SERVER,
            at=at.wall_ns,
            payload=payload,
            type=operation.name,
            media_type=_JSON,
        )


def _said(payload: RawBody) -> _Said | None:
    """A message as the protocol has them, None where it is none."""
    if payload.truncated:
        return _said_so_far(payload)
    try:
        message = msgspec.json.decode(payload.data, type=_Message)
    except (msgspec.DecodeError, RecursionError):
        return None
    data = bytes(message.payload)
    return _Said(message.type, str(message.id), RawBody(data=data, size=len(data), decoded=True))


def _said_so_far(payload: RawBody) -> _Said | None:
    begins = _CUT.match(payload.data)
    if begins is None or begins[1] == begins[3]:
        return None
    named = {begins[1]: begins[2].decode("utf-8", "replace"), begins[3]: begins[4].decode("utf-8", "replace")}
    size = payload.size - begins.end() - len("}")
    return _Said(
        named[b"type"],
        named[b"id"],
        RawBody(data=payload.data[begins.end() :], size=size, decoded=True),
    )


def _errors(payload: RawBody) -> RawBody:
    """Errors as an answer has them."""
    opening, closing = (b"", b"}") if payload.data[:1] == b"[" else (b"[", b"]}")
    data = b'{"errors":' + opening + payload.data + (b"" if payload.truncated else closing)
    return RawBody(data=data, size=payload.size + len(data) - len(payload.data), decoded=True)


def _asked(payload: RawBody) -> tuple[str, bool]:
    """What a request is called, as over HTTP (`""`: it does not say), and whether it subscribes."""
    from contract.selections import is_telling, read  # noqa: PLC0415  # see there

    try:
        request = msgspec.json.decode(payload.data, type=_Request)
    except (msgspec.DecodeError, RecursionError):
        return "", False
    wanted = request.operationName or ""
    found = read(request.query, wanted) if request.query else None
    if found is None:
        return wanted if is_telling(wanted) else "", False
    return found.name, found.selection.startswith("subscription")


def _parameters(payload: RawBody) -> Iterable[tuple[str, str]]:
    """The texts in what a client says of itself, as header fields; some put those together as `headers`."""
    try:
        said = msgspec.json.decode(payload.data) if payload.data else None
    except (msgspec.DecodeError, RecursionError):
        return ()
    if not isinstance(said, dict):
        return ()
    inner = said.get("headers")
    fields = [*said.items(), *(inner.items() if isinstance(inner, dict) else ())]
    return [
        (name.lower(), value)
        for name, value in fields
        if isinstance(value, str) and _FIELD.fullmatch(name) and len(value) <= MAX_PARAMETER_CHARS
    ][:MAX_PARAMETERS]
