"""`deduplicates`: a message that comes again has no second effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.effect_of import EffectOf


@dataclass(frozen=True, slots=True)
class Deduplicates(EffectOf):
    """Who does so knows messages again, by an id or by what they are about."""

    name: ClassVar[str] = "deduplicates"
    words: ClassVar[str] = "consumers call {1} only once for a {0} that comes again"
