"""The warehouse ships what is paid: requests, and HTTP Basic as `warehouse`.

Relies on what nobody promised: `sort=placed_at`, the reservations on the lines, that an order's id begins
with its market, and that the first carrier is the cheapest. Backs off on 503 by its own clock, whatever
Retry-After says.
"""

from __future__ import annotations

import time
from typing import Any

import requests

from examples.shop.clients.shift import Shift, begin

BACK_OFF_S = (0.2, 0.4, 0.8)


class Warehouse:
    """Polls for paid orders and sends the oldest ones."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.http = requests.Session()
        self.http.auth = ("warehouse", "conveyor-belt-7")
        self.shipped = self.retries = 0

    def work(self) -> None:
        """Take the first few of the list: sorted by age, they are the ones that have waited longest."""
        while not self.shift.over:
            page = self.get("/orders", status="paid", sort="placed_at", limit="10")
            for line in page["items"][:4]:
                if not self.shift.over:
                    self.ship(line["id"])
            time.sleep(0.4)

    def ship(self, order_id: str) -> None:
        """Pack, choose the first carrier of the market, print the label, look whether the parcel arrived."""
        order = self.get(f"/orders/{order_id}")
        market = order_id.split("-", maxsplit=1)[0]
        carriers = self.get("/carriers", region=market)["carriers"]
        parcels = [
            {"reservation": item["reservation"], "grams": item.get("weight_grams", 0)}
            for item in order["items"]
        ]
        shipment = self.post(
            f"/orders/{order_id}/shipments", {"carrier": carriers[0]["code"], "parcels": parcels}
        )
        self.http.get(self.shift.base + shipment["label"], timeout=10).raise_for_status()
        while self.get(f"/shipments/{shipment['tracking_number']}")["status"] != "delivered":
            time.sleep(0.15)
        self.shipped += 1

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read."""
        reply = self.http.get(self.shift.base + path, params=query, timeout=10)
        reply.raise_for_status()
        answer: dict[str, Any] = reply.json()
        return answer

    def post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        """Write; on 503 try again after 0.2, 0.4 and 0.8 seconds, then give up."""
        for pause in (*BACK_OFF_S, None):
            reply = self.http.post(self.shift.base + path, json=body, timeout=10)
            if reply.status_code != 503 or pause is None:
                break
            self.retries += 1
            time.sleep(pause)
        reply.raise_for_status()
        answer: dict[str, Any] = reply.json()
        return answer


if __name__ == "__main__":
    warehouse = Warehouse(begin(__doc__ or ""))
    with warehouse.http:
        warehouse.work()
    print(f"warehouse: {warehouse.shipped} orders shipped, {warehouse.retries} retries")
