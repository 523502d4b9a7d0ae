"""mitmproxy's hooks to raw records, the same as the splice lane's decoders give for the same traffic.

Nothing is buffered here: bodies pass through a `Tee`, which keeps the first bytes and counts the rest;
messages of long flows are handed over one by one and forgotten. A hook that fails costs its own record and
nothing else.
"""

from __future__ import annotations

import logging
import pickle
from collections import defaultdict
from dataclasses import replace
from functools import wraps
from time import time, time_ns
from typing import TYPE_CHECKING, Any, TypeVar

from proxy.counters import Counter
from proxy.decoders.decoder import Instant, Opaque
from proxy.decoders.sse import EventStream, is_event_stream, message_of
from proxy.flows import headers_of
from proxy.intercept.added import fields_for
from proxy.intercept.exchange import Watch, exchange_of
from proxy.intercept.socket_messages import SocketMessages
from proxy.intercept.tee import Room
from proxy.raw import Sender
from proxy.splice.decode import HELD_LIMIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mitmproxy import http

    from proxy.counters import Row
    from proxy.raw import RawExchange, RawRecord
    from proxy.splice.settings import Lane
    from proxy.splice.tap import Tap

_OURS = "defacto"
"""Under which a flow carries what we know of it."""

_Hook = TypeVar("_Hook", bound="Callable[..., None]")

logger = logging.getLogger(__name__)


def _guarded(hook: _Hook) -> _Hook:
    """What a hook raises must not reach mitmproxy: the traffic goes on, and the record is counted as lost."""

    @wraps(hook)
    def guarded(self: RecordingAddon, flow: Any) -> None:
        try:
            hook(self, flow)
        except Exception:
            logger.exception("a flow could not be recorded")
            self.lose(flow)

    return guarded  # type: ignore[return-value]


