"""`repeats-effect`: a message that comes again has its effect again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.effect_of import EffectOf


@dataclass(frozen=True, slots=True)
class RepeatsEffect(EffectOf):
    """Who does so relies on being given each message once."""

    name: ClassVar[str] = "repeats-effect"
    words: ClassVar[str] = "consumers call {1} once more for a {0} that comes again"
