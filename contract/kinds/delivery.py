"""`delivery`: how often what is published comes to each consumer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from contract.clause import Family, Relation
from contract.kinds.told import Told


@dataclass(frozen=True, slots=True)
class Delivery(Told):
    """`how` is `exactly-once`, `at-least-once` or `at-most-once`; of `n` deliveries that were due.

    One is due for each message and each consumer that was there when it was published.
    """

    name: ClassVar[str] = "delivery"
    family: ClassVar[Family] = Family.IDEMPOTENCY
    words: ClassVar[dict[str, str]] = {
        "exactly-once": "each {0} comes to a consumer exactly once (all {1:,} deliveries that were due)",
        "at-least-once": "each {0} comes to a consumer at least once (all {1:,} deliveries that were due)",
        "at-most-once": "a {0} comes to a consumer at most once, not each does ({1:,} deliveries were due)",
    }

    def _relate(self, other: Any) -> Relation:
        """What comes exactly once does both; the two rule out different things."""
        if self.how == other.how:
            return Relation.SAME
        if self.how == "exactly-once":
            return Relation.NARROWER
        return Relation.WIDER if other.how == "exactly-once" else Relation.INCOMPATIBLE
