"""What the API tells of the traffic itself: bounded reads of the store, the newest first."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from aiohttp import web

from reports.opened import as_json
from reports.opened_message import message_as_json
from reports.web import links
from reports.web.api.answering import answer, page
from reports.web.site import KEEPER
from reports.web.traffic import Filters, Page, opened, page_of
from store.records import Exchange, Message

if TYPE_CHECKING:
    from reports.web.api.asking import Asked
    from reports.web.snapshot import Snapshot, Sources

MOST_CARRIED = 1_000
"""Messages of one exchange that are told; `defacto show` tells all."""
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


async def exchanges(request: web.Request, asked: Asked) -> web.Response:
    """The exchanges that were recorded last."""
    return await _list(request, asked, Exchange)


async def messages(request: web.Request, asked: Asked) -> web.Response:
    """The messages that were recorded last."""
    return await _list(request, asked, Message)


async def observation(request: web.Request, asked: Asked) -> web.Response:
    """One exchange or message, all that is kept of it."""
    del asked
    keeper = request.app[KEEPER]
    form = await asyncio.to_thread(_opened, keeper.sources, keeper.snapshot, request.match_info["id"])
    if form is None:
        raise web.HTTPNotFound(text="There is no observation with that id.")
    return answer(request, form)


async def _list(request: web.Request, asked: Asked, kind: type[Exchange | Message]) -> web.Response:
    keeper = request.app[KEEPER]
    found, cursor = await asyncio.to_thread(_read, keeper.sources, keeper.snapshot, asked, kind)
    items = ({**asdict(one), "page": links.observation(one.id)} for one in found.rows)
    return page(request, items, cursor, looked_at=found.looked)


def _read(
    sources: Sources, snapshot: Snapshot, asked: Asked, kind: type[Exchange | Message]
) -> tuple[Page, str | None]:
    """A page, and the place in the order of the store from which the next one begins."""
    filters = Filters(
        **{name: asked[name] or "" for name in ("producer", "consumer", "operation")},
        status=asked.get("status") or "",
        **{name: _bounded(asked[name]) for name in ("since", "until")},
    )
    with opened(sources, snapshot) as (store, names):
        start = None
        if asked["cursor"] is not None:
            at = store.glimpses(kind, before=int(asked["cursor"]) + 1, limit=1)
            if not at:  # retention has removed it, and all that is older
                return Page(rows=(), looked=0, filtered=False), None
            start = at[0]
        found = page_of(store, names, kind, filters, start)
        rows = found.rows[: asked["limit"]]
        after = rows[-1].id if len(rows) < len(found.rows) else found.after
        last = store.named(after) if after else []
        return replace(found, rows=rows), str(last[0].seq) if last else None


def _opened(sources: Sources, snapshot: Snapshot, id_: str) -> dict[str, Any] | None:
    with opened(sources, snapshot) as (store, names):
        found = [one for one in store.opened(store.named(id_)) if one.id == id_]
        if not found:
            return None
        record = found[0]
        if isinstance(record, Message):
            text = message_as_json(record, names)
        else:
            carried = list(islice(store.messages(exchange=id_), MOST_CARRIED))
            text = as_json(record, carried, names)
    kind = "message" if isinstance(record, Message) else "exchange"
    form: dict[str, Any] = json.loads(text)
    return {"kind": kind, **form, "page": links.observation(id_)}


def _bounded(text: str | None) -> str:
    """An instant that the store can be asked for; RFC 3339 knows leap seconds, and years of any age."""
    if text is None:
        return ""
    try:
        moment = datetime.fromisoformat(text.upper().replace(":60", ":59"))
        return max(_EARLIEST, min(moment, _LATEST)).isoformat()
    except (ValueError, OverflowError) as error:
        raise web.HTTPBadRequest(text=f"{text!r} is no instant.") from error
