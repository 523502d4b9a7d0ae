"""The network: the picture is the table drawn, and bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from reports.web.network_view import MOST_LEFT, MOST_RIGHT, edges, picture
from reports.web.ties import Role
from tests.reports.browsing import axe, tab_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from reports.web.snapshot import Snapshot
    from tests.reports.web.served import Served


def test_every_observation_is_in_one_edge(snapshot: Snapshot) -> None:
    found = edges(snapshot)
    seen = sum(
        one.operation.consumers[name] for one in snapshot.drift.compared for name in one.operation.consumers
    )
    assert sum(one.total.observations for one in found) == seen
    assert [one.consumer for one in found if one.publishes] == ["shop"]
    assert all((tie.role is Role.PUBLISHES) == one.publishes for one in found for tie in one.total.ties)


def test_the_picture_draws_the_edges(snapshot: Snapshot) -> None:
    found = edges(snapshot)
    drawn = picture(found)
    assert {(one.edge.consumer, one.edge.producer) for one in drawn.lines} == {
        (one.consumer, one.producer) for one in found
    }
    assert {one.name for one in drawn.consumers} == {one.consumer for one in found}
    assert drawn.hidden == 0
    looks = {(one.edge.consumer, one.edge.producer): one.look for one in drawn.lines}
    assert looks["billing", "shop"] == "proven relied"
    assert looks["shop", "shop-events"] == "publishes"
    assert len({one.y for one in drawn.consumers}) == len(drawn.consumers)


def test_a_crowd_is_bounded_and_says_so(snapshot: Snapshot) -> None:
    (one, *_) = edges(snapshot)
    crowd = tuple(
        replace(one, consumer=f"c{number}", producer=f"p{number % (MOST_RIGHT + 5)}")
        for number in range(MOST_LEFT * 3)
    )
    drawn = picture(crowd)
    assert (len(drawn.consumers), len(drawn.producers)) == (MOST_LEFT, MOST_RIGHT)
    assert drawn.hidden == MOST_LEFT * 2 + 5
    assert {one.edge.consumer for one in drawn.lines} <= {one.name for one in drawn.consumers}


def test_nothing_seen_is_a_picture_of_nothing() -> None:
    assert picture(()).lines == ()


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?producer=shop", 200), ("?producer=x", 404)])
def test_addresses(served: Served, query: str, status: int) -> None:
    answer = requests.get(f"{served.url}/network{query}", timeout=10)
    assert answer.status_code == status
    assert ('id="operations"' in answer.text) == (query == "?producer=shop")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_a_line_to_the_consumer(browser: Browser, served: Served, scheme: str) -> None:
    with tab_of(browser, served.url, color_scheme=scheme) as (page, troubles):
        page.goto(f"{served.url}/network")
        assert axe(page) == []
        page.locator("#ties tbody tr", has_text="billing").locator(".figure.relied").click()
        page.wait_for_url("**/consumer?*#relied")
        assert page.locator("#relied").is_visible()
        assert troubles == []
