"""What is wrong with a body's bytes, by name. The vocabulary is in `docs/recorded.md`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON = re.compile(r"(?:application|text|[a-z]+)/(?:[\w.+-]+\+)?json")
_TEXT = re.compile(r"text/.*|application/(?:.*\+)?(?:json|xml|javascript|x-www-form-urlencoded)")
_TOO_DEEP = ("recursion", "depth")
"""What orjson calls it, by version; no reader of JSON that we know goes deeper than its 1,024."""


def body_flaws(content: bytes, media_type: str) -> Iterator[str]:
    """The flaws of a whole body of this media type, without the `request-body-` before each."""
    if not content:
        return
    if _JSON.fullmatch(media_type):
        yield from _json_flaws(content)
    elif _TEXT.fullmatch(media_type) and not _is_utf8(content):
        yield "invalid-utf8"


def _json_flaws(content: bytes) -> Iterator[str]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        yield _why_not_json(content, str(error))
        return
    try:
        duplicate = _may_have_duplicate_keys(content, value) and _has_duplicate_keys(content)
    except (orjson.JSONEncodeError, RecursionError):  # what is read may be deeper than what can be written
        yield "too-deep"
        return
    if duplicate:
        yield "duplicate-keys"


def _why_not_json(content: bytes, error: str) -> str:
    """What the strict parser did not like; a lenient one tells NaN from the rest."""
    if any(word in error.lower() for word in _TOO_DEEP):
        return "too-deep"
    constants: list[str] = []
    try:
        json.loads(content.decode("utf-8-sig"), parse_int=str, parse_constant=constants.append)
    except UnicodeDecodeError:
        return "invalid-utf8"
    except (ValueError, RecursionError):
        return "not-json"
    return "nan" if constants else "huge-number"


def _may_have_duplicate_keys(content: bytes, value: object) -> bool:
    """Whether fewer names came out of the parser than went in: then fewer colons do.

    Those within strings come out as they went in, unless they were escaped; then a slower look settles it.
    """
    return content.count(b":") != orjson.dumps(value).count(b":") or b"\\u" in content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _DuplicateError(Exception):
    """Ends the parse at the first object that has a name twice."""


def _has_duplicate_keys(content: bytes) -> bool:
    def refuse(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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
