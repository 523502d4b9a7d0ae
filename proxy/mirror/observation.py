"""What gateways and SDKs push: an HTTP exchange in a plain form, checked, as lanes hand them over.

`docs/observations.schema.json` is the form as JSON Schema; a test keeps the two the same.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime  # noqa: TC003  # msgspec reads it
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from proxy.importers.address import read_url
from proxy.importers.instants import nanoseconds
from proxy.importers.recording import UnreadableError
from proxy.raw import RawBody, RawExchange
from store.records import Headers, Lane, Outcome

_MILLISECOND_NS = 1_000_000
_ENDS = r"$(?!\n)"
"""Python's `$` lets a line feed follow."""
_Milliseconds = Annotated[float, Meta(ge=0, le=1e9)]
_Header = tuple[Annotated[str, Meta(max_length=256)], Annotated[str, Meta(max_length=65_536)]]


class Content(Struct, forbid_unknown_fields=True, kw_only=True):
    """A body: `text`, or `base64` for what is none. `size` is its length in bytes where it was cut."""

    text: str | None = None
    base64: str | None = None
    size: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None


class Observation(Struct, forbid_unknown_fields=True, kw_only=True):
    """One HTTP exchange, as whoever forwarded it saw it.

    `url` is absolute. `started_at` is when the request came, RFC 3339 with a time zone; `wait_ms` and
    `duration_ms` run from there to the first and to the last byte of the response. `status` is missing where
    no response came. `id` makes the observation the same one when it is sent again; without it its content
    does.
    """

    method: Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}" + _ENDS)]
    url: Annotated[str, Meta(max_length=65_536)]
    started_at: Annotated[datetime, Meta(tz=True)]
    producer: Annotated[str, Meta(max_length=200)] = ""
    status: Annotated[int, Meta(ge=100, le=599)] | None = None
    protocol: Annotated[str, Meta(pattern=r"^http/[123](\.[01])?" + _ENDS)] = "http/1.1"
    request_headers: list[_Header] = []
    request_body: Content | None = None
    response_headers: list[_Header] = []
    response_body: Content | None = None
    wait_ms: _Milliseconds | None = None
    duration_ms: _Milliseconds | None = None
    peer: Annotated[str, Meta(max_length=200)] = ""
    connection: Annotated[str, Meta(max_length=200)] = ""
    id: Annotated[str, Meta(max_length=200)] = ""


class InvalidObservationError(Exception):
    """It cannot become an exchange; the message says what is wrong, and where."""


def read(raw: msgspec.Raw, producer: str, source: str) -> RawExchange:
    """One observation.

    Args:
        raw: its JSON.
        producer: whose it is if it does not say so.
        source: the lane's address.

    Raises:
        InvalidObservationError: it is none.
    """
    try:
        return _exchange(msgspec.json.decode(raw, type=Observation), bytes(raw), producer, source)
    except msgspec.DecodeError as error:
        raise InvalidObservationError(str(error)) from None
    except UnreadableError as error:
        raise InvalidObservationError(f"`url`: {error.reason}") from None


def _exchange(given: Observation, raw: bytes, producer: str, source: str) -> RawExchange:
    address = read_url(given.url, given.method)
    key = given.id or blake2b(raw, digest_size=16).hexdigest()
    complete = given.status is not None
    started_at = nanoseconds(given.started_at)
    if started_at is None:
        raise InvalidObservationError("`started_at` is no date since 1970")
    return RawExchange(
        producer=given.producer or producer,
        lane=Lane.MIRROR,
        source=source,
        fingerprint=(given.producer or producer, "pushed", key),
        protocol=given.protocol,
        started_at=started_at,
        method=given.method,
        target=address.target,
        scheme=address.scheme,
        authority=address.authority,
        request_headers=_headers(given.request_headers),
        request_body=_body(given.request_body, "request_body"),
        status=given.status,
        response_headers=_headers(given.response_headers),
        response_body=_body(given.response_body, "response_body"),
        wait_ns=_nanoseconds(given.wait_ms),
        duration_ns=_nanoseconds(given.duration_ms),
        outcome=Outcome.COMPLETE if complete else Outcome.ERROR,
        connection=given.connection,
        peer=given.peer,
    )


def _headers(fields: list[_Header]) -> Headers:
    return tuple((name.lower(), value.strip(" \t")) for name, value in fields)


def _body(content: Content | None, where: str) -> RawBody | None:
    if content is None:
        return None
    if (content.text is None) == (content.base64 is None):
        raise InvalidObservationError(f"`{where}`: either `text` or `base64`")
    try:
        data = (
            (content.text or "").encode()
            if content.base64 is None
            else b64decode(content.base64, validate=True)
        )
    except (binascii.Error, ValueError):
        raise InvalidObservationError(f"`{where}.base64` is not base64") from None
    if content.size is not None and content.size < len(data):
        raise InvalidObservationError(f"`{where}.size` is less than what is given")
    return RawBody(data=data, size=content.size or len(data), decoded=True) if data else None


def _nanoseconds(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * _MILLISECOND_NS)
