"""Search: a name, or a part of one, leads to whatever is called so."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aiohttp import web

from reports.web import links
from reports.web.index import Query, index_of
from reports.web.site import KEEPER, page, snapshot_of
from store.errors import StoreError
from store.store import Store

if TYPE_CHECKING:
    from reports.web.index import Found, Index
    from reports.web.snapshot import Snapshot

_ID = re.compile(r"[a-z2-7]{8,16}")
"""What may be an observation's id, or the beginning of one."""
WHOLE = 16
"""Characters of a whole one."""


async def search(request: web.Request) -> web.Response:
    """What was found. A whole id leads straight to its page, unless somebody is still typing."""
    snapshot = snapshot_of(request)
    query, kind = Query(request.query.get("q", "")), request.query.get("kind", "")
    typing = request.headers.get("HX-Request") == "true"
    clause = query.text if query.text in snapshot.claims else snapshot.former.get(query.text)
    if clause and not typing:
        raise web.HTTPSeeOther(links.clause(clause))
    store = request.app[KEEPER].sources.store
    observation = await asyncio.to_thread(_observation, store, query.text)
    if observation == query.text and observation and not typing:
        raise web.HTTPSeeOther(links.observation(observation))
    index, found = await asyncio.to_thread(_found, snapshot, query, kind)
    return page(
        request,
        "search.html",
        styles=("search.css",),
        query=query,
        kind=kind if kind in {one.slug for one in index.groups} else "",
        index=index,
        found=found,
        observation=observation,
    )


def _found(snapshot: Snapshot, query: Query, kind: str) -> tuple[Index, tuple[Found, ...]]:
    index = index_of(snapshot)
    return index, index.search(query, kind)


def _observation(store_url: str, text: str) -> str:
    """The whole id of the observation that a text is the id of, or the beginning of one; `""`: of none."""
    if not _ID.fullmatch(text):
        return ""
    try:
        with Store.open(store_url, create=False) as store:
            return store.observation(text).id
    except StoreError:
        return ""


ROUTES = [web.get("/search", search)]
