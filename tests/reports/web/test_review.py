"""The review as a page: made aside, shown when it is there, and followed from the last one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from reports.review import Item, Part, Review
from reports.review_html import review_html
from reports.review_material import day_of
from reports.web import making, workshop
from reports.web.making import default_since
from reports.web.snapshot import Sources
from reports.web.workshop import WORKSHOP
from store.errors import DefactoError
from store.store import Store
from tests.reports.browsing import axe
from tests.reports.web.served import serving
from tests.reports.web.test_api import Made, all_of, ask, check
from tests.reports.web.test_drift import get, made

if TYPE_CHECKING:
    from pathlib import Path

    from reports.web.snapshot import Snapshot
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)


def test_it_begins_at_the_last_review_before_today(snapshot: Snapshot) -> None:
    window = snapshot.whole.window
    assert window is not None
    month = day_of(window[1]) - timedelta(days=30)
    assert default_since([], window) == month
    assert default_since([TODAY, TODAY + timedelta(days=3)], window) == month
    assert default_since([date(2020, 1, 1), YESTERDAY, TODAY], window) == YESTERDAY
    assert default_since([], None) == TODAY - timedelta(days=30)


def test_the_review_leads_to_clauses(served: Served, snapshot: Snapshot) -> None:
    text = made(served, "/review")
    assert "New undeclared dependence" in text
    assert f'href="/clauses/{snapshot.drift.relied[0].id}"' in text
    assert "defacto map --explain" not in text
    assert made(served, f"/review?since={YESTERDAY}") != text


def test_the_api_tells_the_same(served: Served) -> None:
    made(served, f"/review?since={YESTERDAY}")
    head = ask(served, "/review", since=str(YESTERDAY))
    check("/review", head)
    assert head["page"] == f"/review?since={YESTERDAY}"
    items = list(all_of(served, "/review/items", since=str(YESTERDAY), limit=50))
    assert Counter(one["list"] for one in items) == {
        one["list"]: one["total"] for one in head["lists"] if one["total"]
    }
    relied = ask(served, "/review/items", since=str(YESTERDAY), list="relied")
    check("/review/items", relied)
    assert relied["total"] == sum(one["list"] == "relied" for one in items) > 0
    assert ask(served, f"/clauses/{relied['items'][0]['id']}")["standing"] == "undeclared"


def test_a_program_is_told_to_come_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PATIENCE", 0)
    monkeypatch.setattr(WORKSHOP, "_make", lambda *_: None)
    answer = requests.get(f"{served.url}/api/v1/review", {"since": "2001-01-01"}, timeout=10)
    WORKSHOP._next.clear()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["title"] == "The review is being made: ask again."


def test_who_waits_in_vain_is_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise DefactoError("the disk is full")

    monkeypatch.setattr(workshop, "_elsewhere", fails)
    asks = {"HX-Request": "true", "HX-Target": "main", "Accept": "text/html"}
    answer = requests.get(f"{served.url}/review?since=2001-02-03", headers=asks, timeout=10)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (503, "true")
    assert "The disk is full" in answer.text


def test_of_nothing_there_is_no_review(tmp_path: Path) -> None:
    Store.open(str(tmp_path / "empty.db")).close()
    with serving(Sources(store=str(tmp_path / "empty.db"), ledger=tmp_path / "contract.yaml")) as running:
        assert get(running, "/review").status_code == 404
        assert ask(running, "/review", status=404)["title"].startswith("There is no review yet")
        assert "Nothing of this kind was recorded yet" in get(running, "/messages").text


def test_planned_changes_lead_to_their_page(
    served: Served, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = Item(about="GET /orders", said="the total goes", change="a/<b>")
    slugs = ("relied", "broken", "incidents", "disputed", "due", "changes", "decisions")
    review = Review(
        producers=("shop",),
        documents={},
        since=YESTERDAY,
        day=TODAY,
        generated_at=snapshot.whole.generated_at,
        window=None,
        capture=snapshot.whole.capture,
        observed=1,
        parts=tuple(
            Part(slug=one, title=one, about="", items=(item,) if one == "changes" else ()) for one in slugs
        ),
    )
    monkeypatch.setattr(making, "WORKSHOP", Made(review))
    assert 'href="/changes/a%2F%3Cb%3E"' in get(served, "/review").text
    assert "<code>defacto change status a/&lt;b&gt;</code>" in review_html(review)


@pytest.mark.parametrize(
    "since", ["../../etc/passwd", "9999-01-01", "x", "%00", (TODAY + timedelta(days=1)).isoformat()]
)
def test_no_day_is_told_in_words(served: Served, since: str) -> None:
    made(served, f"/review?since={since}")
    assert get(served, f"/review?since={since}").status_code == 400


def test_what_was_open_in_a_saved_review_is_followed(
    sources: Sources, snapshot: Snapshot, tmp_path: Path
) -> None:
    folder = tmp_path / "contract.reviews"
    folder.mkdir()
    open_then = snapshot.drift.relied[0].id
    (folder / f"{YESTERDAY}.json").write_text(
        f'{{"day": "{YESTERDAY}", "lists": {{"relied": {{"items": [{{"id": "{open_then}"}}]}},'
        ' "broken": {"items": []}, "disputed": {"items": []}, "undecided": {"items": []}}}'
    )
    (folder / "notes.json").write_text("{}")
    own = replace(sources, ledger=tmp_path / "contract.yaml")
    with serving(own, first=snapshot) as running:
        text = made(running, "/review")
    assert "Of 1 open point of the last review" in text
    assert f'href="/review?since={YESTERDAY}"' in text
    assert "since=notes" not in text


@pytest.mark.browser
def test_a_page_that_is_being_made_becomes_the_review(tab: Tab, served: Served) -> None:
    page, troubles = tab
    page.goto(f"{served.url}/review?since={TODAY - timedelta(days=7)}")
    page.locator("#figures").wait_for(timeout=60_000)
    assert page.locator("main").count() == 1
    assert axe(page) == []
    assert troubles == []
