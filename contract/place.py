"""Places: the values that stand at a subject in one exchange.

`Places` looks at one exchange of one operation and parses each part once, however many subjects are
asked for. Asked for a subject it says which values stand there and how many parents that could have
held one do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from contract.content import OPAQUE, lexical, pairs, parsed
from contract.operation import parse
from contract.statuses import covers, word_of
from contract.subject import ITEM, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.subject import Subject
    from store.records import Body, Exchange, Headers


@dataclass(frozen=True, slots=True)
class Found:
    """The values that stand at a place, text by its lexical form, and how many parents lack it."""

    values: tuple[Any, ...]
    missing: int = 0


class Places:
    """The places of one exchange of an operation (`GET /orders/{id}`)."""

    def __init__(self, exchange: Exchange, operation: str) -> None:
        self.exchange = exchange
        self.operation = operation

    def answered(self, subject: Subject) -> bool:
        """Whether the exchange has the side that a subject speaks of: a request, or the right status."""
        if subject.status is None:
            return True
        return self.exchange.status is not None and covers(subject.status, word_of(self.exchange.status))

    def find(self, subject: Subject) -> Found | None:
        """What stands at a subject; None where the exchange cannot say (other status, body cut or opaque)."""
        if not self.answered(subject):
            return None
        parts = subject.parts[1:] if subject.status is None else subject.parts[2:]
        side = self.request if subject.status is None else self.response
        if not parts or parts[0] not in side:
            return None
        root = side[parts[0]]
        return None if root is OPAQUE else _walk(root, parts)

    @cached_property
    def request(self) -> dict[str, Any]:
        """The parts of the request by section: texts by name, and the parsed body."""
        exchange = self.exchange
        return {
            "path": self._path,
            "query": _texts(pairs(exchange.query)),
            "header": _texts(exchange.request_headers),
            "cookie": _texts(_cookies(exchange.request_headers)),
            **_body(exchange.request_body),
        }

    @cached_property
    def response(self) -> dict[str, Any]:
        """The parts of the response by section, as those of the request."""
        return {"header": _texts(self.exchange.response_headers), **_body(self.exchange.response_body)}

    @property
    def _path(self) -> dict[str, list[Any]]:
        """Path parameters by name, read by the operation's template from the end of the path."""
        names, pattern = _template(self.operation)
        match = pattern.search(self.exchange.path)
        values = match.groups() if match else ()
        return {name: [lexical(unquote(value))] for name, value in zip(names, values, strict=False)}


@lru_cache(maxsize=4096)
def _template(operation: str) -> tuple[list[str], re.Pattern[str]]:
    """The names in an operation's path template, and the pattern of the end of its paths."""
    path = "/" + "/".join(parse(operation).segments)
    fixed = [re.escape(text) for text in re.split(r"\{[^{}]*\}", path)]
    return re.findall(r"\{([^{}]*)\}", path), re.compile("([^/]+)".join(fixed) + "/?$")


def _texts(fields: Iterable[tuple[str, str]]) -> dict[str, list[Any]]:
    """Values by name, in the order they stand."""
    found: dict[str, list[Any]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(lexical(value))
    return found


def _cookies(headers: Headers) -> Iterable[tuple[str, str]]:
    """The cookies of a request (RFC 6265 section 4.2.1)."""
    for name, value in headers:
        if name == "cookie":
            for crumb in value.split(";"):
                cookie, _, content = crumb.strip().partition("=")
                yield cookie, content


def _body(body: Body | None) -> dict[str, Any]:
    return {"body": parsed(body)} if body is not None and body.content else {}


def _walk(root: Any, parts: tuple[str, ...]) -> Found:
    """Follow the parts from a named root on: texts by name, or a parsed body."""
    if parts[0] != "body":
        values = root.get(parts[1]) if len(parts) == 2 else None
        return Found(tuple(values)) if values else Found((), missing=1)
    level, missing = [root], 0
    for part in parts[1:]:
        level, missing = _step(level, part)
    return Found(tuple(level), missing)


def _step(level: list[Any], part: str) -> tuple[list[Any], int]:
    """The values one part further down, and how many objects lack the field that the part names."""
    if part == ITEM:
        return [item for value in level if isinstance(value, list) for item in value], 0
    objects = [value for value in level if isinstance(value, dict)]
    if part == VALUE:
        return [child for value in objects for child in value.values()], 0
    children = [value[part] for value in objects if part in value]
    return children, len(objects) - len(children)
