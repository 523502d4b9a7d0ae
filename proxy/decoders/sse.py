"""Server-sent events, cut out of a response body as it passes (WHATWG HTML, section 9.2.6).

An event is what the client's `EventSource` would be given: comments and `retry` are left out, and so are
events without data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from proxy.raw import RawBody, RawMessage, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Instant
    from proxy.raw import RawExchange
    from store.records import Headers

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event. `data` may have been cut; `size` is its length in bytes all the same."""

    type: str
    data: bytes
    size: int
    id: str | None


class EventStream:
    """One response body.

    Args:
        limit: bytes kept of one event's data, and of a line that is none.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line = bytearray()
        self._line_size = 0
        self._started = False
        self._after_cr = False
        self._type = ""
        self._id: str | None = None
        self._data = bytearray()
        self._size = -1
        """Of the data so far; -1: there is none."""

    @property
    def held_bytes(self) -> int:
        """Bytes of an event that has not ended."""
        return len(self._line) + len(self._data)

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that end in `data`."""
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        start = 0
        for end in _LINE_END.finditer(data):
            self._extend(data[start : end.start()])
            start = end.end()
            event = self._line_ended()
            if event is not None:
                yield event
        self._after_cr = data.endswith(b"\r")
        self._extend(data[start:])

    def _extend(self, piece: bytes) -> None:
        self._line_size += len(piece)
        room = self._limit + 16 - len(self._line)  # for the name of the field
        if room > 0:
            self._line += piece[:room]

    def _line_ended(self) -> Event | None:
        line, size = bytes(self._line), self._line_size
        self._line.clear()
        self._line_size = 0
        if not self._started:
            self._started = True
            if line.startswith(_BOM):
                line, size = line[3:], size - 3
        if not line:
            return self._dispatch()
        name, colon, value = line.partition(b":")
        before = len(name) + len(colon)
        if value.startswith(b" "):
            value, before = value[1:], before + 1
        if name == b"data":
            self._add(value, size - before)
        elif name == b"event":
            self._type = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        return None

    def _add(self, value: bytes, size: int) -> None:
        if self._size >= 0:
            value, size = b"\n" + value, size + 1
        self._size = max(self._size, 0) + size
        room = self._limit - len(self._data)
        if room > 0:
            self._data += value[:room]

    def _dispatch(self) -> Event | None:
        event = None
        if self._size > 0:
            event = Event(self._type or "message", bytes(self._data), self._size, self._id)
        self._type = ""
        self._data.clear()
        self._size = -1
        return event


def is_event_stream(headers: Headers | list[tuple[str, str]]) -> bool:
    """Whether a response body is server-sent events in the clear; compressed ones are not looked into."""
    fields = dict(reversed(headers))
    media_type = fields.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "text/event-stream" and fields.get("content-encoding", "identity") == "identity"


def message_of(event: Event, carrier: RawExchange, ordinal: int, at: Instant) -> RawMessage:
    """An event as a message of the exchange that carries the stream."""
    looks_like_json = event.data.lstrip().startswith((b"{", b"["))
    return RawMessage(
        carrier=carrier,
        ordinal=ordinal,
        protocol="sse",
        sender=Sender.SERVER,
        at=at.wall_ns,
        payload=RawBody(data=event.data, size=event.size, decoded=True),
        type=event.type,
        key=event.id,
        media_type="application/json" if looks_like_json else "text/plain",
    )
