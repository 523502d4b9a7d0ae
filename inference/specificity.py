"""How specific a value is: from how many possible values it was picked, roughly, in bits.

Value flow is evidence of use only if a value could hardly have come back by chance. The estimates are deliberately low:
a wrong "used" costs more trust than a missed one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import log2
from urllib.parse import urlsplit

from store.tokens import MAC_BYTES, PREFIX

MAX_LENGTH = 512
"""Longer texts are documents; they do not come back as a parameter."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{2}:\d{2}(?::\d{2})?.*|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} .*|PT?[\dA-Z]+")
_HEX = re.compile(r"(?=.*\d)[0-9a-f-]{8,}|(?=.*\d)[0-9A-F-]{8,}")
_NOT_DIGITS = re.compile(r"[^0-9]+")

_LETTER_BITS = 1.5
"""Shannon's estimate for running English is about 1.1 to 1.5 bits a letter: a word is no random string."""
_DIGIT_BITS = log2(10)


@lru_cache(maxsize=65536)
def bits_of(text: str) -> int:
    """The bits of a value; 0 for what says nothing: dates, prose, links without an id in them, overlong texts."""
    length = len(text)
    if length < 3 or length > MAX_LENGTH:
        return 0
    if text.isdigit():
        return int(length * _DIGIT_BITS)
    if text.startswith(PREFIX):
        return 8 * MAC_BYTES
    if " " in text or _DATE.fullmatch(text):
        return 0
    if "/" in text:
        return _bits_of_link(text)
    if _HEX.fullmatch(text):
        return 4 * (length - text.count("-"))
    digits = length - len("".join(_NOT_DIGITS.findall(text)))
    return int(digits * _DIGIT_BITS + (length - digits) * _LETTER_BITS)


def _bits_of_link(text: str) -> int:
    """A link is as specific as the most specific thing in it; words in paths are the same for everybody."""
    _, _, rest = text.rpartition("//")
    parts = re.split(r"[/?&=#,]", rest)
    return max((bits_of(part) for part in parts if any(map(str.isdigit, part))), default=0)


def followed(link: str) -> str | None:
    """The request-target that following a link asks for, None if the text is no link."""
    if not link.startswith(("http://", "https://", "/")):
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or None
