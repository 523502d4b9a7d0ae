"""Contents: what the text and the bytes of an exchange stand for, as values of JSON's own types.

Text has no type, but a form: `limit=20` looks like an integer. A body is JSON or a form, or it is
opaque: then nothing can be said of what is in it. A value that was redacted keeps the type it had
(`store.tokens`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from store.tokens import is_token, token_type

if TYPE_CHECKING:
    from store.records import Body

OPAQUE: Any = object()
"""Stands for a body that was there and cannot be read: cut, undecodable, or neither JSON nor a form."""

FORM = "application/x-www-form-urlencoded"

MAX_PAIRS = 1000
"""Queries and forms with more fields are nothing that anybody means."""

MAX_DEPTH = 100
"""Deeper bodies are nothing that anybody means, and what walks through them calls itself at each level."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,3})?")

TYPE_NAMES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}
"""The JSON type of each Python type that a parsed value can have, `integer` apart from `number`."""


def json_type(value: Any) -> str:
    """The JSON type of a parsed value, `integer` apart from `number`; of a token, what it replaced."""
    if isinstance(value, str) and is_token(value):
        return str(token_type(value))
    return TYPE_NAMES[type(value)]


@lru_cache(maxsize=4096)
def lexical(text: str) -> Any:
    """A text as the JSON value that it looks like: `"42"` is 42, `"true"` is True, all else itself."""
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a query or form, percent-decoded; none where there are more than `MAX_PAIRS`."""
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError:
        return []


def is_json(media_type: str) -> bool:
    """Whether bodies of a media type are JSON: `application/json`, and all that end in `+json` (RFC 6839)."""
    return media_type.endswith("json")


def parsed(body: Body) -> Any:
    """A body that is not empty as JSON's own types, a form as an object of lexical values, or `OPAQUE`."""
    if body.truncated:
        return OPAQUE
    if body.media_type == FORM:
        fields = reversed(pairs(body.content.decode("utf-8", "replace")))
        return {name: lexical(value) for name, value in fields}
    if is_json(body.media_type) or (not body.media_type and body.content[:1] in b"{["):
        try:
            value = orjson.loads(body.content)
        except orjson.JSONDecodeError:
            return OPAQUE
        return OPAQUE if _is_too_deep(body.content, value) else value
    return OPAQUE


def _is_too_deep(content: bytes, value: Any) -> bool:
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return False  # as nearly always, and counted at the speed of C
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)
