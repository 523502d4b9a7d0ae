"""What comes without asking: how much is recorded, what is new; and a page stays as its reader left it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import requests

from reports.web import keeper as keeping
from reports.web.arrivals import ARRIVALS, STATES, Arrival, Arrivals, Sort, arrivals, summary
from reports.web.keeper import Keeper
from reports.web.pages import live
from reports.web.reader import ReaderLostError
from store.records import record_id
from store.store import Store
from tests.reports.browsing import axe, tab_of
from tests.reports.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from reports.web.snapshot import Snapshot, Sources
    from tests.reports.web.served import Served

PATIENCE_S = 60

# Waited for as elements: the pages' policy forbids what evaluates a string, and so Playwright's functions
# that poll.
PULSE = "#pulse .rate[title]"
MARKED = "html[data-mark]"


def an_arrival(what: str, sort: Sort = Sort.OPERATION) -> Arrival:
    return Arrival(sort=sort, what=what, link="/")


def record_new_operation(url: str, times: int = 5) -> None:
    """Calls that nobody made before, by a consumer that nobody knew: as a recorder writes them."""
    with Store.open(url) as store:
        one = next(one for one in store.exchanges(newest=True) if one.status == 200)
        identity = replace(one.identity, basis="header", value="newcomer")
        calls = [
            replace(
                one,
                id=record_id("fresh", number),
                identity=identity,
                method="GET",
                path="/refunds/pending",
                query="",
                started_at=time_ns() + number,
            )
            for number in range(times)
        ]
        store.write(calls)


@pytest.fixture
def own_sources(sources: Sources, tmp_path: Path) -> Sources:
    """The shop in a store of its own, which may be written to, and whose page folds what is new."""
    shutil.copyfile(sources.store, tmp_path / "shop.db")
    return replace(sources, store=str(tmp_path / "shop.db"), infer=True)


@pytest.fixture
def own(own_sources: Sources, snapshot: Snapshot) -> Iterator[Served]:
    with serving(own_sources) as running:
        yield running


# What is new


def test_of_nothing_new_nothing_is_told(snapshot: Snapshot) -> None:
    assert arrivals(snapshot, snapshot) == ()


def test_an_operation_that_was_not_there_is_told_with_what_is_wrong_with_it(snapshot: Snapshot) -> None:
    shop, events = snapshot.whole.producers
    key = "GET /products"
    assert key in {one.key for one in shop.operations}
    fewer = replace(shop, operations=tuple(one for one in shop.operations if one.key != key))
    drift = replace(
        snapshot.drift,
        compared=tuple(one for one in snapshot.drift.compared if one.operation.key != key),
        consumers=snapshot.drift.consumers[1:],
    )
    before = replace(
        snapshot, stamp="before", whole=replace(snapshot.whole, producers=(fewer, events)), drift=drift
    )
    found = arrivals(before, snapshot)
    assert [one.what for one in found if one.sort is Sort.OPERATION] == [key]
    assert [one.what for one in found if one.sort is Sort.CONSUMER] == [snapshot.drift.consumers[0].name]
    relied = [one for one in found if one.sort is Sort.RELIED]
    assert relied
    assert all(one.what.startswith(f"{key}: ") for one in relied)
    assert all(one.link.startswith("/clauses/") for one in relied)


def test_an_operation_whose_template_was_revised_is_not_new(snapshot: Snapshot) -> None:
    shop, events = snapshot.whole.producers
    revised = next(one for one in shop.operations if one.claims)
    claims = tuple(replace(one, former_ids=(*one.former_ids, one.clause.id)) for one in revised.claims)
    others = tuple(one for one in shop.operations if one is not revised)
    after = replace(
        snapshot,
        whole=replace(
            snapshot.whole,
            producers=(
                replace(shop, operations=(*others, replace(revised, key="GET /revised", claims=claims))),
                events,
            ),
        ),
    )
    assert not [one for one in arrivals(snapshot, after) if one.sort is Sort.OPERATION]


def test_a_page_is_told_all_that_came_since_its_own_state() -> None:
    kept = Arrivals("first")
    kept.add("second", [an_arrival("a")])
    kept.add("third", [])
    kept.add("fourth", [an_arrival("b"), an_arrival("a")])
    assert kept.since("first") == (an_arrival("a"), an_arrival("b"))
    assert kept.since("third") == (an_arrival("b"), an_arrival("a"))
    assert kept.since("fourth") == ()
    assert kept.since("never") is None


def test_memory_of_what_came_is_bounded() -> None:
    kept = Arrivals("first")
    for number in range(STATES + 5):
        kept.add(f"state {number}", [an_arrival(f"thing {number}")])
    assert kept.since("first") is None
    assert len(kept.since("state 10") or ()) == ARRIVALS


def test_the_summary_counts_by_sort() -> None:
    found = [an_arrival("a"), an_arrival("b"), an_arrival("c", Sort.BROKEN), an_arrival("d", Sort.BROKEN)]
    assert summary(found) == "2 operations and 2 broken promises"


# The stream


def events(url: str, most: float = PATIENCE_S) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a stream until it ends."""
    with requests.get(url, stream=True, timeout=(5, most)) as answer:
        assert answer.status_code == 200, answer.text
        name = ""
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, orjson.loads(line.removeprefix("data: "))
            elif line.startswith(":"):
                yield "comment", {}


