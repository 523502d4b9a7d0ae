"""Secrets in XML and HTML: the text of elements, attributes, and `name`-`value` pairs of attributes.

A scanner over tags and not a parser, for the same reason as with JSON, and because a parser of XML is
itself a target: no entity is expanded here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from store.tokens import TOKEN

if TYPE_CHECKING:
    from proxy.redaction.pen import Pen

_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z_][\w:.\-]{0,127}+)(?P<attributes>(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^"'<>])*+)(?:>|\Z|(?=<))"""
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[A-Za-z_][\w:.\-]{0,127}+)\s*+=\s*+(?P<quote>["']?)(?P<value>(?<=")[^"]*+|(?<=')[^']*+|[^\s"'<>]++)"""
)
_TEXT = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>?|(?P<text>[^<]+)", re.DOTALL
)

_LABELS = frozenset({"name", "key", "id", "field", "property", "type", "itemprop", "http-equiv"})
_LABELLED = frozenset({"value", "content", "data-value"})


def redact_markup(text: str, pen: Pen, where: str) -> str:
    """The text with what stands in elements and attributes of secret names replaced; the tags stay."""
    pieces: list[str] = []
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() < end:
            continue
        pieces += (text[end : tag.start()], _redact_tag(tag, pen, where))
        end = tag.end()
        if tag["close"] or tag["attributes"].endswith("/") or not _is_secret_element(tag, pen, where):
            continue
        stop = text.find(f"</{tag['name']}", end)
        stop = len(text) if stop < 0 else stop
        pieces.append(_TEXT.sub(lambda match: _redact_text(match, pen), text[end:stop]))
        end = stop
    return "".join(pieces) + text[end:]


def _is_secret_element(tag: re.Match[str], pen: Pen, where: str) -> bool:
    name = _local(tag["name"])
    if pen.rules.keeps(name, f"{where}.{name}"):
        return False
    return name in pen.rules.names or _is_labelled_secret(tag["attributes"], pen)


def _is_labelled_secret(attributes: str, pen: Pen) -> bool:
    return any(
        match["name"].lower() in _LABELS and match["value"] in pen.rules.names
        for match in _ATTRIBUTE.finditer(attributes)
    )


def _redact_tag(tag: re.Match[str], pen: Pen, where: str) -> str:
    attributes = tag["attributes"]
    if "=" not in attributes:
        return tag[0]
    labelled = _is_labelled_secret(attributes, pen)

    def redact(match: re.Match[str]) -> str:
        name = _local(match["name"])
        secret = name in pen.rules.names or (labelled and name.lower() in _LABELLED)
        if not secret or pen.rules.keeps(name, f"{where}.{name}"):
            return match[0]
        return match[0][: match.start("value") - match.start()] + pen.token(match["value"])

    start = tag.start("attributes") - tag.start()
    return tag[0][:start] + _ATTRIBUTE.sub(redact, attributes) + tag[0][start + len(attributes) :]


def _redact_text(match: re.Match[str], pen: Pen) -> str:
    if match["cdata"]:
        return match[0].replace(match["cdata"], pen.token(match["cdata"]))
    text = match["text"]
    if not text or not text.strip() or TOKEN.fullmatch(text.strip()):
        return match[0]
    core = text.strip()
    return text.replace(core, pen.token(core))


def _local(name: str) -> str:
    """A name without its namespace prefix."""
    return name.rpartition(":")[2]
