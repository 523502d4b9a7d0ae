"""The shop itself: what it holds in memory, what can be done to it. Of HTTP it knows the status codes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from examples.shop.catalogue import MARKETS, Clock, Customer, Product, make_customers, make_products

if TYPE_CHECKING:
    from datetime import datetime

SEEDED_STATUSES = (
    "placed",
    "placed",
    "paid",
    "shipped",
    "placed",
    "delivered",
    "paid",
    "placed",
    "shipped",
    "cancelled",
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who takes parcels in a market, at what rate, in how many days."""

    code: str
    region: str
    rate: float
    days: int


CARRIERS = (
    Carrier("northpost-saver", "EU", 3.9, 4),
    Carrier("alpine-parcel", "EU", 5.2, 3),
    Carrier("meridian-express", "EU", 11.4, 1),
    Carrier("prairie-ground", "US", 6.1, 5),
    Carrier("bluebird-air", "US", 14.9, 2),
    Carrier("crown-mail-second", "UK", 3.1, 3),
    Carrier("crown-mail-first", "UK", 4.6, 1),
)


class Problem(Exception):  # noqa: N818  # RFC 9457 calls it a problem
    """A refusal, as RFC 9457 problem details: status, title, detail and further members."""

    def __init__(self, status: int, title: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}


@dataclass(slots=True, kw_only=True)
class Line:
    """One position of an order. `reservation` is the stock held for it."""

    product: Product
    quantity: int
    unit_price: float
    reservation: str


@dataclass(slots=True, kw_only=True)
class Order:
    """An order. `billing_ref` is what the books know it by."""

    id: str
    number: int
    customer: Customer
    currency: str
    lines: list[Line]
    placed_at: datetime
    status: str = "placed"
    paid_at: datetime | None = None
    billing_ref: str
    channel: str
    client_reference: str | None = None
    notes: str | None = None

    @property
    def total(self) -> float:
        """The sum of its lines, to the cent."""
        return round(sum(line.unit_price * line.quantity for line in self.lines), 2)


@dataclass(slots=True, kw_only=True)
class Payment:
    """Money for an order: authorized (or pending, where the bank takes its time), capturing, settled."""

    id: int
    order: Order
    amount: float
    authorization: str
    status: str
    looks: int = 0


@dataclass(slots=True, kw_only=True)
class Shipment:
    """A parcel under way."""

    tracking_number: str
    order: Order
    carrier: str
    label: str
    looks: int = 0

    @property
    def status(self) -> str:
        """Each look at it moves it on; every eighth order goes astray for a while."""
        if self.looks == 2 and self.order.number % 8 == 0:
            return "exception"
        return "in_transit" if self.looks < 3 else "delivered"


