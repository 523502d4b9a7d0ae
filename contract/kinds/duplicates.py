"""`duplicates`: whether the same message comes to one consumer more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.clause import Family
from contract.kinds.told import Told


@dataclass(frozen=True, slots=True)
class Duplicates(Told):
    """`how` is `never`, `marked` (only where the protocol says so) or `unmarked`; of `n` deliveries."""

    name: ClassVar[str] = "duplicates"
    family: ClassVar[Family] = Family.IDEMPOTENCY
    words: ClassVar[dict[str, str]] = {
        "never": "no {0} came to a consumer twice (none of {1:,})",
        "marked": "a {0} comes to a consumer twice only where it is marked as redelivered (of {1:,})",
        "unmarked": "the same {0} can come to a consumer twice without being marked as redelivered",
    }
