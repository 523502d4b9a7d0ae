"""Segments: how one part of a path looks, without any other evidence.

`labels` cuts a path into segments and replaces what a machine made (numbers, UUIDs, hashes, dates, mixed
identifiers, addresses, lists) by `{}`. A word stays itself, even where it is the name of a thing: telling a
name from a fixed word takes more evidence than its looks (`inference/templates.py`). Labels are the
alphabet of routes, so this file is a pure function of the path, and a doubt is answered with the word
itself: keeping two routes apart loses nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from inference.lexicon import is_collection

if TYPE_CHECKING:
    from collections.abc import Sequence

PARAMETER = "{}"
"""The label of a segment whose value varies."""

MAX_SEGMENTS = 32
"""Longer paths are data (a file tree); what lies deeper becomes one parameter."""

TAIL = re.compile(
    r"(?P<stem>[^/]+)"
    r"(?P<tail>\.(?:json|xml|csv|html?|pdf|rss|atom|ics|geojson|php|aspx?)|(?<!:):[a-z]+(?:[A-Z][a-z]+)*)"
)
"""A segment with a fixed end: the name of a representation (`42.json`), a verb of its own (`42:cancel`)."""

_LONGEST_WORD = 80
_CALL = re.compile(r"(?P<name>[A-Za-z]\w*)\((?P<quote>'?)(?P<key>[^()']+)(?P=quote)\)", re.ASCII)
_NUMBERED = re.compile(r"[A-Za-z][\w.-]*[-_.]\{\}", re.ASCII)
"""A name of which the number was taken off (`inference/events.py`)."""
_WORD = re.compile(r"[\w.~$@:*!'()+=-]+", re.ASCII)
_PLACEHOLDER = re.compile(r"\{.*\}|<.*>|:[A-Za-z]\w*|\[.*\]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)*")
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,2}|\d{4}-\d\d(?:-\d\d)?(?:[.-]?(?:preview|beta|alpha))?")
_VERSION_HOMES = frozenset({"", "api", "rest", "services", "version", "ws", "rpc"})
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?:[T_ ]\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)
_UUID = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_HEX = re.compile(r"(?=[a-f]*\d)[0-9a-f]{6,}|[0-9a-f]{32,}", re.IGNORECASE)
_KEYED_NUMBER = re.compile(
    r"[A-Z][A-Z0-9_]*-\d+|[A-Z]+\d{3,}|[A-Za-z]{1,5}\d{5,}|[A-Za-z]+(?:[-_.][A-Za-z]+)*[-_#]\d{3,}", re.ASCII
)
_PREFIXED = re.compile(r"[a-z]{1,6}(?:_[a-z]{2,5})?_(?=[a-z]*[A-Z0-9])[A-Za-z0-9]{10,}")
_FAMILIAR = re.compile(r"(?:utf|iso|sha|aes|md|rsa|rfc|hs|rs|es)[-_]?\d+", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9]+")
_SYLLABLE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LAST_VERSION = 3
_SHORTEST_RANDOM = 8
_LONGEST_WITH_DIGITS = 20


def labels(path: str) -> tuple[str, ...]:
    """The labels of a path's segments. Empty segments are dropped, a final slash is the last label `""`.

    A label is a word as sent, `{}`, or a mixture: `{}.json`, `{}:cancel`, `Users({})`. Query, fragment and
    matrix parameters (`;jsessionid=…`) are no part of any. Total: any text has labels.
    """
    parts = _split(path)
    out = [
        part if is_version(part, parts[:index], more=index + 1 < len(parts)) else label_of(part)
        for index, part in enumerate(parts[:MAX_SEGMENTS])
    ]
    if len(parts) > MAX_SEGMENTS:
        out[-1] = PARAMETER
    if out and _without_query(path).endswith("/"):
        out.append("")
    return tuple(out)


def texts(path: str) -> tuple[str, ...]:
    """The decoded segments of a path, one for each label but that of a final slash."""
    return tuple(unquote(part) for part in _split(path)[:MAX_SEGMENTS])


def _split(path: str) -> list[str]:
    return [part for piece in _without_query(path).split("/") if (part := piece.partition(";")[0])]


def _without_query(path: str) -> str:
    return path.partition("?")[0].partition("#")[0]


def is_version(segment: str, before: Sequence[str], *, more: bool) -> bool:
    """Whether a number or date is a version of the API, not a value.

    `/1.1/statuses`, `/rest/api/3/issue`, `/rest/agile/1.0/board`, `/data/2.5/weather`, `/2010-04-01/Calls`.
    `more` says that something follows.
    """
    if _VERSION.fullmatch(segment) is None or len(before) > _LAST_VERSION:
        return False
    dotted = "." in segment
    home = before[-1].lower() if before else ""
    if home in _VERSION_HOMES:
        return more or (dotted and not before)
    under = len(before) == 1 and not is_collection(home)
    return more and dotted and (under or any(word.lower() in _VERSION_HOMES for word in before))


@lru_cache(maxsize=65536)
def label_of(segment: str) -> str:
    """The label of one segment by itself."""
    text = unquote(segment)
    call = _CALL.fullmatch(text)
    if call is not None:
        varies = call["quote"] or "=" in call["key"] or is_machine_made(call["key"])
        return f"{call['name']}({call['quote']}{PARAMETER}{call['quote']})" if varies else segment
    if _NUMBERED.fullmatch(text):
        return text
    tail = TAIL.fullmatch(text)
    if tail is not None and is_machine_made(tail["stem"]):
        return PARAMETER + tail["tail"]
    return PARAMETER if is_machine_made(text) else segment


def is_machine_made(text: str) -> bool:
    """Whether no person would choose this text as a fixed word of an interface."""
    return (
        len(text) > _LONGEST_WORD
        or _WORD.fullmatch(text) is None
        or "..." in text
        or ("@" in text[1:])
        or any(form.fullmatch(text) for form in (_NUMBER, _PLACEHOLDER, _DATE, _UUID, _HEX, _PREFIXED))
        or (_KEYED_NUMBER.fullmatch(text) is not None and _FAMILIAR.fullmatch(text) is None)
        or _looks_random(text)
    )


def _looks_random(text: str) -> bool:
    """Whether some run of letters and digits in it was drawn at random (`dQw4w9WgXcQ`)."""
    return any(_is_random_run(run) for run in _RUN.findall(text) if len(run) >= _SHORTEST_RANDOM)


def _is_random_run(run: str) -> bool:
    """Random text changes between digits, capitals and small letters all the time, camelCase does not."""
    digits = sum(character.isdigit() for character in run)
    syllables = len(_SYLLABLE.findall(run))
    if not digits:
        return len(run) >= _SHORTEST_RANDOM + 2 and syllables * 2.6 >= len(run)
    return digits >= _SHORTEST_RANDOM or len(run) >= _LONGEST_WITH_DIGITS or syllables * 2.7 >= len(run)
