"""The application: routes, guards and static files put together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from reports.web import security
from reports.web.pages import (
    api,
    changes,
    check,
    clause,
    consumer,
    decide,
    drift,
    live,
    network,
    observations,
    operation,
    overview,
    reading,
    review,
    search,
    sign_in,
)
from reports.web.pages.errors import told
from reports.web.site import KEEPER, STATIC, WRITABLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reports.web.keeper import Keeper
    from reports.web.security import Access

PAGES = (
    overview,
    network,
    operation,
    consumer,
    clause,
    observations,
    drift,
    check,
    changes,
    review,
    search,
    decide,
    live,
    api,
    sign_in,
    reading,
)


def make_app(keeper: Keeper, access: Access, *, writable: bool) -> web.Application:
    """The application.

    Args:
        keeper: what keeps the snapshot; it is run with the application.
        access: who may come in.
        writable: whether decisions may be written to the ledger's file.
    """
    app = web.Application(client_max_size=security.MAX_UPLOAD_BYTES, middlewares=[told, security.guard])
    app[KEEPER], app[WRITABLE] = keeper, writable
    app[security.ACCESS], app[security.GUESSES] = access, security.Guesses()
    app.on_response_prepare.append(security.seal)
    for module in PAGES:
        app.add_routes(module.ROUTES)
    app.router.add_get("/healthz", _alive)
    app.router.add_static("/static/", STATIC)
    app.on_shutdown.append(live.stop)
    app.cleanup_ctx.append(_keeping)
    return app


async def _alive(_: web.Request) -> web.Response:
    """For who probes whether the process lives: nobody has to sign in for that, and nothing else is said."""
    return web.Response(text="ok\n")


async def _keeping(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[KEEPER].run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
