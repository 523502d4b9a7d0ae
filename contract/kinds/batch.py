"""`batch`: how many messages a consumer takes at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.up_to import UpTo


@dataclass(frozen=True, slots=True)
class Batch(UpTo):
    """What one reply of the broker carries at most, where it can carry several (Kafka, Redis streams)."""

    name: ClassVar[str] = "batch"
    words: ClassVar[str] = "a consumer takes up to {1:,} at once (reached {2:,} times)"
