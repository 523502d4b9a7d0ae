"""Traces in protobuf's wire format: PROTO_BINARY, one to a file, and PROTO_BINARY_LENGTH_DELIMITED, many.

The numbers are those of `envoy/data/tap/v3/*.proto` and of what these import. Envoy is a forwarder: it writes
header fields that are no UTF-8, which protobuf's own library refuses, so the wire format is read here.
"""

from __future__ import annotations

import re
from itertools import count
from typing import IO, TYPE_CHECKING, Any

from proxy.importers.envoy.traces import Traces
from proxy.importers.recording import Cut, Skipped
from proxy.payloads.varints import MAX_BYTES, read_varint
from proxy.payloads.wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.recording import Item

MAX_TRACE_BYTES = 64 << 20
"""The longest that is read."""

Kinds = dict[int, tuple[str, Any]]
"""A message: the names of its fields, and a type, a message's kinds, or a list of one of these, by number."""

_FIELD: Kinds = {1: ("key", str), 2: ("value", str), 3: ("raw_value", bytes)}
_FIELDS: Kinds = {1: ("headers", [_FIELD])}
_BODY: Kinds = {1: ("as_bytes", bytes), 2: ("as_string", str), 3: ("truncated", bool)}
_TIME: Kinds = {1: ("seconds", int), 2: ("nanos", int)}
_ADDRESS: Kinds = {1: ("socket_address", {2: ("address", str), 3: ("port_value", int)})}
_CONNECTION: Kinds = {1: ("local_address", _ADDRESS), 2: ("remote_address", _ADDRESS), 3: ("third", _ADDRESS)}
_MESSAGE: Kinds = {
    1: ("headers", [_FIELD]),
    2: ("body", _BODY),
    3: ("trailers", [_FIELD]),
    4: ("headers_received_time", _TIME),
}
_HTTP_TRACE: Kinds = {
    1: ("request", _MESSAGE),
    2: ("response", _MESSAGE),
    3: ("downstream_connection", _CONNECTION),
}
_HTTP_SEGMENT: Kinds = {
    1: ("trace_id", int),
    2: ("request_headers", _FIELDS),
    3: ("request_body_chunk", _BODY),
    4: ("request_trailers", _FIELDS),
    5: ("response_headers", _FIELDS),
    6: ("response_body_chunk", _BODY),
    7: ("response_trailers", _FIELDS),
}
_EVENT: Kinds = {
    1: ("timestamp", _TIME),
    2: ("read", {1: ("data", _BODY)}),
    3: ("write", {1: ("data", _BODY), 2: ("end_stream", bool)}),
    4: ("closed", {}),
}
_SOCKET_TRACE: Kinds = {1: ("trace_id", int), 2: ("connection", _CONNECTION), 3: ("events", [_EVENT])}
_SOCKET_SEGMENT: Kinds = {
    1: ("trace_id", int),
    2: ("connection", _CONNECTION),
    3: ("event", _EVENT),
    4: ("events", {1: ("events", [_EVENT])}),
}
_TRACE: Kinds = {
    1: ("http_buffered_trace", _HTTP_TRACE),
    2: ("http_streamed_trace_segment", _HTTP_SEGMENT),
    3: ("socket_buffered_trace", _SOCKET_TRACE),
    4: ("socket_streamed_trace_segment", _SOCKET_SEGMENT),
}

_INSIDE = (0x0A, 0x12, 0x1A, 0x22)
"""The tags of a trace's four kinds."""
_FIRST_FIELD = re.compile(rb"[:a-z0-9_-]+")


def recognises_many(head: bytes) -> bool:
    """Whether a file that begins so has traces, each after its length."""
    try:
        length, at = read_varint(head, 0)
        tag = head[at : at + 1]
        inner, end = read_varint(head, at + 1)
    except ValueError:
        return False
    return tag != b"" and tag[0] in _INSIDE and inner + end - at == length


def read_many(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """What the file holds; arguments as of `written_json.read`."""
    traces = Traces(producer, source)
    cut = ""
    for number in count(1):
        data = _next(stream)
        if data is None:
            break
        if isinstance(data, str):
            cut = f"{data}, after trace {number - 1}"
            break
        yield from _take(traces, data, f"trace {number}")
    yield from traces.end()
    if cut:
        yield Cut(cut)


def recognises_one(head: bytes) -> bool:
    """Whether a file that begins so is one buffered trace: the first of its fields, within one another."""
    try:
        if head.startswith(b"\x1a"):
            return _first_event(head)
        at, within = 0, MAX_TRACE_BYTES
        for _ in range(4):  # of the trace the request, of it the first header field, of that its name
            if head[at : at + 1] != b"\x0a":
                return False
            size, at = read_varint(head, at + 1)
            if at + size > within:
                return False
            within = at + size
    except ValueError:
        return False
    return _FIRST_FIELD.fullmatch(head, at, within) is not None


def read_one(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """What the file holds; arguments as of `written_json.read`."""
    data = stream.read(MAX_TRACE_BYTES + 1)
    if len(data) > MAX_TRACE_BYTES:
        yield Cut(f"it is longer than {MAX_TRACE_BYTES >> 20} MB")
        return
    traces = Traces(producer, source)
    yield from _take(traces, data, "trace 1")
    yield from traces.end()


def _first_event(head: bytes) -> bool:
    """Of a socket trace its id, which may be missing, and its connection or an event."""
    size, at = read_varint(head, 1)
    end = at + size
    if head[at : at + 1] == b"\x08":
        _, at = read_varint(head, at + 1)
    tag = head[at : at + 1]
    inner, at = read_varint(head, at + 1)
    return tag in {b"\x12", b"\x1a"} and at + inner <= end


def _take(traces: Traces, data: bytes, where: str) -> Iterator[Item]:
    try:
        trace = _message(data, _TRACE)
    except ValueError as error:
        yield Skipped(where, "it is no trace of Envoy's", str(error))
        return
    yield from traces.take(trace, where)


def _next(stream: IO[bytes]) -> bytes | str | None:
    """The next trace; why there is none; None at the end of the file."""
    prefix = stream.read(1)
    while prefix and prefix[-1] >= 0x80 and len(prefix) < MAX_BYTES and (more := stream.read(1)):
        prefix += more
    if not prefix:
        return None
    try:
        size, _ = read_varint(prefix, 0)
    except ValueError:
        return "it is no trace of Envoy's any more"
    if size > MAX_TRACE_BYTES:
        return f"a trace of {size:,} bytes follows"
    data = stream.read(size)
    return data if len(data) == size else "it is cut off"


def _message(data: bytes, kinds: Kinds) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, value in fields(data):
        name, kind = kinds.get(number, ("", None))
        if isinstance(kind, list):
            found.setdefault(name, []).append(_value(value, kind[0]))
        elif name:
            found[name] = _value(value, kind)
    return found


def _value(value: float | bytes, kind: Any) -> Any:
    """Of its type, or ValueError."""
    if isinstance(value, bytes):
        if isinstance(kind, dict):
            return _message(value, kind)
        if kind is bytes:
            return value
        if kind is str:
            return value.decode("utf-8", "surrogateescape")
    elif isinstance(value, int):
        if kind is bool:
            return bool(value)
        if kind is int:
            return value % 2**64  # trace ids have no sign
    raise ValueError("a field is of another type")
