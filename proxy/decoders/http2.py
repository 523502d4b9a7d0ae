"""HTTP/2 seen from the side: the streams of one connection, each an exchange (RFC 9113).

Frames are hyperframe's and header compression is hpack's; no state machine is needed to watch, and an end
that breaks the protocol is answered by the other, not by us. Header compression is state of the whole
connection, so one that was not seen from its first byte, or of which anything is missing, is opaque.

gRPC needs nothing more: its messages stay in the bodies with their length-prefixed framing, its status in the
trailers. A pushed response is no request of the client's: its header block is read, which the compression
needs, and it is not recorded. A tunnel (CONNECT, also the extended one of RFC 8441) gives the exchange that
opened it with `Outcome.OPAQUE`; what passes in it is not looked at. An h2c upgrade of an HTTP/1.1 connection
is opaque: nobody does it any more (RFC 9113 section 3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpack import Decoder as HeaderDecoder
from hpack import HPACKError, OversizedHeaderListError
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.exchanges import exchange_of
from proxy.decoders.held import HEADER_BYTES
from proxy.decoders.http1_messages import Message
from proxy.decoders.sse import EventStream, is_event_stream, message_of
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant, Limits, Origin
    from proxy.decoders.sse import Event
    from proxy.raw import RawExchange, RawRecord

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_LIMIT_BYTES = 2 * 1024 * 1024
"""A longer frame makes the connection opaque. Ends agree on 16 KiB nearly always, on a megabyte at most."""
TABLE_LIMIT_BYTES = 1024 * 1024
"""Of a header compression table, whatever the ends agree on; browsers ask for 64 KiB."""

_FRAME_HEADER_BYTES = 9


class Http2Decoder:
    """One connection, from its preface on."""

    wants_bytes = True

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self._origin = origin
        self._limits = limits
        self._client = _Side(limits, skip=len(PREFACE))
        self._server = _Side(limits, skip=0)
        self._streams: dict[int, _Stream] = {}
        self._last = 0
        self._client_eof = False

    @property
    def open_requests(self) -> int:
        """Requests seen that have not become exchanges yet."""
        return len(self._streams)

    @property
    def held_bytes(self) -> int:
        """Bytes of frames, heads and bodies that are kept for them, roughly."""
        streams = sum(stream.request.held_bytes for stream in self._streams.values())
        return streams + self._client.held_bytes + self._server.held_bytes

    def client_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The client sent bytes."""
        return self._read(self._client, data, at)

    def server_data(self, data: bytes, at: Instant) -> Iterator[RawRecord]:
        """The server sent bytes."""
        self._client_eof = False  # if the client has closed, it has closed one direction only
        return self._read(self._server, data, at)

    def client_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The client ended its direction: no more requests, but answers may come."""
        del at
        self._client_eof = True
        yield from ()

    def server_eof(self, at: Instant) -> Iterator[RawRecord]:
        """The server ended its direction: what it has not answered is cut short."""
        return self._cut(Outcome.CLIENT_CLOSED if self._client_eof else Outcome.SERVER_CLOSED, at)

    def client_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The client is gone."""
        return self._cut(Outcome.CLIENT_CLOSED, at)

    def server_reset(self, at: Instant) -> Iterator[RawRecord]:
        """The server is gone."""
        return self._cut(Outcome.SERVER_CLOSED, at)

    def refused(self, at: Instant) -> Iterator[RawRecord]:
        """There is no server."""
        return self._cut(Outcome.REFUSED, at)

    def gap(self, requests: int) -> None:
        """Bytes are missing, and with them the state of the header compression."""
        del requests
        raise self._opaque(Reason.UNSYNCHRONISED)

    def _read(self, side: _Side, data: bytes, at: Instant) -> Iterator[RawRecord]:
        try:
            for frame in side.frames(data):
                yield from self._handle(side, frame, at)
        except OversizedHeaderListError:
            raise self._opaque(Reason.TOO_LARGE) from None
        except (HyperframeError, HPACKError):
            raise self._opaque(Reason.MALFORMED) from None
        except Opaque as end:
            raise self._opaque(end.reason) from None

    def _handle(self, side: _Side, frame: Frame, at: Instant) -> Iterator[RawRecord]:
        if isinstance(frame, DataFrame):
            yield from self._data(side, frame, at)
        elif isinstance(frame, HeadersFrame | ContinuationFrame | PushPromiseFrame):
            headers = side.block(frame)
            if headers is not None and not side.pushed:
                yield from self._headers(side, frame.stream_id, headers, at)
        elif isinstance(frame, RstStreamFrame):
            stream = self._streams.pop(frame.stream_id, None)
            if stream is not None:
                cut = Outcome.CLIENT_CLOSED if side is self._client else Outcome.SERVER_CLOSED
                yield self._ended(stream, cut, at)
        elif isinstance(frame, SettingsFrame):
            size = frame.settings.get(SettingsFrame.HEADER_TABLE_SIZE, 0)
            (self._server if side is self._client else self._client).allow_table(size)

    def _data(self, side: _Side, frame: DataFrame, at: Instant) -> Iterator[RawRecord]:
        stream = self._streams.get(frame.stream_id)
        message = stream.message(client=side is self._client) if stream is not None else None
        if stream is None or message is None:
            return  # of a tunnel, of a stream that was given up, or pushed
        message.ended = at
        message.keep(frame.data, self._limits.body_bytes)
        if message.events is not None:
            yield from self._events(stream, message.events.feed(frame.data), at)
        if "END_STREAM" in frame.flags:
            yield from self._complete(frame.stream_id, stream, message)

    def _headers(
        self, side: _Side, number: int, headers: list[tuple[str, str]], at: Instant
    ) -> Iterator[RawRecord]:
        stream = self._streams.get(number)
        if side is self._client:
            if stream is None:
                stream = self._begin(number, headers, at)
            elif side.ends_stream:  # others are no trailers (RFC 9113 section 8.1), and may be without end
                stream.request.trailers.extend(headers)
            message: Message | None = stream.request if stream is not None else None
        else:
            message = self._answer(stream, headers, at) if stream is not None else None
        if stream is None or message is None:
            return
        message.ended = at
        if stream.request.method == "CONNECT" and message.status and message.status < 300:
            del self._streams[number]
            yield exchange_of(self._origin, stream.ordinal, stream.request, Outcome.OPAQUE)
        elif side.ends_stream:
            yield from self._complete(number, stream, message)

    def _begin(self, number: int, headers: list[tuple[str, str]], at: Instant) -> _Stream | None:
        if number <= self._last or not number & 1:
            return None  # trailers of a stream that has ended already
        if len(self._streams) >= self._limits.in_flight:
            raise Opaque(Reason.TOO_MANY)
        self._last = number
        request = Message(at)
        request.version, request.head_bytes = "2", _bytes_of(headers)
        pseudo, request.headers = _taken_apart(headers)
        request.method = pseudo.get(":method", "")
        request.target = pseudo.get(":path", "").encode("latin-1")
        request.scheme = pseudo.get(":scheme", "")
        request.authority = pseudo.get(":authority", "")
        stream = self._streams[number] = _Stream((number + 1) // 2, request)
        return stream

    def _answer(self, stream: _Stream, headers: list[tuple[str, str]], at: Instant) -> Message | None:
        response = stream.request.response
        if response is not None:
            if self._server.ends_stream:
                response.trailers.extend(headers)
            return response
        pseudo, fields = _taken_apart(headers)
        status = pseudo.get(":status", "")
        if not (status.isascii() and status.isdecimal() and len(status) == 3):
            raise Opaque(Reason.MALFORMED)
        if status.startswith("1"):
            return None
        response = stream.request.response = Message(at)
        response.version, response.status, response.headers = "2", int(status), fields
        response.head_bytes = _bytes_of(headers)
        if is_event_stream(fields):
            response.events = EventStream(self._limits.body_bytes)
        return response

    def _complete(self, number: int, stream: _Stream, message: Message) -> Iterator[RawRecord]:
        """One direction of a stream has ended."""
        message.complete = True
        response = stream.request.response
        if stream.request.complete and response is not None and response.complete:
            del self._streams[number]
            yield exchange_of(self._origin, stream.ordinal, stream.request, Outcome.COMPLETE)

    def _events(self, stream: _Stream, events: Iterator[Event], at: Instant) -> Iterator[RawRecord]:
        for event in events:
            if stream.carrier is None:
                stream.carrier = exchange_of(self._origin, stream.ordinal, stream.request, Outcome.COMPLETE)
            yield message_of(event, stream.carrier, stream.events, at)
            stream.events += 1

    def _cut(self, outcome: Outcome, at: Instant) -> Iterator[RawRecord]:
        """The connection is over; so is everything that was under way."""
        while self._streams:
            yield self._ended(self._streams.pop(next(iter(self._streams))), outcome, at)

    def _ended(self, stream: _Stream, outcome: Outcome, at: Instant) -> RawExchange:
        whole = stream.request.response is not None and stream.request.response.complete
        return exchange_of(
            self._origin,
            stream.ordinal,
            stream.request,
            Outcome.COMPLETE if whole else outcome,
            None if whole else at,
        )

    def _opaque(self, reason: Reason | None) -> Opaque:
        lost = self.open_requests
        self._streams.clear()
        return Opaque(reason, lost)


class _Stream:
    """A request under way, with its answer."""

    __slots__ = ("carrier", "events", "ordinal", "request")

    def __init__(self, ordinal: int, request: Message) -> None:
        self.ordinal = ordinal
        self.request = request
        self.events = 0
        self.carrier: RawExchange | None = None
        """The exchange as it was when its answer's first event passed."""

    def message(self, *, client: bool) -> Message | None:
        """What this end is sending."""
        return self.request if client else self.request.response


class _Side:
    """What one end sends: frames, and header blocks put together from them."""

    def __init__(self, limits: Limits, skip: int) -> None:
        self.pushed = False
        """The last header block belonged to a push."""
        self.ends_stream = False
        """The last header block ends its stream."""
        self._limit = limits.head_bytes
        self._headers = HeaderDecoder(max_header_list_size=limits.head_bytes)
        self._skip = skip
        self._buffer = bytearray()
        self._block = bytearray()

    @property
    def held_bytes(self) -> int:
        """Of a frame and of a header block that are not whole."""
        return len(self._buffer) + len(self._block)

    def allow_table(self, size: int) -> None:
        """The other end accepts a compression table of this size.

        Only more is taken at its word: what was on its way when the other end said less is still to be read.
        """
        allowed = min(size, TABLE_LIMIT_BYTES)
        self._headers.max_allowed_table_size = max(self._headers.max_allowed_table_size, allowed)

    def frames(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete with `data`."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        buffer = self._buffer
        buffer += data
        while len(buffer) >= _FRAME_HEADER_BYTES:
            size = int.from_bytes(buffer[:3])
            if size > FRAME_LIMIT_BYTES:
                raise Opaque(Reason.TOO_LARGE)
            end = _FRAME_HEADER_BYTES + size
            if len(buffer) < end:
                return
            whole = memoryview(bytes(buffer[:end]))
            del buffer[:end]
            frame, _ = Frame.parse_frame_header(whole[:_FRAME_HEADER_BYTES])
            frame.parse_body(whole[_FRAME_HEADER_BYTES:])
            yield frame

    def block(
        self, frame: HeadersFrame | ContinuationFrame | PushPromiseFrame
    ) -> list[tuple[str, str]] | None:
        """The header list that is complete with this frame; the compression's state needs every one."""
        if not isinstance(frame, ContinuationFrame):
            self._block.clear()
            self.pushed = isinstance(frame, PushPromiseFrame)
            self.ends_stream = "END_STREAM" in frame.flags
        self._block += frame.data
        if len(self._block) > self._limit:
            raise Opaque(Reason.TOO_LARGE)
        if "END_HEADERS" not in frame.flags:
            return None
        fields = self._headers.decode(bytes(self._block), raw=True)
        self._block.clear()
        return [(_text(name), _text(value)) for name, value in fields]


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes_of(headers: list[tuple[str, str]]) -> int:
    return sum(HEADER_BYTES + len(name) + len(value) for name, value in headers)


def _taken_apart(headers: list[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Pseudo-header fields, and the others; a cookie sent in crumbs is put together (section 8.2.3)."""
    pseudo: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    crumbs: list[str] = []
    for name, value in headers:
        if name.startswith(":"):
            pseudo[name] = value
        elif name == "cookie":
            crumbs.append(value)
        else:
            fields.append((name.lower(), value.strip(" \t")))
    if crumbs:
        fields.append(("cookie", "; ".join(crumbs)))
    return pseudo, fields
