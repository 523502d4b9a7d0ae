"""The NATS client protocol's operations, cut out of one direction of a connection.

Each is a line; PUB, HPUB, MSG and HMSG name the length of what follows it (NATS client protocol, section
"Protocol messages"). Of a payload the beginning is kept, and of a line that has not ended all of it.
"""

from __future__ import annotations

from sys import maxsize
from typing import TYPE_CHECKING, NamedTuple

from proxy.decoders.decoder import Opaque, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy.decoders.decoder import Limits

_LONGEST_SIZE = 15
"""Digits of a length. The server takes 64 MiB at most."""


class Form(NamedTuple):
    """How an operation is written.

    `kind` is its name without the `H` that a header adds to it; `least` and `most` are the numbers of words
    on its line after the name, of which the last `sizes` are lengths.
    """

    kind: str
    least: int = 0
    most: int = maxsize
    sizes: int = 0


_BOTH = {b"PING": Form("PING"), b"PONG": Form("PONG")}
CLIENT_FORMS: Mapping[bytes, Form] = _BOTH | {
    b"CONNECT": Form("CONNECT"),
    b"PUB": Form("PUB", 2, 3, sizes=1),
    b"HPUB": Form("PUB", 3, 4, sizes=2),
    b"SUB": Form("SUB", 2, 3),
    b"UNSUB": Form("UNSUB", 1, 2),
}
SERVER_FORMS: Mapping[bytes, Form] = _BOTH | {
    b"INFO": Form("INFO"),
    b"MSG": Form("MSG", 3, 4, sizes=1),
    b"HMSG": Form("MSG", 4, 5, sizes=2),
    b"+OK": Form("+OK"),
    b"-ERR": Form("-ERR"),
}


class Operation(NamedTuple):
    """One operation. `words` are those between its name and its lengths.

    `head` and `data` are what follows the line of a message: its `NATS/1.0` head, empty where it has none,
    and its payload, of which `size` bytes were sent. Of another operation `data` is the whole line.
    """

    kind: str
    words: list[bytes]
    head: bytes
    data: bytes
    size: int


class OperationReader:
    """One direction.

    Args:
        opening: what it must begin with.
        forms: the operations that it may have, by name.
        limits: bounds on what is kept of a line, a head and a payload.

    Raises:
        Opaque: the bytes are no such operations.
    """

    def __init__(self, opening: bytes, forms: Mapping[bytes, Form], limits: Limits) -> None:
        self._opening = opening
        self._forms = forms
        self._limits = limits
        self._line = bytearray()
        """The beginning of a line."""
        self._partial: _Partial | None = None
        """A message of which not everything has come."""

    @property
    def held_bytes(self) -> int:
        """Bytes of an operation that has not ended."""
        return len(self._line) + (len(self._partial.kept) if self._partial else 0)

    def feed(self, data: bytes) -> Iterator[Operation]:
        """The operations that end in `data`."""
        self._check_opening(data)
        at = 0
        while at < len(data):
            if self._partial:
                at = self._partial.take(data, at)
            end = data.find(b"\n", at)
            if end < 0:
                self._keep(data[at:])
                return
            self._check_line(end - at)
            line = data[at:end]
            at = end + 1
            if self._line:
                line = bytes(self._line + line)
                self._line.clear()
            if self._partial:
                operation, self._partial = self._partial.ended(line), None
                yield operation
                continue
            form, words = self._parsed(line)
            if not form.sizes:
                yield Operation(form.kind, words, b"", line, 0)
                continue
            head_size, size = self._sizes(words, form.sizes)
            middle, end = at + head_size, at + size
            if data.startswith(b"\r\n", end):  # all of it is here, as nearly always
                kept = data[middle : min(end, middle + self._limits.body_bytes)]
                yield _message(form.kind, words, data[at:middle], kept, end - middle)
                at = end + 2
            else:
                self._partial = _Partial(form.kind, words, head_size, size, self._limits.body_bytes)

    def _check_opening(self, data: bytes) -> None:
        if self._opening:
            expected = self._opening[: len(data)]
            if not data.startswith(expected):
                raise Opaque(Reason.OTHER_PROTOCOL, 1)
            self._opening = self._opening[len(expected) :]

    def _keep(self, piece: bytes) -> None:
        self._check_line(len(piece))
        self._line += piece

    def _check_line(self, more: int) -> None:
        if len(self._line) + more > self._limits.head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)

    def _parsed(self, line: bytes) -> tuple[Form, list[bytes]]:
        """An operation's form and the words after its name, which may be in lower case."""
        words = line.split()
        form = self._forms.get(words.pop(0).upper()) if words else None
        if form is None or not form.least <= len(words) <= form.most:
            raise Opaque(Reason.MALFORMED, 1)
        return form, words

    def _sizes(self, words: list[bytes], count: int) -> tuple[int, int]:
        """The lengths of the head and of all, taken off the words."""
        total = words.pop()
        head = words.pop() if count > 1 else b"0"
        if not (total.isdigit() and head.isdigit() and len(total) <= _LONGEST_SIZE >= len(head)):
            raise Opaque(Reason.MALFORMED, 1)
        head_size, size = int(head), int(total)
        if head_size > size:
            raise Opaque(Reason.MALFORMED, 1)
        if head_size > self._limits.head_bytes:
            raise Opaque(Reason.TOO_LARGE, 1)
        return head_size, size


class _Partial:
    """A message whose end has not come. What follows its bytes must be the end of a line."""

    def __init__(self, kind: str, words: list[bytes], head_size: int, size: int, limit: int) -> None:
        self.kept = bytearray()
        self._kind = kind
        self._words = words
        self._head_size = head_size
        self._size = size
        self._missing = size
        self._keep = min(size, head_size + limit)

    def take(self, data: bytes, at: int) -> int:
        """Take what is in `data` from `at` on; where it ends."""
        end = min(len(data), at + self._missing)
        self._missing -= end - at
        room = self._keep - len(self.kept)
        if room > 0:
            self.kept += data[at : min(end, at + room)]
        return end

    def ended(self, rest: bytes) -> Operation:
        """The message, of whose last line `rest` is what follows its bytes."""
        if rest != b"\r":
            raise Opaque(Reason.MALFORMED, 1)
        head, data = bytes(self.kept[: self._head_size]), bytes(self.kept[self._head_size :])
        return _message(self._kind, self._words, head, data, self._size - self._head_size)


def _message(kind: str, words: list[bytes], head: bytes, data: bytes, size: int) -> Operation:
    if head and not head.startswith(b"NATS/1.0"):
        raise Opaque(Reason.MALFORMED, 1)
    return Operation(kind, words, head, data, size)
