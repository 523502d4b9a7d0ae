"""The shop's HTTP API: aiohttp, in memory, seeded.

It behaves as real services do, which is not quite as `openapi.yaml` says; `truth.yaml` lists where they part.

    python -m examples.shop.server --port 8090 --seed 7
    python -m examples.shop.server --events amqp://127.0.0.1:5672

With `--events` it tells a broker what becomes of its orders.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from examples.shop import views
from examples.shop.events import CREATED, EXCHANGE, PAID, SHIPPED
from examples.shop.outbox import Outbox
from examples.shop.state import CARRIERS, Order, Problem, Shop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SHOP = web.AppKey("shop", Shop)
OUTBOX = web.AppKey("outbox", Outbox)
CALLS: web.AppKey[Counter[str]] = web.AppKey("calls", Counter)
FIRST_ANSWERS: web.AppKey[dict[str, views.Json]] = web.AppKey("first-answers", dict)
"""What was answered when an order was placed; a replay repeats it word for word."""

OVERLOADED_EVERY = 11
"""Each 11th writing call to an operation in `OVERLOADABLE` finds the shop overloaded."""
OVERLOADABLE = {"/orders", "/orders/{order_id}/payments", "/orders/{order_id}/shipments"}

SLOW_REPORT_EVERY = 6
COMPRESS_FROM = 400
"""Bytes from which a body is compressed for those who accept it."""

Thing = TypeVar("Thing")

routes = web.RouteTableDef()


@routes.get("/products")
async def list_products(request: web.Request) -> web.Response:
    wanted, since = request.query.get("category"), request.query.get("updated_since", "")
    lines = [
        views.product_line(product)
        for product in sorted(request.app[SHOP].products.values(), key=lambda p: (p.updated_at, p.sku))
        if wanted in {None, product.category} and views.instant(product.updated_at) > since
    ]
    page, cursor = _page(request, lines, "sku")
    following = None
    if cursor:
        following = "/products?" + urlencode({**request.query, "cursor": cursor})
    return _answer(request, {"items": page, "next": following, "total": len(lines)})


@routes.get("/products/{sku}")
async def get_product(request: web.Request) -> web.Response:
    product = _found(request.app[SHOP].products.get(request.match_info["sku"]), "product")
    etag = f'"{uuid5(NAMESPACE_URL, product.sku).hex[:12]}-{product.revision}"'
    headers = {"ETag": etag, "Cache-Control": "max-age=0, must-revalidate"}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    return _answer(request, views.product_page(product), headers=headers)


@routes.post("/sessions")
async def open_session(request: web.Request) -> web.Response:
    session, customer = request.app[SHOP].open_session((await _body(request)).get("email", ""))
    return _answer(request, {"session": session, "greeting": f"Hello {customer.name}"}, status=201)


@routes.get("/customers/me")
async def get_me(request: web.Request) -> web.Response:
    return _answer(request, views.own_page(_customer(request)))


@routes.get("/customers/{customer_id}")
async def get_customer(request: web.Request) -> web.Response:
    customer = _found(request.app[SHOP].customers.get(request.match_info["customer_id"]), "customer")
    return _answer(request, views.customer_page(_found(None if customer.erased else customer, "customer")))


@routes.get("/customers/{customer_id}/payment-methods")
async def list_payment_methods(request: web.Request) -> web.Response:
    customer = _found(request.app[SHOP].customers.get(request.match_info["customer_id"]), "customer")
    return _answer(request, views.methods_page(customer))


@routes.post("/orders")
async def place_order(request: web.Request) -> web.Response:
    key = request.headers.get("Idempotency-Key")
    order, replayed = request.app[SHOP].place_order(_customer(request), await _body(request), key)
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    if not replayed:
        request.app[OUTBOX].put(CREATED, views.created_event(order))
    page = request.app[FIRST_ANSWERS].setdefault(order.id, views.order_page(order))
    return _answer(request, page, status=201, headers=headers)


@routes.get("/orders")
async def list_orders(request: web.Request) -> web.Response:
    wanted, reference = request.query.get("status"), request.query.get("client_reference")
    orders = [
        order
        for order in request.app[SHOP].orders.values()
        if wanted in {None, order.status} and reference in {None, order.client_reference}
    ]
    orders.sort(key=lambda order: order.placed_at, reverse=request.query.get("sort") != "placed_at")
    page, cursor = _page(request, [views.order_line(order) for order in orders], "id")
    return _answer(request, {"items": page, "next_cursor": cursor})


@routes.get("/orders/{order_id}")
async def get_order(request: web.Request) -> web.Response:
    expand = request.query.get("expand") == "customer"
    return _answer(request, views.order_page(_order(request), expand_customer=expand))


@routes.delete("/orders/{order_id}")
async def cancel_order(request: web.Request) -> web.Response:
    _order(request).status = "cancelled"
    return web.Response(status=204)


@routes.post("/orders/{order_id}/payments")
async def pay(request: web.Request) -> web.Response:
    payment = request.app[SHOP].pay(_order(request), await _body(request))
    request.app[OUTBOX].put(PAID, views.paid_event(payment))
    return _answer(request, views.payment_page(payment), status=201)


@routes.post("/orders/{order_id}/points")
async def grant_points(request: web.Request) -> web.Response:
    """Each call grants them: there is no key by which a second one would be known."""
    _order(request).customer.points += (await _body(request)).get("points", 0)
    return web.Response(status=204)


@routes.get("/payments/{payment_id}")
async def get_payment(request: web.Request) -> web.Response:
    number = request.match_info["payment_id"]
    payment = _found(request.app[SHOP].payments.get(int(number) if number.isdecimal() else 0), "payment")
    payment.looks += 1
    if payment.looks > 1:
        payment.status = {"pending": "authorized", "capturing": "settled"}.get(payment.status, payment.status)
    return _answer(request, {"id": payment.id, "status": payment.status})


@routes.post("/payments/{payment_id}/capture")
async def capture(request: web.Request) -> web.Response:
    payment = _found(request.app[SHOP].payments.get(int(request.match_info["payment_id"])), "payment")
    if payment.status != "authorized" or (await _body(request)).get("authorization") != payment.authorization:
        raise Problem(409, "Not authorized", f"Payment {payment.id} is {payment.status}.")
    payment.status, payment.looks = "capturing", 0
    return _answer(request, {"id": payment.id, "status": payment.status}, status=202)


@routes.get("/carriers")
async def list_carriers(request: web.Request) -> web.Response:
    """The cheapest first, though nobody promised it."""
    region = request.query.get("region", "")
    serving = sorted((c for c in CARRIERS if c.region == region), key=lambda c: c.rate)
    return _answer(request, {"carriers": [{"code": c.code, "rate": c.rate, "days": c.days} for c in serving]})


@routes.post("/orders/{order_id}/shipments")
async def ship(request: web.Request) -> web.Response:
    shipment = request.app[SHOP].ship(_order(request), await _body(request))
    request.app[OUTBOX].put(SHIPPED, views.shipped_event(shipment))
    return _answer(request, views.shipment_page(shipment), status=201)


@routes.get("/shipments/{tracking_number}")
async def track(request: web.Request) -> web.Response:
    shipment = _found(request.app[SHOP].shipments.get(request.match_info["tracking_number"]), "shipment")
    shipment.looks += 1
    return _answer(request, views.tracking_page(shipment))


@routes.get("/labels/{label}.pdf")
async def get_label(request: web.Request) -> web.Response:
    known = {shipment.label for shipment in request.app[SHOP].shipments.values()}
    _found(request.path if request.path in known else None, "label")
    return web.Response(body=b"%PDF-1.4\n% a label\n%%EOF\n", content_type="application/pdf")


@routes.get("/reports/sales/{date}")
async def sales_report(request: web.Request) -> web.Response:
    """Takes its time, and now and then too much of it."""
    calls = request.app[CALLS]
    calls["report"] += 1
    await asyncio.sleep(0.9 if calls["report"] % SLOW_REPORT_EVERY == 0 else 0.03)
    date = request.match_info["date"]
    orders = [o for o in request.app[SHOP].orders.values() if views.instant(o.placed_at).startswith(date)]
    sold = Counter[str]()
    for order in orders:
        for line in order.lines:
            sold[line.product.sku] += line.quantity
    return _answer(request, {"date": date, "orders": len(orders), "sold": dict(sold)})


@routes.get("/stats/live")
async def live_stats(request: web.Request) -> web.Response:
    """A number for the wall in the office; no document mentions it."""
    statuses = Counter(order.status for order in request.app[SHOP].orders.values())
    return _answer(request, {"open": statuses["placed"] + statuses["paid"], "shipped": statuses["shipped"]})


def _customer(request: web.Request) -> Any:
    return request.app[SHOP].session_customer(request.headers.get("X-Session"))


def _order(request: web.Request) -> Order:
    return _found(request.app[SHOP].orders.get(request.match_info["order_id"]), "order")


def _found(thing: Thing | None, what: str) -> Thing:
    if thing is None:
        raise Problem(404, "Not found", f"There is no such {what}.")
    return thing


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "Not JSON", "The body must be a JSON object.")
    return body


def _page(request: web.Request, lines: list[views.Json], key: str) -> tuple[list[views.Json], str | None]:
    """One page of a list, and the cursor of the next: opaque, but really the key of the last line sent."""
    limit = min(max(int(request.query.get("limit", "20")), 1), 100)
    start = 0
    if cursor := request.query.get("cursor"):
        last = urlsafe_b64decode(cursor).decode()
        start = next((index + 1 for index, line in enumerate(lines) if line[key] == last), len(lines))
    page = lines[start : start + limit]
    more = start + limit < len(lines)
    return page, urlsafe_b64encode(page[-1][key].encode()).decode() if more else None


def _answer(
    request: web.Request, body: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    text = json.dumps(body)
    response = web.Response(text=text, status=status, content_type="application/json", headers=headers)
    if len(text) >= COMPRESS_FROM:
        response.enable_compression()
    if correlation := request.headers.get("X-Correlation-Id"):
        response.headers["X-Correlation-Id"] = correlation
    return response


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals as `application/problem+json` (RFC 9457), overload among them."""
    try:
        _refuse_when_overloaded(request)
        return await handler(request)
    except Problem as problem:
        headers = {"Retry-After": "1"} if problem.status == 503 else None
        return web.json_response(
            problem.body, status=problem.status, content_type="application/problem+json", headers=headers
        )


