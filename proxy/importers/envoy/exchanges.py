"""Exchanges of HTTP traces: both halves put together, with what Envoy left out made good or said."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from proxy.config import BODY_LIMIT_BYTES
from proxy.decoders.held import HEADER_BYTES
from proxy.importers.address import Address, read_url
from proxy.importers.envoy.shapes import Timestamp
from proxy.importers.instants import from_http_date, from_iso, from_seconds
from proxy.importers.outcome import outcome_of
from proxy.importers.recording import UnreadableError
from proxy.importers.text import field_value, readable, utf8
from proxy.raw import RawBody, RawExchange
from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.envoy.shapes import Address as EndAddress
    from proxy.importers.envoy.shapes import Body, Connection, Field, Message
    from proxy.importers.recording import Ordinals
    from store.records import Headers

SWITCHING = 101
"""What follows is no body (RFC 9110 section 15.2.2)."""
_NO_TIME = "it does not say when it was: neither a time of its headers nor a Date"
_LENGTH = re.compile(r"[0-9]{1,18}")
_LOSSY = "\ufffd"
"""What Envoy's JSON has in the place of bytes that are no UTF-8, with JSON_BODY_AS_STRING."""


class Half(Struct):
    """A request or a response, as far as it came. Fields are those of HTTP/2, pseudo-header fields too."""

    fields: list[tuple[str, str]] = []
    trailers: list[tuple[str, str]] = []
    head_bytes: int = 0
    body: bytearray = field(default_factory=bytearray)
    size: int = 0
    truncated: bool = False
    lossy: bool = False
    at: int | None = None

    def read(self, message: Message) -> None:
        """A whole one."""
        self.begin(message.headers)
        self.finish(message.trailers)
        self.at = instant(message.headers_received_time)
        if message.body is not None:
            self.add(message.body)

    def begin(self, headers: list[Field]) -> None:
        """Its head."""
        self.fields = _fields_of(headers)
        self.head_bytes = _bytes_of(self.fields)

    def finish(self, trailers: list[Field]) -> None:
        """What follows the body."""
        self.trailers = _fields_of(trailers)
        self.head_bytes = _bytes_of(self.fields) + _bytes_of(self.trailers)

    def add(self, chunk: Body) -> None:
        """More of the body. What follows a gap is counted and not kept."""
        data = content(chunk)
        room = 0 if self.truncated else BODY_LIMIT_BYTES - len(self.body)
        self.body += data[:room]
        self.size += len(data)
        self.truncated |= chunk.truncated
        self.lossy |= _LOSSY in chunk.as_string

    def pseudo(self, name: str) -> str:
        """A pseudo-header field (RFC 9113 section 8.3), `""` where there is none."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def headers(self) -> Headers:
        """The others."""
        return tuple((name, value) for name, value in self.fields if name and not name.startswith(":"))

    @property
    def raw_body(self) -> RawBody | None:
        """The body, None where there is none."""
        if not self.size and not self.truncated:
            return None
        size = self.size
        if self.truncated:
            declared = self.pseudo("content-length")
            size = max(size + 1, int(declared) if _LENGTH.fullmatch(declared) else 0)
        return RawBody(data=bytes(self.body), size=size)


class Halves(Struct):
    """An exchange. `trace_id` is given for streamed traces; `peer` is the client's address."""

    request: Half = field(default_factory=Half)
    response: Half = field(default_factory=Half)
    peer: str = ""
    trace_id: str = ""

    @property
    def held_bytes(self) -> int:
        """Of heads and bodies, roughly."""
        return sum(half.head_bytes + len(half.body) for half in (self.request, self.response))


def exchange_of(halves: Halves, ordinals: Ordinals, producer: str, source: str) -> RawExchange:
    """The exchange.

    What tells it from others is its content and its times. Where it has no times, the file that it stands in
    does, too: Envoy names it by the trace.

    Raises:
        UnreadableError: it cannot be one.
    """
    request, response = halves.request, halves.response
    address = _address(request)
    status = _status(response)
    method = request.pseudo(":method")
    started_at = from_http_date(response.pseudo("date")) if request.at is None else request.at
    if started_at is None:
        raise UnreadableError(_NO_TIME)
    timed = request.at is not None and response.at is not None and response.at >= request.at
    digest = blake2b(msgspec.msgpack.encode(halves), digest_size=16).digest()
    return RawExchange(
        producer=producer or address.host,
        lane=Lane.IMPORT,
        source=source,
        fingerprint=(digest, ordinals.of(digest), "" if request.at is not None else source),
        protocol="http/1.1",  # a trace does not say; the commonest
        started_at=started_at,
        method=method,
        target=address.target,
        scheme=address.scheme,
        authority=address.authority,
        request_headers=request.headers,
        request_trailers=tuple(request.trailers),
        request_body=request.raw_body,
        status=status,
        response_headers=response.headers,
        response_trailers=tuple(response.trailers),
        response_body=response.raw_body if status != SWITCHING else None,
        wait_ns=(response.at or 0) - (request.at or 0) if timed else None,
        outcome=outcome_of(method, status, None, decoded=False),
        peer=halves.peer,
        flaws=tuple(_flaws(halves)),
    )


def content(body: Body) -> bytes:
    """The bytes, whichever way they are written."""
    return body.as_bytes or utf8(body.as_string)


def instant(at: str | Timestamp | None) -> int | None:
    """Unix ns, to the microsecond, None where it is no time."""
    if isinstance(at, Timestamp):
        second = from_seconds(at.seconds)
        return None if second is None else second + at.nanos % 10**9 // 1000 * 1000
    return None if at is None else from_iso(at)


def ends_of(connection: Connection | None) -> tuple[tuple[str, int], tuple[str, int]]:
    """Envoy's end and the other one, `""` and 0 where it is not known."""
    if connection is None:
        return _end(None), _end(None)
    if connection.third is not None:
        return _end(connection.remote_address), _end(connection.third)
    return _end(connection.local_address), _end(connection.remote_address)


def _fields_of(headers: list[Field]) -> list[tuple[str, str]]:
    """Header fields as `proxy.raw` wants them, in the order given."""
    return [
        (
            field_value(one.key).lower(),
            one.raw_value.decode("iso-8859-1").strip(" \t") or field_value(one.value),
        )
        for one in headers
    ]


def _bytes_of(fields: list[tuple[str, str]]) -> int:
    return sum(HEADER_BYTES + len(name) + len(value) for name, value in fields)


def _end(address: EndAddress | None) -> tuple[str, int]:
    if address is None or address.socket_address is None:
        return "", 0
    return readable(address.socket_address.address)[:200], address.socket_address.port_value


def _address(request: Half) -> Address:
    method, path = request.pseudo(":method"), request.pseudo(":path")
    if not method:
        raise UnreadableError("its request is missing")
    scheme = request.pseudo(":scheme").lower() or "http"
    where = read_url(f"{scheme}://{request.pseudo(':authority')}/", method)
    return replace(where, target=where.target if method == "CONNECT" else path)


def _status(response: Half) -> int | None:
    text = response.pseudo(":status")
    if not text:
        return None
    if re.fullmatch(r"[1-9][0-9]{2}", text):
        return int(text)
    raise UnreadableError("response :status is no HTTP status", text[:40])


def _flaws(halves: Halves) -> Iterator[str]:
    if halves.request.at is None:
        yield "started-at-from-date"
    for side, half in (("request", halves.request), ("response", halves.response)):
        if half.lossy:
            yield f"{side}-body-invalid-utf8"
