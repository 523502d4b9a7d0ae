"""One reply of a Kafka broker on its way to the client: the addresses in it are replaced.

A frame begins with its length, so nothing of it can be sent before all its addresses are known: it is held
until then, which costs the client no time, as it can do nothing with half a frame. Most replies have their
addresses near the front or are short.

Fetch and share-fetch replies may have megabytes of records before them. Above `HELD_LIMIT_BYTES` these pass
as they come, with their length, and only their end is held. If it turns out to have addresses, they cannot be
exchanged for others of another length: they are taken out, and tagged fields that no client knows fill their
place. Clients then ask for Metadata, as they do wherever a leader's address is missing (KIP-951).
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from proxy.splice.kafka_layouts import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from proxy.splice.kafka_layouts import Field, Layout

HELD_LIMIT_BYTES = 256 * 1024
"""Kept of one reply: four thousand brokers, or one read of uvloop's."""

FILLING_TAGS = 126, 127
"""Numbers of tagged fields that mean nothing. Kafka counts up from 0, and has come to 2."""

_INT16, _INT32 = Struct("!h"), Struct("!i")
_HEAD_BYTES = 8
"""Length and correlation id."""
_VARINT_LIMIT_BYTES = 5


class _UnreadableError(Exception):
    """The reply is not what its version says, or has more before its last address than is held."""


class _Edit(NamedTuple):
    """The bytes of the frame from `start` to `end` become `data`."""

    start: int
    end: int
    data: bytes


