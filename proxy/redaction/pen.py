"""The pen: writes the token of a value, and counts what it has written."""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import TYPE_CHECKING

from store.tokens import MAC_BYTES, JsonType, is_token, make_token

if TYPE_CHECKING:
    from proxy.redaction.patterns import Pattern
    from proxy.redaction.rules import Rules


class Pen:
    """One for each record. The same rules and key write the same token for the same value everywhere."""

    def __init__(self, rules: Rules, key: bytes) -> None:
        self.rules = rules
        self.count = 0
        self._key = key

    def token(self, value: str, json_type: JsonType = JsonType.STRING) -> str:
        """The token of a secret value; nothing and tokens stay what they are."""
        if not value or is_token(value):
            return value
        self.count += 1
        return token_of(self._key, self.rules, value, json_type)

    def patterns(
        self, text: str, patterns: tuple[Pattern, ...], *, cut: bool = False, binary: bool = False
    ) -> str:
        """The text with whatever fits a pattern replaced; with `cut`, beginnings at its end too."""
        for pattern in patterns:
            pieces: list[str] = []
            end = 0
            for start, stop in pattern.find(text, cut=cut, binary=binary):
                if start >= end:
                    pieces += (text[end:start], self.token(text[start:stop]))
                    end = stop
            if pieces:
                text = "".join(pieces) + text[end:]
        return text


def token_of(key: bytes, rules: Rules, value: str, json_type: JsonType = JsonType.STRING) -> str:
    """The token of a value: its kind and hash depend on the value alone, so that equal values stay equal."""
    digest = hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")
    return make_token(rules.kind_of(value), json_type, b32encode(digest[:MAC_BYTES]).decode().lower())


def seal(key: bytes, parts: tuple[str | int | bytes, ...]) -> bytes:
    """A keyed hash of all parts, each behind its length: no two sequences give the same bytes."""
    mac = hmac.new(key, digestmod="sha256")
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        mac.update(len(raw).to_bytes(8, "big") + raw)
    return mac.digest()
