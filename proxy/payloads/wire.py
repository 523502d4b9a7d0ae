"""Protobuf without its descriptor: field numbers for names, and types as far as the bytes tell them.

The wire format (protobuf.dev, "Encoding") tells numbers from bytes and no more. What is guessed here is meant
to be harmless: a number is a number, and only bytes that can be no text are looked into.
"""

from __future__ import annotations

import math
import re
import struct
from enum import IntEnum
from typing import TYPE_CHECKING

from proxy.payloads.plain import MAX_DEPTH
from proxy.payloads.values import Value
from proxy.payloads.varints import read_varint

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MAX_FIELD = 2**29 - 1
_LIKELY_FLOATS = (1e-9, 1e15)
"""Integers of 32 and 64 bits that are in use, taken for floats, lie far outside: small ones and points in
time alike."""


class _WireType(IntEnum):
    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    FIXED32 = 5


def read_wire(data: bytes) -> Value:
    """A message as an object by field number; a number that is there several times has an array.

    Raises:
        ValueError: the bytes are no message.
    """
    return Value(_message(data, 1))


def _message(data: bytes, depth: int) -> dict[str, object]:
    found: dict[int, list[object]] = {}
    for number, value in fields(data):
        found.setdefault(number, []).append(_inside(value, depth) if isinstance(value, bytes) else value)
    return {str(number): values[0] if len(values) == 1 else values for number, values in found.items()}


def fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a message: their numbers and values, in the order written.

    Raises:
        ValueError: the bytes are no message.
    """
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire_type = tag >> 3, _WireType(tag & 7)
        if not 0 < number <= _MAX_FIELD:
            raise ValueError(f"field number {number}")
        if wire_type is _WireType.VARINT:
            value, at = read_varint(data, at)
            yield number, _signed(value)
            continue
        size = 8 if wire_type is _WireType.FIXED64 else 4
        if wire_type is _WireType.LENGTH:
            size, at = read_varint(data, at)
        piece = data[at : at + size]
        if len(piece) < size:
            raise ValueError(f"{size} bytes wanted at byte {at}, {len(piece)} are there")
        yield number, piece if wire_type is _WireType.LENGTH else _fixed(piece)
        at += size


def _signed(value: int) -> int:
    """Negative `int32` and `int64` are written as two's complement; unsigned ones so large are rare."""
    return value - 2**64 if value >= 2**63 else value


def _fixed(piece: bytes) -> int | float:
    """A float where that is a number of everyday size, an integer otherwise."""
    value: float = struct.unpack("<d" if len(piece) == 8 else "<f", piece)[0]
    least, most = _LIKELY_FLOATS
    if math.isfinite(value) and least <= abs(value) <= most:
        return value
    return int.from_bytes(piece, "little", signed=True)


def _inside(piece: bytes, depth: int) -> object:
    """Text; else a message; else bytes.

    Short messages are often valid UTF-8 by chance: control characters give them away.
    """
    try:
        if not _CONTROL.search(piece):
            return piece.decode()
    except UnicodeDecodeError:
        pass
    if depth < MAX_DEPTH:
        try:
            return _message(piece, depth + 1)
        except ValueError:
            pass
    return piece
