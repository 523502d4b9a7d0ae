"""An exchange as inference looks at it: its route, and its parts as parsed values.

Parsed once, read by every observer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.content import OPAQUE, lexical, pairs, parsed
from contract.headers import is_ignored
from inference.segments import texts
from store.tokens import JsonType, token_type

if TYPE_CHECKING:
    from store.records import Body, Exchange, Headers, Message


class Observation:
    """One exchange, taken apart.

    `segments` are those of the path, `pairs` the names and values of the query, both decoded. `query`,
    `request_headers` and `response_headers` map names to values of the type that their text looks
    like (the first value where a name repeats). `request_body` and `response_body` are parsed JSON or
    forms, `OPAQUE` otherwise; where a redacted value stood, a value of the JSON type it had (`shapes`) or
    its token (the others). `message` is the message that the exchange stands for, if it does
    (`inference/events.py`), `selections` are those of a GraphQL request, and `documents` the
    hashes that it gives to some (`inference/graphql.py`).
    """

    __slots__ = (
        "at",
        "documents",
        "exchange",
        "message",
        "pairs",
        "query",
        "request_body",
        "request_headers",
        "response_body",
        "response_headers",
        "route",
        "segments",
        "selections",
    )

    def __init__(
        self,
        exchange: Exchange,
        route: str,
        message: Message | None = None,
        selections: tuple[str, ...] = (),
        documents: tuple[str, ...] = (),
    ) -> None:
        self.exchange = exchange
        self.message = message
        self.selections = selections
        self.documents = documents
        self.route = route
        self.at = exchange.started_at
        self.segments = texts(exchange.path)
        self.pairs = pairs(exchange.query)
        self.query = {name: lexical(value) for name, value in reversed(self.pairs)}
        self.request_headers = _fields(exchange.request_headers, but=exchange.identity.source)
        self.response_headers = _fields(exchange.response_headers)
        self.request_body = _content(exchange.request_body)
        self.response_body = _content(exchange.response_body)

    @property
    def received_at(self) -> int:
        """When the consumer had the whole answer, as far as that is known (Unix ns)."""
        if self.message is not None:
            return self.at
        return self.at + (self.exchange.duration_ns or self.exchange.wait_ns or 0)


def untokened(value: Any) -> Any:
    """The value with every redaction token replaced by one that has a JSON type and counts as no value."""
    if isinstance(value, str):
        kind = token_type(value)
        return value if kind is None else _OF_TYPE[kind]
    if isinstance(value, dict):
        return {name: untokened(child) for name, child in value.items()}
    if isinstance(value, list):
        return [untokened(item) for item in value]
    return value


class WithheldText(str):
    """A text that was redacted: of its type, and of no value."""

    __slots__ = ()


class WithheldInteger(int):
    """A whole number that was redacted."""


class WithheldNumber(float):
    """A number that was redacted."""


_OF_TYPE: dict[JsonType, Any] = {
    JsonType.STRING: WithheldText(),
    JsonType.INTEGER: WithheldInteger(),
    JsonType.NUMBER: WithheldNumber(0.5),
}


def _fields(headers: Headers, *, but: str = "") -> dict[str, Any]:
    """The header fields that may be contract; not the one that says who the consumer is."""
    return {
        name: lexical(value)
        for name, value in reversed(headers)
        if not is_ignored(name) and but != f"header {name}"
    }


def _content(body: Body | None) -> Any:
    return parsed(body) if body is not None and body.content else OPAQUE
