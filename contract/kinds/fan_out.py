"""`fan-out`: whether a message goes to all consumers of a channel, or to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from contract.clause import Family, Relation
from contract.kinds.told import Told


@dataclass(frozen=True, slots=True)
class FanOut(Told):
    """`how` is `all` or `one`; of `n` messages that several consumers could have been given."""

    name: ClassVar[str] = "fan-out"
    family: ClassVar[Family] = Family.PROTOCOL
    words: ClassVar[dict[str, str]] = {
        "all": "each {0} comes to all of its consumers (of {1:,})",
        "one": "each {0} comes to only one of its consumers (of {1:,})",
    }

    def _relate(self, other: Any) -> Relation:
        """The two have nothing in common."""
        return Relation.SAME if self.how == other.how else Relation.INCOMPATIBLE
