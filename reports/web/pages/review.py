"""The review: what is new since the last one, made aside for the meeting and shown when it is there."""

from __future__ import annotations

import asyncio
from datetime import date
from time import time_ns
from typing import TYPE_CHECKING

from aiohttp import web

from reports import review_words
from reports.review_material import day_of
from reports.review_reading import reviews_beside
from reports.web.making import Decided, being_made, default_since, made, make_review
from reports.web.site import KEEPER, page, snapshot_of
from reports.when import read_instant
from store.errors import QuestionError

if TYPE_CHECKING:
    from pathlib import Path

LINES = 60
"""Lines of one list, each with who depends; programs get all."""
REMEMBERED = 12
"""Saved reviews that are offered to begin at."""


async def review(request: web.Request) -> web.Response:
    """The review since the day that is asked for, else since the last one that was saved."""
    snapshot = snapshot_of(request)
    saved = await asyncio.to_thread(_saved, reviews_beside(request.app[KEEPER].sources.ledger))
    asked = request.query.get("since", "").strip()
    since = day_of(read_instant(asked)) if asked else default_since(saved, snapshot.whole.window)
    if since >= day_of(time_ns()):
        raise QuestionError("The review must end after it begins: say a day before today.")
    given = Decided(documents=snapshot.documents, ledger=snapshot.ledger, incidents=snapshot.incidents)
    found = await made(request, make_review, since, given=given)
    if found is None:
        return being_made(request, "The review", "review.css")
    return page(
        request,
        "review.html",
        review=found,
        verdict=found.verdict,
        told=review_words,
        generated_at=found.generated_at,
        window=found.window,
        capture=found.capture,
        in_full=LINES,
        saved=[day for day in saved if day < found.day][:REMEMBERED],
        since=since,
        styles=("review.css",),
    )


def _saved(folder: Path) -> list[date]:
    """The days of the reviews that were saved, the latest first."""
    found = []
    for path in folder.glob("*.json"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found, reverse=True)


ROUTES = [web.get("/review", review)]
