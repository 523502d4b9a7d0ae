"""One direction of an HTTP/1.1 connection, cut into messages with llhttp (through httptools).

llhttp is fed in pieces that never reach over the end of a message, because what follows can need another
reading: a HEAD reply has a length and no body (RFC 9112 section 6.3), and after a tunnel or an upgrade there
is no HTTP at all. Heads and chunked bodies, with or without trailers, always end in CRLF CRLF, so the stream
is cut there; a body of known length is cut by counting. A cut in the middle of a chunk that happens to
contain CRLF CRLF does no harm.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import httptools

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.decoders.decoder import Instant, Limits
    from proxy.decoders.sse import Event, EventStream

_BLANK_LINE = b"\r\n\r\n"


class Framing(Enum):
    """Where in a message we are, and so where it can end."""

    HEAD = auto()
    LENGTH = auto()
    CHUNKED = auto()
    UNTIL_CLOSE = auto()


class Message:
    """A request or a response while it arrives.

    `method` and `target` belong to requests, `status` to responses.
    """

    __slots__ = (
        "authority",
        "begun",
        "body",
        "complete",
        "ended",
        "events",
        "head_bytes",
        "headers",
        "method",
        "response",
        "scheme",
        "size",
        "status",
        "target",
        "trailers",
        "version",
    )

    def __init__(self, at: Instant) -> None:
        self.begun = at
        self.ended = at
        """When the last byte so far was seen."""
        self.complete = False
        self.head_bytes = 0
        """What its head takes, about; small on the wire it may be large here (RFC 7541)."""
        self.headers: list[tuple[str, str]] = []
        self.trailers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.size = 0
        """Bytes of the body seen, kept or not."""
        self.version = ""
        self.method = ""
        self.target = b""
        self.scheme = ""
        self.authority = ""
        """As HTTP/2 gives them, apart from target and headers."""
        self.status = 0
        self.events: EventStream | None = None
        """Reads the body of a response that is a stream of events."""
        self.response: Message | None = None
        """A request's answer, from its head on; 1xx are none."""

    @property
    def held_bytes(self) -> int:
        """Bytes of head and body that are kept, of a request with those of its answer."""
        own = self.head_bytes + len(self.body)
        return own if self.response is None else own + self.response.held_bytes

    def keep(self, data: bytes, limit: int) -> None:
        """A piece of the body: counted, and kept as far as there is room."""
        self.size += len(data)
        room = limit - len(self.body)
        if room > 0:
            self.body += data if len(data) <= room else data[:room]


