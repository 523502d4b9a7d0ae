"""Planned changes: who still depends, who was told, what is late; and the same as a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from contract.changing.progress import chosen
from reports.change import verdict
from reports.change_calendar import calendar
from reports.change_notices import notice_email
from reports.web.change_view import change_view, changes_view
from reports.web.making import being_made, changes_followed
from reports.web.site import fitting, page, snapshot_of

if TYPE_CHECKING:
    from reports.web.change_view import Change


async def changes(request: web.Request) -> web.Response:
    """All planned changes."""
    snapshot = snapshot_of(request)
    followed = await changes_followed(request)
    if followed is None:
        return being_made(request, "The list of changes", "changes.css")
    view = changes_view(snapshot, followed)
    return page(request, "changes.html", view=view, verdict=verdict(view.found), styles=("changes.css",))


async def change(request: web.Request) -> web.Response:
    """One change."""
    view = await _view(request)
    if view is None:
        return being_made(request, "The page of the change", "changes.css")
    return page(request, "change.html", view=view, planned=view.found.planned, styles=("changes.css",))


async def notice(request: web.Request) -> web.Response:
    """What one consumer is told, as a mail to send."""
    view = await _view(request)
    if view is None:
        return being_made(request, "The notice")
    consumer = request.query.get("consumer", "")
    found = next((one for one, _ in view.notices if one.consumer == consumer), None)
    if found is None:
        raise web.HTTPNotFound(text="This change concerns no consumer of that name.")
    return _download(fitting(request, notice_email(found), "message/rfc822"), f"{found.id}.eml")


async def days(request: web.Request) -> web.Response:
    """The days of all changes, and what is to be decided anew by when (RFC 5545)."""
    snapshot = snapshot_of(request)
    made = calendar(snapshot.ledger, snapshot.changes, snapshot.whole.generated_at)
    return _download(fitting(request, made, "text/calendar"), "changes.ics")


async def _view(request: web.Request) -> Change | None:
    """The change that is asked for, None: its traffic is being read."""
    snapshot, id_ = snapshot_of(request), _meant(request)
    followed = await changes_followed(request, id_)
    return None if followed is None else change_view(snapshot, followed, id_)


def _meant(request: web.Request) -> str:
    """The change that is asked for, by its id or the beginning of one."""
    known = snapshot_of(request).changes
    try:
        return chosen(known, request.match_info["id"])
    except LookupError:
        raise web.HTTPNotFound(text="No change has this id, or several have: see all of them.") from None


def _download(answer: web.Response, name: str) -> web.Response:
    """An answer to keep as a file. Ids of changes come from a file that people write."""
    safe = "".join(one if one.isascii() and (one.isalnum() or one in ".-") else "-" for one in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return answer


ROUTES = [
    web.get("/changes", changes),
    web.get("/changes.ics", days),
    web.get("/changes/{id}", change),
    web.get("/changes/{id}/notice", notice),
]
