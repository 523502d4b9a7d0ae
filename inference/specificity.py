"""How specific a value is: from how many possible ones it was picked, in bits.

Value flow is evidence of use only if a value could hardly have come back by chance. The estimates are
deliberately low: a wrong "used" costs more trust than a missed one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import log2
from urllib.parse import urlsplit

from inference.thresholds import COMMON_BITS
from store.tokens import MAC_BYTES, PREFIX

MAX_LENGTH = 512
"""Longer texts are documents; they do not come back as a parameter."""

_DIGITS = b"0123456789"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*", re.IGNORECASE)
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}.*|\d{2}:\d{2}(?::\d{2})?.*|p(?=[t\d])(?:\d+[ymwd])*(?:t(?:[\d.]+[hms])*)?",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEX = re.compile(r"[0-9a-f-]{8,}|[0-9A-F-]{8,}")
_WITH_DIGIT = re.compile(r"[^/?&=#,]*\d[^/?&=#,]*")

_LETTER_BITS = 1.5
"""Shannon's estimate for running English is about 1.1 to 1.5 bits a letter: a word is no random string."""
_DIGIT_BITS = log2(10)
_YEAR_BITS = 6
"""Four digits that begin with 19 or 20 are years for all that is known, and mostly of the last decades."""
_MOMENT_BITS = 20
"""A second within the last ten days; a consumer that sends the time of now will not hit one it received."""


@lru_cache(maxsize=16_384)
def bits_of(text: str) -> int:
    """The bits of a value; 0 for what says nothing: days, prose, links without an id, overlong texts.

    A redaction token is worth its hash, a link its most specific part.
    """
    length = len(text)
    if length < 3 or length > MAX_LENGTH or " " in text:
        return 0
    if "/" in text:
        return max(map(bits_of, _WITH_DIGIT.findall(text)), default=0)
    raw = text.encode("utf-8", "surrogatepass")
    digits = len(raw) - len(raw.translate(None, _DIGITS))
    if text.startswith(PREFIX):
        return 8 * MAC_BYTES
    if digits == 0:
        return min(int(length * _LETTER_BITS), COMMON_BITS - 1)
    return _bits_with_digits(text, length, digits)


def _bits_with_digits(text: str, length: int, digits: int) -> int:
    if digits == length:
        return _YEAR_BITS if length == 4 and text[:2] in {"19", "20"} else int(length * _DIGIT_BITS)
    if _MOMENT.fullmatch(text):
        return _MOMENT_BITS
    if _DATE.fullmatch(text):
        return 0
    if _HEX.fullmatch(text):
        return 4 * (length - text.count("-"))
    return int(digits * _DIGIT_BITS + (length - digits) * _LETTER_BITS)


def is_day(text: str) -> bool:
    """Whether a text is a day: not specific, and yet many of them can be told from chance."""
    return len(text) == 10 and text[4] == "-" and _DAY.fullmatch(text) is not None


def followed(link: str) -> str | None:
    """The request-target that following a link asks for, None if the text is no link."""
    if not link.startswith(("http://", "https://", "/")):
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or None
