"""A request and its answer, as a decoder has read them, to the raw exchange that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy.raw import RawBody, RawExchange

if TYPE_CHECKING:
    from proxy.decoders.decoder import Instant, Origin
    from proxy.decoders.http1_messages import Message
    from store.records import Outcome


def exchange_of(
    origin: Origin, ordinal: int, request: Message, outcome: Outcome, cut: Instant | None = None
) -> RawExchange:
    """The exchange of a request with its answer so far.

    Args:
        origin: the connection.
        ordinal: what makes the exchange unique on it.
        request: with its response, if there is one.
        outcome: how it ended.
        cut: when, where it ended before it was whole.
    """
    start = request.begun.monotonic_ns
    response = request.response
    end = cut if cut is not None else response.ended if response is not None else None
    target = request.target.decode("latin-1")
    return RawExchange(
        producer=origin.producer,
        lane=origin.lane,
        source=origin.source,
        fingerprint=(origin.producer, origin.connection, ordinal),
        protocol=f"http/{request.version}",
        started_at=request.begun.wall_ns,
        method=request.method,
        target=target,
        scheme=request.scheme or origin.scheme,
        authority=_authority(target, request),
        request_headers=tuple(request.headers),
        request_trailers=tuple(request.trailers),
        request_body=_body(request),
        status=response.status if response is not None else None,
        response_headers=tuple(response.headers) if response is not None else (),
        response_trailers=tuple(response.trailers) if response is not None else (),
        response_body=_body(response) if response is not None else None,
        request_ns=request.ended.monotonic_ns - start if request.complete else None,
        wait_ns=response.begun.monotonic_ns - start if response is not None else None,
        duration_ns=end.monotonic_ns - start if end is not None else None,
        outcome=outcome,
        connection=origin.connection,
        peer=origin.peer,
        client_certificate=origin.client_certificate,
        flaws=() if request.complete else ("request-incomplete",),
    )


def _body(message: Message) -> RawBody | None:
    return RawBody(data=bytes(message.body), size=message.size) if message.size else None


def _authority(target: str, request: Message) -> str:
    """Whom the client asked for.

    In HTTP/2 `:authority`; else the absolute form before the Host field (RFC 9112 section 3.2.2).
    """
    if request.authority:
        return request.authority
    if request.method == "CONNECT":
        return target
    scheme, separator, rest = target.partition("://")
    if separator and scheme.isalpha():
        host = rest.partition("/")[0].partition("?")[0]
    else:
        host = next((value for name, value in request.headers if name == "host"), "")
    return host.removesuffix(":80")
