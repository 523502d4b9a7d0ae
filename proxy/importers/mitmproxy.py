"""Flow files of mitmproxy, of every version that the installed one migrates, read by its own `FlowReader`.

An HTTP flow becomes an exchange, its WebSocket messages go with it. Other flows (TCP, UDP, DNS) are named
and left out: defacto has no lane for them yet. A broken flow costs only itself where the next one can still
be found.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Any

from proxy.flows import headers_of, since
from proxy.importers.address import read_url
from proxy.importers.instants import from_seconds
from proxy.importers.outcome import outcome_of, protocol_of
from proxy.importers.recording import Cut, Ordinals, RawFrame, Recorded, Skipped, UnreadableError
from proxy.importers.text import readable
from proxy.raw import RawBody, RawExchange
from store.errors import DefactoError
from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mitmproxy import http

    from proxy.importers.recording import Item

NAME = "mitmproxy flows"

MAX_FLOW_BYTES = 1 << 28
"""The largest flow that is read, 256 MB; mitmproxy holds each whole, and parsing it takes some times that."""

_LENGTH = re.compile(rb"\d{1,12}:")
_LENGTH_OR_PART = re.compile(rb"\d{1,12}(:|\Z)")


def recognises(head: bytes) -> bool:
    """Whether a file begins as a flow file does: with a tnetstring of a dictionary."""
    return _LENGTH.match(head) is not None


def read(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """What the file holds; the arguments are as for `proxy.importers.har.read`.

    Raises:
        DefactoError: mitmproxy is not installed.
    """
    ordinals = Ordinals()
    for number, flow in enumerate(_flows(_Tape(stream)), 1):
        if isinstance(flow, Cut):
            yield Cut(f"{flow.reason}, after flow {number - 1}" if number > 1 else flow.reason)
            continue
        where = f"flow {number}"
        try:
            if isinstance(flow, UnreadableError):
                raise flow
            yield _read_flow(flow, ordinals, producer, source)
        except UnreadableError as error:
            yield Skipped(where, error.reason, error.detail)


def _flows(tape: _Tape) -> Iterator[http.HTTPFlow | UnreadableError | Cut]:
    """HTTP flows, for each other flow why it is none, at last a cut where the file does not end well.

    `FlowReader` ends at the first flow that it cannot read, having read exactly that flow. So each gets a
    reader of its own, as long as something that looks like a flow comes next.
    """
    try:
        from mitmproxy import http  # noqa: PLC0415 - an extra, and slow to import
        from mitmproxy.exceptions import FlowReadException  # noqa: PLC0415
        from mitmproxy.io import FlowReader  # noqa: PLC0415
    except ImportError:
        raise DefactoError(
            "This is a mitmproxy flow file, and mitmproxy is not installed.",
            "Install it with: pip install 'defacto[mitmproxy]'",
        ) from None
    while head := tape.peek():
        if not _LENGTH_OR_PART.match(head):
            yield Cut(f"no flow begins at byte {tape.position}")
            return
        try:
            flow = next(iter(FlowReader(tape).stream()))
        except FlowReadException as error:
            flow = UnreadableError("mitmproxy cannot read it", readable(str(error))[:200])
        except Exception as error:  # noqa: BLE001 - a state that is no flow makes mitmproxy raise anything
            flow = UnreadableError("it is no flow", type(error).__name__)
        if tape.fault:
            yield Cut(tape.fault)
            return
        yield flow if isinstance(flow, http.HTTPFlow | UnreadableError) else _not_http(flow)


def _not_http(flow: Any) -> UnreadableError:
    return UnreadableError(f"it is a {type(flow).__name__.removesuffix('Flow')} flow, which is not read yet")


class _Tape:
    """A stream as `FlowReader` wants it, which never takes more than `MAX_FLOW_BYTES` at a length's word.

    `position` is how far it was read; `fault` says why it cannot be read on, `""` as long as it can.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._ahead = b""
        self.position = 0
        self.fault = ""

    def peek(self, size: int = 13) -> bytes:
        """The next bytes, not taken: at most `size`, fewer at the end."""
        if len(self._ahead) < size:
            self._ahead += self._stream.read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end.

        Raises:
            ValueError: that many are too many.
        """
        if size > MAX_FLOW_BYTES:
            self.fault = f"the next flow has {size} bytes, which is too much"
            raise ValueError(self.fault)
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        if len(data) < size:
            data += self._stream.read(size - len(data))
        if len(data) < size:
            self.fault = "it is cut off"
        self.position += len(data)
        return data


def _read_flow(flow: http.HTTPFlow, ordinals: Ordinals, producer: str, source: str) -> Recorded:
    try:
        return _convert(flow, ordinals, producer, source)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        # mitmproxy checks types of states only in part: text may be a number here, a time text.
        raise UnreadableError("it is no whole HTTP flow", readable(str(error))[:200]) from error


def _convert(flow: http.HTTPFlow, ordinals: Ordinals, producer: str, source: str) -> Recorded:
    request, response = flow.request, flow.response
    started_at = from_seconds(request.timestamp_start)
    if started_at is None:
        raise UnreadableError("its time is missing or out of range")
    method = readable(request.method)
    connect = method == "CONNECT"
    address = read_url(f"https://{request.authority}" if connect else readable(request.pretty_url), method)
    frames = tuple(map(_frame, flow.websocket.messages)) if flow.websocket else ()
    digest = _digest(flow)
    exchange = RawExchange(
        producer=producer or address.host,
        lane=Lane.IMPORT,
        source=source,
        fingerprint=(digest, ordinals.of(digest)),
        protocol=protocol_of(request.http_version),
        started_at=started_at,
        method=method,
        target=address.target,
        scheme=address.scheme,
        authority=address.authority,
        request_headers=headers_of(request.headers),
        request_trailers=headers_of(request.trailers),
        request_body=_body(request.raw_content),
        status=response.status_code if response else None,
        response_headers=headers_of(response.headers) if response else (),
        response_trailers=headers_of(response.trailers) if response else (),
        response_body=_body(response.raw_content) if response else None,
        request_ns=since(request.timestamp_start, request.timestamp_end),
        wait_ns=since(request.timestamp_start, response.timestamp_start) if response else None,
        duration_ns=since(request.timestamp_start, response.timestamp_end) if response else None,
        outcome=outcome_of(
            method,
            response.status_code if response else None,
            flow.error.msg if flow.error else None,
            decoded=flow.websocket is not None,
        ),
        connection=flow.client_conn.id,
        peer=readable(str(flow.client_conn.peername[0])) if flow.client_conn.peername else "",
        flaws=_not_recorded(flow),
    )
    return Recorded(exchange, frames)


def _body(data: bytes | None) -> RawBody | None:
    return RawBody(data=data, size=len(data)) if data else None


def _not_recorded(flow: http.HTTPFlow) -> tuple[str, ...]:
    """The bodies that mitmproxy did not keep, because they were streamed or the user dropped them."""
    sides = (("request", flow.request), ("response", flow.response))
    return tuple(f"{side}-body-not-recorded" for side, part in sides if part and part.raw_content is None)


def _frame(message: Any) -> RawFrame:
    return RawFrame(
        from_client=message.from_client,
        text=message.is_text,
        data=message.content,
        sent_at=from_seconds(message.timestamp),
    )


def _digest(flow: http.HTTPFlow) -> bytes:
    """A hash of what was on the wire; marks and comments that a user adds make no other flow of it."""
    state = flow.get_state()
    seen = [state.get(part) for part in ("id", "request", "response", "websocket", "error")]
    return blake2b(repr(seen).encode("utf-8", "surrogatepass"), digest_size=16).digest()
