"""Two periods as a ledger has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.claim import ProducerMap
from contract.ledger.ruling import ruled

if TYPE_CHECKING:
    from datetime import date

    from contract.claim import Consumer, ContractMap
    from contract.ledger.model import Ledger
    from reports.periods import Observed


def decided_periods(
    before: Observed, after: Observed, ledger: Ledger, today: date
) -> tuple[Observed, Observed]:
    """Two periods without what the policy excludes, with the owners of consumers and a mark on who has left.

    Who has left is known from both: a consumer of the earlier one may never have called in the later one.
    What was decided of a clause is no difference between two times, and is not told.
    """
    rules = replace(ledger, entries={})
    seen = _seen(before.map, after.map)
    one, two = (replace(each, map=ruled(each.map, seen, rules, today)) for each in (before, after))
    return one, two


def _seen(before: ContractMap, after: ContractMap) -> ContractMap:
    """Who was there in either period, each as last seen."""
    found: dict[str, dict[str, Consumer]] = {}
    for producer in (*before.producers, *after.producers):
        known = found.setdefault(producer.name, {})
        for one in producer.consumers:
            if one.name not in known or known[one.name].last_seen < one.last_seen:
                known[one.name] = one
    return replace(
        after,
        producers=tuple(
            ProducerMap(name=name, operations=(), consumers=tuple(known.values()))
            for name, known in found.items()
        ),
    )
