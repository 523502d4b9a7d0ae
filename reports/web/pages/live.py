"""News for pages that are open, as server-sent events (WHATWG HTML, section 9.2).

`pulse` says how much was recorded and how fast, and that something is wrong; `arrived` what there is that the
page which listens does not show yet. A page says with `stamp` what it shows.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from reports.html import render
from reports.untrusted import for_terminal
from reports.web.arrivals import MOST, summary
from reports.web.site import KEEPER, snapshot_of
from reports.words import moment

if TYPE_CHECKING:
    from reports.web.keeper import Keeper

MOST_LISTENERS = 100
"""Pages that are told of news at once; a hidden page does not listen."""
HEARTBEAT_SECONDS = 15.0
"""After so long without news a comment says that the line stands, which proxies need and lost pages show."""
PATIENCE_SECONDS = 30.0
"""How long a listener may take to read what it is sent."""
AGAIN_SECONDS = 60

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect the events
}


async def live(request: web.Request) -> web.StreamResponse:
    """The events, until either side ends."""
    keeper = request.app[KEEPER]
    snapshot_of(request)  # before the first there are no news
    if keeper.listeners >= MOST_LISTENERS:
        refusal = web.HTTPServiceUnavailable(text="Too many pages listen for news; this one can be reloaded.")
        refusal.headers["Retry-After"] = str(AGAIN_SECONDS)
        raise refusal
    answer = web.StreamResponse(headers=_HEADERS)
    with suppress(ConnectionResetError, TimeoutError):  # whoever listened has gone, or does not read
        await answer.prepare(request)
        await _tell(answer, keeper, request.query.get("stamp", ""))
        await answer.write_eof()
    return answer


async def stop(app: web.Application) -> None:
    """End all streams, so that the server need not wait for them."""
    app[KEEPER].end()


async def _tell(answer: web.StreamResponse, keeper: Keeper, stamp: str) -> None:
    line = _Line(keeper, stamp)
    with keeper.listening() as queue:
        await _send(answer, line.news())
        sent = monotonic()
        while True:
            try:
                news = await asyncio.wait_for(queue.get(), max(0.0, sent + HEARTBEAT_SECONDS - monotonic()))
            except TimeoutError:
                text = ": still here\n\n"
            else:
                if news is None:
                    return
                text = line.news()
            if text:
                await _send(answer, text)
                sent = monotonic()


class _Line:
    """One page that listens: what it shows, and what it was told last."""

    def __init__(self, keeper: Keeper, stamp: str) -> None:
        self._keeper = keeper
        self._shown = stamp
        self._stamp = stamp
        self._pulse: dict[str, Any] = {}
        self._arrived: dict[str, Any] = {}

    def news(self) -> str:
        """The events that tell what it does not know yet; `""`: there is nothing."""
        events = []
        pulse = _pulse(self._keeper)
        if pulse != self._pulse:
            events.append(_event("pulse", pulse))
            self._pulse = pulse
        if self._stamp != self._keeper.snapshot.stamp:
            self._stamp = self._keeper.snapshot.stamp
            arrived = _arrived(self._keeper, self._shown)
            if arrived and arrived != self._arrived:
                events.append(_event("arrived", arrived))
                self._arrived = arrived
        return "".join(events)


def _pulse(keeper: Keeper) -> dict[str, Any]:
    news, snapshot = keeper.news, keeper.snapshot
    return {
        "observed": news.observed,
        "rate": None if news.rate is None else _rate(news.rate),
        "asof": moment(snapshot.whole.generated_at),
        "stamp": snapshot.stamp,
        "trouble": for_terminal(news.trouble),
    }


def _arrived(keeper: Keeper, shown: str) -> dict[str, Any]:
    """What a page that shows this state is told of later ones; empty: nothing but numbers has changed."""
    found = keeper.arrivals.since(shown)
    if found == ():
        return {}
    html = render(
        "web/news.html",
        known=found is not None,
        summary=summary(found or ()),
        told=(found or ())[:MOST],
        more=max(0, len(found or ()) - MOST),
    )
    return {"html": html}


def _rate(a_second: float) -> str:
    """`12/s`; of what is rare one digit, `0.5/s`."""
    return f"{a_second:.1f}/s" if 0 < a_second < 10 else f"{a_second:,.0f}/s"


def _event(name: str, form: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {orjson.dumps(form).decode()}\n\n"


async def _send(answer: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await answer.write(text.encode())


ROUTES: list[web.RouteDef] = [web.get("/live", live, allow_head=False)]
"""An answer to HEAD would go on as well, into the answer to the next request on the line."""
