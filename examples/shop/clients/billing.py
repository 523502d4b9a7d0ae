"""Billing collects the money: httpx, and a JWT whose `azp` claim says `billing`.

Relies on what nobody promised: `billing_ref`, the `authorization` code that is "optional", `expand=customer`,
the word `authorized`, and a 402 that no document lists. Honours Retry-After.
"""

from __future__ import annotations

import time
from uuid import UUID

import httpx
import jwt

from examples.shop.clients.shift import Shift, begin

KEY = "demo-signing-key-of-the-shop-not-a-secret"


class Billing:
    """Goes through the placed orders, newest first, and settles each."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        token = jwt.encode({"azp": "billing", "sub": "svc-4711", "scope": "payments"}, KEY, algorithm="HS256")
        self.http = httpx.Client(
            base_url=shift.base, headers={"Authorization": f"Bearer {token}"}, timeout=10
        )
        self.settled = self.declined = self.retries = 0

    def work(self) -> None:
        """Rounds over all pages until the shift is over."""
        while not self.shift.over:
            cursor = None
            while not self.shift.over:
                query = {"status": "placed", "limit": "8"} | ({"cursor": cursor} if cursor else {})
                page = self.http.get("/orders", params=query).raise_for_status().json()
                for line in page["items"]:
                    if not self.shift.over:
                        self.collect(line["id"], line["customer_id"])
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            time.sleep(0.3)

    def collect(self, order_id: str, customer_id: str) -> None:
        """Charge one order: the default method first, the others if the bank declines."""
        correlation = {"X-Correlation-Id": str(UUID(int=self.shift.random.getrandbits(128), version=4))}
        reply = self.http.get(f"/orders/{order_id}", params={"expand": "customer"}, headers=correlation)
        order = reply.raise_for_status().json()
        methods = self.http.get(f"/customers/{customer_id}/payment-methods").raise_for_status().json()
        for method in sorted(methods, key=lambda method: not method["default"]):
            charge = {
                "reference": order["billing_ref"],
                "amount": order["total"],
                "currency": order["currency"],
                "vat_id": order["customer"]["vat_id"],
                "token": method["token"],
            }
            reply = self.post_patiently(f"/orders/{order_id}/payments", charge, correlation)
            if reply.status_code == 402:
                self.declined += 1
                continue
            payment = reply.raise_for_status().json()
            self.settle(payment["id"], payment["status"], payment["authorization"])
            return

    def settle(self, payment_id: int, status: str, authorization: str) -> None:
        """Capture what is `authorized`; wait for what is not. Any other word would leave the money lying."""
        while status == "pending":
            time.sleep(0.1)
            status = self.http.get(f"/payments/{payment_id}").raise_for_status().json()["status"]
        if status == "authorized":
            capture = {"authorization": authorization}
            status = (
                self.http.post(f"/payments/{payment_id}/capture", json=capture)
                .raise_for_status()
                .json()["status"]
            )
        while status != "settled":
            time.sleep(0.1)
            status = self.http.get(f"/payments/{payment_id}").raise_for_status().json()["status"]
        self.settled += 1

    def post_patiently(self, path: str, body: dict[str, object], headers: dict[str, str]) -> httpx.Response:
        """Post; on 503 wait as long as the shop asks to."""
        while True:
            reply = self.http.post(path, json=body, headers=headers)
            if reply.status_code != 503:
                return reply
            self.retries += 1
            time.sleep(float(reply.headers["Retry-After"]))


if __name__ == "__main__":
    billing = Billing(begin(__doc__ or ""))
    with billing.http:
        billing.work()
    print(
        f"billing: {billing.settled} payments settled, {billing.declined} declined, {billing.retries} retries"
    )
