"""What is said when a page cannot be shown: in words, with a way on, and never a traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
from aiohttp import hdrs, web

from reports.untrusted import for_terminal
from reports.web.keeper import NotReadYetError
from reports.web.site import KEEPER, VISITOR, bare, page
from store.errors import DefactoError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBLEM = "application/problem+json"
_TOLD = (hdrs.ALLOW, hdrs.RETRY_AFTER, hdrs.WWW_AUTHENTICATE)
"""Headers that belong to a refusal as its status does."""
AGAIN_SECONDS = 2
"""When to ask again while the store is being read for the first time."""

_log = logging.getLogger("defacto.serve")


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into answers: a page for visitors, a problem document (RFC 9457) for programs."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        answer = problem(request, refusal.status, refusal.text or refusal.reason)
        answer.headers.update({name: refusal.headers[name] for name in _TOLD if name in refusal.headers})
        return answer
    except NotReadYetError as error:
        return _not_yet(request, error)
    except QuestionError as error:
        return problem(request, 400, error.message, error.hint)
    except DefactoError as error:
        return problem(request, 503, error.message, error.hint)
    except Exception:  # noqa: BLE001  # whoever asks gets an answer, the log the traceback
        _log.exception("%s %s failed", request.method, for_terminal(request.path))
        return problem(request, 500, "This is a bug in defacto; the log of the server says more.")


def problem(request: web.Request, status: int, said: str, hint: str = "") -> web.Response:
    """An error as whoever asks can read it; who has not come in gets the words, and nothing of ours."""
    said = said.strip().removeprefix(f"{status}: ")
    title = f"{said[:1].upper()}{said[1:]}"
    if request.path.startswith("/api/"):
        form = {"title": title, "status": status, **({"detail": hint} if hint else {})}
        return web.Response(status=status, body=orjson.dumps(form), content_type=PROBLEM)
    if not _reads_pages(request) or not request.app[KEEPER].ready:
        return web.Response(status=status, text=for_terminal(f"{title} {hint}".rstrip()) + "\n")
    answer = page(request, "error.html", status=status, code=status, title=title, hint=hint)
    if request.headers.get("HX-Target") == "main":  # it waited in vain (making.html): htmx shows no errors
        answer.headers["HX-Refresh"] = "true"
    return answer


def _not_yet(request: web.Request, error: NotReadYetError) -> web.Response:
    """That the store is being read: a page that goes on by itself, for programs when to ask again."""
    if _reads_pages(request) and not request.path.startswith("/api/"):
        answer = bare("reading.html", status=503, progress=request.app[KEEPER].progress)
    else:
        answer = problem(request, 503, error.message, error.hint)
    answer.headers[hdrs.RETRY_AFTER] = str(AGAIN_SECONDS)
    return answer


def _reads_pages(request: web.Request) -> bool:
    """Whether somebody asks who has come in, and not with a program."""
    visitor = request.get(VISITOR)
    return visitor is not None and bool(visitor.csrf)
