"""Secrets in URLs: user information, path segments, matrix and query parameters, fragments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_plus

if TYPE_CHECKING:
    from proxy.redaction.pen import Pen

_MAX_UNQUOTES = 3
"""How often a name may have been percent-encoded over."""

_CODE_COMPANIONS = frozenset({"state", "session_state", "grant_type", "code_verifier"})
"""Beside one of these, a parameter `code` is an OAuth authorization code (RFC 6749 section 4.1)."""

_QUERY_SEPARATORS = re.compile(r"([&#?])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MIN_SECRET_SEGMENT_CHARS = 16

Redact = Callable[[str], str]
"""What to do with the decoded value of a parameter that has a harmless name."""


def decoded_name(name: str) -> str:
    """A parameter's name without percent-encoding, however often it was applied."""
    for _ in range(_MAX_UNQUOTES):
        plain = unquote_plus(name)
        if plain == name:
            break
        name = plain
    return name


def redact_query(query: str, pen: Pen, where: str, redact_value: Redact) -> str:
    """A query or form with the values of secret names, and what is secret in other values, replaced.

    Args:
        query: `name=value` pairs joined by `&`, percent-encoded or not.
        pen: writes the tokens.
        where: what a pair's place begins with (`request.query`).
        redact_value: applied to each other value, decoded; what it changes is encoded again.
    """
    if _is_clean(query, pen) and "code=" not in query:
        return query
    parts = _QUERY_SEPARATORS.split(query)
    pairs = [part.partition("=") for part in parts]
    names = {decoded_name(name).lower() for name, equals, _ in pairs if equals}
    code_is_secret = not names.isdisjoint(_CODE_COMPANIONS)
    out: list[str] = []
    for part, (name, equals, value) in zip(parts, pairs, strict=True):
        if not equals:
            out.append(_recode(part, redact_value))
            continue
        plain = decoded_name(name)
        if pen.rules.keeps(plain, f"{where}.{plain}"):
            out.append(part)
        elif plain in pen.rules.names or (code_is_secret and plain == "code"):
            out.append(
                f"{_recode(name, redact_value)}={pen.token(unquote_plus(value, errors='surrogateescape'))}"
            )
        else:
            out.append(f"{_recode(name, redact_value)}={_recode(value, redact_value)}")
    return "".join(out)


def redact_path(path: str, pen: Pen, where: str, redact_value: Redact) -> str:
    """A path with what is secret in its segments and matrix parameters replaced."""
    if _is_clean(path, pen):
        return path
    segments = path.split("/")
    before = ""
    for index, segment in enumerate(segments):
        plain, semicolon, parameters = segment.partition(";")
        if before and _is_secret_segment(plain) and before in pen.rules.names:
            plain = pen.token(unquote(plain, errors="surrogateescape"))
        else:
            plain = _recode(plain, redact_value, plus=False)
        if semicolon:
            parameters = ";".join(
                redact_query(parameter, pen, where, redact_value) for parameter in parameters.split(";")
            )
        before = decoded_name(segment)
        segments[index] = plain + semicolon + parameters
    return "/".join(segments)


def redact_url(url: str, pen: Pen, where: str, redact_value: Redact) -> str:
    """An absolute or relative URL with its user information, path, query and fragment redacted."""
    head, mark, tail = _partition_first(url, "?#")
    scheme, slashes, rest = head.partition("//")
    if slashes and (not scheme or scheme.endswith(":")):
        authority, slash, path = rest.partition("/")
        userinfo, at, host = authority.rpartition("@")
        if at:
            user, colon, password = userinfo.partition(":")
            userinfo = f"{user}:{pen.token(unquote(password, errors='surrogateescape'))}" if colon else user
        head = f"{scheme}//{userinfo}{at}{host}{slash}{redact_path(path, pen, where, redact_value)}"
    else:
        head = redact_path(head, pen, where, redact_value)
    return head + mark + redact_query(tail, pen, where, redact_value)


def _is_secret_segment(segment: str) -> bool:
    """Long and mixed as keys are; a UUID is an id, which the body of the answer names too."""
    return (
        len(segment) >= _MIN_SECRET_SEGMENT_CHARS
        and any(one.isdigit() for one in segment)
        and any(one.isalpha() for one in segment)
        and not _UUID.fullmatch(segment)
    )


def _is_clean(text: str, pen: Pen) -> bool:
    return "%" not in text and not pen.rules.suspect(text.encode("utf-8", "surrogatepass"))


def _recode(text: str, redact_value: Redact, *, plus: bool = True) -> str:
    """Decode, redact, and encode only what has changed."""
    if not text:
        return text
    plain = (unquote_plus if plus else unquote)(text, errors="surrogateescape")
    redacted = redact_value(plain)
    return text if redacted == plain else quote(redacted, safe="/:@!$'()*,;{}[]\"", errors="surrogateescape")


def _partition_first(text: str, marks: str) -> tuple[str, str, str]:
    at = min((index for mark in marks if (index := text.find(mark)) >= 0), default=len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]
