"""`versioning`: where callers name the version of the interface, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Versioning(Named):
    """The versions in use; the place is in the subject: path, header, media type or query."""

    name: ClassVar[str] = "versioning"
    words: ClassVar[str] = "{} names the version: {}"
