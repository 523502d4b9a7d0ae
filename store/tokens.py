"""The form of the tokens that stand where a secret stood.

`redacted.<kind>.<type>.<mac>`: only unreserved URL characters (RFC 3986 section 2.3), so that a token can
stand in a path, a query, a header, a cookie and a JSON string alike. `<kind>` is what the value looked like
(`jwt`, `card`, `secret` where nothing but its name gave it away), `<type>` its JSON type, `<mac>` the first
80 bits of a keyed hash of the value alone: equal values have equal tokens wherever they stand, and without
the key a token says nothing more. This module knows the form and not the key.
"""

from __future__ import annotations

import re
from enum import StrEnum


class JsonType(StrEnum):
    """The JSON type of a value that a token replaced; text outside JSON is a string."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"


PREFIX = "redacted."
"""What every token begins with."""

MAC_BYTES = 10
"""Length of the keyed hash: 16 characters of base32."""

TOKEN = re.compile(r"redacted\.([a-z][a-z0-9-]{0,31})\.(string|integer|number)\.([a-z2-7]{16})", re.ASCII)
"""A token, wherever it stands in a longer text; the groups are kind, type and mac."""


def make_token(kind: str, json_type: JsonType, mac: str) -> str:
    """The token of these three parts; `mac` is lower-case base32 of `MAC_BYTES` bytes."""
    return f"{PREFIX}{kind}.{json_type}.{mac}"


def is_token(text: str) -> bool:
    """Whether the whole text is one token."""
    return text.startswith(PREFIX) and TOKEN.fullmatch(text) is not None


def token_type(text: str) -> JsonType | None:
    """The JSON type of the value that a token replaced, None where the text is no token."""
    match = TOKEN.fullmatch(text) if text.startswith(PREFIX) else None
    return JsonType(match[2]) if match else None


def token_kind(text: str) -> str | None:
    """What the replaced value looked like, None where the text is no token."""
    match = TOKEN.fullmatch(text) if text.startswith(PREFIX) else None
    return match[1] if match else None
