"""A call: an exchange whose bodies are sequences of messages, and whose outcome stands in its trailers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from proxy.content import UndecodableError, codings_of, decode
from proxy.grpc.frames import Unframed, from_base64, unframe
from proxy.payloads.payloads import JSON, MAX_OUTPUT_BYTES, MAX_TIMES_INPUT, SMALL_OUTPUT_BYTES
from proxy.payloads.plain import Text, json_text
from proxy.payloads.values import UnreadError
from proxy.payloads.wire import read_wire
from proxy.raw import RawBody
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.grpc.methods import Methods, Side
    from proxy.payloads.values import Value
    from proxy.raw import RawExchange
    from store.records import Headers

_MEDIA_TYPE = re.compile(r"application/grpc(?:-web(?P<text>-text)?)?(?:\+(?P<codec>proto|json))?\s*(?:;|$)")

_STATUSES = {
    "0": 200,  # OK
    "1": 499,  # CANCELLED
    "2": 500,  # UNKNOWN
    "3": 400,  # INVALID_ARGUMENT
    "4": 504,  # DEADLINE_EXCEEDED
    "5": 404,  # NOT_FOUND
    "6": 409,  # ALREADY_EXISTS
    "7": 403,  # PERMISSION_DENIED
    "8": 429,  # RESOURCE_EXHAUSTED
    "9": 400,  # FAILED_PRECONDITION
    "10": 409,  # ABORTED
    "11": 400,  # OUT_OF_RANGE
    "12": 501,  # UNIMPLEMENTED
    "13": 500,  # INTERNAL
    "14": 503,  # UNAVAILABLE
    "15": 500,  # DATA_LOSS
    "16": 401,  # UNAUTHENTICATED
}
"""The statuses of HTTP that google/rpc/code.proto maps its codes to."""
_UNKNOWN = _STATUSES["2"]
"""What clients take a code for that is none ("gRPC over HTTP2", Responses)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An exchange as the call that it carried; any other exchange as it was.

    `request_fields` and `response_fields` are the header fields that describe the bodies as they are now.
    """

    exchange: RawExchange
    request_fields: Headers
    response_fields: Headers


class Calls:
    """Reads calls. Never raises, never waits."""

    def __init__(self, methods: Methods) -> None:
        self._methods = methods

    def read(self, raw: RawExchange, limit: int) -> Call:
        """The call that an exchange carried.

        Args:
            raw: the exchange; what its request's content type does not name a call is left as it is.
            limit: bytes of messages read of each body.
        """
        if _form_of(raw.request_headers) is None:
            return Call(
                exchange=raw, request_fields=raw.request_headers, response_fields=raw.response_headers
            )
        name = "/".join(raw.target.partition("?")[0].rsplit("/", 2)[1:])
        method = self._methods.of(raw.producer, name)
        ended = raw.outcome is Outcome.COMPLETE
        request = _part(raw.request_body, raw.request_headers, method and method.request, limit, ended=ended)
        response = _part(
            raw.response_body, raw.response_headers, method and method.response, limit, ended=ended
        )
        self._methods.learn(raw.producer, name, response.messages)
        trailers = raw.response_trailers + response.trailers
        flaws = [f"request-body-{flaw}" for flaw in request.flaws]
        flaws += [f"response-body-{flaw}" for flaw in response.flaws]
        exchange = replace(
            raw,
            request_body=request.body,
            response_body=response.body,
            response_trailers=trailers,
            status=_status(raw.status, trailers + raw.response_headers),
            flaws=(*raw.flaws, *flaws),
        )
        return Call(exchange=exchange, request_fields=request.fields, response_fields=response.fields)


class _Part(NamedTuple):
    """One body of a call, and the messages that were in it."""

    body: RawBody | None
    fields: Headers
    flaws: tuple[str, ...] = ()
    trailers: Headers = ()
    messages: tuple[bytes, ...] = ()


def _part(body: RawBody | None, headers: Headers, side: Side | None, limit: int, *, ended: bool) -> _Part:
    """A body with its messages as JSON.

    What is no sequence of messages stays as it is. Of messages that cannot be read nothing is kept: they may
    be packed, and nobody would see a secret in them.
    """
    form = _form_of(headers)
    if body is None or form is None:
        return _Part(body, headers)
    lost = _Part(RawBody(data=b"", size=body.size, decoded=True), headers, ("undecodable",))
    try:
        found, unread = _unframed(body, headers, limit, text=bool(form["text"]))
    except ValueError:
        return lost._replace(body=body)
    except UndecodableError:
        return lost
    flaws = ("incomplete",) if unread and ended and not found.full and not body.truncated else ()
    lost = lost._replace(trailers=found.trailers, messages=found.messages)
    try:
        text, more = _text(found.messages, form["codec"], side, body.size)
    except UnreadError as error:
        return lost._replace(flaws=(*flaws, error.flaw))
    except Exception:  # noqa: BLE001 - bytes that are anything make protobuf raise anything
        return lost
    size = len(text) + unread
    return lost._replace(
        body=RawBody(data=text, size=size, decoded=True) if size else None,
        fields=(("content-type", JSON),),
        flaws=flaws + more,
    )


def _unframed(body: RawBody, headers: Headers, limit: int, *, text: bool) -> tuple[Unframed, int]:
    """The messages of a body, and how many of its bytes were not read."""
    fields = () if body.decoded else (value for name, value in headers if name == "content-encoding")
    content = decode(body.data, codings_of(fields), limit)
    data = from_base64(content.content) if text else content.content
    found = unframe(data, _field(headers, "grpc-encoding"), limit)
    cut = content.size - len(content.content) + body.size - len(body.data)
    return found, len(data) - found.end + cut


def _text(
    messages: tuple[bytes, ...], codec: str | None, side: Side | None, size: int
) -> tuple[bytes, tuple[str, ...]]:
    """Messages as JSON, an array if they are a stream's; and what is wrong with them."""
    array, flaws = Text(b"[%b]" % b",".join(messages)) if codec == "json" else _array(messages, side, size)
    streaming = len(messages) > 1 or (side is not None and side.streaming)
    return array if streaming else array[1:-1], flaws


def _array(messages: tuple[bytes, ...], side: Side | None, size: int) -> Text:
    """Messages of protobuf as an array."""
    limit = min(max(MAX_TIMES_INPUT * size, SMALL_OUTPUT_BYTES), MAX_OUTPUT_BYTES)
    read: Callable[[bytes], Value] = read_wire if side is None else side.message.read
    text = json_text((read(message).value for message in messages), limit)
    undescribed = side is None and bool(messages)
    return text._replace(flaws=("no-descriptor", *text.flaws)) if undescribed else text


def _status(status: int | None, fields: Headers) -> int | None:
    """HTTP's own status; where that says only that the call was taken, what the call's code stands for."""
    code = _field(fields, "grpc-status")
    return _STATUSES.get(code, _UNKNOWN) if status == 200 and code else status


def _form_of(headers: Headers) -> re.Match[str] | None:
    """What the content type says of messages, None where it is none of gRPC's that can be read."""
    return _MEDIA_TYPE.match(_field(headers, "content-type").lower())


def _field(headers: Headers, name: str) -> str:
    return next((value for known, value in headers if known == name), "")
