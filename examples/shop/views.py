"""How the shop's things look as JSON. This and what `openapi.yaml` says differ on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from examples.shop.catalogue import Customer, Product
    from examples.shop.state import Order, Payment, Shipment

Json = dict[str, Any]


def instant(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"


def product_line(product: Product) -> Json:
    """A product in a list."""
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "updated_at": instant(product.updated_at),
    }


def product_page(product: Product) -> Json:
    """A product alone."""
    return {
        "sku": product.sku,
        "name": product.name,
        "prices": product.prices,
        "offer": product.offer,
        "availability": product.availability,
        "stock": product.stock,
        "rating": product.rating,
        "rating_count": product.rating_count,
        "tags": product.tags,
        "related": product.related,
    }


def customer_page(customer: Customer) -> Json:
    """A customer, as staff see one."""
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "country": customer.country,
        "since": customer.since,
        "marketing": {"newsletter": customer.points % 2 == 0},
    }


def own_page(customer: Customer) -> Json:
    """A customer, as they see themselves."""
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "default_address": customer.address,
        "loyalty": {"points": customer.points, "tier": customer.tier},
    }


def methods_page(customer: Customer) -> list[Json]:
    """A customer's stored cards."""
    return [
        {"token": m.token, "brand": m.brand, "last4": m.last4, "expires": m.expires, "default": m.default}
        for m in customer.methods
    ]


def order_line(order: Order) -> Json:
    """An order in a list."""
    return {
        "id": order.id,
        "status": order.status,
        "customer_id": order.customer.id,
        "placed_at": instant(order.placed_at),
        "item_count": sum(line.quantity for line in order.lines),
    }


def order_page(order: Order, *, expand_customer: bool = False) -> Json:
    """An order alone. Lines of digital goods have no weight."""
    page: Json = {
        "id": order.id,
        "status": order.status,
        "channel": order.channel,
        "currency": order.currency,
        "total": order.total,
        "placed_at": instant(order.placed_at),
        "paid_at": instant(order.paid_at) if order.paid_at else None,
        "billing_ref": order.billing_ref,
        "client_reference": order.client_reference,
        "notes": order.notes,
        "shipping_address": {key: value for key, value in order.customer.address.items() if key != "id"},
        "items": [],
    }
    for line in order.lines:
        item: Json = {
            "sku": line.product.sku,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "reservation": line.reservation,
        }
        if line.product.weight_grams is not None:
            item["weight_grams"] = line.product.weight_grams
        page["items"].append(item)
    if expand_customer:
        page["customer"] = {"name": order.customer.name, "vat_id": order.customer.vat_id}
    return page


def payment_page(payment: Payment) -> Json:
    """A payment."""
    return {
        "id": payment.id,
        "status": payment.status,
        "amount": payment.amount,
        "authorization": payment.authorization,
    }


def shipment_page(shipment: Shipment) -> Json:
    """A parcel when it is handed over."""
    return {
        "tracking_number": shipment.tracking_number,
        "carrier": shipment.carrier,
        "label": shipment.label,
    }


def tracking_page(shipment: Shipment) -> Json:
    """A parcel under way."""
    return {
        "tracking_number": shipment.tracking_number,
        "status": shipment.status,
        "events": [
            {"code": code, "depot": f"depot-{shipment.order.number % 7}"}
            for code in ("received", "sorted", "loaded")[: shipment.looks]
        ],
    }


def created_event(order: Order) -> Json:
    """That an order was placed."""
    return {
        "order_id": order.id,
        "client_reference": order.client_reference,
        "customer_id": order.customer.id,
        "currency": order.currency,
        "total": order.total,
        "items": [{"sku": line.product.sku, "quantity": line.quantity} for line in order.lines],
    }


def paid_event(payment: Payment) -> Json:
    """That the money for an order is there."""
    order = payment.order
    return {
        "order_id": order.id,
        "payment_id": payment.id,
        "amount": payment.amount,
        "currency": order.currency,
        "articles": sum(line.quantity for line in order.lines),
    }


def shipped_event(shipment: Shipment) -> Json:
    """That an order is under way."""
    return {
        "order_id": shipment.order.id,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
    }
