"""A consumer: who it is, and all that it depends on, undeclared first."""

from __future__ import annotations

from aiohttp import web

from reports.web import consumer_view as view
from reports.web.overview_view import consumer_lines
from reports.web.site import page, snapshot_of
from reports.web.ties import traffic

LONGEST_NUMBER = 8


async def consumer(request: web.Request) -> web.Response:
    """The page of one consumer; `producer` narrows it, `begin` passes over operations."""
    name, producer = request.query.get("name", ""), request.query.get("producer", "")
    snapshot = snapshot_of(request)
    begin = request.query.get("begin", "")
    passed = int(begin) if begin.isascii() and begin.isdecimal() and len(begin) < LONGEST_NUMBER else 0
    found = view.consumer_page(snapshot, name, producer, passed)
    if found is None:
        raise web.HTTPNotFound(text="No consumer of that name was seen." if name else "Which consumer?")
    if producer and producer not in snapshot.producers:
        raise web.HTTPNotFound(text="No producer of that name was seen.")
    return page(
        request,
        "consumer.html",
        found=found,
        consumer=found.consumer,
        all_of=len(consumer_lines(snapshot)),
        view=view,
        traffic=traffic,
        styles=("overview.css",),
    )


ROUTES = [web.get("/consumer", consumer)]
