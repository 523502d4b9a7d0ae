"""`validator`: what tells one version of an answer from the next (RFC 9110 section 8.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Validator(Named):
    """`etag` or `last-modified`: given with an answer, or sent to ask whether it is still the same."""

    name: ClassVar[str] = "validator"
    words: ClassVar[str] = "{} tells versions apart ({})"
