"""Every kind of page that links lead to, looked at by machine: it answers, it fits, it leads somewhere.

It grows by itself: a page that is linked from anywhere is looked at here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

import pytest

from tests.reports.browsing import axe, tab_of
from tests.reports.web.crawling import crawl

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.reports.web.crawling import Found
    from tests.reports.web.served import Served

STICKING_OUT = """() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  return [...document.querySelectorAll("main *, header *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .filter((one) => !one.closest(".scroll, pre, .unseen"))
    .map((one) => `${wide}: <${one.tagName.toLowerCase()} class="${one.getAttribute("class") ?? ""}">`)
    .slice(0, 3);
}"""

RULES: dict[str, tuple[str, ...]] = {"light": (), "dark": ("color-contrast",)}
"""Of axe: only colours differ in the dark."""

OPENED = "[...document.querySelectorAll('details')].slice(0, 8).forEach((one) => { one.open = true; })"
"""Opens the first details; a page may have hundreds of them, all alike."""


@pytest.fixture(scope="module")
def pages(served: Served) -> list[Found]:
    return crawl(served.url)


@pytest.fixture(scope="module")
def kinds(pages: list[Found]) -> list[Found]:
    """One page of each kind."""
    return list({one.kind: one for one in reversed(pages) if one.media_type == "text/html"}.values())


def test_every_link_leads_somewhere(pages: list[Found], served: Served) -> None:
    assert len(pages) > 10
    assert [f"{one.status} {one.url} from {one.trail}" for one in pages if one.status != 200] == []
    elsewhere = {link for one in pages for link in one.links if not link.startswith((served.url, "mailto:"))}
    assert elsewhere == set()


def test_links_within_a_page_have_a_goal(pages: list[Found]) -> None:
    by_url = {one.url: one for one in pages}
    lost = [
        f"{link} in {one.url}"
        for one in pages
        for link in one.links
        for url, goal in [urldefrag(link)]
        if goal and url in by_url and by_url[url].status == 200 and goal not in by_url[url].ids
    ]
    assert lost == []


def test_every_id_is_there_once(pages: list[Found]) -> None:
    for one in pages:
        assert [name for name, times in Counter(one.ids).items() if times > 1] == [], one.url


def test_nothing_is_inline(pages: list[Found]) -> None:
    """The policy forbids it; a browser would say so only where it is used."""
    for one in pages:
        if one.media_type == "text/html":
            for forbidden in (" style=", "<style", "javascript:", " onclick=", " onload="):
                assert forbidden not in one.text, (forbidden, one.url)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, served: Served, kinds: list[Found], scheme: str) -> None:
    longest_first = sorted(kinds, key=lambda one: -len(one.text))  # axe takes as long as there are elements
    by_template = {one.kind.partition("?")[0]: one for one in longest_first}
    with tab_of(browser, served.url, color_scheme=scheme) as (page, troubles):
        found = {}
        for one in by_template.values():
            page.goto(one.url)
            page.evaluate(OPENED)
            found[one.url] = axe(page, *RULES[scheme])
        assert {url: lines for url, lines in found.items() if lines} == {}
        assert troubles == []


@pytest.mark.browser
def test_every_page_fits_a_telephone_and_a_sheet(
    browser: Browser, served: Served, kinds: list[Found]
) -> None:
    small = {"width": 360, "height": 740}
    with tab_of(browser, served.url, viewport=small) as (page, troubles):
        for one in kinds:
            page.goto(one.url)
            assert page.evaluate(STICKING_OUT) == [], one.url
            assert page.evaluate("document.querySelectorAll('h1').length") == 1, one.url
            assert page.title().endswith(" · defacto"), one.url
        assert page.pdf(format="A4").startswith(b"%PDF")
        assert troubles == []