@dataclass(slots=True)
class Shop:
    """All that the shop holds. Every draw comes from one seeded generator."""

    seed: int
    clock: Clock = field(default_factory=Clock)
    products: dict[str, Product] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    shipments: dict[str, Shipment] = field(default_factory=dict)
    sessions: dict[str, Customer] = field(default_factory=dict)
    replies: dict[str, tuple[str, Order]] = field(default_factory=dict)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.products = {product.sku: product for product in make_products(self.random, self.clock)}
        self.customers = {customer.id: customer for customer in make_customers(self.random, 60)}
        customers = list(self.customers.values())
        sellable = list(self.products.values())
        for index in range(150):
            chosen = self.random.sample(sellable, self.random.randint(1, 3))
            market = ("EU", "US", "EU", "UK", "EU")[index % 5]
            wanted = [(product, self.random.randint(1, 3)) for product in chosen]
            order = self._add_order(self.random.choice(customers), MARKETS[market], wanted, "counter")
            order.status = SEEDED_STATUSES[index % len(SEEDED_STATUSES)]
            if order.status in {"paid", "shipped", "delivered"}:
                order.paid_at = self.clock.tick()

    def open_session(self, email: str) -> tuple[str, Customer]:
        """Let a customer in by email."""
        for customer in self.customers.values():
            if customer.email == email:
                session = f"sess_{self.random.getrandbits(96):024x}"
                self.sessions[session] = customer
                return session, customer
        raise Problem(404, "No such customer", f"Nobody is registered as {email}.")

    def session_customer(self, session: str | None) -> Customer:
        """Whose session it is."""
        if session not in self.sessions:
            raise Problem(401, "No session", "Open a session first.")
        return self.sessions[session]

    def place_order(self, customer: Customer, wanted: dict[str, Any], key: str | None) -> tuple[Order, bool]:
        """Place an order, or find the one that this key has placed; the second value says which."""
        fingerprint = json.dumps(wanted, sort_keys=True)
        if key in self.replies:
            known, order = self.replies[key]
            if known != fingerprint:
                raise Problem(409, "Key reused", "This idempotency key belongs to a different order.")
            return order, True
        positions = self._positions(wanted)
        if wanted.get("shipping_address_id") != customer.address["id"]:
            raise _invalid("/shipping_address_id", "is not an address of this customer")
        order = self._add_order(customer, wanted["currency"], positions, "web")
        order.client_reference = wanted.get("client_reference")
        if key:
            self.replies[key] = (fingerprint, order)
        return order, False

    def _positions(self, wanted: dict[str, Any]) -> list[tuple[Product, int]]:
        currency = wanted.get("currency")
        positions = []
        for index, item in enumerate(wanted.get("items") or []):
            product = self.products.get(item.get("sku"))
            if product is None:
                raise _invalid(f"/items/{index}/sku", "is not sold here")
            if item.get("quantity", 0) < 1:
                raise _invalid(f"/items/{index}/quantity", "must be at least 1")
            if (
                item.get("unit_price") != product.prices.get(str(currency))
                or item.get("offer") != product.offer
            ):
                raise _invalid(f"/items/{index}/unit_price", "is not the current price")
            positions.append((product, item["quantity"]))
        if not positions:
            raise _invalid("/items", "must not be empty")
        return positions

    def _add_order(
        self, customer: Customer, currency: str, wanted: list[tuple[Product, int]], channel: str
    ) -> Order:
        market = next(market for market, money in MARKETS.items() if money == currency)
        number = 10_001 + len(self.orders)
        order = Order(
            id=f"{market}-{number}",
            number=number,
            customer=customer,
            currency=currency,
            lines=[
                Line(
                    product=product,
                    quantity=quantity,
                    unit_price=product.prices[currency],
                    reservation=f"RSV-{self.random.getrandbits(32):08X}",
                )
                for product, quantity in wanted
            ],
            placed_at=self.clock.tick(),
            billing_ref=f"BR-{self.random.getrandbits(40):010X}",
            channel=channel,
            notes="Leave with the neighbours" if number % 4 == 0 else None,
        )
        for product, _ in wanted:
            product.updated_at = self.clock.tick()
            product.revision += number % 3 == 0
        self.orders[order.id] = order
        return order

    def pay(self, order: Order, wanted: dict[str, Any]) -> Payment:
        """Authorize a payment of exactly what the order costs."""
        if order.status != "placed":
            raise Problem(409, "Not payable", f"Order {order.id} is {order.status}.")
        if wanted.get("reference") != order.billing_ref:
            raise _invalid("/reference", "is not the order's billing reference")
        if (wanted.get("amount"), wanted.get("currency")) != (order.total, order.currency):
            raise _invalid("/amount", "is not what the order costs")
        method = next((m for m in order.customer.methods if m.token == wanted.get("token")), None)
        if method is None:
            raise _invalid("/token", "is not a payment method of this customer")
        if method.declined:
            raise Problem(
                402, "Declined", "The bank declined the payment.", decline_code="insufficient_funds"
            )
        number = 7_000_417 + 13 * len(self.payments)
        code = f"A{self.random.getrandbits(32):08X}"
        status = "pending" if order.number % 5 == 0 else "authorized"
        self.payments[number] = Payment(
            id=number, order=order, amount=order.total, authorization=code, status=status
        )
        order.status, order.paid_at = "paid", self.clock.tick()
        return self.payments[number]

    def ship(self, order: Order, wanted: dict[str, Any]) -> Shipment:
        """Send a paid order. The parcels must name the reservations, the carrier must serve the market."""
        if order.status != "paid":
            raise Problem(409, "Not shippable", f"Order {order.id} is {order.status}.")
        if [parcel.get("reservation") for parcel in wanted.get("parcels") or []] != [
            line.reservation for line in order.lines
        ]:
            raise _invalid("/parcels", "do not match what is reserved")
        if not any(c.code == wanted.get("carrier") and order.id.startswith(c.region) for c in CARRIERS):
            raise _invalid("/carrier", "does not serve this market")
        shipment = Shipment(
            tracking_number=f"1Z{self.random.getrandbits(48):012X}",
            order=order,
            carrier=wanted["carrier"],
            label=f"/labels/{self.random.getrandbits(64):016x}.pdf",
        )
        self.shipments[shipment.tracking_number] = shipment
        order.status = "shipped"
        return shipment


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem(422, "Invalid", f"{pointer} {detail}.", errors=[{"pointer": pointer, "detail": detail}])
