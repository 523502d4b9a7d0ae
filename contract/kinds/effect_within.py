"""`effect-within`: what a call makes is to be seen elsewhere soon after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.clause import Family
from contract.kinds.shown import Shown


@dataclass(frozen=True, slots=True)
class EffectWithin(Shown):
    """The entity that a call has made can be read, or stands in a list."""

    name: ClassVar[str] = "effect-within"
    family: ClassVar[Family] = Family.TIMING
    verb: ClassVar[str] = "made"
