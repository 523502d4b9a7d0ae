"""The elements of one array inside a JSON document of any size, or documents one after the other.

Why not ijson, which streams too: one element that yajl refuses (NaN, a number of twenty digits, a lone
surrogate as mitmproxy itself writes for bodies of unknown charset) ends the whole document there, and
100,000 nested brackets make it take all memory. Here the standard library's own scanner finds where an
element ends; a broken one is skipped by matching brackets, and everything after it is kept.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES = 1 << 18
MAX_ELEMENT_CHARS = 1 << 26
"""The longest element that is read, some 64 MB: holding one takes about four times that for a moment."""
_EDGE = 16
"""An error this near to the end of the window may come from a literal or an escape that is not all there."""

_SPACE = re.compile(r"[ \t\n\r]*")
_MARK = re.compile(r'["\[\]{}]')
_IN_STRING = re.compile(r'["\\]')
_ANY = re.compile(r"[\s\S]")
_scan = json.JSONDecoder(strict=False).raw_decode


@dataclass(frozen=True, slots=True)
class Broken:
    """An element that is no JSON, and why; the next one follows."""

    reason: str
    detail: str = ""


class EndedError(Exception):
    """The document ends, or is no JSON, where more was needed; the message says which."""


def elements(stream: IO[bytes], *path: str) -> Iterator[Any]:
    """The elements of the array that stands under the given keys, each parsed, or `Broken`.

    Reads UTF-8, with or without a byte order mark, or UTF-16 with one. What follows the array is not read.

    Raises:
        EndedError: there is no such array, or the document was cut off inside it.
    """
    window = _Window(stream)
    for key in path:
        window.expect("{")
        _enter(window, key)
    window.expect("[")
    if window.peek() == "]":
        return
    while True:
        yield _element(window)
        if window.expect(",", "]") == "]":
            return


def objects(stream: IO[bytes]) -> Iterator[Any]:
    """JSON objects that stand one after the other, with white space between them or none, as `elements`.

    Raises:
        EndedError: something else stands there, or the last one was cut off.
    """
    window = _Window(stream)
    while not window.at_end():
        if window.peek() != "{":
            raise EndedError("it is no JSON any more")
        yield _element(window)


def _enter(window: _Window, wanted: str) -> None:
    """Move to the value of one member of the object that the window is in."""
    while window.peek() != "}":
        key = _element(window)
        window.expect(":")
        if key == wanted:
            return
        _element(window)
        if window.expect(",", "}") == "}":
            break
    raise EndedError(f"there is no {wanted!r} in it")


def _element(window: _Window) -> Any:
    """The next value, or `Broken` in its place."""
    try:
        return window.value()
    except json.JSONDecodeError as error:
        broken = Broken("it is not JSON", error.msg)
    except RecursionError:
        broken = Broken("it is nested too deeply")
    except ValueError:
        broken = Broken("it holds a number that is too long")
    except _TooLongError:
        broken = Broken(f"it is longer than {MAX_ELEMENT_CHARS >> 20} MB")
    window.skip()
    return broken


class _TooLongError(Exception):
    pass


class _Window:
    """The part of the document's text that is in memory: `text`, read up to `position`."""

    def __init__(self, stream: IO[bytes]) -> None:
        head = stream.read(CHUNK_BYTES)
        utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")(
            "replace" if utf16 else "surrogateescape"
        )
        self._ended = not head
        self.text = self._decoder.decode(head, final=not head)
        self.position = 0

    def at_end(self) -> bool:
        """Whether nothing but white space follows, which is read."""
        while True:
            match = _SPACE.match(self.text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self.text):
                return False
            if not self._fill():
                return True

    def peek(self) -> str:
        """The next character that is not white space.

        Raises:
            EndedError: there is none.
        """
        if self.at_end():
            raise EndedError("it is cut off")
        return self.text[self.position]

    def expect(self, *characters: str) -> str:
        """Read one of these characters.

        Raises:
            EndedError: something else stands there, or nothing.
        """
        found = self.peek()
        if found not in characters:
            raise EndedError(f"it is no JSON any more ({' or '.join(characters)} expected, {found!r} found)")
        self.position += 1
        return found

    def value(self) -> Any:
        """Read one JSON value.

        Raises:
            EndedError: the document ends inside it.
            ValueError: no JSON, or a number beyond Python's limit for digits. The position stays before it.
            RecursionError: nested more deeply than the interpreter allows.
        """
        self.peek()
        while True:
            try:
                value, end = _scan(self.text, self.position)
            except json.JSONDecodeError as error:
                if not self._may_be_incomplete(error):
                    raise
            else:
                # A number near the edge may go on behind it: `1.5` of `1.5e+3`.
                if end + len("e+3") <= len(self.text) or self._ended:
                    self.position = end
                    return value
            self._more()

    def skip(self) -> None:
        """Move behind the value that begins here, whatever it holds, by its brackets and strings alone.

        Raises:
            EndedError: the brackets do not close before the document ends.
        """
        depth = 0
        while True:
            mark = self._next(_MARK)
            if depth == 0 and mark in "]}":
                return
            self.position += 1
            if mark == '"':
                self._skip_string()
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark, 0)
            if depth == 0:
                return

    def _skip_string(self) -> None:
        while self._next(_IN_STRING) == "\\":
            self._next(_ANY, ahead=1)
            self.position += 2
        self.position += 1

    def _next(self, pattern: re.Pattern[str], ahead: int = 0) -> str:
        """Move to the next character that matches; what lies before it is let go."""
        while True:
            match = pattern.search(self.text, self.position + ahead)
            if match:
                self.position = match.start() - ahead
                return match[0]
            self.position = len(self.text) - ahead
            if not self._fill():
                raise EndedError("it is cut off")

    def _may_be_incomplete(self, error: json.JSONDecodeError) -> bool:
        return not self._ended and (
            error.msg.startswith("Unterminated string") or error.pos >= len(self.text) - _EDGE
        )

    def _more(self) -> None:
        """Read on inside a value, each time twice as much, so that a long one is scanned about twice."""
        held = len(self.text) - self.position
        if held > MAX_ELEMENT_CHARS:
            raise _TooLongError
        self._fill(max(CHUNK_BYTES, held))

    def _fill(self, size: int = CHUNK_BYTES) -> bool:
        if self._ended:
            return False
        data = self._stream.read(size)
        self._ended = not data
        self.text = self.text[self.position :] + self._decoder.decode(data, final=self._ended)
        self.position = 0
        return not self._ended
