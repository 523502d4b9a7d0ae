"""A consumer's page: what it relies on that nobody promised, how that is known, and where it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from contract.claim import Level
from reports.web import links
from reports.web.consumer_view import consumer_page
from tests.reports.browsing import axe

if TYPE_CHECKING:
    from reports.web.snapshot import Snapshot
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served


def test_what_is_relied_upon_is_the_consumers_own(snapshot: Snapshot) -> None:
    found = consumer_page(snapshot, "billing")
    assert found is not None
    assert found.relied
    assert {one.link.consumer for one in (*found.relied, *found.broken)} == {"billing"}
    said = {claim.clause.subject.readable for one in found.relied for claim in one.finding.claims}
    assert "200 body billing_ref" in said
    assert f"relies on {len(found.relied)} things that nobody promised" in found.verdict
    theirs = {one.link.consumer for part in found.parts for one in part.places}
    assert theirs == {"billing"}


def test_undeclared_and_relied_upon_stands_first(snapshot: Snapshot) -> None:
    found = consumer_page(snapshot, "billing")
    assert found is not None
    (part,) = (one for one in found.parts if one.tie.operation.key == "GET /orders/{order_id}")
    first, last = part.places[0], part.places[-1]
    assert first.link.level.rank >= Level.REQUESTED.rank
    assert last.link.level is Level.EXPOSED


def test_who_only_publishes_depends_on_nothing(snapshot: Snapshot) -> None:
    found = consumer_page(snapshot, "shop")
    assert found is not None
    assert found.verdict == "shop only publishes: it depends on nothing by that."


def test_one_producer_of_several(snapshot: Snapshot) -> None:
    whole, part = consumer_page(snapshot, "loyalty"), consumer_page(snapshot, "loyalty", "shop-events")
    assert whole is not None
    assert part is not None
    assert whole.producers == ("shop", "shop-events")
    assert {one.tie.producer for one in part.parts} == {"shop-events"}
    assert {one.tie.producer for one in whole.parts} == {"shop", "shop-events"}


def test_of_many_operations_every_one_stands_on_some_page(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.web.consumer_view.AT_ONCE", 1)
    whole = consumer_page(snapshot, "billing")
    assert whole is not None
    assert not whole.back
    addresses = [whole.more]
    shown = [*whole.shown]
    for begin in range(1, len(whole.parts)):
        page = consumer_page(snapshot, "billing", begin=begin)
        assert page is not None
        assert page.back
        shown += page.shown
        addresses.append(page.more)
    assert [one.tie for one in shown] == [one.tie for one in whole.parts]
    assert addresses[0] == "/consumer?name=billing&begin=1#operations"
    assert addresses[-1] == ""


@pytest.mark.parametrize("begin", ["-1", "x", "²", "99999", "9" * 5000])
def test_a_beginning_that_is_none_is_the_first(served: Served, begin: str) -> None:
    answer = requests.get(served.url + "/consumer", params={"name": "billing", "begin": begin}, timeout=10)
    assert answer.status_code == 200
    assert "GET /orders/{order_id}" in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"name": "billing"}, 200),
        ({"name": "billing", "producer": "shop-events"}, 200),
        ({"name": "billing", "producer": "nobody"}, 404),
        ({"name": "<script>"}, 404),
        ({}, 404),
    ],
)
def test_addresses(served: Served, query: dict[str, str], status: int) -> None:
    answer = requests.get(served.url + links.to("/consumer", **query), timeout=10)
    assert answer.status_code == status
    assert "<script>" not in answer.text.partition("</head>")[2]


@pytest.mark.browser
def test_from_the_consumer_to_the_traffic(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.goto(served.url + links.consumer("billing"))
    assert axe(page) == []
    page.click("#relied tbody th > a >> nth=0")
    page.wait_for_url("**/clauses/*")
    page.go_back()
    page.click(".facts a")
    page.wait_for_url("**/exchanges?*consumer=billing*")
    assert troubles == []
