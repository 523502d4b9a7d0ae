"""`compression`: content codings of answers (RFC 9110 section 8.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Compression(Named):
    """The codings that come where the caller accepts them."""

    name: ClassVar[str] = "compression"
    words: ClassVar[str] = "{} is {}"
