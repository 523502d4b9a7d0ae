"""`cors`: which origins may read an answer in a browser (WHATWG Fetch)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Cors(Named):
    """`*`, `echo` for the origin that asks, or the origins by name."""

    name: ClassVar[str] = "cors"
    words: ClassVar[str] = "browsers may read it from other origins: {} is {}"
