"""A marketplace copies the catalogue: urllib, and an API key.

Relies on what nobody promised: `updated_since`, that `updated_at` grows and sorts as text, that `next` can be
followed as it is, and HEAD on a product.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.request import Request, urlopen

from examples.shop.clients.shift import Shift, begin

API_KEY = "mk_live_9f2c7d41b8e05a63"


class Marketplace:
    """Keeps up with what has changed since it last looked."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.watermark = ""
        self.copied = 0

    def work(self) -> None:
        """All pages of what is new, each third time of all; each third article is asked for by HEAD."""
        rounds = 0
        while not self.shift.over:
            if rounds % 3 == 0:
                self.watermark = ""
            rounds += 1
            since = f"&updated_since={self.watermark}" if self.watermark else ""
            following: str | None = f"/products?limit=25{since}"
            while following:
                page = json.loads(self.ask("GET", following))
                for line in page["items"]:
                    self.copied += 1
                    self.watermark = max(self.watermark, line["updated_at"])
                    if self.copied % 3 == 0:
                        self.ask("HEAD", f"/products/{line['sku']}")
                following = page["next"]
            time.sleep(0.8)

    def ask(self, method: str, path: str) -> Any:
        """One request on a connection of its own, as urllib does."""
        request = Request(self.shift.base + path, headers={"X-Api-Key": API_KEY}, method=method)
        with urlopen(request, timeout=10) as reply:
            return reply.read()


if __name__ == "__main__":
    marketplace = Marketplace(begin(__doc__ or ""))
    marketplace.work()
    print(f"marketplace: {marketplace.copied} articles copied")
