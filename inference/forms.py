"""Forms that one value takes: what is received as a link is sent as the id in it, what is in base64 decoded.

Each text has at most one core: the last part of a link, path, URN or GID, what base64 encodes, the day of a
date-time. Two texts are forms of one value if the core of one is the other, or if they have the same core.
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64decode
from binascii import Error
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from inference.specificity import MAX_LENGTH

PART = "part"
"""The last part of a link, a path, a URN (RFC 8141) or a global id (`gid://shop/Order/17`)."""
BASE64 = "base64"
"""The text that base64 encodes (RFC 4648), or its last part."""
DAY = "day"
"""The day of a date-time (RFC 3339)."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,15} +(\S+)")
_LINKED = re.compile(r"<([^<>\s]+)>")
_PLAIN = re.compile(r"[\x20-\x7e]{3,}")


def core(text: str) -> tuple[str, str] | None:
    """What a text has inside, and the form that it has around it; None if it is no form of anything else.

    >>> core("https://shop.example/orders/A-10442?x=1")
    ('A-10442', 'part')
    >>> core("T3JkZXI6QS0xMDQ0Mg==")
    ('A-10442', 'base64')
    >>> core("2024-05-06T07:08:09Z")
    ('2024-05-06', 'day')
    """
    if len(text) > MAX_LENGTH:
        return None
    if len(text) > 18 and text[10] == "T" and text[4] == text[7] == "-" and text[:4].isdigit():
        return text[:10], DAY
    if "/" in text or ":" in text:
        part = _last_part(text)
        if part is not None:
            return part, PART
    decoded = _decoded(text)
    if decoded is not None:
        return _last_part(decoded) or decoded, BASE64
    return None


def credentials(text: str) -> str:
    """What follows the scheme of an Authorization header (RFC 9110 section 11.4): `Bearer X` is `X`."""
    match = _SCHEME.fullmatch(text)
    return match[1] if match else text


def entity_tags(text: str) -> list[str]:
    """The tags of an ETag or If-None-Match header, weak ones as if strong (RFC 9110 section 8.8.3.2)."""
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]


@lru_cache(maxsize=1024)
def moment(text: str) -> str:
    """A date of HTTP (RFC 9110 section 5.6.7) as RFC 3339 has it; what is none as it is."""
    try:
        return parsedate_to_datetime(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text


def links(text: str) -> list[str]:
    """The targets of a Link header (RFC 8288)."""
    return _LINKED.findall(text)


def _last_part(text: str) -> str | None:
    """The last segment of a path, of a link, or what follows the last colon of a name; None if it is all."""
    if "://" in text:
        try:
            text = urlsplit(text).path
        except ValueError:
            return None
    part = text.partition("?")[0].rstrip("/").rpartition("/")[2].rpartition(":")[2]
    part = unquote(part)
    return part if len(part) > 2 and part != text and " " not in part else None


def _decoded(text: str) -> str | None:
    """What base64 of either alphabet encodes, if that is a text with a digit; None if not."""
    if len(text) % 4 or text.islower() or text.isupper() or not _BASE64.fullmatch(text):
        return None
    decode = urlsafe_b64decode if "-" in text or "_" in text else b64decode
    try:
        plain = decode(text).decode("ascii")
    except (Error, ValueError):
        return None
    return plain if _PLAIN.fullmatch(plain) and any(map(str.isdigit, plain)) else None
