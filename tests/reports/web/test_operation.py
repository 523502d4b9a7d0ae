"""The page of an operation: who depends on what of it, how long it takes, what comes before what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests

from contract.clause import Family
from reports.web import links
from reports.web.operation_clauses import Asked, clauses
from reports.web.operation_conduct import failures, order
from reports.web.operation_latency import latency
from reports.web.operation_view import fields, nearest
from tests.reports.browsing import axe, tab_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from reports.finding import Compared
    from reports.web.snapshot import Snapshot
    from tests.reports.web.served import Served

ORDER = "GET /orders/{order_id}"


@pytest.fixture
def compared(snapshot: Snapshot) -> Compared:
    return snapshot.compared["shop", ORDER]


def test_the_matrix_tells_of_everybody_who_calls(compared: Compared) -> None:
    some, every = fields(compared, every=False), fields(compared, every=True)
    names = [one.row.place.subject.readable for one in some.rows]
    assert "200 body billing_ref" in names
    assert len(every.rows) == len(some.rows) + some.hidden
    assert {one.name for one in some.consumers} == set(compared.operation.consumers)


def test_all_clauses_are_listed_once(compared: Compared) -> None:
    whole = clauses(compared, Asked(producer="shop", key=ORDER))
    assert whole.total == whole.found > 100
    assert [one.family for one in whole.sections] == [
        f for f in Family if f in {s.family for s in whole.sections}
    ]


@pytest.mark.parametrize(
    "query",
    [{"family": "order"}, {"standing": "contradicted"}, {"consumer": "billing"}, {"text": "BILLING_ref"}],
)
def test_filters_narrow(compared: Compared, query: dict[str, str]) -> None:
    found = clauses(compared, Asked.of(query, "shop", compared.operation))
    assert 0 < found.found < found.total
    shown = [told.claim for one in found.sections for row in one.rows for told in row.told]
    for claim in shown:
        assert query.get("family", claim.clause.kind.family.value) == claim.clause.kind.family.value
        assert query.get("standing", claim.standing.value) == claim.standing.value
        assert query.get("consumer", "") in {"", *(link.consumer for link in claim.dependence)}


def test_curves_rise_to_all_and_agree_with_the_quantiles(snapshot: Snapshot) -> None:
    seen = 0
    for one in snapshot.compared.values():
        for durations in one.operation.durations:
            seen += 1
            times, shares = zip(*durations.steps, strict=True)
            assert list(times) == sorted(set(times))
            assert list(shares) == sorted(set(shares))
            assert shares[-1] == 1
            by_time = dict(durations.steps)
            assert by_time[durations.p50_ms] >= 0.5
            assert by_time[durations.p95_ms] >= 0.95 - 1 / durations.count
    assert seen > 20


def test_the_claimed_latency_stands_beside_the_curves(compared: Compared) -> None:
    drawn = latency(compared)
    assert drawn is not None
    (group,) = drawn.groups
    assert {one.curve.durations.consumer for one in group.panels} == set(compared.operation.consumers)
    assert len(group.drops) == 3
    assert [told.claim.clause.kind.name for told in group.claims] == ["latency"]


def test_what_comes_before_what_leads_to_its_operation(
    served: Served, snapshot: Snapshot, compared: Compared
) -> None:
    found = order(snapshot, compared)
    assert found.lives
    text = requests.get(served.url + links.operation("shop", ORDER), timeout=20).text
    assert links.operation("shop", "POST /orders").replace("&", "&amp;") in text


def test_what_fails_is_told_with_what_is_known(snapshot: Snapshot) -> None:
    key = ("shop", "POST /orders/{order_id}/payments")
    found = failures(snapshot.compared[key], snapshot.observed[key].claims)
    assert {"402", "503"} <= {one.status for one in found.statuses}


def test_every_operation_has_its_page(served: Served, snapshot: Snapshot) -> None:
    for producer, key in snapshot.compared:
        answer = requests.get(served.url + links.operation(producer, key), timeout=20)
        assert answer.status_code == 200, key
        ids = re.findall(r' id="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), key


@pytest.mark.parametrize(
    "query",
    [
        {"family": "x", "standing": "\x00", "consumer": "<script>", "page": "99999999999999999999"},
        {"page": "-1", "show": "all"},
        {"page": "²"},
        {"text": "\ud800".encode("utf-8", "replace").decode()},
        {"text": "%_'\"" * 99},
    ],
)
def test_whatever_is_asked_is_answered(served: Served, query: dict[str, str]) -> None:
    answer = requests.get(
        served.url + links.to("/operation", producer="shop", key=ORDER, **query), timeout=20
    )
    assert answer.status_code == 200


def test_what_is_not_there_names_what_is_near(served: Served, snapshot: Snapshot) -> None:
    answer = requests.get(served.url + links.operation("shop", "GET /order/{id}"), timeout=20)
    assert answer.status_code == 404
    assert f'href="{links.operation("shop", ORDER).replace("&", "&amp;")}"' in answer.text
    assert ORDER in {one.key for one in nearest(snapshot, "shop", "GET /order/{id}")}
    assert requests.get(served.url + "/operation", timeout=20).status_code == 404


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(browser: Browser, served: Served, scheme: str) -> None:
    with tab_of(browser, served.url, color_scheme=scheme) as (page, troubles):
        page.goto(served.url + links.operation("shop", ORDER))
        assert axe(page) == []
        page.evaluate("window.mark = 1")
        page.select_option("select[name=family]", "order")
        page.wait_for_url("**family=order**")
        page.locator("#clause-list details").nth(1).wait_for(state="detached")
        assert page.locator("#clause-list details").count() == 1
        assert page.evaluate("window.mark") == 1
        page.goto(f"{served.url}{links.operation('shop', ORDER)}&family=order")
        assert page.locator("#clause-list details").count() == 1
        page.locator("#clause-list a[href^='/clauses/']").first.click()
        page.wait_for_url("**/clauses/*")
        assert troubles == []
