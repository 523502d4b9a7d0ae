"""The overview: the verdict, what would hurt most, and how good the capture is."""

from __future__ import annotations

from aiohttp import web

from reports.web import overview_view as view
from reports.web.site import page, snapshot_of
from reports.web.ties import traffic


async def overview(request: web.Request) -> web.Response:
    """The first page."""
    return page(
        request,
        "overview.html",
        overview=view.overview_of(snapshot_of(request)),
        view=view,
        traffic=traffic,
        styles=("overview.css",),
    )


ROUTES = [web.get("/", overview)]
