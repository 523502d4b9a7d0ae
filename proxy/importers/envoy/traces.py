"""Traces, whatever they were written as: put together, and read.

A buffered trace is whole. Segments of a streamed one are put together by their trace id; nothing marks the
last of an exchange, so it is over when its id is used again, when the recording ends, or when too much is
open.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from proxy.importers.envoy.connections import Tapped
from proxy.importers.envoy.exchanges import Halves, ends_of, exchange_of
from proxy.importers.envoy.shapes import TraceWrapper
from proxy.importers.recording import Ordinals, Recorded, Skipped, UnreadableError
from proxy.importers.text import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.envoy.shapes import Event, HttpSegment, HttpTrace, SocketSegment, SocketTrace
    from proxy.importers.recording import Item

OPEN = 1000
OPEN_BYTES = 64 << 20
"""Of streamed traces that are put together at a time; a file of Envoy's own has one."""


class Traces:
    """All traces of one recording.

    Args:
        producer: whose traffic this is; `""` takes the host of each exchange.
        source: what the exchanges say that they come from.
    """

    def __init__(self, producer: str, source: str) -> None:
        self._producer = producer
        self._source = source
        self._ordinals = Ordinals()
        self._exchanges: OrderedDict[str, tuple[str, Halves]] = OrderedDict()
        self._connections: OrderedDict[str, Tapped] = OrderedDict()
        self._held_bytes = 0
        """Of exchanges."""
        self._tapped_bytes = 0
        """Of connections."""

    def take(self, given: Any, where: str) -> Iterator[Item]:
        """What one `TraceWrapper` completes.

        Args:
            given: it, as JSON has it, or with bytes where JSON has base64.
            where: what people call it.
        """
        try:
            trace = msgspec.convert(given, TraceWrapper)
        except ValueError as error:  # msgspec's own is one, and so is that of characters no base64 has
            yield Skipped(where, "it is no trace of Envoy's", readable(str(error))[:200])
            return
        if trace.http_buffered_trace is not None:
            yield self._whole(where, _halves(trace.http_buffered_trace))
        elif trace.http_streamed_trace_segment is not None:
            yield from self._piece(where, trace.http_streamed_trace_segment)
        elif trace.socket_buffered_trace is not None:
            yield from self._connection(where, trace.socket_buffered_trace)
        elif trace.socket_streamed_trace_segment is not None:
            yield from self._events(where, trace.socket_streamed_trace_segment)
        else:
            yield Skipped(where, "it is no trace of Envoy's")

    def end(self) -> Iterator[Item]:
        """The recording ends."""
        for trace_id in list(self._exchanges):
            yield self._finish(trace_id)
        for connection in self._connections.values():
            yield from connection.end()

    def _whole(self, where: str, halves: Halves) -> Item:
        try:
            return Recorded(exchange_of(halves, self._ordinals, self._producer, self._source))
        except UnreadableError as error:
            return Skipped(where, error.reason, error.detail)

    def _piece(self, where: str, segment: HttpSegment) -> Iterator[Item]:
        trace_id = _name(segment.trace_id)
        if segment.request_headers is not None and trace_id in self._exchanges:
            yield self._finish(trace_id)
        _, halves = self._exchanges.setdefault(trace_id, (where, Halves(trace_id=trace_id)))
        self._held_bytes -= halves.held_bytes
        _add(halves, segment)
        self._held_bytes += halves.held_bytes
        while len(self._exchanges) > OPEN or self._held_bytes > OPEN_BYTES:
            yield self._finish(next(iter(self._exchanges)))

    def _finish(self, trace_id: str) -> Item:
        where, halves = self._exchanges.pop(trace_id)
        self._held_bytes -= halves.held_bytes
        return self._whole(where, halves)

    def _connection(self, where: str, trace: SocketTrace) -> Iterator[Item]:
        tapped = Tapped(_name(trace.trace_id), where, self._producer, self._source)
        tapped.connection = trace.connection
        for event in trace.events:
            yield from tapped.take(event)
        yield from tapped.end()

    def _events(self, where: str, segment: SocketSegment) -> Iterator[Item]:
        trace_id = _name(segment.trace_id)
        tapped = self._connections.get(trace_id)
        if tapped is None:
            tapped = Tapped(trace_id, where, self._producer, self._source)
            self._connections[trace_id] = tapped
        tapped.connection = segment.connection or tapped.connection
        self._tapped_bytes -= tapped.held_bytes
        closed = False
        for event in _events_of(segment):
            yield from tapped.take(event)
            closed = event.closed is not None
            if closed:
                break
        self._tapped_bytes += tapped.held_bytes
        if closed:
            yield from self._leave(trace_id)
        while len(self._connections) > OPEN or self._tapped_bytes > OPEN_BYTES:
            yield from self._leave(next(iter(self._connections)))

    def _leave(self, trace_id: str) -> Iterator[Item]:
        connection = self._connections.pop(trace_id)
        self._tapped_bytes -= connection.held_bytes
        yield from connection.end()


def _halves(trace: HttpTrace) -> Halves:
    halves = Halves(peer=ends_of(trace.downstream_connection)[1][0])
    if trace.request is not None:
        halves.request.read(trace.request)
    if trace.response is not None:
        halves.response.read(trace.response)
    return halves


def _add(halves: Halves, segment: HttpSegment) -> None:
    for half, headers, chunk, trailers in (
        (halves.request, segment.request_headers, segment.request_body_chunk, segment.request_trailers),
        (halves.response, segment.response_headers, segment.response_body_chunk, segment.response_trailers),
    ):
        if headers is not None:
            half.begin(headers.headers)
        if chunk is not None:
            half.add(chunk)
        if trailers is not None:
            half.finish(trailers.headers)


def _events_of(segment: SocketSegment) -> list[Event]:
    if segment.events is not None:
        return segment.events.events
    return [] if segment.event is None else [segment.event]


def _name(trace_id: int | str) -> str:
    return readable(str(trace_id))[:40]
