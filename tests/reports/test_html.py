"""The page in a real browser: nothing from outside, nothing wrong, nothing hidden, nothing owned."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.claim import ContractMap
from reports.drift import Drift
from reports.html import _environment, drift_html, map_html
from reports.places import places
from tests.reports.browsing import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    Visited = tuple[Page, list[str]]
    Visit = Callable[..., Visited]

VOID = {"meta", "link", "br", "img", "input", "use", "circle", "path", "line"}


class Outline(HTMLParser):
    """Checks that elements nest, and gathers ids, links and headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if identifier := attributes.get("id"):
            self.ids.append(identifier)
        if tag == "a":
            self.links.append(attributes["href"] or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


@pytest.fixture(params=["drift", "map", "hostile drift", "hostile map", "nothing"])
def page(
    request: pytest.FixtureRequest,
    shop_map: ContractMap,
    shop_drift: Drift,
    hostile_map: ContractMap,
    hostile_drift: Drift,
    nothing: ContractMap,
) -> str:
    return {
        "drift": lambda: drift_html(shop_drift),
        "map": lambda: map_html(shop_map),
        "hostile drift": lambda: drift_html(hostile_drift),
        "hostile map": lambda: map_html(hostile_map),
        "nothing": lambda: map_html(nothing),
    }[request.param]()


def test_elements_nest_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert all(link.startswith("#") for link in outline.links)


def test_every_clause_has_a_permalink(shop_drift: Drift, shop_map: ContractMap) -> None:
    ids = set(Outline(drift_html(shop_drift)).ids)
    assert {claim.clause.id for finding in shop_drift.findings for claim in finding.claims} <= ids
    firsts = {
        place.claims[0].clause.id
        for operation in shop_map.producers[0].operations
        for place in places(operation.claims)
    }
    assert firsts <= set(Outline(map_html(shop_map)).ids)


def test_findings_open_into_their_evidence(shop_drift: Drift) -> None:
    page = drift_html(shop_drift)
    for finding in shop_drift.findings:
        assert f'id="{finding.id}"' in page
    assert page.count("<code>defacto show k3jx7qzt2m5aapw4</code>") >= 5
    assert "440 observed · 11 lost" in page


def test_the_matrix_outlines_what_is_depended_on_and_undeclared(shop_drift: Drift) -> None:
    page = drift_html(shop_drift)
    (matrix,) = re.findall(r'<table class="matrix.*?</table>', page, re.DOTALL)
    row = r'<th scope="row"[^>]*>(?:<a[^>]*>)?([^<]*)(?:</a>)?</th>(.*?)</tr>'
    outlined = re.findall(row, matrix, re.DOTALL)
    found = {place for place, cells in outlined if "cell outlined" in cells}
    assert found == {"200 body courier.tracking", "header idempotency-key", "query day"}
    assert 'scope="col"' in matrix
    assert 'scope="rowgroup"' in matrix


def test_a_p99_of_few_answers_is_drawn_hollow(shop_drift: Drift) -> None:
    (picture,) = re.findall(r'<table class="latency">.*?</table>', drift_html(shop_drift), re.DOTALL)
    rows = dict(re.findall(r'<th scope="row">(\w+)</th>.*?<circle class="(firm|loose)"', picture, re.DOTALL))
    assert rows == {"storefront": "loose", "billing": "firm"}


def test_a_page_of_very_many_findings_names_them_all(
    shop_drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_environment().globals, "in_full", 1)
    page = drift_html(shop_drift)
    assert page.count('<details class="finding') == 5  # one a section; what is kept stands by operation
    assert {finding.id for finding in shop_drift.findings} <= set(Outline(page).ids)


# In the browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    contexts: list[BrowserContext] = []

    def visit(page: str, fragment: str = "", **options: Any) -> Visited:
        path = tmp_path / "report.html"
        path.write_text(page, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        troubles: list[str] = []
        address = path.as_uri() + fragment
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("dialog", lambda dialog: troubles.append(dialog.message))
        tab.on("request", lambda request: request.url == address or troubles.append(request.url))
        tab.goto(address)
        return tab, troubles

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_no_outside_request_and_no_error(page: str, visit: Visit) -> None:
    tab, troubles = visit(page)
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert troubles == []
    assert tab.title() != "owned"


@pytest.mark.browser
def test_hostile_names_are_text(hostile_drift: Drift, visit: Visit) -> None:
    tab, troubles = visit(drift_html(hostile_drift))
    assert troubles == []
    assert tab.evaluate("document.querySelectorAll('script, img, iframe, image, b script').length") == 0
    assert tab.evaluate("document.querySelectorAll('[onload], [onerror]').length") == 0
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert "<script>document.title='owned'</script>" in tab.inner_text("body")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1200])
def test_nothing_sticks_out(page: str, visit: Visit, width: int) -> None:
    tab, _ = visit(page, viewport={"width": width, "height": 800})
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_a_permalink_opens_its_finding(shop_drift: Drift, visit: Visit) -> None:
    finding = shop_drift.findings[-1]
    tab, _ = visit(drift_html(shop_drift), f"#{finding.claims[-1].clause.id}")
    assert tab.evaluate("id => document.getElementById(id).closest('details').open", finding.id)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(shop_drift: Drift, visit: Visit, scheme: str) -> None:
    """Contrast of all text against its ground is at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    tab, _ = visit(drift_html(shop_drift), color_scheme=scheme)
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    poor = tab.evaluate(CONTRAST)
    assert poor == []


@pytest.mark.browser
def test_print_shows_what_is_folded(shop_drift: Drift, visit: Visit) -> None:
    tab, _ = visit(drift_html(shop_drift))
    tab.emulate_media(media="print")
    assert tab.locator(".finding .why").first.is_visible()
    assert tab.pdf(format="A4").startswith(b"%PDF")


CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const poor = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest('svg, .unseen')) continue;
    const pair = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))].sort();
    const ratio = (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
    if (ratio < 4.5) poor.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
