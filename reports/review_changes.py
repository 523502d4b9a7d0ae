"""The planned changes of a ledger, as they stood on the day of a review."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from contract.changing.progress import progress
from contract.changing.writing import parse
from contract.ledger.reading import load
from reports.change_reading import usage_of
from reports.review_material import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from contract.changing.model import Planned
    from contract.changing.progress import Progress
    from contract.ledger.model import Ledger
    from store.store import Store


def planned_changes(store: Store, ledger: Ledger, producer: str, now: int) -> Iterator[Progress]:
    """Where the changes stand that had been proposed.

    Args:
        store: what was recorded.
        ledger: whose file has the changes.
        producer: whose interface it is.
        now: Unix ns; what happened later does not count.
    """
    path, day = Path(ledger.source), day_of(now)
    known = parse(load(path), ledger.source) if path.is_file() else {}
    for id_, planned in known.items():
        then = _as_of(planned, day)
        if then is None:
            continue
        yield progress(id_, then, usage_of(store, producer, then, now), ledger.policy, now)


def _as_of(planned: Planned, day: date) -> Planned | None:
    """A change as it stood at the end of a day; None: it had not been proposed."""
    if planned.proposed is not None and planned.proposed > day:
        return None
    ended = planned.closed is not None and planned.closed <= day
    return replace(
        planned,
        announced=planned.announced if planned.announced and planned.announced <= day else None,
        closed=planned.closed if ended else None,
        outcome=planned.outcome if ended else None,
        told={who: one for who, one in planned.told.items() if one.at is None or one.at <= day},
    )
