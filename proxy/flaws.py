"""What is wrong with a body's bytes, by name. The vocabulary is in `docs/recorded.md`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_JSON_DEPTH = 500
"""Deeper JSON is not folded: no reader of it that we know goes deeper."""

_JSON = re.compile(r"(?:application|text|[a-z]+)/(?:[\w.+-]+\+)?json")
_TEXT = re.compile(r"text/.*|application/(?:.*\+)?(?:json|xml|javascript|x-www-form-urlencoded)")
_NAME = re.compile(rb'"((?:[^"\\]|\\.)*+)"\s*+:', re.DOTALL)


def body_flaws(content: bytes, media_type: str) -> Iterator[str]:
    """The flaws of a whole body of this media type, each without its `request-body-`: `not-json`, `duplicate-keys`…"""
    if not content:
        return
    if _JSON.fullmatch(media_type):
        yield from _json_flaws(content)
    elif _TEXT.fullmatch(media_type) and not _is_utf8(content):
        yield "invalid-utf8"


def _json_flaws(content: bytes) -> Iterator[str]:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from _why_not_json(content)
        return
    names = _NAME.findall(content)
    if len(set(names)) < len(names) and _has_duplicate_keys(content):
        yield "duplicate-keys"


def _why_not_json(content: bytes) -> Iterator[str]:
    """What the strict parser did not like: it says so in words only, so the lenient one is asked."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield "invalid-utf8"
        return
    special: list[str] = []
    try:
        json.loads(text, parse_constant=special.append, parse_int=str)
    except RecursionError:
        yield "too-deep"
    except ValueError:
        yield "not-json"
    else:
        if special:
            yield "nan"


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _DuplicateError(Exception):
    """Ends the parse at the first object that has a name twice."""


def _has_duplicate_keys(content: bytes) -> bool:
    def refuse(pairs: list[tuple[str, Any]]) -> dict[str, Any] | NoReturn:
        members = dict(pairs)
        if len(members) < len(pairs):
            raise _DuplicateError
        return members

    try:
        json.loads(content, object_pairs_hook=refuse, parse_int=str)
    except _DuplicateError:
        return True
    except (ValueError, RecursionError):
        return False
    return False
