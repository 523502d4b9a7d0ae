"""mitmproxy's hooks to raw records, the same as the splice lane's decoders give for the same traffic.

Nothing is buffered: bodies pass through a `Tee`, which keeps the first bytes and counts the rest; messages of
long flows are handed over one by one and forgotten. A hook that fails costs its own record and nothing else.
"""

from __future__ import annotations

import logging
import pickle
from functools import wraps
from time import time_ns
from typing import TYPE_CHECKING, Any, TypeVar

from proxy.counters import Counter
from proxy.decoders.decoder import Instant
from proxy.decoders.sse import EventStream, is_event_stream, message_of
from proxy.flows import headers_of, since
from proxy.importers.address import read_url
from proxy.importers.instants import from_seconds
from proxy.importers.outcome import outcome_of, protocol_of
from proxy.raw import RawBody, RawExchange, RawMessage, Sender
from proxy.splice.settings import ANY_PRODUCER
from store.records import Lane as LaneKind
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitmproxy import http

    from proxy.counters import Row
    from proxy.raw import RawRecord
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
            self.row[Counter.REQUESTS] += 1
            self.row[Counter.DECODER_ERROR] += 1

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
        self.under_way = 0
        """Flows that have begun and not ended."""
        self._tap = tap
        self._index = index
        self._lane = lane
        self._serving = serving

    def running(self) -> None:
        """It listens."""
        self._serving()

    def client_connected(self, client: Any) -> None:
        """A client connected."""
        del client
        self.row[Counter.CONNECTIONS] += 1

    @_guarded
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request begins."""
        self.under_way += 1
        watch = flow.metadata[_OURS] = _Watch(self._lane.body_limit_bytes)
        flow.request.stream = watch.request.feed

    @_guarded
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """A response begins."""
        watch, response = flow.metadata[_OURS], flow.response
        if response is None:
            return
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
        watch = flow.metadata[_OURS]
        for message in flow.websocket.messages:
            limit = self._lane.body_limit_bytes
            content = message.content
            self._hand_over(
                RawMessage(
                    carrier=watch.carrier or self._exchange(flow),
                    ordinal=watch.messages,
                    protocol="websocket",
                    sender=Sender.CLIENT if message.from_client else Sender.SERVER,
                    at=from_seconds(message.timestamp),
                    payload=RawBody(data=content[:limit], size=len(content), decoded=True),
                    type="text" if message.is_text else "binary",
                )
            )
            watch.messages += 1
        flow.websocket.messages.clear()

    def tcp_message(self, flow: Any) -> None:
        """Bytes of no protocol that is read here: not kept, or a long flow would fill the memory."""
        flow.messages.clear()

    udp_message = tcp_message

    def _ended(self, flow: http.HTTPFlow) -> None:
        watch = flow.metadata.get(_OURS)
        if watch is None or watch.ended:
            return
        watch.ended = True
        self.under_way -= 1
        watch.carrier = self._exchange(flow)
        self._hand_over(watch.carrier)
        watch.request.forget()
        watch.response.forget()

    def _hand_over(self, record: RawRecord) -> None:
        packed = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        self._tap.record(self._index, packed, int(isinstance(record, RawExchange)))

    def _events(self, flow: http.HTTPFlow, events: EventStream, data: bytes) -> None:
        watch = flow.metadata[_OURS]
        now = time_ns()
        for event in events.feed(data):
            carrier = watch.carrier = watch.carrier or self._exchange(flow)
            self._hand_over(message_of(event, carrier, watch.messages, Instant(now, now)))
            watch.messages += 1

    def _exchange(self, flow: http.HTTPFlow) -> RawExchange:
        watch, request, response = flow.metadata[_OURS], flow.request, flow.response
        address = read_url(request.pretty_url, request.method)
        status = response.status_code if response is not None else None
        lane, start = self._lane, request.timestamp_start
        websocket = status == 101 and flow.websocket is not None
        return RawExchange(
            producer=address.host if lane.producer == ANY_PRODUCER else lane.producer,
            lane=LaneKind.INTERCEPT,
            source=lane.source,
            fingerprint=(lane.producer, flow.id),
            protocol=protocol_of(request.http_version),
            started_at=from_seconds(start) or 0,
            method=request.method,
            target=request.path,
            scheme="https" if flow.client_conn.tls_established else "http",
            authority=request.host_header or request.authority or address.authority,
            request_headers=headers_of(request.headers),
            request_trailers=headers_of(request.trailers),
            request_body=watch.request.body(),
            status=status,
            response_headers=headers_of(response.headers) if response is not None else (),
            response_trailers=headers_of(response.trailers) if response is not None else (),
            response_body=watch.response.body(),
            request_ns=since(start, request.timestamp_end),
            wait_ns=since(start, response.timestamp_start) if response is not None else None,
            duration_ns=since(start, response.timestamp_end) if response is not None else None,
            outcome=_outcome(flow, decoded=websocket),
            connection=flow.client_conn.id,
            peer=str(flow.client_conn.peername[0]) if flow.client_conn.peername else "",
            client_certificate=_subject(flow),
        )


def _outcome(flow: http.HTTPFlow, *, decoded: bool) -> Outcome:
    """As recordings tell it; a failure that is not the client's is the server's, or there was no server."""
    status = flow.response.status_code if flow.response is not None else None
    error = flow.error.msg if flow.error is not None else None
    outcome = outcome_of(flow.request.method, status, error, decoded=decoded)
    if outcome is not Outcome.ERROR:
        return outcome
    return Outcome.SERVER_CLOSED if flow.server_conn.timestamp_tcp_setup else Outcome.REFUSED


class _Watch:
    """What is known of a flow under way."""

    def __init__(self, limit: int) -> None:
        self.request = Tee(limit)
        self.response = Tee(limit)
        self.carrier: RawExchange | None = None
        self.messages = 0
        self.ended = False


class Tee:
    """A body that passes: its first bytes are kept, all are counted.

    Args:
        limit: bytes kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._size = 0
        self.also: Callable[[bytes], None] | None = None
        """Given every piece as well."""

    def feed(self, data: bytes) -> bytes:
        """A piece, which goes on as it is; what goes wrong here must not hold it up."""
        self._size += len(data)
        room = self._limit - len(self._kept)
        if room > 0:
            self._kept += data[:room]
        if self.also is not None and data:
            try:
                self.also(data)
            except Exception:
                logger.exception("a stream of events could not be read any further")
                self.also = None
        return data

    def body(self) -> RawBody | None:
        """What has passed so far."""
        return RawBody(data=bytes(self._kept), size=self._size) if self._size else None

    def forget(self) -> None:
        """It was handed over."""
        self._kept = bytearray()


def _subject(flow: http.HTTPFlow) -> str:
    """Whom the client's certificate names; mitmproxy asks for one only where it is told to."""
    chain = flow.client_conn.certificate_list
    if not chain:
        return ""
    return ",".join(f"{name}={value}" for name, value in reversed(chain[0].subject))
