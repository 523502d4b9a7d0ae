"""`negotiation`: what callers say they accept decides what comes (RFC 9110 section 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Negotiation(Named):
    """The media types (of `Accept`) or languages (of `Accept-Language`) that come to who asks for them."""

    name: ClassVar[str] = "negotiation"
    words: ClassVar[str] = "{} decides what comes: {}"
