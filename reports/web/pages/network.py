"""The network: who depends on whom, and on how much."""

from __future__ import annotations

from aiohttp import web

from reports.web import network_view as view
from reports.web.overview_view import consumer_lines, producer_part
from reports.web.site import page, snapshot_of
from reports.web.ties import traffic

MOST_ROWS = 400
MOST_OPERATIONS = 1000


async def network(request: web.Request) -> web.Response:
    """The picture and its tables, of all producers or of one."""
    snapshot, producer = snapshot_of(request), request.query.get("producer", "")
    if producer and producer not in snapshot.producers:
        raise web.HTTPNotFound(text="No producer of that name was seen.")
    edges = tuple(one for one in view.edges(snapshot) if producer in {"", one.producer})
    names = {one.consumer for one in edges}
    return page(
        request,
        "network.html",
        producer=producer,
        edges=edges,
        picture=view.picture(edges),
        consumers=[one for one in consumer_lines(snapshot) if one.consumer.name in names],
        operations=producer_part(snapshot, producer) if producer else None,
        view=view,
        traffic=traffic,
        most=MOST_ROWS,
        most_operations=MOST_OPERATIONS,
        styles=("overview.css", "network.css"),
    )


ROUTES = [web.get("/network", network)]
