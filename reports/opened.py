"""One observation, opened: all that is kept of an exchange, for people and for programs."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from rich.syntax import Syntax
from rich.text import Text

from reports.pretty import is_json, pretty
from reports.untrusted import for_terminal
from reports.words import count, instant, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.names import Names
    from store.records import Body, Exchange, Headers, Identity, Message

INDENT = "  "
MOST_MESSAGES = 100
"""WebSocket messages shown to people; programs get all."""


def as_json(exchange: Exchange, messages: Sequence[Message], names: Names) -> str:
    """Every field of the records under its own name, in ASCII.

    Times are RFC 3339, bodies have their content as `text`, or as `base64` where it is no UTF-8.
    """
    opened = {
        "consumer": names.consumer(exchange.identity),
        "operation": names.operation(exchange),
        **plain(asdict(exchange)),
        "messages": [plain(asdict(message)) for message in messages],
    }
    return json.dumps(opened, indent=2)


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A record for JSON."""
    return {name: _plain_value(name, value) for name, value in record.items()}


def _plain_value(name: str, value: Any) -> Any:
    if name.endswith("_at") and value is not None:
        return instant(value)
    if isinstance(value, dict) and "content" in value:
        content = value.pop("content")
        try:
            return {**value, "text": content.decode()}
        except UnicodeDecodeError:
            return {**value, "base64": b64encode(content).decode()}
    return value


def as_text(exchange: Exchange, messages: Sequence[Message], names: Names) -> Text:
    """The exchange for a terminal, in lines as long as they are; what came from traffic is neutralised."""
    query = f"?{exchange.query}" if exchange.query else ""
    url = f"{exchange.scheme}://{exchange.authority}{exchange.path}{query}"
    lines = [
        Text(for_terminal(f"{exchange.method} {url}"), "bold"),
        *fact_lines(list(about(exchange, names))),
        *_side("Request", exchange.request_headers, exchange.request_body, exchange.request_trailers),
    ]
    if exchange.status is not None:
        title = f"Response {status_words(exchange.status)}"
        lines += _side(title, exchange.response_headers, exchange.response_body, exchange.response_trailers)
    if messages:
        lines += [Text(), Text(count(len(messages), "message"), "bold"), *_messages(messages)]
    return Text("\n").join(lines)


def about(exchange: Exchange, names: Names) -> Iterator[tuple[str, str]]:
    """What is known of an exchange besides what it carried, as names and values."""
    yield "id", exchange.id
    yield "recorded", f"{instant(exchange.started_at)} by {exchange.lane.value} from {exchange.source}"
    yield "operation", f"{names.operation(exchange)} of {exchange.producer}"
    yield "consumer", f"{names.consumer(exchange.identity)}, {evidence_words(exchange.identity)}"
    yield "protocol", exchange.protocol
    if exchange.peer or exchange.connection:
        yield "connection", " ".join(part for part in (exchange.connection, exchange.peer) if part)
    yield (
        "outcome",
        ", ".join([exchange.outcome.value, *(f"{said} {took}" for said, took in timing(exchange))]),
    )
    if exchange.flaws:
        yield "flaws", ", ".join(exchange.flaws)
    yield "redacted", count(exchange.redacted, "value") if exchange.redacted else "nothing"


def evidence_words(identity: Identity) -> str:
    """How an identity is known."""
    if identity.basis == "none":
        return "nothing says who it is"
    checked = "verified" if identity.verified else "not verified"
    source = f" in {identity.source}" if identity.source else ""
    return f"by {identity.basis} {identity.value!r}{source}, {checked}"


def timing(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """How long after its first byte each part of an exchange was there."""
    marks = (
        ("request sent after", exchange.request_ns),
        ("first byte after", exchange.wait_ns),
        ("done after", exchange.duration_ns),
    )
    for said, length_ns in marks:
        if length_ns is not None:
            yield said, milliseconds(length_ns / 1e6)


def _side(title: str, headers: Headers, body: Body | None, trailers: Headers) -> Iterator[Text]:
    yield Text()
    yield Text(title, "bold")
    yield from fact_lines(headers)
    if body is not None:
        yield from body_lines(body)
    if trailers:
        yield Text()
        yield Text("Trailers", "bold")
        yield from fact_lines(trailers)


def body_lines(body: Body) -> Iterator[Text]:
    """A body or payload: what it is, then its content."""
    yield Text()
    yield Text(for_terminal(f"{INDENT}{body_words(body)}"), "dim")
    shown = pretty(body.content, body.media_type)
    if is_json(body.media_type, body.content):
        lines = Syntax("", "json", theme="ansi_dark", background_color="default").highlight(shown)
        lines.rstrip()
    else:
        lines = Text(shown)
    yield from (Text(INDENT) + line for line in lines.split("\n"))


def body_words(body: Body) -> str:
    """What a body is and how large: `application/json, 1,204 bytes (310 transferred)`."""
    size = count(body.size, "byte")
    if body.wire_size != body.size:
        size += f" ({body.wire_size:,} transferred)"
    if body.truncated:
        size += f", of which {len(body.content):,} are kept"
    return f"{body.media_type or 'no media type'}, {size}"


def _messages(messages: Sequence[Message]) -> Iterator[Text]:
    for message in messages[:MOST_MESSAGES]:
        at = message.published_at or message.delivered_at
        arrow = "→" if message.consumer is None else "←"
        payload = pretty(message.payload.content, "text/plain") if message.payload else ""
        yield Text(f"{INDENT}{arrow} {instant(at) if at else 'at some time'}  {message.type}  {payload}")
    if len(messages) > MOST_MESSAGES:
        yield Text(f"  … {len(messages) - MOST_MESSAGES:,} more with --format json", "dim")


def fact_lines(pairs: Sequence[tuple[str, str]]) -> Iterator[Text]:
    """Names and values, the values in one column."""
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        yield Text.assemble(INDENT, (for_terminal(name.ljust(width)), "dim"), "  ", for_terminal(value))


def status_words(status: int) -> str:
    """A status with its name: `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
