"""`redirect`: where an answer sends its caller (RFC 9110 section 15.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Redirect(Named):
    """`same-origin` or `other-origin`."""

    name: ClassVar[str] = "redirect"
    words: ClassVar[str] = "{} leads to the {}"
