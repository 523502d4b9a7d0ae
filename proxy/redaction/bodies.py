"""Secrets in bodies: bytes in, the same bytes out wherever nothing had to go.

What a body says it is decides how it is read first; what it looks like decides the rest, because bodies lie
about their type. Bytes that are no text and hold a secret name cannot be cut with confidence: they are
withheld.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from proxy.redaction.multipart import boundary_of, looks_like_multipart, redact_multipart
from proxy.redaction.text import redact_text
from proxy.redaction.urls import redact_query

if TYPE_CHECKING:
    from proxy.redaction.pen import Pen
    from proxy.redaction.rules import Suspicion

_PICTURES = ("image/", "audio/", "video/", "font/")
_FORM = "application/x-www-form-urlencoded"
_ASCII = frozenset({"", "utf-8", "utf8", "us-ascii", "iso-8859-1"})
"""The charsets that nearly all bodies name, so that no other needs to be looked up for them."""
_NOT_ASCII = frozenset(
    {"utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "hz"}
)
"""Charsets in which a literal does not look as in ASCII; EBCDIC is `cp037`, `cp500` and their like."""
_CONTROL = bytes(range(9)) + bytes(range(14, 32))
_MIN_WITHHELD_LITERAL = 5
_MAX_PARTS_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A `Content-Type`: `type/subtype` in lower case, and its parameters."""

    essence: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: str) -> MediaType:
        """Read a field value; what is malformed is left out (RFC 9110 section 8.3)."""
        essence, semicolon, rest = value.partition(";")
        parameters = {}
        if semicolon:
            for parameter in rest.split(";"):
                name, _, text = parameter.partition("=")
                parameters[name.strip().lower()] = text.strip().strip('"')
        return cls(essence=essence.strip().lower(), parameters=parameters)


class RedactedBody(NamedTuple):
    """The bytes that may be kept; `withheld` where none may."""

    content: bytes
    withheld: bool = False


def redact_body(
    data: bytes, media_type: MediaType, pen: Pen, where: str, *, cut: bool, depth: int = 0
) -> RedactedBody:
    """A body with everything secret in it replaced; `cut` says that its end is missing."""
    charset = media_type.parameters.get("charset", "").lower()
    if (b"\0" in data[:256] or charset not in _ASCII) and (codec := _wide_codec(data, charset)):
        return _redact_wide(data, codec, pen, where, cut=cut)
    if depth < _MAX_PARTS_DEPTH and (
        media_type.essence.startswith("multipart/") or looks_like_multipart(data)
    ):
        return _redact_parts(data, media_type, pen, where, cut=cut, depth=depth)
    suspicion = pen.rules.suspect(data)
    is_form = media_type.essence == _FORM
    if not suspicion and not cut and b"%" not in data and not (is_form and b"code=" in data):
        return RedactedBody(data)
    if is_form:
        return RedactedBody(_redact_form(data, pen, where, cut=cut))
    if len(data.translate(None, _CONTROL)) < len(data):
        return _redact_binary(data, media_type, pen, suspicion, cut=cut)
    text = data.decode("utf-8", "surrogateescape")
    return RedactedBody(_encoded(data, text, redact_text(text, pen, where, cut=cut)))


def _redact_binary(
    data: bytes, media_type: MediaType, pen: Pen, suspicion: Suspicion, *, cut: bool
) -> RedactedBody:
    """Bytes that are no text: patterns are replaced; a secret name would need a parser and withholds all."""
    picture = media_type.essence.startswith(_PICTURES)
    if suspicion.names and not picture and pen.rules.has_name(data, _MIN_WITHHELD_LITERAL):
        pen.count += 1
        return RedactedBody(b"", withheld=True)
    text = data.decode("utf-8", "surrogateescape")
    patterns = pen.rules.patterns if cut else suspicion.patterns
    return RedactedBody(_encoded(data, text, pen.patterns(text, patterns, cut=cut, binary=True)))


def _encoded(data: bytes, text: str, redacted: str) -> bytes:
    """The redacted text as bytes, the very same ones where nothing was redacted."""
    return data if redacted == text else redacted.encode("utf-8", "surrogateescape")


def _redact_form(data: bytes, pen: Pen, where: str, *, cut: bool) -> bytes:
    text = data.decode("utf-8", "surrogateescape")

    def nested(value: str) -> str:
        return redact_text(value, pen, where, cut=cut, depth=1)

    if "=" in text and text.lstrip()[:1] not in {"{", "[", "<"}:
        redacted = redact_query(text, pen, where, nested)
    else:
        redacted = redact_text(text, pen, where, cut=cut)
    return _encoded(data, text, redacted)


def _redact_parts(
    data: bytes, media_type: MediaType, pen: Pen, where: str, *, cut: bool, depth: int
) -> RedactedBody:
    withheld = False

    def redact_part(name: str, essence: str, content: bytes, last: bool) -> bytes:  # noqa: FBT001  (a callback)
        nonlocal withheld
        if name and pen.rules.keeps(name, f"{where}.{name}"):
            return content
        if name in pen.rules.names and content:
            return pen.token(content.decode("utf-8", "surrogateescape")).encode()
        part = redact_body(content, MediaType(essence=essence), pen, where, cut=cut and last, depth=depth + 1)
        withheld = withheld or part.withheld
        return part.content

    boundary = boundary_of(data, media_type.parameters.get("boundary", ""))
    if boundary:
        return RedactedBody(redact_multipart(data, boundary, redact_part), withheld)
    return redact_body(data, MediaType(), pen, where, cut=cut, depth=_MAX_PARTS_DEPTH)


def _redact_wide(data: bytes, codec: str, pen: Pen, where: str, *, cut: bool) -> RedactedBody:
    """A body in an encoding that hides ASCII; bytes that are wrong in it do not survive a redaction."""
    errors = "surrogatepass" if codec.startswith(("utf-16", "utf-32")) else "replace"
    try:
        text = data.decode(codec, errors)
    except UnicodeError:
        text = data.decode(codec, "ignore")
    redacted = redact_text(text, pen, where, cut=cut)
    return RedactedBody(data if redacted == text else redacted.encode(codec, errors))


def _wide_codec(data: bytes, charset: str) -> str | None:
    try:
        named = codecs.lookup(charset).name if charset else ""
    except (LookupError, ValueError):
        named = ""
    if named in _NOT_ASCII or named.startswith("cp"):
        return named
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return _guess_wide(data[:256])


def _guess_wide(head: bytes) -> str | None:
    """Which of the four plain encodings puts its zero bytes where these are: ASCII text leaves no doubt."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if not half:
        return None
    if odd > half * 0.8:
        return "utf-32-le" if even > half * 0.4 else "utf-16-le"
    if even > half * 0.8:
        return "utf-32-be" if odd > half * 0.4 else "utf-16-be"
    return None
