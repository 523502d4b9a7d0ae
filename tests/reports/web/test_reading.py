"""Before the first snapshot is there: all who ask are told how far it is, and when to come again."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from contract.ledger.template import template
from reports.web.keeper import Keeper
from reports.web.security import Access
from reports.web.snapshot import Progress, read
from store.errors import StoreError
from tests.reports.browsing import axe, tab_of
from tests.reports.web.served import serving, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from reports.web.snapshot import Sources
    from tests.reports.web.served import Served

HTML = {"Accept": "text/html"}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A file that whoever opens waits for, until somebody writes to it."""
    path = tmp_path / "contract.yaml"
    os.mkfifo(path)
    return path


@pytest.fixture
def unread(sources: Sources, ledger: Path) -> Iterator[Served]:
    """A server that reads until something is written to its ledger."""
    with serving(replace(sources, ledger=ledger), unread=True) as running:
        yield running


def test_who_asks_too_early_is_told_when_to_come_again(unread: Served) -> None:
    for path in ("/", "/drift", "/live", "/search?q=a"):
        answer = requests.get(f"{unread.url}{path}", headers=HTML, timeout=10)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "The store is being read." in answer.text
    answer = requests.get(f"{unread.url}/api/v1/status", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"].startswith("The store is being read.")
    assert requests.get(f"{unread.url}/nowhere", headers=HTML, timeout=10).status_code == 404
    assert requests.get(f"{unread.url}/api/v1/openapi.json", timeout=10).status_code == 200
    assert requests.get(f"{unread.url}/healthz", timeout=10).text == "ok\n"
    assert requests.get(f"{unread.url}/readyz", timeout=10).status_code == 503


def test_who_has_not_come_in_is_told_nothing(sources: Sources, ledger: Path) -> None:
    with serving(replace(sources, ledger=ledger), Access(token="x" * 20), unread=True) as running:
        for path in ("/", "/reading", "/api/v1/status"):
            assert requests.get(running.url + path, timeout=10).status_code == 401
        form = requests.get(running.url, headers=HTML, timeout=10)
        probe = requests.get(f"{running.url}/readyz", headers={"Host": "10.1.2.3"}, timeout=10)
        assert (probe.status_code, probe.text) == (503, "the store is being read\n")
    assert "Sign in" in form.text


@pytest.mark.browser
def test_the_page_that_waits_becomes_the_page_that_was_asked_for(
    browser: Browser, unread: Served, ledger: Path
) -> None:
    with tab_of(browser, unread.url) as (page, troubles):
        page.goto(f"{unread.url}/network?producer=shop")
        assert page.title() == "Reading the store \u00b7 defacto"
        page.get_by_text("of 6 operations of shop-events understood").wait_for()
        assert axe(page) == []
        ledger.write_text(template("shop"))
        page.locator("header.bar").wait_for(timeout=60_000)
        assert page.url.endswith("/network?producer=shop")
        assert [one for one in troubles if "503" not in one] == []
    answer = requests.get(f"{unread.url}/reading", timeout=10)
    assert (answer.url, answer.status_code) == (f"{unread.url}/", 200)


def test_all_that_pages_look_up_is_there_with_the_first_snapshot(sources: Sources) -> None:
    with serving(sources, unread=True) as running:
        wait_until_ready(running.url)
        made = {name.rpartition(".")[2] for name in vars(running.snapshot) if name.startswith("reports.web.")}
    assert {"index_of", "waiting", "overview_of", "edges", "uses"} <= made


def test_progress_is_told(sources: Sources) -> None:
    told: list[Progress] = []
    read(sources, told.append)
    shop = [one for one in told if one.step == "operations of shop understood"]
    assert [one.done for one in shop] == list(range(len(shop)))
    assert {one.total for one in shop} == {len(shop)}
    assert told[0].words == "0 summaries of shop merged"
    assert shop[3].words == f"3 of {len(shop)} operations of shop understood"


def test_what_cannot_be_read_even_once_is_told_who_waits(sources: Sources, tmp_path: Path) -> None:
    async def first() -> None:
        keeper = Keeper(replace(sources, store=str(tmp_path / "none.db")))
        await keeper.run()
        await keeper.first()

    with ThreadPoolExecutor(1) as apart, pytest.raises(StoreError):  # a browser has a loop in this thread
        apart.submit(asyncio.run, first()).result()
