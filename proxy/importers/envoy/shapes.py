"""The messages, as msgspec checks them. What they do not name is of no use here, and is passed over."""

from __future__ import annotations

from msgspec import Struct


class Timestamp(Struct):
    """`google.protobuf.Timestamp`, where it is not written as text."""

    seconds: int = 0
    nanos: int = 0


class Field(Struct):
    """A header field (`config.core.v3.HeaderValue`); `raw_value` is used where `value` cannot hold it."""

    key: str = ""
    value: str = ""
    raw_value: bytes = b""


class Fields(Struct):
    """`config.core.v3.HeaderMap`."""

    headers: list[Field] = []


class Body(Struct):
    """Bytes, or text that stands for them; `truncated`: what follows was not kept."""

    as_bytes: bytes = b""
    as_string: str = ""
    truncated: bool = False


class Message(Struct):
    """A request or a response."""

    headers: list[Field] = []
    body: Body | None = None
    trailers: list[Field] = []
    headers_received_time: str | Timestamp | None = None


class SocketAddress(Struct):
    """Host and port."""

    address: str = ""
    port_value: int = 0


class Address(Struct):
    """Of a TCP connection; other kinds have none that says anything."""

    socket_address: SocketAddress | None = None


class Connection(Struct):
    """The ends of a connection, as Envoy's own end sees them.

    Before Envoy 1.29 the two had the numbers 2 and 3 in the place of 1 and 2: a `third` tells such a one.
    """

    local_address: Address | None = None
    remote_address: Address | None = None
    third: Address | None = None


class HttpTrace(Struct):
    """`HttpBufferedTrace`: an exchange."""

    request: Message | None = None
    response: Message | None = None
    downstream_connection: Connection | None = None


class HttpSegment(Struct):
    """`HttpStreamedTraceSegment`: a piece of an exchange."""

    trace_id: int | str = 0
    request_headers: Fields | None = None
    request_body_chunk: Body | None = None
    request_trailers: Fields | None = None
    response_headers: Fields | None = None
    response_body_chunk: Body | None = None
    response_trailers: Fields | None = None


class Data(Struct):
    """What was read or written; `end_stream`: it was the last."""

    data: Body | None = None
    end_stream: bool = False


class Closed(Struct):
    """That a connection was closed."""


class Event(Struct):
    """One event of a connection."""

    timestamp: str | Timestamp | None = None
    read: Data | None = None
    write: Data | None = None
    closed: Closed | None = None


class Events(Struct):
    """Several."""

    events: list[Event] = []


class SocketTrace(Struct):
    """`SocketBufferedTrace`: a connection."""

    trace_id: int | str = 0
    connection: Connection | None = None
    events: list[Event] = []


class SocketSegment(Struct):
    """`SocketStreamedTraceSegment`: a piece of a connection."""

    trace_id: int | str = 0
    connection: Connection | None = None
    event: Event | None = None
    events: Events | None = None


class TraceWrapper(Struct):
    """One of four."""

    http_buffered_trace: HttpTrace | None = None
    http_streamed_trace_segment: HttpSegment | None = None
    socket_buffered_trace: SocketTrace | None = None
    socket_streamed_trace_segment: SocketSegment | None = None