def test_the_stream_begins_with_the_pulse(served: Served) -> None:
    with requests.get(f"{served.url}/live", stream=True, timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    name, pulse = next(events(f"{served.url}/live?stamp={served.snapshot.stamp}"))
    assert name == "pulse"
    assert pulse["observed"] == served.snapshot.whole.capture.observed
    assert (pulse["stamp"], pulse["trouble"]) == (served.snapshot.stamp, "")


def test_a_page_that_is_too_old_is_told_so(served: Served) -> None:
    stream = events(f"{served.url}/live?stamp=%3Cold%3E")
    assert [next(stream)[0], next(stream)[0]] == ["pulse", "arrived"]
    stream = events(f"{served.url}/live?stamp=%3Cold%3E")
    next(stream)
    assert "There is a newer picture" in next(stream)[1]["html"]


def test_silence_is_filled(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    stream = events(f"{served.url}/live?stamp={served.snapshot.stamp}")
    assert "comment" in {next(stream)[0] for _ in range(4)}


def test_only_so_many_may_listen(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 0)
    answer = requests.get(f"{served.url}/live", timeout=10)
    assert (answer.status_code, "Too many pages" in answer.text) == (503, True)


def test_who_has_left_is_forgotten(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.1)
    with requests.get(f"{served.url}/live", stream=True, timeout=10):
        _until(lambda: served.keeper.listeners > 0)
    _until(lambda: served.keeper.listeners == 0)


def test_the_stream_ends_when_the_server_does(own_sources: Sources, snapshot: Snapshot) -> None:
    told: list[str] = []
    with serving(own_sources, first=snapshot) as running:
        thread = threading.Thread(
            target=lambda: told.extend(name for name, _ in events(f"{running.url}/live")), daemon=True
        )
        thread.start()
        _until(lambda: running.keeper.listeners > 0)
        running.keeper.end()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert told[0] == "pulse"


def test_hostile_names_stay_text_in_the_news(served: Served) -> None:
    keeper = served.keeper
    hostile = "GET /<img src=x onerror=alert(1)>\u202e"
    keeper.arrivals.add("later", [an_arrival(hostile)])
    html = live._arrived(keeper, served.snapshot.stamp)["html"]
    keeper.arrivals = Arrivals(served.snapshot.stamp)
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert "\u202e" not in html


def test_trouble_is_told_and_ends_nothing(
    sources: Sources, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.01)
    keeper = Keeper(sources, snapshot)
    troubles = [ValueError("a bug"), ReaderLostError(), OSError("no disk")]
    told: list[str] = []
    seen = asyncio.Event()

    async def look(reader: object) -> None:
        told.append(keeper.news.trouble)
        if not troubles:
            seen.set()
            await asyncio.sleep(PATIENCE_S)
        raise troubles.pop(0)

    async def run() -> None:
        task = asyncio.create_task(keeper.run())
        async with asyncio.timeout(PATIENCE_S):
            await seen.wait()
        task.cancel()

    monkeypatch.setattr(keeper, "_look", look)
    thread = threading.Thread(target=lambda: asyncio.run(run()))  # the browser has a loop in this one
    thread.start()
    thread.join(PATIENCE_S)
    starts = [
        "",
        "reading the sources failed",
        "the process that reads",
        "the sources cannot be read: no disk",
    ]
    assert [one[: len(start)] for one, start in zip(told, starts, strict=True)] == starts


# The page that is open


@pytest.mark.browser
def test_a_new_operation_appears_without_reload(browser: Browser, own: Served) -> None:
    with tab_of(browser, own.url) as (page, troubles):
        page.goto(f"{own.url}/network?producer=shop")
        page.locator(PULSE).wait_for(state="attached")
        page.evaluate("document.documentElement.dataset.mark = 'as opened'")
        page.evaluate("document.querySelector('h1').dataset.live = 'observed'")
        record_new_operation(own.keeper.sources.store)
        told = page.locator("#told")
        told.filter(has_text="New: ").wait_for(timeout=1000 * PATIENCE_S)
        page.get_by_text("What is new", exact=True).click()
        assert "GET /refunds/pending" in told.inner_text()
        assert "newcomer" in told.inner_text()
        assert page.locator(MARKED).count() == 1
        page.locator("h1").get_by_text(f"{own.snapshot.whole.capture.observed:,}", exact=True).wait_for()
        assert axe(page) == []
        told.get_by_role("link", name="Show", exact=True).click()
        page.locator("html:not([data-mark])").wait_for(state="attached")
        page.locator("main").get_by_text("/refunds/pending").first.wait_for()
        page.locator(PULSE).wait_for(state="attached")
        assert told.is_hidden()
        assert troubles == []


@pytest.mark.browser
def test_numbers_that_are_not_kept_fresh_say_so(browser: Browser, own: Served) -> None:
    store = Path(own.keeper.sources.store)
    with tab_of(browser, own.url) as (page, troubles):
        page.goto(own.url)
        page.locator(PULSE).wait_for(state="attached")
        aside = store.rename(store.with_suffix(".aside"))
        page.locator("#told").get_by_text("These numbers are not kept fresh").wait_for(
            timeout=1000 * PATIENCE_S
        )
        assert page.locator("#pulse.broken").inner_text().startswith("not fresh")
        assert axe(page) == []
        aside.rename(store)
        page.locator("#told").wait_for(state="hidden", timeout=1000 * PATIENCE_S)
        assert page.locator("#pulse.broken").count() == 0
        assert troubles == []


@pytest.mark.browser
def test_a_server_that_goes_is_noticed_and_found_again(browser: Browser, sources: Sources) -> None:
    with tab_of(browser) as (page, _):
        with serving(sources) as running:
            page.goto(running.url)
            page.locator(PULSE).wait_for(state="attached")
        page.locator("#pulse.broken").get_by_text("no connection").wait_for(timeout=1000 * PATIENCE_S)


def _until(holds: Any) -> None:
    end = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < end
        sleep(0.05)
