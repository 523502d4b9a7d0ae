"""Answers of the API: one thing, or a page of many with a link to the next one (RFC 8288)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.json_form import to_json
from reports.web import links
from reports.web.site import fitting, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from aiohttp import web

    from reports.web.api.asking import Asked

    T = TypeVar("T")


def answer(request: web.Request, form: dict[str, Any]) -> web.Response:
    """A form as JSON, or 304 where whoever asks has it."""
    return fitting(request, to_json(form).encode(), "application/json")


def page(request: web.Request, items: Iterable[object], cursor: str | None, **more: object) -> web.Response:
    """One page of a list; `cursor` is where the next begins, None: there is none."""
    query = {**request.query, "cursor": cursor}
    following = None if cursor is None else links.to(request.path, **query)
    form = {"stamp": snapshot_of(request).stamp, **more, "items": list(items), "next": following}
    response = answer(request, form)
    if following is not None:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def page_of(
    request: web.Request,
    asked: Asked,
    found: Sequence[T],
    id_of: Callable[[T], str],
    form: Callable[[T], dict[str, Any]],
) -> web.Response:
    """A page of a list that is in memory.

    The cursor is the place and the id of the last item that was sent. A list changes while it is read: the
    next page goes on behind that item where it stands now, behind its former place where it has gone.
    """
    start = _start(asked["cursor"], found, id_of)
    items = found[start : start + asked["limit"]]
    end = start + len(items)
    cursor = f"{end}-{id_of(items[-1])}" if items and end < len(found) else None
    return page(request, map(form, items), cursor, total=len(found))


def _start(cursor: str | None, found: Sequence[T], id_of: Callable[[T], str]) -> int:
    if cursor is None:
        return 0
    text, _, last = cursor.partition("-")
    place = min(int(text), len(found))
    if place and id_of(found[place - 1]) == last:  # as a rule nothing has moved
        return place
    return next((number for number, one in enumerate(found, 1) if id_of(one) == last), place)
