"""A clause: why it is said, who depends on it, what was promised, and the traffic behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from reports.web import links
from reports.web.clause_view import MOST_DEPENDENTS, MOST_RELATED, ClauseView, Witness, witnesses
from reports.web.decide_view import removal
from reports.web.excerpt import excerpt
from reports.web.site import KEEPER, page, snapshot_of
from reports.web.timeline import timeline
from store.errors import StoreError
from store.store import Store

if TYPE_CHECKING:
    from contract.claim import Claim
    from reports.web.excerpt import Excerpt
    from reports.web.snapshot import Snapshot, Sources

SHORTEST = 4
"""Characters of an id that may stand for all of it."""
STYLES = ("clause.css",)


async def clause(request: web.Request) -> web.Response:
    """The page of a clause."""
    snapshot = snapshot_of(request)
    view = ClauseView(snapshot=snapshot, claim=_claim(request, snapshot))
    seen, written = await asyncio.to_thread(_read, request.app[KEEPER].sources, view)
    return page(
        request,
        "clause.html",
        styles=STYLES,
        view=view,
        claim=view.claim,
        witnesses=seen,
        written=written,
        removal=removal(view.claim.clause),
        most=MOST_RELATED,
        most_dependents=MOST_DEPENDENTS,
    )


async def over_time(request: web.Request) -> web.Response:
    """Who met the clause's place when; the page of the clause loads it, and it stands by itself."""
    snapshot = snapshot_of(request)
    claim = _claim(request, snapshot, "/timeline")
    keeper = request.app[KEEPER]
    told = await asyncio.to_thread(timeline, keeper.sources.store, snapshot.stamp, claim.clause)
    return page(request, "timeline.html", styles=STYLES, claim=claim, timeline=told)


def _claim(request: web.Request, snapshot: Snapshot, below: str = "") -> Claim:
    """The claim that an id names; a former id and the beginning of one lead on."""
    id_ = request.match_info["id"]
    claim = snapshot.claims.get(id_)
    if claim is not None:
        return claim
    present = snapshot.former.get(id_)
    if present is None and len(id_) >= SHORTEST:
        found = [known for known in snapshot.claims if known.startswith(id_)]
        if len(found) > 1:
            many = f"{len(found)} clauses have an id that begins with {id_}"
            raise web.HTTPNotFound(text=f"{many}: give more of it, or search for it.")
        present = found[0] if found else None
    if present is None:
        raise web.HTTPNotFound(
            text=f"No clause has the id {id_[:40]}. It may be gone with the operation that it was about."
        )
    raise web.HTTPFound(f"{links.clause(present)}{below}")


def _read(sources: Sources, view: ClauseView) -> tuple[tuple[Witness, ...], Excerpt | None]:
    """What is not in the snapshot: a few observations by id, and the text of a document."""
    seen: tuple[Witness, ...] = ()
    if view.claim.evidence.examples:
        seen = _witnesses(sources.store, view.claim)
    stated = view.stated
    if stated is None:
        return seen, None
    producer = view.claim.clause.producer
    return seen, excerpt(sources, view.snapshot.producers, producer, stated.pointer)


def _witnesses(store_url: str, claim: Claim) -> tuple[Witness, ...]:
    """The examples; only named where the store cannot be read, as all else on the page can still be told."""
    try:
        with Store.open(store_url, create=False) as store:
            return witnesses(store, claim)
    except StoreError:
        return tuple(Witness(id=id_, says="cannot be read now") for id_ in claim.evidence.examples)


ROUTES = [web.get("/clauses/{id}", clause), web.get("/clauses/{id}/timeline", over_time)]
