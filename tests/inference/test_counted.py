"""What is counted of a period is what its exchanges held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.clause import Clause, Kind
from contract.kinds import ContentType, Enum, Present, Type
from contract.subject import parse
from inference.counted import Counted, Held, counted
from inference.fold import fold
from store.records import WINDOW_NS
from store.store import Store
from tests.inference.traffic import START, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "GET /orders"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(str(tmp_path / "test.db")) as opened:
        exchanges = [
            call(
                turn * 10,
                "GET",
                f"/orders?page={turn}",
                got={
                    "items": [{"id": turn, "status": "open" if turn % 3 else "paid"}] * 2,
                    **({"next": turn} if turn % 2 else {}),
                },
            )
            for turn in range(12)
        ]
        exchanges += [call(200, "GET", "/orders?page=99", status=500)]
        exchanges += [call(86_400, "GET", "/orders?page=1", got={"items": []}, consumer="web")]
        opened.write(exchanges)
        fold(opened)
        yield opened


@pytest.fixture
def first_day(store: Store) -> Counted:
    return counted(store, producer="shop", since=None, until=START + 40_000 * 10**9)[KEY]


@pytest.mark.parametrize(
    ("place", "met", "chances"),
    [
        ("request", 13, 13),
        ("response.200", 12, 13),
        ("response.500", 1, 13),
        ("response.404", 0, 13),
        ("response.200.body", 12, 12),
        ("response.200.body.next", 6, 12),
        ("response.200.body.items[]", 24, 12),
        ("response.200.body.items[].id", 24, 24),
        ("response.200.body.items[].gone", 0, 24),
        ("response.200.latency", 12, 12),
        ("response.200.header.content-type", 12, 12),
        ("request.query.page", 13, 13),
        ("request.query.cursor", 0, 13),
        ("response.200.body.meta.total", 0, 0),
    ],
)
def test_places(first_day: Counted, place: str, met: int, chances: int) -> None:
    assert (first_day.met(parse(place)), first_day.chances(parse(place))) == (met, chances)


def clause(place: str, kind: Kind) -> Clause:
    return Clause(producer="shop", operation=KEY, subject=parse(place), kind=kind)


def test_members(first_day: Counted) -> None:
    status = clause("response.200.body.items[].status", Enum.of(["open"]))
    assert first_day.members(status) == {"open": 16, "paid": 8}
    assert first_day.members(clause("response.200.body.next", Type(("string",)))) == {"integer": 6}
    media = clause("response.200.header.content-type", ContentType(("text/html",)))
    assert first_day.members(media) == {"application/json": 12}
    assert first_day.members(clause("response.200.body.next", Present(always=True))) is None


def test_clauses_are_tried_on_samples(first_day: Counted) -> None:
    assert first_day.tried(clause("response.200.body.next", Present(always=True))) == Held(6, 6)
    only_open = clause("response.200.body.items[].status", Enum.of(["open"]))
    assert first_day.tried(only_open) == Held(8, 4)
    assert first_day.tried(clause("response.404.body.x", Present(always=True))) == Held(0, 0)


def test_periods_are_whole_hours(store: Store) -> None:
    later = START - START % WINDOW_NS + WINDOW_NS
    (second_day,) = counted(store, producer="shop", since=later, until=None).values()
    assert second_day.observations == 1
    assert counted(store, producer="shop", since=later + 90_000 * 10**9, until=None) == {}
