"""What passed in a month: everybody lists the orders, and goes on to some of them by what the list told.

Most go by the undeclared `ref`. From September on two go by `id` instead, `reports` sleeps over the summer,
and `mobile` comes in December and goes by a `token` that nobody told of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from store.records import Body, Exchange, Identity, Lane, record_id

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR = 2026
PRODUCER = "orders"
SEED = 7

_NS = 10**9


@dataclass(frozen=True, slots=True)
class Habit:
    """Which field of an order a consumer goes on by, from one month to another."""

    consumer: str
    first: int
    last: int
    by: str


HABITS = (
    Habit("billing", 1, 8, "ref"),
    Habit("billing", 9, 12, "id"),
    Habit("warehouse", 3, 8, "ref"),
    Habit("warehouse", 9, 12, "id"),
    Habit("reports", 1, 4, "ref"),
    Habit("reports", 10, 12, "ref"),
    Habit("mobile", 12, 12, "token"),
    Habit("storefront", 1, 12, ""),
)


def month(number: int) -> Iterator[Exchange]:
    """The exchanges of a month, a round in three days for each consumer, at no steady hours."""
    random = Random(SEED * 100 + number)
    begin = datetime(YEAR, number, 1, tzinfo=UTC)
    for habit in HABITS:
        if habit.first <= number <= habit.last:
            for step in range(10):
                at = begin + timedelta(days=3 * step, seconds=random.randrange(200_000))
                yield from _round(habit, at, random)


def _round(habit: Habit, at: datetime, random: Random) -> Iterator[Exchange]:
    """One consumer lists the orders, and opens each that it can name."""
    orders = [
        {
            "id": f"{random.getrandbits(40):010x}",
            "total": _total(random.randrange(100, 90_000), at),
            **({} if _without_ref(at) else {"ref": f"R{random.getrandbits(48):012x}"}),
            "token": f"T{random.getrandbits(48):012x}",
        }
        for _ in range(3)
    ]
    yield _exchange(habit.consumer, at, "/orders", {"items": orders})
    for place, order in enumerate((one for one in orders if habit.by in one), start=1):
        later = at + timedelta(seconds=place)
        yield _exchange(habit.consumer, later, f"/orders/{order[habit.by]}", {"id": order["id"]})


def _total(cents: int, at: datetime) -> int | str:
    """For a week of April the total was a text: the second incident of the year."""
    return f"{cents / 100:.2f}" if (at.month, at.day // 8) == (4, 1) else cents


def _without_ref(at: datetime) -> bool:
    """For a week of March a build dropped the `ref`, and nobody had been told: the first incident."""
    return (at.month, at.day // 8) == (3, 1)


def _exchange(consumer: str, at: datetime, path: str, answer: object) -> Exchange:
    content = json.dumps(answer).encode()
    started = int(at.timestamp()) * _NS
    return Exchange(
        id=record_id(started, path, consumer),
        producer=PRODUCER,
        identity=Identity(basis="user-agent", value=consumer),
        lane=Lane.IMPORT,
        source="year",
        protocol="HTTP/1.1",
        started_at=started,
        method="GET",
        scheme="http",
        authority="orders.example",
        path=path,
        query="",
        status=200,
        response_body=Body(
            content=content, size=len(content), wire_size=len(content), media_type="application/json"
        ),
        duration_ns=_NS // 50,
    )
