"""Entries of a stream: out of the replies that carry them, and what they are as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from proxy.decoders.decoder import Opaque, Reason
from proxy.raw import RawBody

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BODIES = frozenset((b"data", b"payload", b"message", b"body", b"event"))
"""Names of a field that holds the whole message."""
_FIRST_STREAMS_NS = 1_500_000_000 * 10**9
"""Redis has had streams since 2018. An earlier time is no time but a number that a client gave."""
_SKEW_NS = 86_400 * 10**9
"""How far the server's clock may be ahead of ours."""
_BYTES = {bytes}

Entry = tuple[bytes, "Sequence[bytes] | None", int | None]
"""Its id, its fields (None where it was deleted since), and how often it was delivered before, if told."""


def streams_in(reply: Any) -> Iterator[tuple[bytes, Iterator[Entry]]]:
    """The streams in a reply to XREAD or XREADGROUP (a map in RESP3) with their entries."""
    if not isinstance(reply, dict | list | None):
        raise Opaque(Reason.MALFORMED, 1)
    pairs: Iterable[Any] = reply.items() if isinstance(reply, dict) else reply or ()
    for pair in pairs:
        match pair:
            case [bytes() as stream, [*_] as entries]:
                yield stream, entries_in(entries)
            case _:
                raise Opaque(Reason.MALFORMED, 1)


def claimed_in(reply: Any) -> Iterator[Entry]:
    """The entries in a reply to XCLAIM or XAUTOCLAIM. With JUSTID they have none, only ids."""
    match reply:
        case [bytes(), [*entries], *_] | [*entries]:
            return entries_in([entry for entry in entries if isinstance(entry, list)])
        case _:
            raise Opaque(Reason.MALFORMED, 1)


def entries_in(entries: Sequence[Any]) -> Iterator[Entry]:
    """The entries of a list."""
    for entry in entries:
        match entry:
            case [bytes() as name, fields, *told] if fields is None or _are_pairs(fields):
                # XREADGROUP with CLAIM adds for how many ms it was idle and how often it was delivered before
                yield name, fields, told[1] if len(told) > 1 and isinstance(told[1], int) else None
            case _:
                raise Opaque(Reason.MALFORMED, 1)


def payload_of(fields: Sequence[bytes], limit_bytes: int) -> RawBody:
    """The fields as one JSON object of texts, or the one field that is JSON itself.

    A field is taken for JSON where it is an object or a list: of `42` and `abc` beside it in the same
    stream the one is as much a text as the other.
    """
    if len(fields) == 2 and fields[0].lower() in _BODIES and _is_json(fields[1]):
        text = fields[1]
    else:
        texts = [field.decode("utf-8", "backslashreplace") for field in fields]
        text = orjson.dumps(dict(zip(texts[::2], texts[1::2], strict=True)))
    return RawBody(data=text[:limit_bytes], size=len(text))


def added_at(name: bytes, now: int) -> int | None:
    """The Unix ns in an entry's id `ms-seq`, None where it is no time."""
    digits = name.partition(b"-")[0]
    if not digits.isdigit() or len(digits) > 20:
        return None
    told = int(digits) * 1_000_000
    return told if _FIRST_STREAMS_NS < told < now + _SKEW_NS else None


def _are_pairs(fields: Any) -> bool:
    return isinstance(fields, list) and len(fields) % 2 == 0 and {*map(type, fields)} <= _BYTES


def _is_json(text: bytes) -> bool:
    if not text.lstrip().startswith((b"{", b"[")):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
