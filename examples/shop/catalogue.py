"""What the shop sells, and to whom: the same seed makes the same shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from random import Random

MARKETS = {"EU": "EUR", "US": "USD", "UK": "GBP"}
"""Each market with its currency; an order's id begins with the market."""

EXTRA_CURRENCIES = ("CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "JPY", "CAD", "AUD", "NZD", "SGD")
CATEGORIES = {
    "black-tea": ("assam", "ceylon", "darjeeling", "keemun", "lapsang"),
    "green-tea": ("sencha", "gyokuro", "longjing", "bancha", "genmaicha"),
    "oolong": ("tieguanyin", "dongding", "da-hong-pao", "oriental-beauty"),
    "herbal": ("rooibos", "camomile", "peppermint", "lemon-verbena"),
    "teaware": ("porcelain-gaiwan", "clay-teapot", "bamboo-whisk", "glass-pitcher"),
    "gift-cards": ("gift-card-birthday", "gift-card-thanks", "gift-card-plain"),
}
SIZES = {"teaware": ("small", "large"), "gift-cards": ("twenty", "fifty")}
TEA_SIZES = ("100g", "250g", "loose")
COUNTRIES = {"EU": ("DE", "FR", "NL"), "US": ("US",), "UK": ("GB",)}
STREETS = ("Harbour Lane", "Mill Road", "Station Square", "Orchard Way", "Canal Street")
CITIES = ("Bremen", "Lyon", "Utrecht", "Portland", "Leeds", "Ghent")
NAMES = ("Ada", "Bram", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lena")
SURNAMES = ("Okafor", "Lindqvist", "Moreau", "Haas", "Petrov", "Yilmaz", "Baker", "Silva")


class Clock:
    """Shop time: a fixed step with each event, so that runs differ in nothing but their pace."""

    STEP = timedelta(seconds=37, milliseconds=411)

    def __init__(self) -> None:
        self._now = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)

    def tick(self) -> datetime:
        """The instant of the next event."""
        self._now += self.STEP
        return self._now


@dataclass(slots=True, kw_only=True)
class Product:
    """An article. `offer` is the code of the price list it was priced from; `revision` counts its changes."""

    sku: str
    name: str
    category: str
    prices: dict[str, float]
    offer: str
    availability: str
    stock: int
    rating: float | None
    rating_count: int
    weight_grams: int | None
    tags: list[str]
    related: list[str] = field(default_factory=list)
    updated_at: datetime
    revision: int = 1


@dataclass(slots=True, kw_only=True)
class PaymentMethod:
    """A stored card, by the token that stands for it. A declined one answers 402."""

    token: str
    brand: str
    last4: str
    expires: str
    default: bool
    declined: bool


@dataclass(slots=True, kw_only=True)
class Customer:
    """A person or company that orders. An erased one keeps its orders and answers 404."""

    id: str
    name: str
    email: str
    phone: str | None
    country: str
    vat_id: str | None
    since: str
    address: dict[str, str]
    methods: list[PaymentMethod]
    points: int
    tier: str
    erased: bool


def make_products(random: Random, clock: Clock) -> list[Product]:
    """About fifty articles, each with its prices in three to eight currencies."""
    products: list[Product] = []
    for category, kinds in CATEGORIES.items():
        for kind in kinds:
            for size in SIZES.get(category, TEA_SIZES):
                sku = f"{kind}-{size}"
                products.append(_product(random, clock, sku, category, len(products)))
    for product in products:
        siblings = [
            other.sku for other in products if other.category == product.category and other is not product
        ]
        product.related = random.sample(siblings, 3)
    return products


def _product(random: Random, clock: Clock, sku: str, category: str, index: int) -> Product:
    euros = round(random.uniform(4, 90), 2)
    currencies = [*MARKETS.values(), *random.sample(EXTRA_CURRENCIES, random.randint(0, 5))]
    rated = index % 6 != 5
    return Product(
        sku=sku,
        name=sku.replace("-", " ").title(),
        category=category,
        prices={currency: round(euros * random.uniform(0.7, 1.9), 2) for currency in currencies},
        offer=f"of_{random.getrandbits(40):010x}",
        availability=("in_stock", "in_stock", "low_stock", "in_stock", "backorder")[index % 5],
        stock=random.randint(0, 60),
        rating=random.choice((2.5, 3.5, 4.5, 4.8)) if rated else None,
        rating_count=random.randint(1, 12) if rated else 0,
        weight_grams=None if category == "gift-cards" else random.randint(60, 900),
        tags=random.sample(("organic", "fair-trade", "new", "bestseller", "limited"), random.randint(0, 3)),
        updated_at=clock.tick(),
    )


def make_customers(random: Random, count: int) -> list[Customer]:
    """Customers of the three markets: every third a company, every fifth with a card that is declined."""
    return [_customer(random, index) for index in range(count)]


def _customer(random: Random, index: int) -> Customer:
    market = ("EU", "US", "EU", "UK")[index % 4]
    country = random.choice(COUNTRIES[market])
    name = f"{NAMES[index % len(NAMES)]} {random.choice(SURNAMES)}"
    return Customer(
        id=_uuid(random),
        name=name,
        email=f"{name.split(maxsplit=1)[0].lower()}.{index}@example.com",
        phone=f"+4930{random.randint(10**6, 10**7 - 1)}" if index % 3 else None,
        country=country,
        vat_id=f"{country}{random.randint(10**8, 10**9 - 1)}" if index % 3 == 0 else None,
        since=f"202{index % 5}-0{index % 9 + 1}-1{index % 10}",
        address={
            "id": _uuid(random),
            "street": f"{random.randint(1, 99)} {random.choice(STREETS)}",
            "city": random.choice(CITIES),
            "country": country,
            "zip": f"{random.randint(10000, 99999)}",
        },
        methods=[
            _method(random, default=True, declined=index % 5 == 4),
            _method(random, default=False, declined=False),
        ],
        points=random.randint(0, 900),
        tier=("basic", "silver", "gold")[index % 3],
        erased=index % 11 == 7,
    )


def _method(random: Random, *, default: bool, declined: bool) -> PaymentMethod:
    return PaymentMethod(
        token=f"pm_{random.getrandbits(96):024x}",
        brand=random.choice(("visa", "mastercard", "amex")),
        last4=f"{random.randint(0, 9999):04}",
        expires=f"20{random.randint(27, 31)}-{random.randint(1, 12):02}",
        default=default,
        declined=declined,
    )


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
