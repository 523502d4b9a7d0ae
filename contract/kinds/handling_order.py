"""`handling-order`: whether consumers finish one message after the other, or several at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.clause import Family
from contract.kinds.told import Told


@dataclass(frozen=True, slots=True)
class HandlingOrder(Told):
    """`how` is `kept` or `any`; of `n` acknowledgements, each held against the one before.

    Whatever else the consumer was given counts with it: the order is that of all its deliveries.
    """

    name: ClassVar[str] = "handling-order"
    family: ClassVar[Family] = Family.ORDER
    words: ClassVar[dict[str, str]] = {
        "kept": "consumers acknowledge in the order of delivery (all {1:,} in turn, of whatever type)",
        "any": "consumers work on several at once: a later {0} can be acknowledged before an earlier one",
    }
