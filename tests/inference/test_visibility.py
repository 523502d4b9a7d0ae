"""Visibility: how soon reads show what was written or made, and what says nothing about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from inference.conduct.visibility import visibility
from tests.inference.scenes import doubted, said, scene
from tests.inference.traffic import call

if TYPE_CHECKING:
    from store.records import Exchange

WRITTEN = "GET /orders/{order_id}: 200 shows what PUT /orders/{order_id} wrote, at once"
MADE = "GET /orders/{order_id}: 200 shows what POST /orders made, at once"


def put(at: int, number: int, note: str, **known: Any) -> Exchange:
    return call(at, "PUT", f"/orders/{number}", sent={"note": note, "seen": at}, status=204, **known)


def get(at: int, number: int, note: str | None, **known: Any) -> Exchange:
    if note is None:
        return call(at, "GET", f"/orders/{number}", status=404, got={"title": "none"}, **known)
    return call(at, "GET", f"/orders/{number}", got={"id": number, "note": note, "seen": 0}, **known)


def written(count: int, stale: int = 0) -> list[Exchange]:
    """Notes that are rewritten and read from the next second on; the first `stale` reads show the old."""
    found = []
    for number in range(count):
        at = 100 * number
        found += [get(at, number, "old"), put(at + 10, number, f"new {number}")]
        found += [
            get(at + 11 + after, number, "old" if after < stale else f"new {number}") for after in range(4)
        ]
    return found


def test_reads_show_writes_at_once() -> None:
    (stated,) = visibility(scene(written(8)))
    assert said([stated]) == [WRITTEN]
    assert stated.evidence.held == 8


def test_the_longest_staleness_is_the_delay() -> None:
    assert said(visibility(scene(written(8, stale=2)))) == [WRITTEN.replace("at once", "within 2.99 s")]


def test_writes_that_no_read_shows_are_not_claimed() -> None:
    assert not said(visibility(scene(written(8, stale=4))))


def test_few_writes_and_such_as_change_nothing_say_nothing() -> None:
    assert doubted(visibility(scene(written(3)))) == ["only 3 writes were read again, 6 needed"]
    same = [
        exchange
        for number in range(10)
        for exchange in (
            get(100 * number, number, "old"),
            put(100 * number + 10, number, "old"),
            get(100 * number + 12, number, "old"),
        )
    ]
    assert not list(visibility(scene(same)))


def test_a_write_by_somebody_else_in_between_is_no_staleness() -> None:
    exchanges = written(8)
    for number in range(8):
        exchanges += [
            put(100 * number + 20, number, "mine", consumer="other"),
            get(100 * number + 22, number, "mine"),
        ]
    assert said(visibility(scene(exchanges))) == [WRITTEN]


def test_reads_long_after_say_no_more_than_that() -> None:
    late = [
        exchange
        for number in range(8)
        for exchange in (
            get(1_000 * number, number, "old"),
            put(1_000 * number + 10, number, f"new {number}"),
            get(1_000 * number + 70, number, f"new {number}"),
        )
    ]
    assert said(visibility(scene(late))) == [WRITTEN.replace("at once", "within 60 s")]


def made(count: int, missing: int = 0) -> list[Exchange]:
    found = []
    for number in range(count):
        at = 100 * number
        found.append(call(at, "POST", "/orders", sent={}, status=201, got={"id": number}))
        found += [get(at + 1 + after, number, None if after < missing else "x") for after in range(3)]
    return found


def test_what_was_made_can_be_read_at_once_or_after_a_while() -> None:
    assert said(visibility(scene(made(8)))) == [MADE]
    assert said(visibility(scene(made(8, missing=2)))) == [MADE.replace("at once", "within 2.99 s")]


def test_what_is_never_found_is_not_claimed() -> None:
    assert not said(visibility(scene(made(8, missing=3))))


def test_what_was_there_before_is_not_made() -> None:
    before = [get(number - 50, number, "x") for number in range(8)]
    assert not list(visibility(scene([*before, *made(8)])))


def listed(query: str, missing: int = 0) -> list[Exchange]:
    ids = [str(UUID(int=7**30 * (number + 1))) for number in range(8)]
    found = []
    for number, identity in enumerate(ids):
        at = 100 * number
        found.append(call(at, "POST", "/orders", sent={}, status=201, got={"id": identity}))
        for after in range(3):
            shown = [{"id": one} for one in ids[: number + (after >= missing)]]
            found.append(
                call(
                    at + 1 + after,
                    "GET",
                    f"/orders{query}",
                    consumer="other",
                    got=shown,
                )
            )
    return found


def test_what_was_made_stands_in_the_list_that_others_read() -> None:
    text = "GET /orders: 200 body [] shows what POST /orders made, at once"
    assert said(visibility(scene(listed("?limit=99")))) == [text]
    late = said(visibility(scene(listed("", missing=1))))
    assert late == [text.replace("at once", "within 1.99 s")]


def test_a_list_that_is_filtered_says_nothing() -> None:
    assert not list(visibility(scene(listed("?state=paid", missing=1))))