class MessageReader:
    """Reads the messages of one direction.

    Args:
        parser: httptools' class for the direction.
        limits: bounds on what is kept.
        on_head: called when a message's head is complete; returns whether the message ends there whatever
            its headers say.
    """

    def __init__(
        self,
        parser: type[httptools.HttpRequestParser | httptools.HttpResponseParser],
        limits: Limits,
        on_head: Callable[[Message], bool],
    ) -> None:
        self.message: Message | None = None
        """The message that has begun and not ended."""
        self._parser_type = parser
        self._parser = parser(self)
        self._limits = limits
        self._on_head = on_head
        self._framing = Framing.HEAD
        self._tail = b""
        """The last three bytes where a blank line is looked for, since it may lie across two reads."""
        self.head_bytes = 0
        """Bytes since the message began, or since its last chunk began: what a head or trailers may take."""
        self._length = 0
        self._bodiless = False
        self._at: Instant
        self._data = b""
        self._start = 0
        self.events: list[Event] = []
        """Those that a response's body was found to hold, until they are fetched."""

    @property
    def unread(self) -> bytes:
        """What came after the message that was just given out, in the same read."""
        return self._data[self._start :]

    @property
    def in_head(self) -> bool:
        """A message has begun and its head is not complete."""
        return self.message is not None and self._framing is Framing.HEAD

    def feed(self, data: bytes, at: Instant) -> Iterator[Message]:
        """The messages that end within `data`, each before anything after it is looked at.

        Raises:
            Opaque: malformed, or a head beyond the limit.
        """
        self._at = at
        self._data = data
        start, end = 0, len(data)
        while start < end:
            stop = self._piece_end(data, start, end)
            self._parse(data if stop - start == end else data[start:stop])
            start = stop
            message = self.message
            if message is not None:
                message.ended = at
                if self._bodiless and not message.complete:
                    message.complete = True
                    self._parser = self._parser_type(self)  # this one still waits for a body
                if message.complete:
                    self._reset()
                    self._start = start
                    yield message
        self._data = b""

    def eof(self, at: Instant) -> Message | None:
        """The message that the end of the stream completes, if it does."""
        message = self.message
        if message is None or self._framing is not Framing.UNTIL_CLOSE:
            return None
        message.ended = at
        message.complete = True
        self._reset()
        return message

    def _reset(self) -> None:
        self.message = None
        self._framing = Framing.HEAD
        self._tail = b""
        self.head_bytes = 0
        self._bodiless = False

    def _piece_end(self, data: bytes, start: int, end: int) -> int:
        """How far the message at `start` reaches at most."""
        if self._framing is Framing.UNTIL_CLOSE:
            return end
        if self._framing is Framing.LENGTH:
            message = self.message
            seen = message.size if message is not None else 0
            return min(end, start + self._length - seen)
        if self._tail:
            across = (self._tail + data[start : start + 3]).find(_BLANK_LINE)
            if across >= 0:
                stop = start + across + 4 - len(self._tail)
                self._tail = b""
                return stop
        found = data.find(_BLANK_LINE, start)
        if found >= 0:
            self._tail = b""
            return found + 4
        self._tail = (self._tail + data[max(start, end - 3) : end])[-3:]
        return end

    def _parse(self, piece: bytes) -> None:
        if self._framing is Framing.HEAD or self._framing is Framing.CHUNKED:
            self.head_bytes += len(piece)
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # only an offer in a request, and the end of the message in a response: the pairing decides
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, Opaque):  # from a callback
                raise error.__context__ from None
            if self.message is None or not self.message.complete:
                raise Opaque(Reason.MALFORMED) from None
            self._parser = self._parser_type(self)  # it stops after a 101 that names no protocol
        if self.head_bytes > self._limits.head_bytes:
            raise Opaque(Reason.TOO_LARGE)

    # What httptools calls.

    def on_message_begin(self) -> None:
        """The first byte that is not part of an empty line."""
        self.message = Message(self._at)

    def on_url(self, url: bytes) -> None:
        """A piece of the request-target."""
        self.message.target += url  # type: ignore[union-attr]  # llhttp begins a message before anything in it

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or after the head a trailer."""
        message = self.message
        fields = message.headers if self._framing is Framing.HEAD else message.trailers  # type: ignore[union-attr]
        fields.append((name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")))

    def on_headers_complete(self) -> None:
        """The head is whole; what follows depends on it."""
        message, parser = self.message, self._parser
        if message is None:
            return
        message.head_bytes = self.head_bytes
        message.version = parser.get_http_version()
        if isinstance(parser, httptools.HttpRequestParser):
            message.method = parser.get_method().decode("latin-1")
        else:
            message.status = parser.get_status_code()
        self._bodiless = self._on_head(message)
        self._framing = self._framing_of(message)

    def on_chunk_header(self) -> None:
        """A chunk's size line has been read."""
        self.head_bytes = 0

    def on_body(self, data: bytes) -> None:
        """A piece of the body, its transfer coding removed."""
        message = self.message
        if message is None:
            return
        self.head_bytes = 0
        message.keep(data, self._limits.body_bytes)
        if message.events is not None:
            self.events.extend(message.events.feed(data))

    def on_message_complete(self) -> None:
        """The message has ended by its own framing."""
        if self.message is not None:
            self.message.complete = True

    def _framing_of(self, message: Message) -> Framing:
        """RFC 9112 section 6.3, after llhttp has refused contradictory headers."""
        length = None
        for name, value in message.headers:
            if name == "transfer-encoding":
                return Framing.CHUNKED if value.lower().endswith("chunked") else Framing.UNTIL_CLOSE
            if name == "content-length":
                length = int(value)
        if length is not None:
            self._length = length
            return Framing.LENGTH
        return Framing.UNTIL_CLOSE
