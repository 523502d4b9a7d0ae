"""The ledger keeps the books of all orders by their events alone; it calls nobody.

Relies on what nobody promised: that the events of an order come in order (created, paid, shipped), each once.
An entry out of order is no entry: the program ends. Where an order began before the ledger did, its first
event may be any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from examples.shop.events import CHANNELS
from examples.shop.subscribers.duty import attend

if TYPE_CHECKING:
    import aiohttp

    from examples.shop.events import Delivery


class Disorder(Exception):  # noqa: N818  # as bookkeepers call it
    """An event that cannot come now."""


class Ledger:
    """The last event of each order."""

    name: ClassVar[str] = "ledger"
    channels: ClassVar[tuple[str, ...]] = CHANNELS

    def __init__(self, http: aiohttp.ClientSession) -> None:
        del http
        self.entries: dict[str, str] = {}
        self.written = 0

    def __str__(self) -> str:
        return f"{self.written} entries of {len(self.entries)} orders"

    async def take(self, delivery: Delivery) -> None:
        """Enter it, if it is what comes next. Raises Disorder."""
        order = delivery.event["order_id"]
        known = self.entries.get(order)
        if known is not None and CHANNELS.index(delivery.channel) != CHANNELS.index(known) + 1:
            raise Disorder(f"{delivery.channel} of {order} after {known}")
        self.entries[order] = delivery.channel
        self.written += 1
        await delivery.accept()


if __name__ == "__main__":
    attend(Ledger, __doc__ or "")
