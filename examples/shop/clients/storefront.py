"""The storefront sells: aiohttp, known by its User-Agent product alone.

Relies on what nobody promised: the `offer` of a product, that `prices` knows its currency, the words of
`availability`. Uses what is promised: ETags, and one idempotency key for one order, however often it is sent.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import aiohttp

from examples.shop.catalogue import CATEGORIES, MARKETS
from examples.shop.clients.shift import Shift, begin

BOOKMARK = "earl-grey-blue-500g"
"""Still advertised in last year's newsletter, no longer sold."""

VISITORS = [
    f"{name}.{index}@example.com" for index, name in enumerate(("ada", "bram", "chiara", "dmitri", "elif"))
]


class Storefront:
    """Three visitors at a time: they look around, put things into a cart and order."""

    def __init__(self, shift: Shift, http: aiohttp.ClientSession) -> None:
        self.shift = shift
        self.http = http
        self.pages: dict[str, tuple[str, dict[str, Any]]] = {}
        self.visits = self.ordered = self.rejected = self.unchanged = 0

    async def visit(self) -> None:
        """One visitor: log in, browse one category, order some of what is to be had."""
        random = self.shift.random
        self.visits += 1
        visit = self.visits
        opened = await self.call("POST", "/sessions", json={"email": random.choice(VISITORS)})
        session = {"X-Session": opened["session"]}
        me = await self.call("GET", "/customers/me", headers=session)
        category = random.choice(list(CATEGORIES))
        shelf = await self.call("GET", "/products", params={"category": category, "limit": "8"})
        currency = random.choice(list(MARKETS.values()))
        cart: list[dict[str, Any]] = []
        for line in shelf["items"]:
            product = await self.product(line["sku"])
            if product["availability"] in {"in_stock", "low_stock"} and len(cart) < 1 + visit % 3:
                price = product["prices"][currency]
                position = {"sku": line["sku"], "quantity": random.randint(1, 3)}
                cart.append(position | {"unit_price": price, "offer": product["offer"]})
        if visit % 4 == 0:
            async with self.http.get(f"/products/{BOOKMARK}"):
                pass
        if cart:
            order = {"items": cart, "currency": currency, "shipping_address_id": me["default_address"]["id"]}
            await self.order(visit, session, order)

    async def product(self, sku: str) -> dict[str, Any]:
        """A product page, from the own cache where the shop says that it has not changed."""
        etag, page = self.pages.get(sku, ("", {}))
        async with self.http.get(
            f"/products/{sku}", headers={"If-None-Match": etag} if etag else {}
        ) as reply:
            if reply.status == 304:
                self.unchanged += 1
                return page
            reply.raise_for_status()
            fresh: dict[str, Any] = await reply.json()
            self.pages[sku] = (reply.headers["ETag"], fresh)
            return fresh

    async def order(self, visit: int, session: dict[str, str], order: dict[str, Any]) -> None:
        """Order under a key of our own, and look whether it is there.

        Each fifth visitor clicks twice (same key, same order); each seventh changes the cart under the same
        key, which is refused; each ninth orders none of something, which is invalid.
        """
        headers = session | {"Idempotency-Key": self.own_id()}
        order["client_reference"] = self.own_id()
        if visit % 9 == 0:
            order["items"][0]["quantity"] = 0
        placed = await self.post_order(headers, order)
        if placed is None:
            return
        if visit % 5 == 0:
            await self.post_order(headers, order)
        if visit % 7 == 0:
            order["items"][0]["quantity"] += 1
            await self.post_order(headers, order)
        await self.call("GET", f"/orders/{placed['id']}")
        await self.call("GET", "/orders", params={"client_reference": order["client_reference"]})

    async def post_order(self, headers: dict[str, str], order: dict[str, Any]) -> dict[str, Any] | None:
        """Post once more with the same key when the shop is overloaded. None where it was refused."""
        while True:
            async with self.http.post("/orders", json=order, headers=headers) as reply:
                if reply.status == 503:
                    await asyncio.sleep(float(reply.headers["Retry-After"]))
                elif reply.status in {409, 422}:
                    self.rejected += 1
                    return None
                else:
                    reply.raise_for_status()
                    self.ordered += 1
                    placed: dict[str, Any] = await reply.json()
                    return placed

    async def call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Ask, and insist on an answer."""
        async with self.http.request(method, path, **more) as reply:
            reply.raise_for_status()
            answer: dict[str, Any] = await reply.json()
            return answer

    def own_id(self) -> str:
        """An id that is ours: the shop did not send it."""
        return str(UUID(int=self.shift.random.getrandbits(128), version=4))

    async def visitors(self) -> None:
        """One after the other until the shift is over."""
        while not self.shift.over:
            await self.visit()
            await asyncio.sleep(0.25)


async def main(shift: Shift) -> None:
    """Work the shift."""
    headers = {"User-Agent": "storefront/3.2.1 (web)"}
    async with aiohttp.ClientSession(shift.base, headers=headers) as http:
        storefront = Storefront(shift, http)
        await asyncio.gather(*(storefront.visitors() for _ in range(3)))
    print(
        f"storefront: {storefront.visits} visits, {storefront.ordered} orders, "
        f"{storefront.rejected} rejected, {storefront.unchanged} pages unchanged"
    )


if __name__ == "__main__":
    asyncio.run(main(begin(__doc__ or "")))
