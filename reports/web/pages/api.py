"""The API: where its answers are, and that each is asked for as its document says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from reports.web.api import contract, meetings, traffic
from reports.web.api.asking import asked
from reports.web.api.document import ROOT, document_json
from reports.web.site import fitting

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reports.web.api.asking import Asked

    Answer = Callable[[web.Request, Asked], Awaitable[web.Response]]


async def _document(request: web.Request, given: Asked) -> web.Response:
    """What this API promises."""
    del given
    return fitting(request, document_json(), "application/json")


ANSWERS: dict[str, Answer] = {
    "/openapi.json": _document,
    "/status": contract.status,
    "/producers": contract.producers,
    "/operations": contract.operations,
    "/operations/one": contract.operation,
    "/consumers": contract.consumers,
    "/consumers/one": contract.consumer,
    "/clauses": contract.clauses,
    "/clauses/{id}": contract.clause,
    "/findings": contract.findings,
    "/review": meetings.review,
    "/review/items": meetings.review_items,
    "/changes": meetings.changes,
    "/changes/{id}": meetings.change,
    "/exchanges": traffic.exchanges,
    "/messages": traffic.messages,
    "/observations/{id}": traffic.observation,
}
"""By path of the document."""


def _route(path: str, answer: Answer) -> web.RouteDef:
    async def handle(request: web.Request) -> web.Response:
        return await answer(request, asked(request, path))

    return web.get(f"{ROOT}{path}", handle)


ROUTES = [_route(path, answer) for path, answer in ANSWERS.items()]
