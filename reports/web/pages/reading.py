"""How far the first reading is: what the page that waits for it asks for (`reports.web.pages.errors`)."""

from __future__ import annotations

from aiohttp import web

from reports.web.site import KEEPER, bare


async def reading(request: web.Request) -> web.Response:
    """How far it is. Once it is done, htmx is told to load the page that was asked for."""
    keeper = request.app[KEEPER]
    if not keeper.ready:
        return bare("reading_progress.html", progress=keeper.progress)
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther("/")
    return web.Response(headers={"HX-Refresh": "true"})


async def ready(request: web.Request) -> web.Response:
    """Whether there is anything to see yet, for who sends traffic here only then."""
    if request.app[KEEPER].ready:
        return web.Response(text="ready\n")
    return web.Response(status=503, text="the store is being read\n")


ROUTES = [web.get("/reading", reading), web.get("/readyz", ready)]
