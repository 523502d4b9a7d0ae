"""The frames of one direction of a Redis connection (RESP2, RESP3 and inline commands).

hiredis reads their values. It is given only frames that are whole, no longer than the bound, and asked for:
it would make room at once for whatever number of elements a frame announces. All other frames, mostly
ordinary database traffic, are walked over by their announced lengths and nothing of them is kept.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from hiredis import ProtocolError, Reader

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxy.decoders.decoder import Limits

SKIPPED: Final = object()
"""Stands for the value of a frame that was not asked for."""
_UNFINISHED: Final = object()

_LINES = frozenset(b"+-:_,#(")
"""Types whose value is the rest of their line. `$` and `=` name the length of what follows it; -1 is null."""
_ELEMENTS = {ord("*"): 1, ord(">"): 1, ord("~"): 1, ord("%"): 2}
"""Types that name a number of elements, and how many frames each of these is."""
_KINDS = _LINES | _ELEMENTS.keys() | frozenset(b"$=")
_SPACE = b" \t\r\n"


class FrameReader:
    """One direction.

    Args:
        wants: whether the value of the frame that begins at an offset is wanted; None where that cannot be
            said before more bytes are there.
        inline: whether what does not begin with `*` is a command in words, as a client may send it.
        limits: a wanted frame is at most a head and a body long, a line at most a head.

    Raises:
        Opaque: the bytes are no such frames, or too long.
    """

    def __init__(self, wants: Callable[[bytes, int], bool | None], limits: Limits, *, inline: bool) -> None:
        self._wants = wants
        self._inline = inline
        self._longest = limits.body_bytes + limits.head_bytes
        self._longest_line = limits.head_bytes
        self._values = Reader(notEnoughData=_UNFINISHED)
        self._rest = b""
        """The beginning of a line, or of a frame of which it cannot be said whether it is wanted."""
        self._kept = bytearray()
        """What came before `_rest` of a wanted frame."""
        self._within = False
        """Whether a frame has begun and not ended; the next three are about it."""
        self._wanted = False
        self._missing = 0
        """Elements that have not begun."""
        self._ahead = 0
        """Bytes that are still to come of the element that has."""

    @property
    def held_bytes(self) -> int:
        """Bytes of a frame that has not ended."""
        return len(self._rest) + len(self._kept)

    def feed(self, data: bytes) -> Iterator[Any]:
        """The values of the frames that end in `data`."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at = 0
        while at < len(data):
            start = at
            if not self._within:
                wanted = self._wants(data, at)
                if wanted is None:
                    self._rest = data[at:]
                    return
                if self._inline and data[at] != ord("*"):
                    if not data[at : at + 1].isalpha() and data[at] not in _SPACE:
                        raise Opaque(Reason.MALFORMED, 1)
                    at = data.find(b"\n", at) + 1
                    if not at:
                        self._keep_line(data[start:])
                        return
                    yield _words(data[start:at])
                    continue
                self._within, self._wanted, self._missing = True, wanted, 1
            at = self._walk(data, at)
            if self._missing or self._ahead:
                self._keep(data, start, at)
                self._keep_line(data[at:])
                return
            yield self._value(data, start, at)

    def _walk(self, data: bytes, at: int) -> int:
        """Where the frame ends, or what is in `data` of its whole lines."""
        size, missing, find = len(data), self._missing, data.find
        at += self._ahead
        try:
            while missing and at < size:  # the innermost loop
                kind = data[at]
                end = find(b"\r\n", at)
                if end < 0 and kind in _KINDS:
                    break
                missing -= 1
                if kind not in _LINES:
                    number = int(data[at + 1 : end])
                    if kind in _ELEMENTS:
                        missing += max(0, number) * _ELEMENTS[kind]
                    elif number >= 0:
                        end += number + 2
                    if number < -1 or kind not in _KINDS:
                        raise Opaque(Reason.MALFORMED, 1)
                at = end + 2
        except ValueError:
            raise Opaque(Reason.MALFORMED, 1) from None
        self._missing, self._ahead = missing, max(0, at - size)
        return min(at, size)

    def _keep(self, data: bytes, start: int, end: int) -> None:
        """Keep what has come of a frame, if it is wanted."""
        if self._wanted:
            if len(self._kept) + end - start + self._ahead > self._longest:
                raise Opaque(Reason.TOO_LARGE, 1)
            self._kept += data[start:end]

    def _keep_line(self, beginning: bytes) -> None:
        if len(beginning) > self._longest_line:
            raise Opaque(Reason.TOO_LARGE, 1)
        self._rest = beginning

    def _value(self, data: bytes, start: int, end: int) -> Any:
        self._within = False
        if not self._wanted:
            return SKIPPED
        if len(self._kept) + end - start > self._longest:
            raise Opaque(Reason.TOO_LARGE, 1)
        try:
            if self._kept:
                self._values.feed(bytes(self._kept))
                self._kept.clear()
            self._values.feed(data, start, end - start)
            value = self._values.gets()
        except (ProtocolError, TypeError):  # a map's key may be what cannot be one in Python
            raise Opaque(Reason.MALFORMED, 1) from None
        if value is _UNFINISHED:  # hiredis counts otherwise than the walk has
            raise Opaque(Reason.MALFORMED, 1)
        return value


def _words(line: bytes) -> list[bytes]:
    """The words of an inline command, none of an empty line. Quotes are nearly the shell's."""
    try:
        words = [word.encode("latin-1") for word in shlex.split(line.decode("latin-1"))]
    except ValueError:
        raise Opaque(Reason.MALFORMED, 1) from None
    if words and not words[0].isalpha():
        raise Opaque(Reason.MALFORMED, 1)
    return words
