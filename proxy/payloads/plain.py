"""Values as JSON text, within bounds.

What JSON has not becomes text in the customary way: bytes are base64 (RFC 4648 section 4), times RFC 3339,
decimals and integers beyond 64 bits their digits, `NaN` and the infinities their names (as in ProtoJSON).
Keys that are no text are written as the JSON text of the key.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple

import orjson

from proxy.payloads.values import Members, UnreadError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 64

_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1
"""What orjson writes and reads."""
_PLAIN_EXPONENTS = range(-64, 65)
"""Decimals beyond are written with an exponent: their zeros could fill the memory."""


class Text(NamedTuple):
    """JSON text, UTF-8."""

    data: bytes
    flaws: tuple[str, ...] = ()


def json_text(value: object, limit: int) -> Text:
    """A value as at most `limit` bytes of JSON.

    Values may be shared many times (CBOR) or made while they are walked (`Members`), so that the text can be
    longer than any memory; it is measured before it is made.

    Raises:
        UnreadError: it is longer (`too-large`), or nested beyond `MAX_DEPTH` (`too-deep`).
    """
    walk = _Walk(limit)
    data = orjson.dumps(walk.plain(value))
    if len(data) > limit:
        raise UnreadError("too-large")
    return Text(data, ("duplicate-keys",) if walk.duplicates else ())


class _Walk:
    """One value on its way to what orjson writes."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self.duplicates = False

    def plain(self, value: object, depth: int = 0) -> object:
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            return self._paid(scalar(value))
        if depth >= MAX_DEPTH:
            raise UnreadError("too-deep")
        if isinstance(value, Members):
            return self._object(value.pairs, depth + 1)
        if isinstance(value, Mapping):
            return self._object(value.items(), depth + 1)
        if isinstance(value, Iterable):
            self._pay(2)
            return [self._element(one, depth + 1) for one in value]
        return self._paid(str(value))

    def _object(self, pairs: Iterable[tuple[object, object]], depth: int) -> dict[str, object]:
        self._pay(2)
        members: dict[str, object] = {}
        for key, value in pairs:
            name = self._key(key, depth)
            self.duplicates = self.duplicates or name in members
            members[name] = self.plain(value, depth)
        return members

    def _key(self, key: object, depth: int) -> str:
        plain = self.plain(key, depth)
        return plain if isinstance(plain, str) else orjson.dumps(plain).decode()

    def _element(self, value: object, depth: int) -> object:
        self._pay(1)
        return self.plain(value, depth)

    def _paid(self, scalar: object) -> object:
        self._pay(len(scalar) + 2 if isinstance(scalar, str) else 1)
        return scalar

    def _pay(self, size: int) -> None:
        """Count what will be written, at least."""
        self._left -= size
        # The comma that the last element of an array does not have is forgiven once for each depth.
        if self._left < -MAX_DEPTH:
            raise UnreadError("too-large")


def _same(value: object) -> object:
    return value


def _integer(value: int) -> int | str:
    return value if _MIN_INTEGER <= value <= _MAX_INTEGER else str(value)


def _float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    return f"{value:f}" if value.as_tuple().exponent in _PLAIN_EXPONENTS else str(value)


def _time(value: datetime | time) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


_SCALARS: dict[type, Callable[..., object]] = {
    NoneType: _same,
    bool: _same,
    str: _same,
    int: _integer,
    float: _float,
    bytes: _base64,
    bytearray: _base64,
    memoryview: _base64,
    Decimal: _decimal,
    datetime: _time,
    date: date.isoformat,
    time: _time,
}