class Reply:
    """One frame, from its length on.

    Args:
        size: bytes of the frame with its length.
        layout: where its addresses are.
        local: what is shown in place of a broker's node id, host and port.
    """

    def __init__(self, size: int, layout: Layout, local: Callable[[int, str, int], tuple[str, int]]) -> None:
        self.done = False
        """Nothing is held any more, and what is left of the frame is to pass."""
        self.undecoded = False
        """It could not be read and passes unchanged."""
        self.withheld = False
        """Its addresses were taken out."""
        self._layout = layout
        self._local = local
        self._end = size
        self._passing = bool(layout.leading) and size > HELD_LIMIT_BYTES
        """What has been walked over is sent."""
        self._bound = size if self._passing else min(size, HELD_LIMIT_BYTES)
        """No byte from here on is looked at."""
        self._held = bytearray()
        self._start = 0
        """Where in the frame the held bytes begin."""
        self._known = 0
        """Bytes of the frame, from its beginning, that can be looked at."""
        self._at = _HEAD_BYTES
        self._edits: list[_Edit] = []
        self._steps = self._walk()

    def feed(self, data: bytes) -> bytes:
        """More of the frame, at first at least its head; what is to be sent on."""
        self._held += data
        self._know()
        try:
            next(self._steps)
        except StopIteration:
            return self._edited()
        except _UnreadableError:
            self.undecoded = True
            self._edits.clear()
            return self._edited()
        return self._passed() if self._passing else b""

    def rest(self) -> bytes:
        """What is held."""
        return bytes(self._held)

    def _know(self) -> None:
        self._known = min(self._start + len(self._held), self._bound)

    def _passed(self) -> bytes:
        walked = bytes(self._held[: self._at - self._start])
        del self._held[: len(walked)]
        self._start += len(walked)
        return walked

    def _edited(self) -> bytes:
        """All that is held, with the edits."""
        self.done = True
        pieces: list[bytes | bytearray] = []
        at = 0
        for edit in self._edits:
            pieces += (self._held[at : edit.start - self._start], edit.data)
            at = edit.end - self._start
        pieces.append(self._held[at:])
        return b"".join(pieces)

    def _walk(self) -> Generator[None]:
        """Pass over the frame, note the edits, and yield wherever more bytes are needed."""
        layout = self._layout
        if layout.flexible:
            yield from self._tags()  # of the response header, version 1
        yield from self._fields(layout.leading)
        if self._passing:
            yield from self._walk_end()
            return
        yield from self._fields(layout.addressed)
        self._check_end()
        if growth := _growth(self._edits):
            self._edits.insert(0, _Edit(0, 4, _INT32.pack(self._end - 4 + growth)))

    def _walk_end(self) -> Generator[None]:
        """The same with the end of a reply whose length has been sent."""
        start, size = self._at, self._end - self._at
        self._passing = False
        self._bound = min(self._end, start + HELD_LIMIT_BYTES)
        self._know()
        yield from self._wait(size)
        yield from self._fields(self._layout.addressed)
        self._check_end()
        if self._edits:
            self.withheld = True
            is_array = self._layout.addressed[0].kind is Kind.ARRAY
            none = varint(1) if is_array else b""  # a compact count is one more
            self._edits = [_Edit(start, self._end, none + filling(size - len(none)))]

    def _check_end(self) -> None:
        if self._layout.leading and self._at != self._end:
            raise _UnreadableError

    def _fields(self, fields: tuple[Field, ...]) -> Generator[None]:
        for field in fields:
            kind = field.kind
            if kind is Kind.FIXED:
                self._skip(field.size)
            elif kind is Kind.STRING:
                self._skip(max(0, (yield from self._length(_INT16))))
            elif kind is Kind.ARRAY:
                for _ in range((yield from self._length(_INT32))):
                    yield from self._fields(field.fields)
            elif kind is Kind.ADDRESS:
                yield from self._address()
            else:
                yield from self._tags(field.fields)

    def _tags(self, first: tuple[Field, ...] = ()) -> Generator[None]:
        """Tagged fields, of which number 0 is `first` where that is anything."""
        for _ in range((yield from self._varint())):
            number = yield from self._varint()
            before = self._at
            size = yield from self._varint()
            if number == 0 and first:
                yield from self._sized(first, size, before)
            else:
                self._skip(size)

    def _sized(self, fields: tuple[Field, ...], size: int, before: int) -> Generator[None]:
        """Fields whose size, which is written from `before` on, changes with them."""
        start, edits = self._at, len(self._edits)
        yield from self._fields(fields)
        if self._at != start + size:
            raise _UnreadableError
        if growth := _growth(self._edits[edits:]):
            self._edits.insert(edits, _Edit(before, start, varint(size + growth)))

    def _address(self) -> Generator[None]:
        yield from self._wait(_INT32.size)
        node = self._integer(_INT32)
        start = self._at
        length = yield from self._length(_INT16)
        if length < 0:
            raise _UnreadableError
        yield from self._wait(length + _INT32.size)
        try:
            host = self._held[self._at - self._start : self._at - self._start + length].decode()
        except UnicodeDecodeError:
            raise _UnreadableError from None
        self._at += length
        port = self._integer(_INT32)
        if node >= 0:  # -1 where there is none, with an empty host
            shown = self._local(node, host, port)
            if shown != (host, port):
                self._edits.append(_Edit(start, self._at, self._written(*shown)))

    def _written(self, host: str, port: int) -> bytes:
        data = host.encode()
        length = varint(len(data) + 1) if self._layout.flexible else _INT16.pack(len(data))
        return length + data + _INT32.pack(port)

    def _length(self, legacy: Struct) -> Generator[None, None, int]:
        """A length or count, below 0 for null: compact, or such an integer."""
        if self._layout.flexible:
            return (yield from self._varint()) - 1
        yield from self._wait(legacy.size)
        return self._integer(legacy)

    def _varint(self) -> Generator[None, None, int]:
        value = 0
        for shift in range(0, 7 * _VARINT_LIMIT_BYTES, 7):
            if self._at >= self._known:
                yield from self._wait(1)
            byte = self._held[self._at - self._start]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise _UnreadableError

    def _integer(self, form: Struct) -> int:
        (value,) = form.unpack_from(self._held, self._at - self._start)
        self._at += form.size
        return int(value)

    def _wait(self, size: int) -> Generator[None]:
        """Until so many bytes are known."""
        if self._at + size > self._bound:
            raise _UnreadableError
        while self._at + size > self._known:
            yield

    def _skip(self, size: int) -> None:
        self._at += size
        if self._at > self._end:
            raise _UnreadableError


def varint(value: int) -> bytes:
    """An unsigned varint, seven bits a byte, the lowest first."""
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def filling(size: int) -> bytes:
    """Tagged fields of together `size` bytes, at least 5, that mean nothing.

    One field cannot have every size, as a longer value may need a longer length before it; then there is an
    empty one before.
    """
    empty, last = FILLING_TAGS
    for start in (bytes((1, last)), bytes((2, empty, 0, last))):
        room = size - len(start)
        for width in range(1, _VARINT_LIMIT_BYTES + 1):
            length = varint(room - width)
            if len(length) == width:
                return start + length + bytes(room - width)
    raise ValueError(size)


def _growth(edits: list[_Edit]) -> int:
    return sum(len(edit.data) - (edit.end - edit.start) for edit in edits)
