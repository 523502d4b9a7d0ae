"""Loyalty grants points for each `order.paid`: ten for an article, in a call to the shop.

Relies on what nobody promised: that each event is delivered once, since it sends no key by which the shop
would know the second call for one order; and that events come at once, since the points of an order that was
paid longer ago than `PROMPT` are not granted any more. Every seventh time it loses its wits between the call
and the acknowledgement, and lets the broker deliver the event once more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from examples.shop.events import PAID
from examples.shop.subscribers.duty import attend

if TYPE_CHECKING:
    import aiohttp

    from examples.shop.events import Delivery

POINTS = 10
PROMPT = timedelta(seconds=5)
WITLESS_EVERY = 7


class Loyalty:
    """Points, as often as an order is said to be paid."""

    name: ClassVar[str] = "loyalty"
    channels: ClassVar[tuple[str, ...]] = (PAID,)

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.granted = self.again = self.late = 0

    def __str__(self) -> str:
        return f"{self.granted} times points granted, {self.again} of them again, {self.late} too late"

    async def take(self, delivery: Delivery) -> None:
        """One payment."""
        event = delivery.event
        if datetime.now(UTC) - datetime.fromisoformat(event["sent_at"]) > PROMPT:
            self.late += 1
            await delivery.accept()
            return
        points = {"points": POINTS * event["articles"]}
        async with self.http.post(f"/orders/{event['order_id']}/points", json=points):
            self.granted += 1
        self.again += delivery.again
        if self.granted % WITLESS_EVERY == 0 and not delivery.again:
            await delivery.requeue()
        else:
            await delivery.accept()


if __name__ == "__main__":
    attend(Loyalty, __doc__ or "")
