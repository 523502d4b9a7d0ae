"""What every page needs: who asks, the snapshot, the templates, and answers that are not sent twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from reports.html import render
from reports.web import links

if TYPE_CHECKING:
    from reports.web.keeper import Keeper
    from reports.web.security import Visitor
    from reports.web.snapshot import Snapshot

KEEPER: web.AppKey[Keeper] = web.AppKey("keeper")
WRITABLE: web.AppKey[bool] = web.AppKey("writable")
"""Whether decisions may be written to the ledger's file."""
VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor")
"""The key of the request under which `reports.web.security` leaves the visitor."""

STATIC = Path(__file__).parents[1] / "static"


@dataclass(frozen=True, kw_only=True)
class Site:
    """What templates know of the page beside its content: None in a report that is a file."""

    here: str
    """The path that was asked for."""
    section: str
    """The page in the head to which this one belongs, for the mark there."""
    snapshot: Snapshot
    keeper: Keeper
    visitor: Visitor
    writable: bool
    links: Any = links
    version: str = ""
    """Of the style and the scripts, so that a new release is not shown in the old one's clothes."""


def snapshot_of(request: web.Request) -> Snapshot:
    """The latest snapshot."""
    return request.app[KEEPER].snapshot


def page(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page made of a template below `templates/web`, with the verdict as its heading unless it has one.

    Answers 304 where the same was sent before (RFC 9110, section 13.1.2).
    """
    site = site_of(request)
    text = render(f"web/{template}", site=site, snapshot=site.snapshot, **context)
    return fitting(request, text.encode(), "text/html", status=status)


def bare(template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page that shows nothing of what was observed, and so needs no snapshot."""
    text = render(f"web/{template}", version=static_version(), **context)
    return web.Response(status=status, text=text, content_type="text/html")


def site_of(request: web.Request) -> Site:
    """What templates know of the page that is asked for."""
    return Site(
        here=request.path,
        section=links.section(request.path),
        snapshot=snapshot_of(request),
        keeper=request.app[KEEPER],
        visitor=request[VISITOR],
        writable=request.app[WRITABLE],
        version=static_version(),
    )


def fitting(request: web.Request, body: bytes, media_type: str, *, status: int = 200) -> web.Response:
    """A body with its entity tag, or 304 where the client has it."""
    tag = sha256(body).hexdigest()[:20]
    fresh = status == 200 and any(one.value in {tag, "*"} for one in request.if_none_match or ())
    answer = (
        web.Response(status=304)
        if fresh
        else web.Response(status=status, body=body, content_type=media_type, charset="utf-8")
    )
    answer.etag = tag
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@cache
def static_version() -> str:
    """A short hash of all that is served as it is."""
    return sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))).hexdigest()[:12]
