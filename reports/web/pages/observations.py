"""What was recorded: the lists of calls and events, and each of them opened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from contract.operation import parse
from reports.web import links
from reports.web.flows import flows_of
from reports.web.observation_view import shown
from reports.web.site import KEEPER, page, snapshot_of
from reports.web.traffic import Filters, opened, page_of
from store.records import Exchange, Message

if TYPE_CHECKING:
    from reports.web.flows import Flows
    from reports.web.observation_view import Shown
    from reports.web.snapshot import Snapshot, Sources
    from reports.web.traffic import Page
    from store.glimpses import Glimpse, Kind
    from store.store import Store

MOST_OFFERED = 500
"""Operations, and consumers, that the filter suggests."""
_STYLES = ("observations.css",)


async def exchanges(request: web.Request) -> web.Response:
    """Calls, newest first."""
    return await _list(request, Exchange, "exchanges.html")


async def messages(request: web.Request) -> web.Response:
    """Events, newest first."""
    return await _list(request, Message, "messages.html")


async def observation(request: web.Request) -> web.Response:
    """One exchange or message."""
    found = await asyncio.to_thread(_shown, *_sources(request), request.match_info["id"])
    if isinstance(found, str):
        raise web.HTTPFound(links.observation(found))
    return page(request, "message.html" if found.event else "exchange.html", styles=_STYLES, one=found)


async def flows(request: web.Request) -> web.Response:
    """The way of the values of one observation: a page, or the piece that the observation's own asks for."""
    id_ = request.match_info["id"]
    found = await asyncio.to_thread(_flows, *_sources(request), id_)
    template = "flows_found.html" if request.headers.get("HX-Request") == "true" else "flows.html"
    answer = page(request, template, styles=_STYLES, found=found, id=id_)
    answer.headers["Vary"] = "HX-Request"
    return answer


async def _list(request: web.Request, kind: Kind, template: str) -> web.Response:
    filters = Filters.of(request.query)
    sources, snapshot = _sources(request)
    found = await asyncio.to_thread(_page, sources, snapshot, kind, filters)
    event = kind is Message
    keys = {key for (_, key), one in snapshot.observed.items() if one.observations}
    return page(
        request,
        template,
        styles=_STYLES,
        found=found,
        filters=filters,
        consumers=sorted(snapshot.consumers)[:MOST_OFFERED],
        operations=sorted(key for key in keys if parse(key).is_event is event)[:MOST_OFFERED],
    )


def _sources(request: web.Request) -> tuple[Sources, Snapshot]:
    return request.app[KEEPER].sources, snapshot_of(request)


def _page(sources: Sources, snapshot: Snapshot, kind: Kind, filters: Filters) -> Page:
    with opened(sources, snapshot) as (store, names):
        start = None
        if filters.before:
            start = next((one for one in store.named(filters.before) if one.id == filters.before), None)
            if start is None or start.kind is not kind:
                raise web.HTTPNotFound(
                    text="The observation that this list goes on after is not kept any more."
                )
        return page_of(store, names, kind, filters, start)


def _shown(sources: Sources, snapshot: Snapshot, id_: str) -> Shown | str:
    """The view of an observation; its id, where only the beginning of it was given."""
    with opened(sources, snapshot) as (store, names):
        glimpse = _named(store, id_)
        if glimpse.id != id_:
            return glimpse.id
        record = _record(store, glimpse)
        return shown(record, glimpse, store, names, snapshot)


def _flows(sources: Sources, snapshot: Snapshot, id_: str) -> Flows:
    with opened(sources, snapshot) as (store, names):
        glimpse = _named(store, id_)
        return flows_of(store, names, glimpse, _record(store, glimpse))


def _named(store: Store, id_: str) -> Glimpse:
    found = store.named(id_)
    if not found:
        raise web.HTTPNotFound(
            text="There is no such observation. It may have been removed: raw traffic is kept for a while, "
            "what was learned from it stays."
        )
    if len(found) > 1:
        raise web.HTTPNotFound(text="Several observations have an id that starts so: give more of it.")
    return found[0]


def _record(store: Store, glimpse: Glimpse) -> Exchange | Message:
    found = store.opened([glimpse])
    if not found:
        raise web.HTTPNotFound(text="The observation has just been removed.")
    return found[0]


ROUTES = [
    web.get("/exchanges", exchanges),
    web.get("/messages", messages),
    web.get("/observations/{id}", observation),
    web.get("/observations/{id}/flows", flows),
]
