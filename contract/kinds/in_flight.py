"""`in-flight`: how many deliveries a consumer takes before it acknowledges one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contract.kinds.up_to import UpTo


@dataclass(frozen=True, slots=True)
class InFlight(UpTo):
    """A prefetch (AMQP `basic.qos`), receive maximum (MQTT 5), `max_ack_pending` (JetStream), as it shows."""

    name: ClassVar[str] = "in-flight"
    words: ClassVar[str] = (
        "a consumer is given the next only when fewer than {1:,} are unacknowledged (reached {2:,} times)"
    )
