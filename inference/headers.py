"""Header fields and parameters that say how to talk: credentials, versions, validators, limits, origins."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contract.subject import Subject
from contract.versions import (
    is_version,
    is_version_header,
    is_version_parameter,
    media_version,
)
from inference.asks import media_types

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.records import Headers

Fact = tuple[str, str, str]
"""A written subject, a kind of statement, and a word."""

_KEY_HEADERS = frozenset(
    "x-api-key api-key apikey x-apikey x-auth-token x-access-token private-token x-auth-key x-token".split()  # noqa: SIM905  # a list of words
)
_KEY_PARAMETERS = frozenset("api_key apikey api-key access_token auth_token key token appid app_id".split())  # noqa: SIM905  # as above
_SESSION = re.compile(r"(?:^|;)(?=[^=;]*+=)[^=;]*?(?:sess|sid|auth|token|jwt)", re.IGNORECASE)
_LIMIT_HEADER = re.compile(r"(?:x-)?rate-?limit(?:-[a-z]+)*-?(?:limit|remaining|reset)|(?:x-)?ratelimit")


def asked(headers: Headers, pairs: Iterable[tuple[str, str]]) -> list[Fact]:
    """What a request says: by whom it is sent, which version it wants, what it holds already."""
    found: list[Fact] = []
    for name, value in headers:
        fact = _asked(name, value) if name in _ASKING or name.endswith("version") else None
        if fact is not None:
            found.append(fact)
    for name, value in pairs:
        lower = name.lower()
        if lower in _KEY_PARAMETERS:
            found.append((Subject(("request", "query", name)).text, "auth", "api-key"))
        elif is_version_parameter(name) and is_version(value):
            found.append((Subject(("request", "query", name)).text, "versioning", value))
    if not any(kind == "auth" for _, kind, _ in found):
        found.append(("", "auth", "none"))
    return found


_ASKING = (
    frozenset({"authorization", "cookie", "if-none-match", "if-modified-since", "accept"}) | _KEY_HEADERS
)


@lru_cache(maxsize=8192)
def _asked(name: str, value: str) -> Fact | None:
    """The fact in one field of a request."""
    kind, word = _VALIDATORS.get(name) or _credential(name, value) or _version(name, value)
    return (Subject(("request", "header", name)).text, kind, word) if word else None


_VALIDATORS = {
    "if-none-match": ("validator", "etag"),
    "if-modified-since": ("validator", "last-modified"),
}


def _credential(name: str, value: str) -> tuple[str, str] | None:
    if name == "authorization":
        scheme, space, _ = value.partition(" ")
        return "auth", scheme.lower()[:24] if space else "other"
    if name in _KEY_HEADERS:
        return "auth", "api-key"
    return ("auth", "session") if name == "cookie" and _SESSION.search(value) else None


def _version(name: str, value: str) -> tuple[str, str]:
    if name == "accept":
        return "versioning", media_version(value)
    return "versioning", value if is_version_header(name) and is_version(value) else ""


def answered(status: str, headers: Headers, authority: str, sent: Headers) -> list[Fact]:
    """What an answer says: its validators, coding and limits, who may read it, where it leads."""
    found: list[Fact] = []
    for name, value in headers:
        if name == "etag":
            found.append((f"response.{status}.header.etag", "validator", "etag"))
        elif name == "last-modified":
            found.append((f"response.{status}.header.last-modified", "validator", "last-modified"))
        elif name == "content-encoding" and value.lower() != "identity":
            found.append((f"response.{status}.header.content-encoding", "compression", value.lower()[:24]))
        elif name == "location" and status[0] == "3":
            found.append((f"response.{status}.header.location", "redirect", _origin(value, authority)))
        elif name == "access-control-allow-origin":
            found.append((f"response.{status}.header.{name}", "cors", _allowed(value, sent)))
        elif "limit" in name and _LIMIT_HEADER.fullmatch(name):
            limit = value.strip() if name.endswith("limit") and value.strip().isdigit() else ""
            found.append((f"response.{status}.header.{name}", "rate-limit", limit))
    return found


def negotiated(sent: Headers, media_type: str) -> list[Fact]:
    """That the media type of an answer is one that the caller named (RFC 9110 section 12.5.1)."""
    for name, value in sent:
        if name == "accept" and media_type in media_types(value):
            return [("request.header.accept", "negotiation", media_type)]
    return []


def _origin(location: str, authority: str) -> str:
    try:
        host = urlsplit(location).netloc
    except ValueError:
        return "other-origin"
    return "same-origin" if not host or host == authority else "other-origin"


def _allowed(value: str, sent: Headers) -> str:
    if value == "*":
        return value
    return "echo" if ("origin", value) in sent else value[:128]
