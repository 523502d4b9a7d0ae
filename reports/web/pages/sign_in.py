"""Signing in with the token: a page beyond loopback asks for it once, and keeps a cookie."""

from __future__ import annotations

import asyncio

from aiohttp import web

from reports.web import security
from reports.web.site import bare

WRONG_SECONDS = 0.5
"""How long whoever gives a wrong token waits for the answer."""


async def ask(request: web.Request) -> web.Response:
    """The form."""
    goal = _own(request.query.get("next", "/"))
    if not request.app[security.ACCESS].token:
        raise web.HTTPSeeOther(goal)
    return bare("sign_in.html", next=goal, wrong=False)


async def enter(request: web.Request) -> web.Response:
    """Take the token, and go where the visitor wanted to go."""
    form = await request.post()
    access, goal = request.app[security.ACCESS], _own(str(form.get("next", "/")))
    given, address = str(form.get("token", "")), request.remote or ""
    if not request.app[security.GUESSES].admit(access, given.strip(), address):
        await asyncio.sleep(WRONG_SECONDS)
        return bare("sign_in.html", status=403, next=goal, wrong=True)
    answer = web.Response(status=303, headers={"Location": goal})
    security.give_session(request, answer, access.session())
    return answer


def _own(address: str) -> str:
    """An address of this site; any other one becomes the overview.

    Browsers take `/\\` for `//`, and leave out tabs and ends of lines (WHATWG URL, basic URL parser).
    """
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours and address.isascii() and address.isprintable() else "/"


ROUTES = [web.get("/sign-in", ask), web.post("/sign-in", enter)]
