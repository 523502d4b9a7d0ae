"""The review: what is new since the last one, made aside for the meeting and shown when it is there."""

from __future__ import annotations

from aiohttp import web

from reports import review_words
from reports.web.making import being_made, review_asked
from reports.web.site import page

LINES = 60
"""Lines of one list, each with who depends; programs get all."""
REMEMBERED = 12
"""Saved reviews that are offered to begin at."""


async def review(request: web.Request) -> web.Response:
    """The review since the day that is asked for, else since the last one that was saved."""
    asked = await review_asked(request, request.query.get("since", "").strip())
    found = asked.review
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
        saved=[day for day in asked.saved if day < found.day][:REMEMBERED],
        since=asked.since,
        styles=("review.css",),
    )


ROUTES = [web.get("/review", review)]
