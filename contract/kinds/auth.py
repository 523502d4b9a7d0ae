"""`auth`: how callers say who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Auth(Named):
    """Schemes of RFC 9110 section 11 (`bearer`, `basic`), `api-key`, or `session` for a cookie."""

    name: ClassVar[str] = "auth"
    words: ClassVar[str] = "callers say who they are by {}: {}"
