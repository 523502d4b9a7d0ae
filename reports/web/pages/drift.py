"""Drift: where observed and declared contract part, what would hurt most first; or two periods compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from reports import period_words
from reports.html import render
from reports.reading import ensure_in_order
from reports.web import links
from reports.web.drift_view import Filters, choices, drift_view, finding_of
from reports.web.making import being_made, made, make_comparison
from reports.web.period_view import presets
from reports.web.site import fitting, page, site_of, snapshot_of
from reports.when import read_period
from store.errors import QuestionError

if TYPE_CHECKING:
    from reports.web.snapshot import Snapshot

CHANGES_AT_ONCE = 100
"""Differences of one section that open into their evidence."""


async def drift(request: web.Request) -> web.Response:
    """The report, or the comparison that is asked for."""
    if request.query.get("from") or request.query.get("to"):
        return await periods(request)
    snapshot = snapshot_of(request)
    view = drift_view(
        snapshot.drift,
        Filters.of(request.query),
        request.query.get("section", ""),
        _begin(request.query.get("begin", "0")),
    )
    return page(
        request,
        "drift.html",
        view=view,
        drift=snapshot.drift,
        choices=choices(snapshot.drift),
        presets=presets(snapshot.whole.window),
        styles=("drift.css",),
    )


async def finding(request: web.Request) -> web.Response:
    """What one finding opens into; whoever is no script is led to its clause."""
    id_ = request.match_info["id"]
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther(links.clause(id_))
    found = finding_of(snapshot_of(request).drift, id_)
    if found is None:
        raise web.HTTPNotFound(text="This finding is not there any more: load the page again.")
    body = render("web/finding.html", site=site_of(request), finding=found)
    return fitting(request, body.encode(), "text/html")


async def periods(request: web.Request) -> web.Response:
    """Two periods of one store, held against each other."""
    snapshot = snapshot_of(request)
    earlier, later = (request.query.get(name, "").strip() for name in ("from", "to"))
    producer = request.query.get("producer", "").strip()
    _ensure_periods(snapshot, earlier, later, producer)
    comparison = await made(request, make_comparison, producer, earlier, later)
    if comparison is None:
        return being_made(request, "The comparison", "drift.css")
    told = period_words.sections(comparison)
    ranked = [change for section in told for change in section.changes]
    return page(
        request,
        "periods.html",
        comparison=comparison,
        verdict=comparison.verdict,
        capture=comparison.after.map.capture,
        window=None,
        generated_at=comparison.after.map.generated_at,
        sections=told,
        numbers={id(change): number for number, change in enumerate(ranked, start=1)},
        told=period_words,
        by_id=id,
        in_full=CHANGES_AT_ONCE,
        presets=presets(snapshot.whole.window),
        asked={"from": earlier, "to": later, "producer": producer},
        styles=("drift.css",),
    )


def _ensure_periods(snapshot: Snapshot, earlier: str, later: str, producer: str) -> None:
    """Say at once what is wrong, before another process is asked."""
    if not earlier or not later:
        raise QuestionError("Two periods are compared: both must be given.")
    ensure_in_order(read_period(earlier), read_period(later))
    if producer and producer not in snapshot.producers:
        raise QuestionError("There is no such producer.")


def _begin(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise QuestionError("begin is how many findings to pass over: a number.")
    return int(text)


ROUTES = [web.get("/drift", drift), web.get("/drift/findings/{id}", finding)]
