"""Kafka's requests and replies, read with kio: the heads of all, the bodies of those that are asked for."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args, get_origin

from kio.index import KioIndexError, load_request_schema, load_response_schema
from kio.schema.request_header.v1.header import RequestHeader
from kio.serial import entity_reader
from kio.serial.errors import SerialError

from proxy.decoders.decoder import Opaque, Reason
from proxy.decoders.kafka_counts import CountError, is_entity
from proxy.decoders.kafka_counts import check as check_counts

if TYPE_CHECKING:
    from kio.serial.readers import Reader
    from kio.static.protocol import RequestPayload, ResponsePayload

    _Readers = tuple[type[RequestPayload | ResponsePayload], Reader[Any], Reader[Any]]
    """A schema, what reads the head before it, and what reads it."""

_LAST_API = 255
"""Kafka 4 goes up to 92."""
_LAST_VERSION = 63

_read_head = entity_reader(RequestHeader)
"""Version 1; version 2 begins with the same fields."""

_REFUSED = (SerialError, ValueError, LookupError, OverflowError, TypeError)
"""What kio raises at bytes that do not fit, its tree of errors and what its conversions raise."""


class Undecoded(Exception):  # noqa: N818 - a frame that is left out, not the end of anything
    """A frame, or a batch of records, that cannot be read."""


class RequestHead(NamedTuple):
    """What every request begins with."""

    api: int
    version: int
    correlation: int
    client_id: str


def request_head(data: bytes) -> RequestHead:
    """The head of a request.

    Raises:
        Opaque: there is none.
    """
    try:
        head, _ = _read_head(data, 0)
    except _REFUSED:
        raise Opaque(Reason.MALFORMED, 1) from None
    api, version = head.request_api_key, head.request_api_version
    if not (0 <= api <= _LAST_API and 0 <= version <= _LAST_VERSION):
        raise Opaque(Reason.MALFORMED, 1)
    return RequestHead(api, version, head.correlation_id, head.client_id or "")


METADATA = 3
"""The API key."""


def request_of(api: int, version: int, data: bytes) -> Any:
    """A whole request.

    Raises:
        Undecoded: its version is not known, it has bytes too many or too few, or lacks what it must have.
    """
    return _read(_request_readers, api, version, data)


def reply_of(api: int, version: int, data: bytes) -> Any:
    """A whole reply, to a request of this version.

    Raises:
        Undecoded: as with a request. Of metadata only names are learned, and bytes that follow do no harm:
            librdkafka's mock cluster has one too many there.
    """
    return _read(_reply_readers, api, version, data, exact=api != METADATA)


def _read(readers: Any, api: int, version: int, data: bytes, *, exact: bool = True) -> Any:
    try:
        schema, read_head, read_body = readers(api, version)
        _, size = read_head(data, 0)
        check_counts(schema, data, size)
        body, body_size = read_body(data, size)
    except (KioIndexError, CountError, *_REFUSED):
        raise Undecoded from None
    if exact and size + body_size != len(data):  # kio leaves what follows alone
        raise Undecoded
    if not _is_whole(body):
        raise Undecoded
    return body


def _is_whole(entity: Any) -> bool:
    """Whether it has all arrays that it must have: kio gives None for any that is null."""
    kind: Any = type(entity)
    for name, of_arrays in _arrays(kind):
        parts = getattr(entity, name)
        if parts is None or (of_arrays and not all(map(_is_whole, parts))):
            return False
    return True


@lru_cache
def _arrays(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields that are arrays, and whether their parts have such fields."""
    parts = fields(kind) if is_entity(kind) else ()
    return tuple(
        (one.name, bool(_arrays(get_args(one.type)[0]))) for one in parts if get_origin(one.type) is tuple
    )


@lru_cache
def _request_readers(api: int, version: int) -> _Readers:
    return _readers(load_request_schema(api, version))


@lru_cache
def _reply_readers(api: int, version: int) -> _Readers:
    return _readers(load_response_schema(api, version))


def _readers(schema: type[RequestPayload | ResponsePayload]) -> _Readers:
    return schema, entity_reader(schema.__header_schema__), entity_reader(schema)
