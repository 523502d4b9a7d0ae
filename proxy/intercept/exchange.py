"""A flow of mitmproxy, while it is under way or when it has ended, as the exchange that it is.

The same as the splice lane's decoders give for the same bytes (`proxy.decoders.exchanges`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from proxy.flows import headers_of, since
from proxy.importers.instants import from_seconds
from proxy.importers.outcome import outcome_of, protocol_of
from proxy.intercept.tee import Tee
from proxy.raw import RawExchange
from proxy.recorder import without_default_port
from proxy.splice.settings import ANY_PRODUCER
from store.records import Lane as LaneKind
from store.records import Outcome

if TYPE_CHECKING:
    from mitmproxy import connection, http

    from proxy.intercept.socket_messages import SocketMessages
    from proxy.intercept.tee import Room
    from proxy.splice.settings import Lane
    from store.records import Headers

LONGEST_HOST = 253
"""A name longer than that cannot be resolved (RFC 1035 section 2.3.4), so it names no producer."""


class Watch:
    """What is known of a flow under way, beside the flow.

    Args:
        flow: at its request's head, before mitmproxy changes it (it takes `Expect` out).
        limit: bytes kept of each body.
        room: of all bodies.
    """

    def __init__(self, flow: http.HTTPFlow, limit: int, room: Room) -> None:
        self.request = Tee(limit, room)
        self.response = Tee(limit, room)
        self.headers = headers_of(flow.request.headers)
        self.client: str = flow.client_conn.id
        self.carrier: RawExchange | None = None
        """What the flow's messages belong to."""
        self.messages = 0
        self.socket: SocketMessages | None = None
        """Where it has become a WebSocket."""
        self.ended = False


def exchange_of(flow: http.HTTPFlow, watch: Watch, lane: Lane) -> RawExchange:
    """The exchange of a flow as far as it has come."""
    request, response = flow.request, flow.response
    start = request.timestamp_start
    scheme = "https" if flow.client_conn.tls_established else "http"
    authority = without_default_port(scheme, _authority(request, watch.headers, lane))
    return RawExchange(
        producer=_producer(authority, request) if lane.producer == ANY_PRODUCER else lane.producer,
        lane=LaneKind.INTERCEPT,
        source=lane.source,
        fingerprint=(lane.producer, flow.id),
        protocol=protocol_of(request.http_version),
        started_at=from_seconds(start) or 0,
        method=request.data.method.decode("latin-1"),
        target=request.data.path.decode("latin-1"),
        scheme=scheme,
        authority=authority,
        request_headers=watch.headers,
        request_trailers=headers_of(request.trailers),
        request_body=watch.request.body(),
        status=response.status_code if response is not None else None,
        response_headers=headers_of(response.headers) if response is not None else (),
        response_trailers=headers_of(response.trailers) if response is not None else (),
        response_body=watch.response.body(),
        request_ns=since(start, request.timestamp_end),
        wait_ns=since(start, response.timestamp_start) if response is not None else None,
        duration_ns=since(start, _ended_at(flow)),
        outcome=_outcome(flow),
        connection=flow.client_conn.id,
        peer=str(flow.client_conn.peername[0]) if flow.client_conn.peername else "",
        client_certificate=_subject(flow.client_conn),
        flaws=() if request.timestamp_end is not None else ("request-incomplete",),
    )


def _authority(request: http.Request, headers: Headers, lane: Lane) -> str:
    """Whom the client asked for: `:authority`, else the Host field.

    A proxy's client that sends neither has named the host in its target, which mitmproxy takes apart.
    """
    authority = request.data.authority.decode("latin-1")
    host = next((value for name, value in headers if name == "host"), "")
    if authority or host or lane.mode == "reverse":
        return authority or host
    return f"{request.host}:{request.port}"


def _producer(authority: str, request: http.Request) -> str:
    """The host that was asked for, or the address where the name is none."""
    host = re.sub(r":\d*\Z", "", authority.rpartition("@")[2]).lower()
    return host if 0 < len(host) <= LONGEST_HOST else request.host


def _ended_at(flow: http.HTTPFlow) -> float | None:
    end: float | None = flow.response.timestamp_end if flow.response is not None else None
    return flow.error.timestamp if end is None and flow.error is not None else end


def _outcome(flow: http.HTTPFlow) -> Outcome:
    """As recordings tell it; a failure that is not the client's is the server's, or there was no server."""
    status = flow.response.status_code if flow.response is not None else None
    error = flow.error.msg if flow.error is not None else None
    outcome = outcome_of(flow.request.method, status, error, decoded=flow.websocket is not None)
    if outcome is not Outcome.ERROR:
        return outcome
    return Outcome.SERVER_CLOSED if _was_reached(flow.server_conn) else Outcome.REFUSED


def _was_reached(server: connection.Server) -> bool:
    return (server.timestamp_tls_setup if server.tls else server.timestamp_tcp_setup) is not None


def _subject(client: connection.Client) -> str:
    """Whom the client's certificate names (RFC 4514); mitmproxy asks for one only where it is told to."""
    chain = client.certificate_list
    return chain[0].to_cryptography().subject.rfc4514_string() if chain else ""
