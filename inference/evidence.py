"""Evidence: what one exchange says about the segments of its own path.

A `Sample` is small and plain. A route keeps those few samples whose rank (a hash of the exchange's id) is
lowest, so that which ones are kept does not depend on the order or the partition in which exchanges were
folded.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import xxhash

from inference.segments import TAIL

MAX_SEARCHED_BYTES = 65_536
"""An echo stands near the beginning of an answer; searching further costs more than it tells."""

MAX_PARSED_BYTES = 262_144
"""Larger answers are not parsed for their shape and values."""

_MAX_SHAPE = 64
_MAX_VALUES = 32
_SHAPE_DEPTH = 3
_ITEMS_LOOKED_AT = 20
_NAME_LENGTHS = range(2, 101)
_NAMING_KEY = re.compile(
    r"(?:.*[_-]|.*(?=[A-Z]))?(?:ids?|names?|login|slug|key|code|ref|tag|labels?|path|username|user|handle|symbol|sku"
    r"|title|branch|topics?|iso\w*)",
    re.IGNORECASE,
)


class Sample(NamedTuple):
    """One exchange as evidence.

    `rank` orders samples. `spoken` says whether there was a body to echo in. `echoed` has bit *i* set where
    segment *i* came back, or was sent, as a whole value of a body; `joined` has it where the rest of the path
    from segment *i* on did so as one value. `listed` says that the answer was an array. `shape` are hashes of
    its field paths, `values` hashes of the names and identifiers delivered or sent (`unpack` reads both).
    """

    rank: int
    status: int
    spoken: bool
    echoed: int
    joined: int
    listed: bool
    shape: bytes
    values: bytes


def unpack(hashes: bytes) -> tuple[int, ...]:
    """The hashes in a sample's `shape` or `values`."""
    return struct.unpack(f">{len(hashes) // 4}I", hashes)


def _packed(hashes: set[int], limit: int) -> bytes:
    """The lowest hashes, four bytes each: a fair sample of a set, and of two sets the same one."""
    lowest = sorted(hashes)[:limit]
    return struct.pack(f">{len(lowest)}I", *lowest)


def word_hash(text: str) -> int:
    """32 bits that stand for a value."""
    return xxhash.xxh32_intdigest(text.encode("utf-8", "surrogatepass"))


def sample(
    rank: int, segments: tuple[str, ...], request_body: bytes, response_body: bytes, status: int | None
) -> Sample:
    """The evidence in one exchange. Never raises: what cannot be parsed says nothing."""
    sent, got = request_body[:MAX_SEARCHED_BYTES], response_body[:MAX_SEARCHED_BYTES]
    echoed = joined = 0
    for index, segment in enumerate(segments):
        tail = TAIL.fullmatch(segment)
        word = (tail["stem"] if tail else segment).encode("utf-8", "surrogatepass")
        if stands_as_value(word, got) or stands_as_value(word, sent):
            echoed |= 1 << index
        if 0 < index < len(segments) - 1 and stands_joined(
            "/".join(segments[index:]).encode("utf-8", "surrogatepass"), got, sent
        ):
            joined |= 1 << index
    answer = _parsed(response_body)
    shape: set[int] = set()
    values: set[int] = set()
    _walk(answer, "", 0, shape, values)
    _walk(_parsed(request_body), "", 0, set(), values)
    return Sample(
        rank,
        status or 0,
        bool(got or sent),
        echoed,
        joined,
        isinstance(answer, list),
        _packed(shape, _MAX_SHAPE),
        _packed(values, _MAX_VALUES),
    )


def stands_as_value(word: bytes, body: bytes) -> bool:
    """Whether a word is a whole string of a JSON text (no field's name), or all of an XML element."""
    if len(word) < 2:
        return False
    quoted = b'"' + word + b'"'
    at = body.find(quoted)
    while at >= 0:
        after = at + len(quoted)
        if body[after : after + 4].lstrip()[:1] != b":":
            return True
        at = body.find(quoted, after)
    return body[:1] == b"<" and b">" + word + b"<" in body


def stands_joined(tail: bytes, *bodies: bytes) -> bool:
    """Whether several segments are one string value, alone or behind a prefix (`refs/heads/x`, no URL)."""
    for body in bodies:
        at = body.find(tail + b'"')
        while at >= 0:
            before = body[max(0, at - 24) : at]
            quote = before.rfind(b'"')
            if quote >= 0 and before[quote + 1 : quote + 2] != b"/" and b":" not in before[quote:]:
                return True
            at = body.find(tail + b'"', at + 1)
    return False


def _parsed(body: bytes) -> Any:
    if not body or len(body) > MAX_PARSED_BYTES or body[:1] not in b'{[ \n"':
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


class _Layout(NamedTuple):
    """What an object's field names say: hashes of their paths, and which hold names or identifiers."""

    shape: frozenset[int]
    naming: tuple[str, ...]


@lru_cache(maxsize=4096)
def _layout(path: str, names: tuple[str, ...]) -> _Layout:
    return _Layout(
        frozenset(word_hash(f"{path}.{name}") for name in names),
        tuple(name for name in names if _NAMING_KEY.fullmatch(name)),
    )


def _walk(value: Any, path: str, depth: int, shape: set[int], values: set[int]) -> None:
    """Collect the paths of fields, and the texts that name something."""
    if value.__class__ is list:
        for item in value[:_ITEMS_LOOKED_AT]:
            if item.__class__ is str:
                if len(item) in _NAME_LENGTHS:
                    values.add(word_hash(item))
            else:
                _walk(item, path + "[]", depth, shape, values)
    elif value.__class__ is dict and depth < _SHAPE_DEPTH:
        layout = _layout(path, tuple(value))
        shape |= layout.shape
        for name in layout.naming:
            text = value[name]
            if text.__class__ is str and len(text) in _NAME_LENGTHS:
                values.add(word_hash(text))
        for name, child in value.items():
            if child and (child.__class__ is dict or child.__class__ is list):
                _walk(child, f"{path}.{name}", depth + 1, shape, values)
