"""Screening looks for orders that were placed twice: on `order.created`, a question to the shop.

Relies on what nobody promised: the `client_reference` of an `order.created`, which no document mentions, and
that the shop can be asked by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from examples.shop.events import CREATED
from examples.shop.subscribers.duty import attend

if TYPE_CHECKING:
    import aiohttp

    from examples.shop.events import Delivery


class Screening:
    """Asks for all orders with the reference of a new one: there should be no other."""

    name: ClassVar[str] = "screening"
    channels: ClassVar[tuple[str, ...]] = (CREATED,)

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.screened = self.doubtful = 0

    def __str__(self) -> str:
        return f"{self.screened} orders screened, {self.doubtful} placed twice"

    async def take(self, delivery: Delivery) -> None:
        """One order."""
        query = {"client_reference": delivery.event["client_reference"]}
        async with self.http.get("/orders", params=query) as reply:
            found = (await reply.json())["items"]
        self.screened += 1
        self.doubtful += len(found) > 1
        await delivery.accept()


if __name__ == "__main__":
    attend(Screening, __doc__ or "")
