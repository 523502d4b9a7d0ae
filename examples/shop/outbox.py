"""The shop's outbox: what a broker is to be told, told in the background, so that no request waits."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from examples.shop import views
from examples.shop.events import BROKEN, connected

if TYPE_CHECKING:
    from examples.shop.events import Event

MAX_EVENTS = 10_000
"""That wait for a broker; of more the oldest are lost."""

PAUSE_S = 0.2
"""Before the broker is tried again."""


class Outbox:
    """Events in their order. Each is told at least once."""

    def __init__(self) -> None:
        self._events: deque[tuple[str, Event]] = deque(maxlen=MAX_EVENTS)
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many no broker has yet."""
        return len(self._events)

    def put(self, channel: str, event: Event) -> None:
        """Take an event in, with the time of now."""
        self._events.append((channel, {**event, "sent_at": views.instant(datetime.now(UTC))}))
        self._filled.set()

    async def deliver(self, url: str, exchange: str) -> None:
        """Publish what was put in, and what will be, until cancelled."""
        while True:
            try:
                async with connected(url, "shop", exchange) as broker:
                    while True:
                        await self._filled.wait()
                        while self._events:
                            told = self._events[0]
                            await broker.publish(*told)
                            if self._events[0] is told:  # else it was lost meanwhile, being the oldest
                                self._events.popleft()
                        self._filled.clear()
            except BROKEN:
                await asyncio.sleep(PAUSE_S)