class RecordingAddon:
    """What mitmproxy calls.

    Args:
        tap: takes the records.
        index: the lane's.
        lane: its settings.
        row: its counters.
        serving: called when mitmproxy listens.
    """

    def __init__(self, tap: Tap, index: int, lane: Lane, row: Row, serving: Callable[[], None]) -> None:
        self.row = row
        self._tap = tap
        self._index = index
        self._lane = lane
        self._serving = serving
        self._room = Room(HELD_LIMIT_BYTES)
        self._open: defaultdict[str, set[Watch]] = defaultdict(set)
        """Flows that have begun and not ended, of each client's connection."""

    @property
    def under_way(self) -> int:
        """Flows that have begun and not ended."""
        return sum(map(len, self._open.values()))

    def running(self) -> None:
        """It listens."""
        self._serving()

    def client_connected(self, client: Any) -> None:
        """A client connected."""
        del client
        self.row[Counter.CONNECTIONS] += 1

    def client_disconnected(self, client: Any) -> None:
        """A client has gone; a flow that mitmproxy has not ended by now is one that it failed at."""
        for watch in tuple(self._open.get(client.id, ())):
            self._lost(watch)

    def server_connect(self, data: Any) -> None:
        """A connection to a server is about to be made; the one behind the lane has its name from us.

        mitmproxy would ask for, and verify, the name that the client used for the lane.
        """
        if self._lane.mode == "reverse" and self._lane.upstream_tls is not None:
            data.server.sni = self._lane.upstream_tls.server_name

    def server_connect_error(self, data: Any) -> None:
        """The server could not be reached; of a reverse lane mitmproxy ends the client's connection then."""
        del data
        self.row[Counter.REFUSED] += 1

    @_guarded
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request begins."""
        watch = flow.metadata[_OURS] = Watch(flow, self._lane.body_limit_bytes, self._room)
        if flow.error is not None:  # mitmproxy does not take it, and answers it itself
            watch.ended = True
            self.row[Counter.REQUESTS] += 1
            self.row[Counter.MALFORMED] += 1
            return
        flow.request.stream = watch.request.feed
        self._open[watch.client].add(watch)

    @_guarded
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """A response begins."""
        response = flow.response
        if response is None:
            return
        response.stream = True  # whatever comes next
        there = [name for name, _ in response.headers.items(multi=True)]
        for name, value in fields_for(self._lane.added, flow.request.method, flow.request.path, there):
            response.headers.add(name, value)
        watch = flow.metadata[_OURS]
        response.stream = watch.response.feed
        if is_event_stream(headers_of(response.headers)):
            events = EventStream(self._lane.body_limit_bytes)
            watch.response.also = lambda data: self._events(flow, events, data)

    @_guarded
    def response(self, flow: http.HTTPFlow) -> None:
        """A response is whole; of an upgrade to WebSocket, its head."""
        self._ended(flow)

    @_guarded
    def error(self, flow: http.HTTPFlow) -> None:
        """A flow broke off."""
        self._ended(flow)

    @_guarded
    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """A message passed."""
        if flow.websocket is None:
            return
        messages = tuple(flow.websocket.messages)
        flow.websocket.messages.clear()  # first: what fails now must not fill the memory
        read = self._socket_messages(flow)
        for message in messages:
            self._hand_over_inside(read.passed(message))

    @_guarded
    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """No message will come any more."""
        if flow.websocket is not None:
            by = Sender.CLIENT if flow.websocket.closed_by_client else Sender.SERVER
            at = flow.websocket.timestamp_end or time()
            self._hand_over_inside(self._socket_messages(flow).ended(by, at))

    def tcp_message(self, flow: Any) -> None:
        """Bytes of no protocol that is read here: not kept, or a long flow would fill the memory."""
        flow.messages.clear()

    udp_message = tcp_message

    def lose(self, flow: Any) -> None:
        """A hook failed: count its record, once."""
        watch = flow.metadata.get(_OURS)
        if watch is not None and not watch.ended:
            self._lost(watch)
        else:
            self.row[Counter.DECODER_ERROR] += 1

    def _lost(self, watch: Watch) -> None:
        self._close(watch)
        self.row[Counter.REQUESTS] += 1
        self.row[Counter.DECODER_ERROR] += 1

    def _ended(self, flow: http.HTTPFlow) -> None:
        watch = flow.metadata.get(_OURS)
        if watch is None or watch.ended:
            return
        exchange = exchange_of(flow, watch, self._lane)
        watch.carrier = _carrier(exchange)
        self._hand_over(exchange, requests=1)
        self._close(watch)

    def _close(self, watch: Watch) -> None:
        watch.ended = True
        watch.request.forget()
        watch.response.forget()
        of_client = self._open[watch.client]
        of_client.discard(watch)
        if not of_client:
            del self._open[watch.client]

    def _socket_messages(self, flow: http.HTTPFlow) -> SocketMessages:
        watch: Watch = flow.metadata[_OURS]
        if watch.socket is None:
            watch.socket = SocketMessages(self._carrier(flow), self._lane.body_limit_bytes, self._room)
        return watch.socket

    def _hand_over_inside(self, records: Iterator[RawRecord]) -> None:
        """What a WebSocket carried: none of it is a request of its own, as the counters have them."""
        try:
            for record in records:
                self._hand_over(record)
        except Opaque as end:
            if end.reason is not None:
                self.row[Counter[end.reason.name]] += end.lost

    def _events(self, flow: http.HTTPFlow, events: EventStream, data: bytes) -> None:
        watch = flow.metadata[_OURS]
        now = time_ns()
        for event in events.feed(data):
            self._hand_over(message_of(event, self._carrier(flow), watch.messages, Instant(now, now)))
            watch.messages += 1

    def _carrier(self, flow: http.HTTPFlow) -> RawExchange:
        watch: Watch = flow.metadata[_OURS]
        if watch.carrier is None:
            watch.carrier = _carrier(exchange_of(flow, watch, self._lane))
        return watch.carrier

    def _hand_over(self, record: RawRecord, requests: int = 0) -> None:
        self._tap.record(self._index, pickle.dumps(record, pickle.HIGHEST_PROTOCOL), requests)


def _carrier(exchange: RawExchange) -> RawExchange:
    """What a message says of its exchange; the bodies would be copied with each of thousands of events."""
    return replace(exchange, request_body=None, response_body=None)
