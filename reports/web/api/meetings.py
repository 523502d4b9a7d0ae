"""What the API tells of what people do about the contract: reviews and planned changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from reports.review_text import item_form
from reports.web.api import forms
from reports.web.api.answering import answer, page_of
from reports.web.making import changes_followed, ensure_made, review_asked
from reports.web.site import snapshot_of
from store.records import record_id

if TYPE_CHECKING:
    from contract.changing.model import Planned
    from reports.review import Item, Review
    from reports.web.api.asking import Asked


async def review(request: web.Request, asked: Asked) -> web.Response:
    """What is new since a day: the verdict, the figures, and how long each list is."""
    return answer(request, forms.review_head_form(snapshot_of(request), await _review(request, asked)))


async def review_items(request: web.Request, asked: Asked) -> web.Response:
    """The lines of its lists, or of one, in the order of the meeting."""
    found = [
        (part.slug, item)
        for part in (await _review(request, asked)).parts
        if asked["list"] in {None, part.slug}
        for item in part.items
    ]
    return page_of(request, asked, found, _item_id, lambda one: {"list": one[0], **item_form(one[1])})


async def changes(request: web.Request, asked: Asked) -> web.Response:
    """The planned changes, those whose day is next first."""
    snapshot = snapshot_of(request)
    found = sorted(
        (
            one
            for one in snapshot.changes.items()
            if asked["closed"] is None or asked["closed"] == (one[1].closed is not None)
        ),
        key=lambda one: (one[1].effective, one[0]),
    )
    return page_of(request, asked, found, _change_id, lambda one: forms.change_head_form(snapshot, *one))


async def change(request: web.Request, asked: Asked) -> web.Response:
    """One change, with where each consumer stands."""
    del asked
    snapshot, id_ = snapshot_of(request), request.match_info["id"]
    if id_ not in snapshot.changes:
        raise web.HTTPNotFound(text="There is no change with that id.")
    followed = ensure_made("The change", await changes_followed(request, id_))
    return answer(request, forms.whole_change_form(snapshot, followed, id_))


async def _review(request: web.Request, asked: Asked) -> Review:
    since = "" if asked["since"] is None else _day(asked["since"])
    return ensure_made("The review", (await review_asked(request, since)).review)


def _day(text: str) -> str:
    """A day from which there can be something new; RFC 3339 knows years of any age."""
    if text >= datetime.now(UTC).date().isoformat():
        raise web.HTTPNotFound(text="There is no review that begins after yesterday.")
    return max(text, "1970-01-01")


def _item_id(one: tuple[str, Item]) -> str:
    slug, item = one
    return record_id(slug, item.about, item.said, item.id)


def _change_id(one: tuple[str, Planned]) -> str:
    return record_id(one[0])
