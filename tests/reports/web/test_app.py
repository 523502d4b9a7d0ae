"""The frame of the page: what every page has, and what is said when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.reports.browsing import axe

if TYPE_CHECKING:
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served


def test_the_first_page_says_the_verdict(served: Served) -> None:
    answer = requests.get(served.url, timeout=10)
    assert answer.status_code == 200
    assert "that nobody promised" in answer.text
    again = requests.get(
        served.url, timeout=10, cookies=answer.cookies, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_not_there_is_said_in_words(served: Served) -> None:
    answer = requests.get(f"{served.url}/nowhere", timeout=10)
    assert answer.status_code == 404
    assert "To the overview" in answer.text
    form = requests.get(f"{served.url}/api/v1/nowhere", timeout=10)
    assert form.headers["Content-Type"] == "application/problem+json"
    assert form.json()["status"] == 404


@pytest.mark.browser
def test_a_key_leads_to_the_search(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.goto(served.url)
    page.wait_for_load_state()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    assert axe(page) == []
    assert troubles == []
