"""GraphQL through the sidecar, from a real server to the contract map: who selects what."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from graphql import build_schema, graphql

from inference.contract_map import build
from store.store import Store
from tests.cli.sidecar import PATIENCE_S, Recorder, numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

SCHEMA = build_schema("""
    type Query { order(id: ID!): Order  orders(first: Int): [Order!]! }
    type Order { id: ID!  total: Float!  status: Status!  note: String  lines: [Line!]! }
    type Line { sku: String!  quantity: Int! }
    enum Status { OPEN PAID }
""")

SHOWS = """
    query OrderById($id: ID!, $full: Boolean = false) {
        order(id: $id) { id state: status ...Lines note @include(if: $full) }
    }
    fragment Lines on Order { lines { sku ... on Line { quantity } } }
"""
BILLS = "query OrderById($id: ID!) { order(id: $id) { id total } }"


def persisted(document: str) -> str:
    """The extension of a request that names a document by its hash."""
    digest = sha256(document.encode()).hexdigest()
    return json.dumps({"persistedQuery": {"version": 1, "sha256Hash": digest}})


def order(number: int) -> dict[str, Any]:
    return {
        "id": f"ord_{number * 7919:08x}",
        "total": number + 0.25,
        "status": "PAID" if number % 2 else "OPEN",
        "note": "fragile" if number % 3 else None,
        "lines": [{"sku": f"SKU-{number % 7}", "quantity": 1 + number % 3}],
    }


ORDERS = {one["id"]: one for one in map(order, range(1, 31))}


class Root:
    """The resolvers of the schema's queries."""

    def order(self, _info: Any, id: str) -> dict[str, Any] | None:  # noqa: A002  the schema's word
        if id not in ORDERS:
            raise KeyError(id)
        return ORDERS[id]

    def orders(self, _info: Any, first: int = 3) -> list[dict[str, Any]]:
        return list(ORDERS.values())[:first]


async def answer(request: web.Request) -> web.StreamResponse:
    """What a server of GraphQL over HTTP does with GET, POST and arrays."""
    asked = dict(request.query) if request.method == "GET" else await request.json()

    async def one(wanted: dict[str, Any]) -> dict[str, Any]:
        if "query" not in wanted:
            return {"errors": [{"message": "PersistedQueryNotFound"}]}
        result = await graphql(
            SCHEMA,
            wanted["query"],
            Root(),
            variable_values=wanted.get("variables"),
            operation_name=wanted.get("operationName"),
        )
        return dict(result.formatted)

    if isinstance(asked, list):
        return web.json_response([await one(wanted) for wanted in asked])
    return web.json_response(await one(asked))


async def talk(port: int) -> int:
    """Two consumers of one operation, one of them also with GET, a batch, and orders that do not exist."""
    url = f"http://127.0.0.1:{port}/graphql"
    count = 0

    async def ask(agent: str, **request: Any) -> None:
        nonlocal count
        async with aiohttp.ClientSession(headers={"User-Agent": agent}) as session:
            if "params" in request:
                async with session.get(url, **request) as got:
                    assert got.status == 200
            else:
                async with session.post(url, **request) as got:
                    assert got.status == 200
        count += 1

    for number, id_ in enumerate(ORDERS):
        missing = number % 5 == 4
        variables = {"id": "ord_missing" if missing else id_}
        shown = {**variables, "full": number % 2 == 0}
        await ask("storefront/1", json={"query": SHOWS, "operationName": "OrderById", "variables": shown})
        await ask("billing/1", json={"query": BILLS, "variables": variables})
        await ask("billing/1", params={"query": "{ orders(first: 2) { id total } }"})
        if number % 3 == 0:
            batch = [{"query": BILLS, "variables": variables}, {"query": "query Open { orders { status } }"}]
            await ask("storefront/1", json=batch)
            await ask("mobile/1", params={"operationName": "OrderById", "extensions": persisted(BILLS)})
    return count


async def recorded(store: Path) -> int:
    app = web.Application()
    app.add_routes([web.post("/graphql", answer), web.get("/graphql", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = f"http://127.0.0.1:{runner.addresses[0][1]}"
    running = Recorder("--listen", "127.0.0.1:0", "--upstream", upstream, "--producer", "shop", store=store)
    try:
        count = await talk(running.port)
        assert numbers(running.end()) == (count, 0)
    finally:
        running.kill()
        await runner.cleanup()
    return count


SELECTED = """\
200 body data                 an object, never null        all 60 (≤5%)       ◐ billing  ◐
                                                                              storefront
200 body data.order           an object                    all 48 (≤6.2%)     ◐ billing  ◐
                                                                              storefront
200 body data.order.id        a string, never null,        all 48 (≤6.2%)     ◐ billing  ◐
                              repeats the body                                storefront
                              variables.id that was sent,
                              matches `^ord_[a-f0-9]{8}$`
200 body data.order.lines     an array, never null         all 24 (≤12%)      ◐ storefront
200 body data.order.lines[]   an object, never null        all 24 (≤12%)      ◐ storefront
200 body                      an integer, never null       all 24 (≤12%)      ◐ storefront
data.order.lines[].quantity
200 body                      a string, never null         all 24 (≤12%)      ◐ storefront
data.order.lines[].sku
200 body data.order.note      a string                     all 8 (≤38%)       ◐ storefront
200 body data.order.state     a string, never null, one    all 24 (≤12%)      ◐ storefront
                              of `OPEN` or `PAID`
200 body data.order.total     a number, never null         all 24 (≤12%)      ◐ billing
"""


def test_each_consumer_depends_on_what_it_selects(tmp_path: Path, defacto: Callable[..., Said]) -> None:
    path = tmp_path / "d.db"
    asyncio.run(asyncio.wait_for(recorded(path), PATIENCE_S))
    assert defacto("infer", "--store", str(path)).code == 0
    with Store.open(str(path)) as store:
        (producer,) = build(store).producers
    operations = {one.key: one for one in producer.operations}
    assert operations.keys() == {
        "GET /graphql#OrderById",
        "GET /graphql#query.orders",
        "POST /graphql#OrderById",
        "POST /graphql#[Open+OrderById]",
    }
    claims = operations["POST /graphql#OrderById"].claims
    errors = next(one for one in claims if one.clause.kind.name == "error-inside")
    assert errors.clause.statement == "200 can be an error: then body errors is there"
    text = defacto("map", "--store", str(path), "--operation", "POST /graphql#OrderById").out
    table = text[text.index("200 body data ") : text.index("200 body errors ")]
    assert [line.rstrip() for line in table.splitlines()] == SELECTED.splitlines()
