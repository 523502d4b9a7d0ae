"""Analytics counts: http.client, and a header `X-Consumer-Id: analytics`.

Relies on what nobody promised: that a sales report takes less than 0.4 s, that `placed_at` begins with a
date, the words of `status`, an operation that no document mentions.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from examples.shop.clients.shift import Shift, begin

PATIENCE_S = 0.4
"""How long a sales report may take before we hang up and ask again."""

LIVE_EVERY_S = 1.0
OPEN = {"placed": True, "paid": True, "shipped": False, "delivered": False, "cancelled": False}
"""Whether an order of this status still needs somebody. A word that is not here ends the program."""


class Analytics:
    """Walks through all orders, their customers, and the sales of each day."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.address = urlsplit(shift.base).netloc
        self.http = HTTPConnection(self.address, timeout=10)
        self.countries = Counter[str]()
        self.known: set[str] = set()
        self.hang_ups = 0
        self.live_at = 0.0

    def work(self) -> None:
        """Follow the cursor to the end, again and again."""
        while not self.shift.over:
            cursor = None
            while not self.shift.over:
                page = self.get("/orders", limit="50", **({"cursor": cursor} if cursor else {}))
                self.count(page["items"])
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            time.sleep(0.4)

    def count(self, lines: list[dict[str, Any]]) -> None:
        """Look up each new customer and the day of every tenth order."""
        for index, line in enumerate(lines):
            if self.shift.over:
                return
            self.watch_live()
            needs_somebody = OPEN[line["status"]]
            if line["customer_id"] not in self.known:
                self.known.add(line["customer_id"])
                customer = self.get(f"/customers/{line['customer_id']}")
                self.countries[customer.get("country", "erased")] += needs_somebody
                time.sleep(0.05)
            if index % 10 == 0:
                self.sales(line["placed_at"][:10])

    def sales(self, day: str) -> None:
        """The report of one day; hang up when it takes too long, and ask once more."""
        for _ in range(2):
            impatient = HTTPConnection(self.address, timeout=PATIENCE_S)
            try:
                impatient.request("GET", f"/reports/sales/{day}", headers={"X-Consumer-Id": "analytics"})
                impatient.getresponse().read()
            except TimeoutError:
                self.hang_ups += 1
            else:
                return
            finally:
                impatient.close()

    def watch_live(self) -> None:
        """The number for the wall, once a second."""
        if time.monotonic() >= self.live_at:
            self.live_at = time.monotonic() + LIVE_EVERY_S
            self.get("/stats/live")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read JSON, whatever the status."""
        self.http.request(
            "GET", path + ("?" + urlencode(query) if query else ""), headers={"X-Consumer-Id": "analytics"}
        )
        answer: dict[str, Any] = json.loads(self.http.getresponse().read())
        return answer


if __name__ == "__main__":
    analytics = Analytics(begin(__doc__ or ""))
    with closing(analytics.http):
        analytics.work()
    print(f"analytics: {len(analytics.known)} customers counted, {analytics.hang_ups} reports given up on")
