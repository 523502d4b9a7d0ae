"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/) as browsers, proxies and test tools write it.

An entry becomes an exchange where it says when it began, with which method, and where it went; everything
else may be missing. Memory does not grow with the file. Where a HAR says something in two places, the place
nearer to the wire counts: headers before `cookies`, the URL before `queryString`, `text` before `params`.

`startedDateTime` is taken for the first byte of the request: tools disagree whether queueing and connecting
come before it or after. They are in no length of time, so that a latency is the producer's.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import blake2b
from typing import IO, TYPE_CHECKING, Any

import orjson

from proxy.importers import har_body
from proxy.importers.address import read_url
from proxy.importers.instants import from_iso, from_seconds, length
from proxy.importers.json_array import Broken, EndedError, elements
from proxy.importers.outcome import outcome_of, protocol_of
from proxy.importers.recording import Cut, Ordinals, RawFrame, Recorded, Skipped, UnreadableError
from proxy.importers.text import field_value, readable
from proxy.raw import RawExchange
from store.records import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.importers.recording import Item
    from store.records import Headers

NAME = "HAR"

_MILLISECOND_NS = 1_000_000
_TEXT, _BINARY = 1, 2
"""WebSocket opcodes, RFC 6455 section 11.8."""

Json = dict[str, Any]


def recognises(head: bytes) -> bool:
    """Whether a file that begins like this may be a HAR: a JSON object, in UTF-8 or UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"{")


def read(stream: IO[bytes], *, producer: str, source: str) -> Iterator[Item]:
    """What the file holds.

    Args:
        stream: the file, at its beginning, not compressed.
        producer: whose traffic this is; `""` takes the host of each entry.
        source: what the exchanges say that they come from.
    """
    ordinals = Ordinals()
    number = 0
    try:
        for number, entry in enumerate(elements(stream, "log", "entries"), 1):
            try:
                yield _read_entry(entry, ordinals, producer, source)
            except UnreadableError as error:
                yield Skipped(f"entry {number}", error.reason, error.detail)
    except EndedError as error:
        yield Cut(f"{error}, after entry {number}" if number else str(error))


def _read_entry(entry: Any, ordinals: Ordinals, producer: str, source: str) -> Recorded:
    if isinstance(entry, Broken):
        raise UnreadableError(entry.reason, entry.detail)
    if not isinstance(entry, dict):
        raise UnreadableError("it is not an object")
    started_at = _instant(entry.get("startedDateTime"))
    request, response = _object(entry, "request"), _object(entry, "response", optional=True)
    method = _required_text(request, "request", "method")
    url = _required_text(request, "request", "url")
    address = read_url(url, method)
    status = _status(response.get("status"))
    flaws: list[str] = []
    request_headers = _headers(request, "request", flaws)
    response_headers = _headers(response, "response", flaws)
    response_headers = har_body.with_content_type(response_headers, response.get("content"))
    request_body = har_body.of_request(request, request_headers, flaws)
    response_body = har_body.of_response(response, response_headers, method, status, flaws)
    frames = _frames(entry.get("_webSocketMessages"), flaws)
    timings = entry.get("timings")
    timings = timings if isinstance(timings, dict) else {}
    send, wait, receive = (length(timings.get(part), _MILLISECOND_NS) for part in ("send", "wait", "receive"))
    digest = _digest(entry)
    exchange = RawExchange(
        producer=producer or address.host,
        lane=Lane.IMPORT,
        source=source,
        fingerprint=(digest, ordinals.of(digest)),
        protocol=protocol_of(request.get("httpVersion") or response.get("httpVersion")),
        started_at=started_at,
        method=method,
        target=address.target,
        scheme=address.scheme,
        authority=address.authority,
        request_headers=request_headers,
        request_body=request_body,
        status=status,
        response_headers=response_headers,
        response_body=response_body,
        request_ns=send,
        wait_ns=None if wait is None or status is None else (send or 0) + wait,
        duration_ns=None if status is None else _duration(entry, send, wait, receive),
        outcome=outcome_of(method, status, response.get("_error"), decoded="_webSocketMessages" in entry),
        connection=_connection(entry),
        flaws=tuple(flaws),
    )
    return Recorded(exchange, frames)


def _object(parent: Json, name: str, *, optional: bool = False) -> Json:
    value = parent.get(name)
    if isinstance(value, dict):
        return value
    if value is None and optional:
        return {}
    raise UnreadableError(f"{name} is {'missing' if value is None else 'not an object'}")


def _required_text(parent: Json, where: str, name: str) -> str:
    value = parent.get(name)
    if isinstance(value, str) and value:
        return readable(value)
    raise UnreadableError(f"{where}.{name} is {'not text' if value else 'missing'}")


def _instant(value: Any) -> int:
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"startedDateTime is {'not text' if value else 'missing'}")
    instant = from_iso(value)
    if instant is None:
        raise UnreadableError("startedDateTime is no date since 1970", readable(value[:40]))
    return instant


def _status(value: Any) -> int | None:
    """The status, None for what tools write where there was no response (0, -1, null)."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,3}", value):
        value = int(value)
    if value is None or value is False or value == "" or (isinstance(value, int) and value in {0, -1}):
        return None
    if isinstance(value, int) and 100 <= value <= 999:
        return value
    raise UnreadableError("response.status is no HTTP status", readable(str(value)[:40]))


