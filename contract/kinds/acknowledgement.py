"""`acknowledgement`: what becomes of deliveries, in the protocol's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.named import Named


@dataclass(frozen=True, slots=True)
class Acknowledgement(Named):
    """Consumers answer deliveries in one of these ways: `ack`, `reject-requeue`, `puback`, `auto`."""

    name: ClassVar[str] = "acknowledgement"
    words: ClassVar[str] = "consumers answer each {0} with {1}"
