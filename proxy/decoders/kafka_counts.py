"""Whether a frame can have as many parts as it says, told before kio reads it.

kio makes room for all parts of an array as soon as it knows their number. A number of billions, which takes
five bytes, ends the whole process (seen with 0.6.5). So each frame is passed over first, by kio's own schemas
and the Kafka protocol guide ("Protocol Primitives"): no array has more parts than bytes follow.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is one
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIXED = {
    **dict.fromkeys(("bool", "int8"), 1),
    **dict.fromkeys(("int16", "uint16", "error_code"), 2),
    **dict.fromkeys(("int32", "uint32", "timedelta_i32"), 4),
    **dict.fromkeys(("int64", "timedelta_i64", "datetime_i64", "float64"), 8),
    "uuid": 16,
}
_INT16, _INT32 = Struct(">h"), Struct(">i")
_SIZED = {"string": _INT16, "bytes": _INT32, "records": _INT32}
_VARINT_BYTES = 5


class CountError(Exception):
    """The frame ends before what it says that it has."""


class Part(NamedTuple):
    """A field, or fields of fixed size that follow each other.

    `size` is what they take. Else `inside` is the entity that the field is; or it begins with a number,
    written as `number` says (None: a varint), of bytes, or, where it is an `array`, of what is `inside`.
    """

    size: int = 0
    array: bool = False
    number: Struct | None = None
    inside: Shape | None = None


class Shape(NamedTuple):
    """An entity of a version: its fields, and, where the version has them, its tagged ones.

    `size` is what it takes where that is always the same, else 0.
    """

    parts: tuple[Part, ...]
    tags: Mapping[int, Shape] | None
    size: int


def check(schema: Any, data: bytes, at: int) -> None:
    """Pass over an entity of one of kio's schemas, which begins there.

    Raises:
        CountError: it has an array with more parts than bytes follow, or does not end.
    """
    try:
        end = _after(_shape_of(schema), data, at)
    except (IndexError, StructError):  # of what is looked at behind its end
        raise CountError from None
    if end > len(data):
        raise CountError


def is_entity(kind: Any) -> bool:
    """Whether a type of kio's has fields."""
    return is_dataclass(kind)


def _after(shape: Shape, data: bytes, at: int) -> int:
    """Where an entity ends."""
    for size, array, number, inside in shape.parts:
        if size:
            at += size
        elif inside is None:
            count, at = _count(number, data, at)
            at += count
        elif array:
            count, at = _count(number, data, at)
            if count > len(data) - at:
                raise CountError
            at += count * inside.size
            for _ in range(0 if inside.size else count):
                at = _after(inside, data, at)
        else:
            at = _after(inside, data, at)
    if shape.tags is None:
        return at
    return at + 1 if data[at] == 0 else _after_tags(shape.tags, data, at)


def _after_tags(tags: Mapping[int, Shape], data: bytes, at: int) -> int:
    count, at = _varint(data, at)
    for _ in range(count):
        tag, at = _varint(data, at)
        size, at = _varint(data, at)
        if tag in tags and _after(tags[tag], data, at) != at + size:
            raise CountError  # kio goes by the field, and not by the size
        at += size
    return at


def _count(number: Struct | None, data: bytes, at: int) -> tuple[int, int]:
    """A length or number, 0 for null, and where it ends."""
    if number is None:
        count, at = _varint(data, at)
        return (count - 1 if count else 0), at
    return max(0, number.unpack_from(data, at)[0]), at + number.size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at]
    if value < 0x80:
        return value, at + 1
    value &= 0x7F
    for place in range(1, _VARINT_BYTES):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise CountError


@lru_cache
def _shape_of(schema: Any) -> Shape:
    flexible = schema.__flexible__
    own = [_part(one, flexible=flexible) for one in fields(schema) if "tag" not in one.metadata]
    tagged = {
        one.metadata["tag"]: _part(one, flexible=flexible) for one in fields(schema) if "tag" in one.metadata
    }
    return _shape(own, {tag: _shape([part], None) for tag, part in tagged.items()} if flexible else None)


def _shape(parts: list[Part], tags: Mapping[int, Shape] | None) -> Shape:
    merged: list[Part] = []
    for part in parts:
        if merged and part.size and merged[-1].size:
            merged[-1] = Part(merged[-1].size + part.size)
        else:
            merged.append(part)
    return Shape(tuple(merged), tags, merged[0].size if len(merged) == 1 and tags is None else 0)


def _part(field: Any, *, flexible: bool) -> Part:
    kind = field.type
    if get_origin(kind) is not tuple and NoneType in get_args(kind):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    name = field.metadata.get("kafka_type")
    if get_origin(kind) is tuple:
        of = get_args(kind)[0]
        inside = _shape_of(of) if is_entity(of) else _shape([_value(name, flexible=flexible)], None)
        return Part(array=True, number=None if flexible else _INT32, inside=inside)
    return Part(inside=_shape_of(kind)) if is_entity(kind) else _value(name, flexible=flexible)


def _value(name: str, *, flexible: bool) -> Part:
    return Part(_FIXED[name]) if name in _FIXED else Part(number=None if flexible else _SIZED[name])
