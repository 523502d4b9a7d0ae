"""A payload as JSON text, where it can be: the format is found, its reader asked, and the text bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import orjson

from proxy.payloads.declared import media_type_of, type_of_envelope, type_of_headers
from proxy.payloads.json_schema import JsonSchema
from proxy.payloads.packed import read_cbor, read_msgpack
from proxy.payloads.plain import json_text
from proxy.payloads.values import UnreadError
from proxy.payloads.wire import read_wire
from proxy.raw import RawBody
from proxy.redaction import MediaType

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.payloads.schemas import Schemas
    from proxy.payloads.values import Value
    from store.records import Headers

MAX_TIMES_INPUT = 4
MAX_OUTPUT_BYTES = 16 * 1024 * 1024
SMALL_OUTPUT_BYTES = 64 * 1024
"""Text up to here is not held against its input: Avro and protobuf leave names out, and a payload of a few
bytes is rightly twenty times as long with them."""

JSON = "application/json"

_JSON = re.compile(r"[a-z]+/(?:[\w.+-]+\+)?json")
_UNTOLD = re.compile(r"|(?:application|binary)/octet-stream")
_AVRO = re.compile(r"application/[\w.+-]*avro[\w.+-]*|avro/binary")
_PROTOBUF = re.compile(r"application/(?:[\w.-]+[.+-])?(?:protobuf|proto)")
_MAY_BE_FRAMED = (_UNTOLD, _AVRO, _PROTOBUF, _JSON)
_SELF_DESCRIBING: dict[str, Callable[[bytes], Value]] = {
    "application/msgpack": read_msgpack,
    "application/x-msgpack": read_msgpack,
    "application/vnd.msgpack": read_msgpack,
    "application/cbor": read_cbor,
}
_LIKE_JSON = re.compile(rb"\s*[{\[]")

_FRAME, _FRAME_BYTES = b"\0", 5
"""Confluent's wire format: a zero byte, the schema's id (never 0) with its highest byte first; payload."""
_SINGLE_OBJECT, _SINGLE_OBJECT_BYTES = b"\xc3\x01", 10
"""Avro 1.11, "Single-object encoding": two bytes that cannot begin UTF-8 text, and the fingerprint."""


class _Source(NamedTuple):
    """What a payload was written with: what reads it behind the first `skip` bytes, and its names."""

    read: Callable[[bytes], Value]
    schema: str = ""
    skip: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a payload says.

    `body` is JSON text and `media_type` `application/json` where the payload is JSON or was made JSON; both
    are as they were otherwise. The size of a body that was made JSON is that of its text. `type` is the name
    of the message type, `""` where nothing declares one. `schema` is what it was written with:
    `registry:<id>`, `avro:<fingerprint in hexadecimal>`, or `""`.
    """

    body: RawBody
    media_type: str
    type: str = ""
    schema: str = ""
    flaws: tuple[str, ...] = ()


class Payloads:
    """Reads payloads. Never raises, never waits."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    def read(self, body: RawBody, headers: Headers, channel: str) -> Read:
        """What a payload says.

        Args:
            body: the payload, its content coding undone; one that was cut is read only if it is JSON.
            headers: the message's own.
            channel: what it was published to.
        """
        media_type = media_type_of(headers)
        essence = MediaType.parse(media_type).essence
        as_it_is = Read(body=body, media_type=media_type, type=type_of_headers(headers))
        if _is_json(body, essence):
            return _json(as_it_is, body)
        source = self._source(body.data, essence, channel)
        if source is None:
            return as_it_is
        as_it_is = replace(as_it_is, schema=source.schema)
        framed = RawBody(data=body.data[source.skip :], size=body.size - source.skip, decoded=True)
        if source.skip and _is_json(framed, ""):
            return _json(as_it_is, framed, source.title)
        return as_it_is if body.truncated else _decoded(as_it_is, framed.data, source.read)

    def _source(self, data: bytes, essence: str, channel: str) -> _Source | None:
        """What a payload that is not plainly JSON was written with; None where nothing tells."""
        if essence in _SELF_DESCRIBING:
            return _Source(_SELF_DESCRIBING[essence])
        if not any(known.fullmatch(essence) for known in _MAY_BE_FRAMED):
            return None
        if len(data) >= _SINGLE_OBJECT_BYTES and data.startswith(_SINGLE_OBJECT):
            return self._of_fingerprint(data[2:_SINGLE_OBJECT_BYTES])
        number = int.from_bytes(data[1:_FRAME_BYTES], "big")
        if len(data) >= _FRAME_BYTES and data.startswith(_FRAME) and number:
            return self._of_id(number)
        message = self._schemas.for_channel(channel)
        if message is not None and not _JSON.fullmatch(essence):
            return _Source(message.read)
        return _Source(read_wire) if _PROTOBUF.fullmatch(essence) else None

    def _of_id(self, number: int) -> _Source:
        schema = self._schemas.by_id(number)
        title = schema.title if isinstance(schema, JsonSchema) else ""
        return _Source(schema.read, f"registry:{number}", _FRAME_BYTES, title)

    def _of_fingerprint(self, value: bytes) -> _Source:
        return _Source(
            lambda data: self._schemas.by_fingerprint(value).read(data),
            f"avro:{value.hex()}",
            _SINGLE_OBJECT_BYTES,
        )


def _is_json(body: RawBody, essence: str) -> bool:
    """Whether it was declared as JSON, or nothing was declared and it is."""
    if _JSON.fullmatch(essence):
        return bool(body.data) and not body.data.startswith(_FRAME)
    if not _UNTOLD.fullmatch(essence) or not _LIKE_JSON.match(body.data):
        return False
    try:
        orjson.loads(body.data)
    except orjson.JSONDecodeError:
        return body.truncated
    return True


def _json(as_it_is: Read, text: RawBody, title: str = "") -> Read:
    """JSON needs no schema to be read; one may name the type."""
    declared = as_it_is.type or type_of_envelope(text.data) or title
    return replace(as_it_is, body=text, media_type=JSON, type=declared)


def _decoded(as_it_is: Read, data: bytes, read: Callable[[bytes], Value]) -> Read:
    limit = min(max(MAX_TIMES_INPUT * as_it_is.body.size, SMALL_OUTPUT_BYTES), MAX_OUTPUT_BYTES)
    try:
        value = read(data)
        text = json_text(value.value, limit)
    except UnreadError as error:
        return replace(as_it_is, flaws=(error.flaw,))
    except Exception:  # noqa: BLE001 - bytes that are anything make the libraries raise anything
        return replace(as_it_is, flaws=("undecodable",))
    return replace(
        as_it_is,
        body=RawBody(data=text.data, size=len(text.data), decoded=True),
        media_type=JSON,
        type=as_it_is.type or value.type,
        flaws=value.flaws + text.flaws,
    )
