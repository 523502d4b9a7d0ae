"""The drift page: findings, filters, more of them, two periods."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests

from contract.claim import Standing
from reports.web import drift_view as views
from reports.web.drift_view import Filters, drift_view
from reports.web.period_view import presets
from tests.reports.browsing import axe

if TYPE_CHECKING:
    from reports.drift import Drift
    from reports.web.snapshot import Snapshot
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served

HTMX = {"HX-Request": "true"}


def get(served: Served, path: str, **options: object) -> requests.Response:
    return requests.get(f"{served.url}{path}", timeout=30, **options)  # type: ignore[arg-type]


def made(served: Served, path: str) -> str:
    """A page that may have to be made first."""
    deadline = time.monotonic() + 60
    while "is being made" in (text := get(served, path).text) and time.monotonic() < deadline:
        time.sleep(0.2)
    return text


# Which findings


def test_filters_narrow_and_numbers_stay(shop_drift: Drift) -> None:
    whole = drift_view(shop_drift, Filters())
    numbers = {one.id: number for section in whole.sections for number, one in section.found}
    assert whole.total == whole.whole == len(numbers)
    seen = set()
    for standing in Standing:
        view = drift_view(shop_drift, Filters(standing=standing.value))
        for section in view.sections:
            for number, one in section.found:
                assert (one.standing, numbers[one.id]) == (standing, number)
                seen.add(one.id)
    assert seen == set(numbers)


@pytest.mark.parametrize("pattern", ["GET /orders/{id}", "get /orders*", "orders/{"])
def test_an_operation_is_named_by_a_glob_or_a_part(shop_drift: Drift, pattern: str) -> None:
    view = drift_view(shop_drift, Filters(operation=pattern))
    found = [one for section in view.sections for _, one in section.found]
    assert found
    assert all(any("/orders" in key for key in one.operations) for one in found)


def test_a_consumer_and_a_text(shop_drift: Drift) -> None:
    view = drift_view(shop_drift, Filters(consumer="billing"))
    assert {stake.consumer for stake in view.stakes} >= {"billing"}
    for section in view.sections:
        for _, one in section.found:
            assert "billing" in {link.consumer for link in one.dependence}
    assert drift_view(shop_drift, Filters(q="no such words")).total == 0
    assert drift_view(shop_drift, Filters(producer="nobody", family="order")).total == 0


def test_what_only_others_rely_on_is_sent_to_a_consumer(shop_drift: Drift) -> None:
    everybody = {link.consumer for one in shop_drift.relied for link in one.dependence}
    moved = 0
    for name in everybody:
        view = drift_view(shop_drift, Filters(consumer=name))
        told = {section.slug: section.findings for section in view.counts}
        assert all(name in {link.consumer for link in one.reliant} for one in told["relied"])
        others = [
            one
            for one in shop_drift.relied
            if name in {link.consumer for link in one.dependence} and one not in told["relied"]
        ]
        assert set(map(id, others)) <= set(map(id, told["sent"]))
        moved += len(others)
    assert moved


def test_a_long_section_is_shown_in_parts(shop_drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 2)
    slug = shop_drift.sections[0].slug
    ids, begin = [], 0
    while True:
        view = drift_view(shop_drift, Filters(), slug, begin)
        (section,) = view.sections
        ids += [one.id for _, one in section.found]
        if not section.more:
            break
        begin += 2
        assert f"section={slug}&begin={begin}" in section.more
    assert ids == [one.id for one in shop_drift.sections[0].findings]


def test_what_is_worth_comparing() -> None:
    def at(*moment: int) -> int:
        return int(datetime(*moment, tzinfo=UTC).timestamp()) * 10**9  # type: ignore[misc,arg-type]

    assert presets(None) == ()
    assert presets((at(2026, 3, 2, 9, 5), at(2026, 3, 2, 9, 50))) == ()
    words = [one.words for one in presets((at(2026, 3, 1, 9, 5), at(2026, 3, 2, 9, 50)))]
    assert words == ["The last hour against the one before", "The last day against the one before"]
    week = presets((at(2026, 2, 1, 9), at(2026, 3, 2, 9)))[2]
    assert week.address == "/drift?from=2026-02-17..2026-02-24&to=2026-02-24..2026-03-03"


# What is answered


def test_the_page_leads_on(served: Served, snapshot: Snapshot) -> None:
    text = get(served, "/drift").text
    for section in snapshot.drift.sections:
        if section.findings:
            assert f'id="{section.slug}"' in text
    first = snapshot.drift.relied[0]
    assert f'href="/clauses/{first.id}"' in text
    assert f'hx-get="/drift/findings/{first.id}"' in text
    assert "Who depends on it" not in text  # evidence comes when it is asked for


def test_a_finding_opens_into_its_evidence(served: Served, snapshot: Snapshot) -> None:
    found = next(one for one in snapshot.drift.relied if len(one.operations) == 1)
    text = get(served, f"/drift/findings/{found.id}", headers=HTMX).text
    assert "<html" not in text
    assert "Who depends on it" in text
    assert f'href="/observations/{found.lead.evidence.examples[0]}"' in text
    plain = get(served, f"/drift/findings/{found.id}", allow_redirects=False)
    assert (plain.status_code, plain.headers["Location"]) == (303, f"/clauses/{found.id}")
    assert get(served, "/drift/findings/nothing", headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?standing=%00&family=x&operation=[*&q=%3Cscript%3E&consumer=%F0%9F", 200),
        ("?section=nowhere&begin=999999999", 200),
        ("?section=relied&begin=-1", 400),
        ("?begin=%D9%A1", 400),
        ("?from=2026-03-01", 400),
        ("?from=x&to=y", 400),
        ("?from=2026-03-02&to=2026-03-01", 400),
        ("?from=9999-01-01&to=9999-01-02", 400),
        ("?from=2026-03-01&to=2026-03-02&producer=nobody", 400),
    ],
)
def test_what_is_asked_wrongly_is_told_in_words(served: Served, query: str, status: int) -> None:
    answer = get(served, f"/drift{query}")
    assert answer.status_code == status
    assert "<script>" not in answer.text


def test_two_periods_are_compared(served: Served, snapshot: Snapshot) -> None:
    window = snapshot.whole.window
    assert window is not None
    day = datetime.fromtimestamp(window[0] // 10**9, UTC).date()
    text = made(served, f"/drift?from=2020-01-01..2020-02-01&to={day}..")
    assert "Nothing was observed in 2020-01-01..2020-02-01" in text


# In the browser


@pytest.mark.browser
def test_findings_open_narrow_and_go_on(tab: Tab, served: Served, snapshot: Snapshot) -> None:
    page, troubles = tab
    page.goto(f"{served.url}/drift")
    assert axe(page) == []
    page.locator("#relied summary").first.click()
    page.locator("#relied .evidence").first.wait_for()
    sent = next(one for one in snapshot.drift.sections if one.slug == "sent")
    page.locator("#sent .list > summary").click()
    before = page.locator("#sent .findings > li").count()
    page.locator("#sent-more a").click()
    page.locator(f"#sent .findings > li:nth-child({before + 1})").wait_for()
    assert page.locator("#sent .findings > li").count() == min(len(sent.findings), before + views.AT_ONCE)
    page.locator("select[name=consumer]").select_option("billing")
    page.wait_for_url(re.compile("consumer=billing"))
    page.locator("#narrow-title", has_text=" of ").wait_for()
    assert page.locator("select[name=consumer]").input_value() == "billing"
    assert troubles == []


@pytest.mark.browser
def test_without_script_a_finding_leads_to_its_clause(browser: object, served: Served) -> None:
    from tests.reports.browsing import tab_of  # noqa: PLC0415

    with tab_of(browser, served.url, java_script_enabled=False) as (page, _):  # type: ignore[arg-type]
        page.goto(f"{served.url}/drift")
        page.locator("#relied summary").first.click()
        page.locator("#relied .inside a").first.click()
        assert "/clauses/" in page.url
