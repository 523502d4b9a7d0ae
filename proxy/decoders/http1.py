"""HTTP/1.1 seen from the side: requests and responses of one connection, paired (RFC 9112).

A response belongs to the oldest request without one; nothing in HTTP/1.1 says so but the order. So where the
order is in doubt the connection becomes opaque, and a response is never paired with a wrong request:

- after a gap, or on a connection that was open before us, we go on only with a client's read that begins
  with a request line (the tap offers none while an answer is outstanding), and never once requests have been
  pipelined;
- a response without a request, malformed bytes, and more pipelined requests than the limit end the decoding.

Interim responses (1xx) are not answers, 101 excepted. A connection that is upgraded to WebSocket goes on as
one (`WebSocketDecoder`); any other upgrade, and a tunnel (CONNECT), gives the exchange that did it with
`Outcome.OPAQUE` and is opaque from there. Server-sent events are given as they pass, their exchange at its
end.

An exchange that was cut short has `duration_ns` up to the moment when the connection ended: how long the
consumer waited before it hung up.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

import httptools

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.exchanges import exchange_of
from proxy.decoders.http1_messages import Message, MessageReader
from proxy.decoders.sse import EventStream, is_event_stream, message_of
from proxy.decoders.websocket import WebSocketDecoder
from proxy.raw import Sender
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.raw import RawExchange, RawRecord

_REQUEST_LINE = re.compile(rb"[A-Z][A-Z-]* \S+ HTTP/1\.[01]\r\n")
_REQUEST_TIMEOUT = 408
_SWITCHING_PROTOCOLS = 101


class Http1Decoder:
    """One connection."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._origin = origin
        self._limits = limits
        self._unanswered: deque[Message] = deque()
        """Requests from their head on, in order; the first may have its response under way."""
        self._ordinal = 0
        self._pipelined = False
        self._after_gap = False
        self._client_eof = False
        self._carrier: RawExchange | None = None
        """The exchange whose answer is a stream of events that passes now."""
        self._events = 0
        self._socket: WebSocketDecoder | None = None
        """From the upgrade on."""
        self._open_readers()

    wants_bytes = True

    @property
    def open_requests(self) -> int:
        """Requests seen that have not become exchanges yet."""
        return len(self._unanswered) + self._requests.in_head

    @property
    def held_bytes(self) -> int:
        """Bytes of heads and bodies that are kept for them, roughly."""
        whole = sum(request.held_bytes for request in self._unanswered)
        other = self._socket.held_bytes if self._socket is not None else 0
        return whole + self._requests.head_bytes + self._responses.head_bytes + other

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""
        if self._socket is not None:
            yield from self._socket.client_data(data, at)
            return
        if self._after_gap:
            self._after_gap = False
            if not _REQUEST_LINE.match(data):
                raise self._opaque(Reason.UNSYNCHRONISED)
        try:
            for request in self._requests.feed(data, at):
                if (
                    request.response is not None and request.response.complete
                ):  # it was answered before it ended
                    self._unanswered.popleft()
                    yield self._exchange(request, Outcome.COMPLETE)
        except Opaque as error:
            raise self._opaque(error.reason) from None

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes."""
        self._client_eof = False  # if the client has closed, it has closed one direction only
        if self._socket is not None:
            yield from self._socket.server_data(data, at)
            return
        try:
            for response in self._responses.feed(data, at):
                yield from self._streamed(at)
                yield from self._answered(response)
                if self._socket is not None:
                    yield from self._socket.server_data(self._responses.unread, at)
                    return
        except Opaque as error:
            raise self._opaque(error.reason, error.lost) from None
        yield from self._streamed(at)

    def client_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The client ended its direction: no more requests, but answers may come."""
        del at
        self._client_eof = True
        yield from ()

    def server_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The server ended its direction: an answer of unknown length is whole, another is cut short."""
        response = self._responses.eof(at)
        if response is not None:
            yield from self._answered(response)
        yield from self._cut(Outcome.CLIENT_CLOSED if self._client_eof else Outcome.SERVER_CLOSED, at)

    def client_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The client is gone."""
        yield from self._cut(Outcome.CLIENT_CLOSED, at)

    def server_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The server is gone."""
        yield from self._cut(Outcome.SERVER_CLOSED, at)

    def refused(self, at: Instant) -> Iterator[RawRecord]:
        """There is no server."""
        yield from self._cut(Outcome.REFUSED, at)

    def gap(self, requests: int) -> None:
        """Bytes are missing; what was under way is given up, the tap has counted it."""
        self._unanswered.clear()
        self._ordinal = max(self._ordinal, requests)
        self._open_readers()
        self._after_gap = True
        if self._pipelined or self._socket is not None:
            raise Opaque(Reason.UNSYNCHRONISED)

    def _open_readers(self) -> None:
        self._requests = MessageReader(httptools.HttpRequestParser, self._limits, self._request_head)
        self._responses = MessageReader(httptools.HttpResponseParser, self._limits, self._response_head)

    def _request_head(self, request: Message) -> bool:
        if self._unanswered:
            self._pipelined = True
            if len(self._unanswered) >= self._limits.in_flight:
                raise Opaque(Reason.TOO_MANY)
        self._unanswered.append(request)
        return False

    def _response_head(self, response: Message) -> bool:
        """Find the request that is being answered; whether the answer has no body, whatever it says."""
        if not self._unanswered or self._unanswered[0].response is not None:
            # A server may tell an idle client that it is too late; all else unasked is a doubt in the order.
            raise Opaque(None if response.status == _REQUEST_TIMEOUT else Reason.UNSYNCHRONISED)
        request, status = self._unanswered[0], response.status
        if status >= 200 or status == _SWITCHING_PROTOCOLS:
            request.response = response
            if is_event_stream(response.headers):
                response.events = EventStream(self._limits.body_bytes)
                self._carrier, self._events = None, 0
        tunnel = request.method == "CONNECT" and 200 <= status < 300
        return request.method == "HEAD" or tunnel or status < 200 or status in {204, 304}

    def _answered(self, response: Message) -> Iterator[RawRecord]:
        """A response is whole."""
        request = self._unanswered[0]
        if request.response is None:
            return  # 1xx
        if response.status == _SWITCHING_PROTOCOLS and _upgraded_to_websocket(response):
            self._unanswered.popleft()
            upgrade = self._exchange(request, Outcome.COMPLETE)
            yield upgrade
            self._socket = WebSocketDecoder(upgrade, self._limits)
        elif response.status == _SWITCHING_PROTOCOLS or (
            request.method == "CONNECT" and response.status < 300
        ):
            self._unanswered.popleft()
            yield self._exchange(request, Outcome.OPAQUE)
            raise Opaque(None, len(self._unanswered))
        elif request.complete:
            self._unanswered.popleft()
            yield self._exchange(request, Outcome.COMPLETE)

    def _streamed(self, at: Instant) -> Iterator[RawRecord]:
        """The events that have been found, as messages of the exchange that is being answered."""
        if not self._responses.events:
            return
        if self._carrier is None:
            self._carrier = exchange_of(
                self._origin, self._ordinal + 1, self._unanswered[0], Outcome.COMPLETE
            )
        for event in self._responses.events:
            yield message_of(event, self._carrier, self._events, at)
            self._events += 1
        self._responses.events.clear()

    def _cut(self, outcome: Outcome, at: Instant) -> Iterator[RawRecord]:
        """The connection is over; so is everything that was under way."""
        if self._socket is not None:
            by = Sender.SERVER if outcome is Outcome.SERVER_CLOSED else Sender.CLIENT
            yield from self._socket.ended(by, at)
        while self._unanswered:
            request = self._unanswered.popleft()
            whole = request.response is not None and request.response.complete
            yield self._exchange(request, Outcome.COMPLETE if whole else outcome, None if whole else at)
        if self._requests.in_head:
            raise self._opaque(Reason.MALFORMED)

    def _opaque(self, reason: Reason | None, lost: int = 0) -> Opaque:
        lost += self.open_requests
        self._unanswered.clear()
        return Opaque(reason, max(lost, 1) if reason is not None else lost)

    def _exchange(self, request: Message, outcome: Outcome, cut: Instant | None = None) -> RawExchange:
        self._ordinal += 1
        return exchange_of(self._origin, self._ordinal, request, outcome, cut)


def _upgraded_to_websocket(response: Message) -> bool:
    return any(name == "upgrade" and value.lower() == "websocket" for name, value in response.headers)