def _duration(entry: Json, send: int | None, wait: int | None, receive: int | None) -> int | None:
    """From the request's first byte to the response's last; `time` where no part of it is known."""
    if wait is None and receive is None:
        return length(entry.get("time"), _MILLISECOND_NS)
    return (send or 0) + (wait or 0) + (receive or 0)


def _headers(message: Json, side: str, flaws: list[str]) -> Headers:
    """Header fields in order, without the pseudo-headers of HTTP/2 and 3 (RFC 9113 section 8.3).

    Most tools write objects with `name` and `value`, one writes pairs; some join repeated ones by line feeds.
    """
    raw = message.get("headers")
    headers: list[tuple[str, str]] = []
    unreadable = raw is not None and not isinstance(raw, list)
    for one in raw if isinstance(raw, list) else ():
        match one:
            case {"name": str(name), **rest}:
                value = rest.get("value")
            case [str(name), value]:
                pass
            case _:
                unreadable = True
                continue
        headers += _fields(name, "" if value is None else str(value))
    if unreadable:
        flaws.append(f"{side}-headers-unreadable")
    return tuple(headers)


@lru_cache(maxsize=4096)
def _fields(name: str, value: str) -> Headers:
    """The fields that one header of a HAR stands for. Most of them are the same all through a recording."""
    if name.startswith(":") or not name:
        return ()
    return tuple((field_value(name).lower(), field_value(line)) for line in value.split("\n"))


def _frames(raw: Any, flaws: list[str]) -> tuple[RawFrame, ...]:
    """Chrome's and mitmproxy's `_webSocketMessages`."""
    listed = raw if isinstance(raw, list) else []
    frames = tuple(frame for frame in map(_frame, listed) if frame)
    if len(frames) < len(listed):
        flaws.append("websocket-message-unreadable")
    return frames


def _frame(one: Any) -> RawFrame | None:
    match one:
        case {"type": "send" | "receive" as kind, "data": str(data)}:
            opcode = one.get("opcode", _TEXT)
        case _:
            return None
    content = data.encode("utf-8", "surrogatepass") if opcode == _TEXT else har_body.from_base64(data)
    if content is None or opcode not in (_TEXT, _BINARY):
        return None
    return RawFrame(
        from_client=kind == "send",
        text=opcode == _TEXT,
        data=content,
        sent_at=from_seconds(one.get("time")),
    )


def _connection(entry: Json) -> str:
    """The connection's id, which is unique for one server only (it is often a port)."""
    connection = entry.get("connection")
    if not isinstance(connection, str | int) or connection in {"", "0"}:
        return ""
    return readable(f"{entry.get('serverIPAddress') or ''}#{connection}")[:200]


def _digest(entry: Json) -> bytes:
    """A hash of all the entry's content, whatever its formatting and the order of its keys."""
    try:
        content = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a lone surrogate, or an integer of more than 64 bits
        content = json.dumps(entry, sort_keys=True).encode()
    return blake2b(content, digest_size=16).digest()
