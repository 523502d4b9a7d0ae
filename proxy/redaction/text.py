"""Secrets in text of any kind: whatever a string, a header or a body without a better reading may hold.

Text is read in every way that it can be read, one after the other: as JSON where it begins like it, as
markup where it has tags, URLs wherever they stand, then `name = value` and `name: value` in any notation,
then by pattern. What one reading has replaced is a token, which the next ones leave alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from proxy.redaction.json_text import redact_json
from proxy.redaction.markup import redact_markup
from proxy.redaction.urls import decoded_name, redact_query, redact_url
from store.tokens import TOKEN

if TYPE_CHECKING:
    from proxy.redaction.patterns import Pattern
    from proxy.redaction.pen import Pen

MAX_NESTING = 6
"""How often text may be quoted in text before all of it is taken for a secret."""

_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+", re.IGNORECASE | re.ASCII)
_QUERY = re.compile(r"[^\s=&?#\"'{}<>:]{1,256}=[^\s&]*(?:&[^\s=&]*(?:=[^\s&]*)?)*\s*")
_RELATIVE_URL = re.compile(r"(?:[^\s?#\"'<>{}]*)[?#][^\s\"'<>{}]+")
_ASSIGNMENT = re.compile(
    r"""
    (?P<name>[A-Za-z_][\w.\-%\[\]+]{0,127}+(?:[ ](?=key|code|number))?+(?:key|code|number)?+)
    (?:\\*["'\]]){0,3}+ [ \t]*+ (?:=>|:=|[:=]) \s*+
    (?P<value>
        \\*" (?:[^"\\]|\\.)*+ (?:"|\Z)
      | ' (?:[^'\\]|\\.)*+ (?:'|\Z)
      | (?:bearer|basic|token|digest|apikey) [ \t]++ [^\s"'<>]++
      | [^\s"'<>]++
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_LINE = re.compile(  # to the end of the line, since a passphrase has blanks
    r"^[ \t]*+(?:[-#*>]\s|export\s|set\s)?[ \t]*+(?P<name>[\w.\-]{1,64}+)[ \t]*+[:=][ \t]*+"
    r"(?P<value>[^\s\"'{\[<|>&][^\r\n]*)",
    re.MULTILINE,
)


def redact_text(text: str, pen: Pen, where: str, *, cut: bool = False, depth: int = 0) -> str:
    """The text with everything secret in it replaced.

    Args:
        text: decoded text, bytes that were no text as surrogate escapes.
        pen: writes the tokens.
        where: the place that the text stands at, for exceptions.
        cut: the end of the text was cut off, so that half a secret may stand there.
        depth: how many texts this one is quoted in.
    """
    rules = pen.rules
    suspicion = rules.suspect(text.encode("utf-8", "surrogatepass"))
    names, patterns = suspicion.names, suspicion.patterns
    plain = _plain(text)
    if plain != text:
        suspicion = rules.suspect(plain.encode("utf-8", "surrogatepass"))
        names = names or suspicion.names
        patterns = tuple({**dict.fromkeys(patterns), **dict.fromkeys(suspicion.patterns)})
    if cut:
        patterns = rules.patterns
    if not names and not any(_first(pattern, text, plain, cut=cut) for pattern in patterns):
        return text
    if depth > MAX_NESTING:
        return pen.token(text)
    if names or plain != text or "\\" in text:
        text, complete = _by_names(text, pen, where, cut=cut, depth=depth, has_patterns=bool(patterns))
        if complete:
            return text
    return pen.patterns(text, patterns, cut=cut)


def _plain(text: str) -> str:
    """The text without what may hide a literal: percent-encoding, and slashes escaped as PHP does in JSON."""
    if "\\/" in text:
        text = text.replace("\\/", "/")
    return decoded_name(text) if "%" in text or "+" in text else text


def _first(pattern: Pattern, text: str, plain: str, *, cut: bool) -> bool:
    """Whether the pattern finds anything, in the text as it is or as it was meant."""
    if next(pattern.find(text, cut=cut), None):
        return True
    return plain is not text and next(pattern.find(plain, cut=cut), None) is not None


def _by_names(
    text: str, pen: Pen, where: str, *, cut: bool, depth: int, has_patterns: bool
) -> tuple[str, bool]:
    """The text without what stands under secret names; true where that left nothing more to look for."""

    def nested(value: str, value_is_cut: bool = False) -> str:  # noqa: FBT001, FBT002  (the scanner's callback)
        return redact_text(value, pen, where, cut=cut and value_is_cut, depth=depth + 1)

    opening = text.lstrip("\ufeff \t\r\n")[:1]
    if opening in {"{", "[", '"'}:
        text = redact_json(text, pen, where, nested, has_patterns=has_patterns)
        if not cut and _is_json(text):
            return text, True
    elif _QUERY.fullmatch(text):
        return redact_query(text, pen, where, nested), False
    elif _RELATIVE_URL.fullmatch(text):
        return redact_url(text, pen, where, nested), False
    if "<" in text:
        text = redact_markup(text, pen, where)
    text = _URL.sub(lambda match: redact_url(match[0], pen, where, nested), text)
    text = _LINE.sub(lambda match: _assign(match, pen, where), text)
    return _ASSIGNMENT.sub(lambda match: _assign(match, pen, where), text), False


def _assign(match: re.Match[str], pen: Pen, where: str) -> str:
    name = decoded_name(match["name"])
    value = match["value"]
    if name not in pen.rules.names or TOKEN.match(value) or pen.rules.keeps(name, f"{where}.{name}"):
        return match[0]
    head = match[0][: match.start("value") - match.start()]
    tail = match[0][match.end("value") - match.start() :]
    inner = value.lstrip("\\")
    quote = inner[0] if inner.startswith(('"', "'")) else ""
    if not quote:
        return head + pen.token(value) + tail
    opening = value[: len(value) - len(inner)] + quote
    content = inner[1:]
    closing = quote if content.endswith(quote) else ""
    content = content[: len(content) - len(closing)]
    if opening.startswith("\\") and closing:
        slashes = len(content) - len(content.rstrip("\\"))
        closing = content[len(content) - slashes :] + closing
        content = content[: len(content) - slashes]
    return head + opening + pen.token(content) + closing + tail


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
