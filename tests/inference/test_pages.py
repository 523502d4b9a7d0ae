"""Pages: how consumers walk through lists, and what only looks like a walk."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contract.claim import Level
from inference.conduct.pages import pages
from tests.inference.scenes import doubted, said, scene
from tests.inference.traffic import call

if TYPE_CHECKING:
    from store.records import Exchange


THINGS = "/things?limit=10&after="


def things(count: int) -> list[dict[str, Any]]:
    return [{"name": f"thing {number}"} for number in range(count)]


def cursor(number: int) -> str:
    return str(UUID(int=random.Random(number).getrandbits(128)))


def walks(query: Any, *, count: int = 3, answer: Any = None) -> list[Exchange]:
    """Walks of four pages, the last one short: `query` gives the query of a page, `answer` what it brings."""
    found = []
    for walk in range(count):
        for page in range(4):
            body = {"items": things(3 if page == 3 else 10)}
            if answer is not None:
                body |= answer(walk, page)
            text = query(walk, page)
            found.append(call(100 * walk + page, "GET", f"/things?limit=10{text}", got=body))
    return found


BY_NUMBER = walks(lambda _, page: f"&page={page + 1}")
BY_OFFSET = walks(lambda _, page: f"&offset={10 * page}")
BY_CURSOR = walks(
    lambda walk, page: f"&after={cursor(10 * walk + page)}" if page else "",
    answer=lambda walk, page: {"next": None if page == 3 else cursor(10 * walk + page + 1)},
)
BY_LINK = walks(
    lambda walk, page: f"&after={cursor(10 * walk + page)}" if page else "",
    answer=lambda walk, page: {
        "next": None
        if page == 3
        else f"https://shop.example/things?limit=10&after={cursor(10 * walk + page + 1)}"
    },
)


@pytest.mark.parametrize(
    ("exchanges", "text"),
    [
        (BY_NUMBER, "query page counts the pages"),
        (walks(lambda _, page: f"&page={page}"), "query page counts the pages"),
        (walks(lambda _, page: f"&page={page + 1}" if page else ""), "query page counts the pages"),
        (BY_OFFSET, "query offset counts the items that were already sent"),
        (BY_CURSOR, "query after carries on where the last page said"),
        (BY_LINK, "query after comes with the link that the last page gave"),
    ],
)
def test_the_ways_to_walk(exchanges: list[Exchange], text: str) -> None:
    (stated,) = pages(scene(exchanges))
    assert said([stated]) == [f"GET /things: {text}"]
    assert stated.evidence.held == 9
    assert stated.dependence is not None
    assert stated.dependence["billing"].level is Level.USED


def test_walks_at_the_same_time_are_told_apart() -> None:
    both = [*BY_CURSOR, *walks(lambda _, page: f"&page={page + 1}&kind=x")]
    both.sort(key=lambda exchange: exchange.started_at)
    assert len(said(pages(scene(both)))) == 2


def test_few_pages_are_not_claimed() -> None:
    few = walks(lambda _, page: f"&page={page + 1}", count=1)
    assert not said(pages(scene(few)))
    assert doubted(pages(scene(few))) == ["only 3 pages were asked for after another, 5 needed"]


def test_a_number_that_counts_something_else_is_no_page() -> None:
    generator = random.Random(4)
    days = [
        call(number, "GET", f"/sales?day={number + 1}", got={"items": things(generator.randrange(30))})
        for number in range(28)
    ]
    assert not list(pages(scene(days)))
    single = [call(number, "GET", f"/sale?id={number + 1}", got={"name": "x"}) for number in range(28)]
    assert not list(pages(scene(single)))


def test_pages_that_are_jumped_to_are_no_walk() -> None:
    generator = random.Random(4)
    jumps = [
        call(number, "GET", f"/things?page={generator.randrange(40)}", got={"items": things(10)})
        for number in range(40)
    ]
    assert not list(pages(scene(jumps)))


def test_a_filter_by_a_value_that_was_shown_now_and_then_is_no_cursor() -> None:
    owners = [cursor(number) for number in range(5)]
    found = [
        call(
            number, "GET", f"/things?owner={owners[number % 5]}", got={"items": [], "by": owners[number % 3]}
        )
        for number in range(20)
    ]
    assert not list(pages(scene(found)))


def test_the_same_page_again_is_no_step() -> None:
    again = [
        call(2 * number + twice, "GET", f"{exchange.path}?{exchange.query}", got={"items": things(10)})
        for number, exchange in enumerate(BY_NUMBER)
        for twice in range(2)
    ]
    assert said(pages(scene(again))) == ["GET /things: query page counts the pages"]


def test_how_walks_end_is_told() -> None:
    (by_cursor,), (by_number,) = pages(scene(BY_CURSOR)), pages(scene(BY_NUMBER))
    assert by_cursor.reasons[0].endswith("; 3 pages came without next")
    assert by_number.reasons[0].endswith("; 3 pages had fewer than 10 items")
