"""`gaps`: whether numbers of a sequence are left out of what one consumer is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.clause import Family
from contract.kinds.told import Told


@dataclass(frozen=True, slots=True)
class Gaps(Told):
    """`how` is `none` or `some`; of `n` steps from one number to the next that was given."""

    name: ClassVar[str] = "gaps"
    family: ClassVar[Family] = Family.ORDER
    words: ClassVar[dict[str, str]] = {
        "none": "consumers are given every number of a sequence, without a gap (none in {1:,} steps)",
        "some": "numbers of a sequence are left out of what consumers are given",
    }

    @property
    def informative(self) -> bool:
        """That numbers can be left out rules nothing out."""
        return self.how == "none"
