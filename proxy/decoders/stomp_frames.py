"""STOMP's frames, cut out of one direction of a connection.

After the STOMP 1.2 specification, "STOMP Frames" and "Augmented BNF"; 1.0 and 1.1 differ in how header lines
are written. Whatever breaks it is `Opaque(Reason.MALFORMED)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.decoders.decoder import Limits

OF_CLIENT = frozenset(
    {"SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT", "DISCONNECT"}
)
OF_SERVER = frozenset({"MESSAGE", "RECEIPT", "ERROR"})
CONNECT = frozenset({"CONNECT", "STOMP"})
CONNECTED = frozenset({"CONNECTED", "ERROR"})
"""What the ends may say, and what they begin with."""

_WITH_BODY = frozenset({"SEND", "MESSAGE", "ERROR"})
_LONGEST = max(map(len, OF_CLIENT | OF_SERVER | CONNECT | CONNECTED))
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_BEATS = b"\r\n"
_ESCAPES = {r"\n": "\n", r"\r": "\r", r"\c": ":", r"\\": "\\"}
_ESCAPED = re.compile(r"\\[nrc\\]")


class Frame(NamedTuple):
    """One frame. Of a name that is repeated the first header counts; `size` is that of the whole body."""

    command: str
    headers: dict[str, str]
    body: bytes = b""
    size: int = 0


class FrameReader:
    """One direction of a connection.

    Args:
        legal: the commands that a frame may have; this may change from frame to frame.
        limits: `head_bytes` bounds a head, `body_bytes` what of a body is kept.
    """

    def __init__(self, legal: frozenset[str], limits: Limits) -> None:
        self.legal = legal
        self.version = ""
        """That the ends agreed on, `""` before they have."""
        self._head_bytes = limits.head_bytes
        self._body_bytes = limits.body_bytes
        self._rest = b""
        """The beginning of a head."""
        self._searched = 0
        """How much of it has no end of a head in it."""
        self._frame: Frame | None = None
        """The one whose body is coming."""
        self._length: int | None = None
        """What its body has, where its head says so."""
        self._body = bytearray()
        self._size = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._rest) + len(self._body)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end in `data`.

        Raises:
            Opaque: a frame may not be, or its head is too long.
        """
        at = 0
        if self._frame is None:
            data, self._rest = self._rest + data, b""
        while at < len(data):
            if self._frame is None:
                at = self._begin(data, at)
                if self._frame is None:
                    return
            frame, at = self._extend(self._frame, data, at)
            if frame is not None:
                yield frame

    def _begin(self, data: bytes, at: int) -> int:
        """Read a head, if it is all there; where what follows it begins. Heart-beats may come before it."""
        while at < len(data) and data[at] in _BEATS:
            at += 1
        line = data[at : at + _LONGEST + 2].partition(b"\n")
        command = line[0].removesuffix(b"\r").decode("latin-1")
        if line[1] or len(line[0]) > _LONGEST + 1:
            if command not in self.legal:
                raise malformed()
        elif not any(known.startswith(command) for known in self.legal):
            raise malformed()
        end = _END_OF_HEAD.search(data, at + self._searched)
        if (end.end() if end else len(data)) - at > self._head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)
        if end is None:
            self._rest = data[at:]
            self._searched = max(0, len(self._rest) - len(b"\n\r"))
            return at
        self._searched = 0
        headers = self._headers(command, data[at : end.start()])
        length = headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdigit() and len(length) < 16):
            raise malformed()
        self._length = None if length is None else int(length)
        self._frame = Frame(command, headers)
        return end.end()

    def _extend(self, frame: Frame, data: bytes, at: int) -> tuple[Frame | None, int]:
        """Read on in a body; the frame, if it ends, and where what follows it begins."""
        if self._length is None:
            found = data.find(b"\0", at)
            end = found if found >= 0 else len(data)
        else:
            end = min(at + self._length - self._size, len(data))
        self._size += end - at
        if self._size and frame.command not in _WITH_BODY:
            raise malformed()
        self._body += data[at : min(end, at + max(self._body_bytes - len(self._body), 0))]
        if end == len(data):
            return None, end
        if data[end]:
            raise malformed()
        whole = frame._replace(body=bytes(self._body), size=self._size)
        self._body.clear()
        self._size, self._frame = 0, None
        return whole, end + 1

    def _headers(self, command: str, head: bytes) -> dict[str, str]:
        headers: dict[str, str] = {}
        try:
            lines = head.decode().split("\n")[1:]
        except UnicodeDecodeError:
            raise malformed() from None
        for line in lines:
            name, colon, value = line.removesuffix("\r").partition(":")
            if not colon or not name:
                raise malformed()
            if self.version == "1.0":
                name, value = name.strip(" "), value.strip(" ")
            elif command not in CONNECT | CONNECTED - {"ERROR"}:
                name, value = _unescaped(name), _unescaped(value)
            headers.setdefault(name, value)
        return headers


def malformed() -> Opaque:
    """The stream breaks the specification."""
    return Opaque(Reason.MALFORMED, 1)


def _unescaped(text: str) -> str:
    """A name or value as it is meant ("Value Encoding")."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text) if "\\" in text else text
