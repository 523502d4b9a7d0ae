"""A little year of traffic to three operations, for tests of planned changes. Days count from the first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from inference.fold import fold
from store.store import Store
from tests.inference.traffic import START, call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.records import Exchange

DAY = 86_400
BEGIN = datetime.fromtimestamp(START // 10**9, UTC).date()
OPERATION = "GET /orders"

DEPENDS = {
    "stays": range(0, 360, 5),
    "migrates": range(0, 150, 5),
    "sleeps": range(0, 120, 5),
    "returns": [*range(0, 140, 5), *range(240, 360, 5)],
}
"""On which days a consumer sends back the `ref` that it was sent."""

CALLS = {**DEPENDS, "migrates": range(0, 360, 5), "returns": range(0, 360, 5), "reads": range(0, 360, 5)}
"""On which days it calls at all."""


def day(number: int) -> date:
    return BEGIN + timedelta(days=number)


def traffic(*, ref_until: int = 360) -> Iterator[Exchange]:
    """Everybody lists the orders; who depends opens each by its `ref`, the others by `id`, which they had."""
    for order, (consumer, days) in enumerate(CALLS.items()):
        for number in days:
            at = number * DAY + order * 600
            refs = [f"{order:x}{number:03x}-a1b2c3d4e5f60718-{item}" for item in range(3)]
            items = [{"id": f"o{number}", **({"ref": ref} if number < ref_until else {})} for ref in refs]
            yield call(at, "GET", "/orders", consumer=consumer, got={"items": items})
            depends = number in DEPENDS.get(consumer, ()) and number < ref_until
            for item, ref in enumerate(refs):
                target = ref if depends else f"o{number}"
                yield call(at + item + 1, "GET", f"/orders/{target}", consumer=consumer, got={"id": "o"})
            if number < 200:
                yield call(at + 9, "GET", "/legacy", consumer=consumer, got={"old": True})


def recorded(folder: Path, exchanges: Iterator[Exchange]) -> None:
    with Store.open(str(folder / "defacto.db")) as store:
        store.write(list(exchanges))
        fold(store)
