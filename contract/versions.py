"""Versions of an interface: where callers name them, and how they look."""

from __future__ import annotations

import re

from contract.operation import parse

_HEADER = re.compile(
    r"(?:x-)?(?:(?!client|app|sdk|user|agent|browser|os)[a-z0-9]+-)?(?:api-|accept-)?version|accept-version"
)
_PARAMETERS = frozenset({"api-version", "api_version", "apiversion", "version", "v"})
_WORD = re.compile(r"v?\d+(?:\.\d+){0,2}|\d{4}-\d{2}(?:-\d{2})?(?:-preview)?", re.IGNORECASE)
_SEGMENT = re.compile(r"v\d+(?:\.\d+){0,2}(?:alpha\d*|beta\d*)?|\d{4}-\d{2}-\d{2}")
_MEDIA = re.compile(
    r"\.(v\d{1,9}(?:\.\d{1,9}){0,4})(?:\.[\w.-]{1,100})?\+|;\s*+(?:version|v)=\"?([\w.-]+)"
)  # bounded: a field may begin so at each of its characters


def path_version(operation: str) -> str:
    """The version that an operation's path names near its beginning; `""` if none."""
    segments = parse(operation).segments
    return next((part for part in segments[:3] if _SEGMENT.fullmatch(part)), "")


def is_version_header(name: str) -> bool:
    """Whether a header field (lower case) is named for the version that a caller wants."""
    return name.endswith("version") and _HEADER.fullmatch(name) is not None


def is_version_parameter(name: str) -> bool:
    """Whether a query parameter is."""
    return name.lower() in _PARAMETERS


def is_version(value: str) -> bool:
    """Whether a text looks like the version of an interface: `v2`, `1.1`, `2026-03-01`."""
    return _WORD.fullmatch(value) is not None


def media_version(accept: str) -> str:
    """The version in an Accept field (`application/vnd.shop.v3+json`, `application/json; v=3`), or `""`."""
    match = _MEDIA.search(accept)
    return (match[1] or match[2]) if match else ""
