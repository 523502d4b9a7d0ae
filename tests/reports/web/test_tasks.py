"""What people come for, done with the page alone: by clicks and keys that are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

pytestmark = pytest.mark.browser


class Hand:
    """A visitor on the overview, who counts what it takes."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.clicks = 0
        page.goto(url)

    def click(self, selector: str, text: str) -> None:
        """One click."""
        self.page.locator(selector, has_text=text).first.click()
        self.clicks += 1

    def search(self, words: str) -> None:
        """The key, the words, and Enter: as much work as a click."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/search?*")
        self.clicks += 1

    def reads(self, selector: str) -> str:
        """What stands there."""
        return self.page.locator(selector).first.inner_text(timeout=60_000)


def test_who_would_break_if_i_drop_this_field(served: Served, tab: Tab) -> None:
    page, troubles = tab
    hand = Hand(page, served.url)
    hand.search("billing_ref")
    hand.click("#results a", "200 body billing_ref")
    who = hand.reads("table.dependents")
    assert hand.clicks == 2
    assert "billing" in who
    assert "used" in who
    assert "exposed" in who
    hand.click("a.button", "Who breaks if it goes?")
    page.wait_for_url("**/check?*")
    answer = hand.reads("main")
    assert hand.clicks == 3
    assert "billing would break" in answer
    assert troubles == []


def test_what_is_new_since_the_last_review(served: Served, tab: Tab) -> None:
    page, troubles = tab
    hand = Hand(page, served.url)
    hand.click(".facts a", "since the last review")
    page.locator("text=New undeclared dependence").first.wait_for(timeout=60_000)
    assert hand.clicks == 1
    assert "billing" in hand.reads("main")
    assert troubles == []


def test_why_do_you_say_billing_depends_on_this(served: Served, tab: Tab) -> None:
    page, troubles = tab
    hand = Hand(page, served.url)
    hand.click("#consumers a", "billing")
    page.wait_for_url("**/consumer?*")
    hand.click("#relied tbody th a", "billing_ref")
    page.wait_for_url("**/clauses/*")
    assert hand.clicks == 2
    row = page.locator("table.dependents tr", has_text="billing").first.inner_text()
    assert "sent back as body reference of POST /orders/{order_id}/payments" in row
    page.locator("table.dependents tr", has_text="billing").first.locator("td.num a").click()
    page.wait_for_url("**/exchanges?*consumer=billing*")
    assert page.locator("main a[href^='/observations/']").count() > 0
    assert troubles == []