def _refuse_when_overloaded(request: web.Request) -> None:
    resource = request.match_info.route.resource
    name = resource.canonical if resource else ""
    if request.method == "POST" and name in OVERLOADABLE:
        calls = request.app[CALLS]
        calls[name] += 1
        if calls[name] % OVERLOADED_EVERY == 0:
            raise Problem(503, "Overloaded", "Too many writes at once.")


def make_app(seed: int) -> web.Application:
    """The shop as an application; the same seed and the same requests give the same answers."""
    app = web.Application(middlewares=[problems])
    app[SHOP] = Shop(seed)
    app[OUTBOX] = Outbox()
    app[CALLS] = Counter()
    app[FIRST_ANSWERS] = {}
    app.add_routes(routes)
    return app


async def serve(port: int, seed: int, events: str | None, exchange: str) -> None:
    """Serve until a signal to end; print the address once it is listening."""
    app = make_app(seed)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    telling = asyncio.create_task(app[OUTBOX].deliver(events, exchange)) if events else None
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host, actual = runner.addresses[0][:2]
    print(f"listening on http://{host}:{actual}", flush=True)
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    if telling:
        telling.cancel()
    await runner.cleanup()


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The shop's orders API.")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--events", metavar="URL", help="the broker: amqp://HOST:PORT or mqtt://HOST:PORT")
    parser.add_argument("--exchange", default=EXCHANGE, help="of events over AMQP; the subscribers make it")
    options = parser.parse_args(None if arguments is None else list(arguments))
    asyncio.run(serve(options.port, options.seed, options.events, options.exchange))


if __name__ == "__main__":
    main()
