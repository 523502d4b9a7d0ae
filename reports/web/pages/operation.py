"""An operation or a channel: who depends on what of it, all that is claimed, and the traffic behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from reports.web import links
from reports.web.operation_clauses import Asked, clauses
from reports.web.operation_conduct import failures, idempotency, order, timing
from reports.web.operation_latency import latency
from reports.web.operation_view import (
    MAX_DOUBTS,
    examples,
    fields,
    nearest,
    nearly,
    renamed,
    schemas,
    view,
)
from reports.web.site import page, snapshot_of

if TYPE_CHECKING:
    from reports.web.snapshot import Snapshot

STYLES = ("operation.css",)


async def operation(request: web.Request) -> web.Response:
    """The page of one operation; a former key leads on to the present one."""
    snapshot = snapshot_of(request)
    producer, key = request.query.get("producer", ""), request.query.get("key", "")
    compared = snapshot.compared.get((producer, key))
    if compared is None:
        return _elsewhere(request, snapshot, producer, key)
    asked = Asked.of(request.query, producer, compared.operation)
    observed = snapshot.observed.get((producer, key))
    waits = latency(compared)
    doubts = nearly(snapshot, compared)
    answer = page(
        request,
        "operation.html",
        styles=STYLES,
        view=view(snapshot, compared),
        asked=asked,
        fields=fields(compared, every=asked.every_place),
        clauses=clauses(compared, asked),
        latency=waits,
        timing=timing(compared, waits.drawn if waits else ()),
        order=order(snapshot, compared),
        failures=failures(compared, observed.claims if observed else ()),
        idempotency=idempotency(compared),
        schemas=schemas(compared.operation),
        doubts_of=doubts[:MAX_DOUBTS],
        doubts_left=max(0, len(doubts) - MAX_DOUBTS),
        examples=examples(compared),
    )
    if request.headers.get("HX-Request"):
        answer.headers["HX-Push-Url"] = asked.address
    return answer


def _elsewhere(request: web.Request, snapshot: Snapshot, producer: str, key: str) -> web.Response:
    """Where an operation is today, or what may have been meant."""
    owners = [name for name in snapshot.producers if (name, key) in snapshot.compared]
    if not producer and len(owners) == 1:
        raise web.HTTPFound(links.operation(owners[0], key))
    present = renamed(snapshot, producer, key) if key else None
    if present is not None:
        raise web.HTTPMovedPermanently(links.operation(producer, present))
    return page(
        request,
        "operation_unknown.html",
        status=404,
        producer=producer,
        key=key,
        near=nearest(snapshot, producer, key),
    )


ROUTES = [web.get("/operation", operation)]
