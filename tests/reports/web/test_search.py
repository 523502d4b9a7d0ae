"""Search finds things by their names, in an order that can be foreseen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from contract.claim import Standing
from reports.web.index import FEW, MOST, Entry, Group, Index, Query, index_of, speaker
from tests.reports.browsing import axe
from tests.reports.conftest import ALWAYS, EXPOSED, ORDER, STRING, USED, claim, depends
from tests.reports.web.test_clause import snapshot_of

if TYPE_CHECKING:
    from contract.claim import ContractMap
    from reports.web.index import Found, Result
    from reports.web.snapshot import Snapshot
    from tests.reports.web.conftest import Tab
    from tests.reports.web.served import Served


def titles(found: Found) -> list[str]:
    return [said(one) for one in found.results]


def said(result: Result) -> str:
    return "".join(one.text for one in result.title)


def group(*names: str) -> Group:
    return Group("thing", (Entry(names=(name,), title=name, about="", address="/") for name in names))


@pytest.fixture
def index(shop_map: ContractMap) -> Index:
    return Index(snapshot_of(shop_map))


def found(index: Index, query: str, kind: str = "") -> dict[str, Found]:
    return {one.slug: one for one in index.search(Query(query), kind)}


def test_whole_names_then_beginnings_then_words_then_anywhere() -> None:
    things = group("a_referral", "xref", "the ref", "reference", "ref", "ref code")
    told = titles(things.find(Query("REF"), 9))
    assert told == ["ref", "reference", "ref code", "the ref", "a_referral", "xref"]


def test_all_words_must_occur_in_any_order() -> None:
    things = group("GET /orders/{id}", "POST /orders", "GET /products")
    assert titles(things.find(Query("orders get"), 9)) == ["GET /orders/{id}"]
    assert titles(things.find(Query("get  /o"), 9)) == ["GET /orders/{id}"]
    assert titles(things.find(Query("delete"), 9)) == []


def test_a_group_tells_how_many_more_there_are() -> None:
    things = group(*(f"name{number}" for number in range(70)))
    few = things.find(Query("name"), MOST)
    assert (few.total, len(few.results), few.more, few.counted) == (70, 50, 20, "70 things")


def test_signs_that_mean_something_elsewhere_are_plain_ones() -> None:
    things = group("items[].sku", "a.b*(c)", "50%", "\\d+")
    for name in ("items[].sku", "[].", "b*(c", "50%", "\\d", "{", "(", "*", "?"):
        for one in things.find(Query(name), 9).results:
            assert any(piece.hit for piece in one.title), name
    assert titles(things.find(Query("[]"), 9)) == ["items[].sku"]


def test_marks_cover_what_was_typed_and_keep_the_text() -> None:
    pieces = Query("ref BILLING").marked("Billing_ref of <b>")
    assert [(one.text, one.hit) for one in pieces] == [
        ("Billing", True),
        ("_", False),
        ("ref", True),
        (" of <b>", False),
    ]
    assert [one.hit for one in Query("").marked("anything")] == [False]


def test_groups_stand_in_one_order_and_few_of_each(index: Index) -> None:
    told = index.search(Query("order"))
    assert [one.slug for one in told] == ["operations", "places", "clauses"]
    assert all(len(one.results) <= FEW for one in told)
    assert FEW * len(index.groups) <= MOST
    (only,) = index.search(Query("order"), "clauses")
    assert len(only.results) > FEW
    assert index.search(Query("")) == ()
    assert index.search(Query("order"), "no such kind") == told


def test_a_place_leads_to_who_depends_on_it(index: Index) -> None:
    places = found(index, "tracking")["places"]
    (one,) = places.results
    assert said(one) == "200 body courier.tracking"
    assert [(who.level, who.names) for who in one.who] == [(USED, "storefront"), (EXPOSED, "billing")]
    goal = claim(ORDER, "response.200.body.courier.tracking", ALWAYS)
    assert one.address == f"/clauses/{goal.clause.id}"


def test_of_a_place_the_clause_that_it_is_there_speaks() -> None:
    there, text = claim(ORDER, "response.200.body.x", ALWAYS), claim(ORDER, "response.200.body.x", STRING)
    relied = replace(text, dependence=(depends("billing", USED),))
    assert speaker([relied, there]) is there
    assert speaker([text, relied]) is relied
    assert speaker([replace(relied, standing=Standing.UNOBSERVED), text]) is text


def test_what_is_depended_on_most_stands_first(index: Index) -> None:
    for group in index.groups[4:]:
        levels = [max((link.level.rank for link in one.dependence), default=-1) for one in group.entries]
        assert levels == sorted(levels, reverse=True)
        assert len(set(levels)) > 2


def test_consumers_are_found_by_what_they_are_known_by(index: Index) -> None:
    for query in ("billing", "mtls:billing", "finance@example.org"):
        assert titles(found(index, query)["consumers"]) == ["billing"]


def test_a_former_id_finds_its_clause(shop_map: ContractMap) -> None:
    one = replace(claim(ORDER, "response.200.body.x", ALWAYS), former_ids=("formerformer",))
    told = found(Index(snapshot_of(shop_map, one)), "formerformer")["clauses"]
    assert told.results[0].address == f"/clauses/{one.clause.id}"


def test_the_index_is_made_once_for_a_snapshot(shop_map: ContractMap) -> None:
    one, other = snapshot_of(shop_map), snapshot_of(shop_map)
    assert index_of(one) is index_of(one)
    assert index_of(one) is not index_of(other)


# the page


def get(served: Served, query: str, **headers: str) -> requests.Response:
    return requests.get(
        f"{served.url}/search{query}", timeout=10, allow_redirects=False, headers=headers or None
    )


def test_the_field_that_somebody_wants_to_drop(served: Served) -> None:
    text = get(served, "?q=billing_ref").text
    assert "<mark>billing_ref</mark>" in text
    places = text.partition('id="found-places"')[2].partition("</section>")[0]
    assert "GET /orders/{order_id} of shop" in places
    address = places.partition('class="title" href="')[2].partition('"')[0]
    page = requests.get(f"{served.url}{address}", timeout=10).text
    assert "billing would most likely break" in page


def test_nothing_typed_shows_what_there_is(served: Served) -> None:
    for query in ("", "?q=", "?q=%20%20"):
        text = get(served, query).text
        assert "such as" in text
        assert "/search?q=" in text


def test_nothing_found_is_said(served: Served) -> None:
    answer = get(served, "?q=no+such+thing+anywhere")
    assert answer.status_code == 200
    assert "Nothing is called so" in answer.text


def test_whole_ids_lead_straight_there(served: Served, snapshot: Snapshot) -> None:
    one = next(one for one in snapshot.claims.values() if one.evidence.examples)
    id_, example = one.clause.id, one.evidence.examples[0]
    for query, goal in (
        (id_, f"/clauses/{id_}"),
        (f" {id_.upper()} ", f"/clauses/{id_}"),
        (example, f"/observations/{example}"),
    ):
        answer = get(served, f"?q={query}")
        assert (answer.status_code, answer.headers["Location"]) == (303, goal)
    typing = get(served, f"?q={id_}", **{"HX-Request": "true"})
    assert typing.status_code == 200  # who is still typing is not led away
    assert f"/clauses/{id_}" in typing.text
    beginning = get(served, f"?q={example[:12]}")
    assert beginning.status_code == 200
    assert f"/observations/{example}" in beginning.text


@pytest.mark.parametrize(
    "query",
    [
        "?q=%00",
        "?q=%ff%fe",
        "?q=" + "a" * 3000,
        "?q=<script>alert(1)</script>",
        "?kind=<b>&q=order",
        "?q=a&q=b",
        "?q='--",
    ],
)
def test_whatever_is_asked_is_answered(served: Served, query: str) -> None:
    answer = get(served, query)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<b>&" not in answer.text


@pytest.mark.browser
def test_results_come_while_typing(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.goto(f"{served.url}/search")
    assert page.evaluate("document.activeElement.id") == "seek"
    assert axe(page) == []
    page.keyboard.type("billing_re")
    page.wait_for_selector("#found-places")
    assert page.url.endswith("/search?q=billing_re")
    assert axe(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "title"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('billing_ref')")
    assert troubles == []


@pytest.mark.browser
def test_on_a_telephone_in_the_dark(served: Served, tab: Tab) -> None:
    page, troubles = tab
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{served.url}/search?q=order")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe(page) == []
    assert troubles == []
