"""Exchanges of one operation, and what the miner of values states of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contract.place import Places
from inference.observation import Observation
from inference.samples import Samples
from inference.scene import OperationScene
from inference.shapes import Shapes
from inference.values.miner import mine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.stated import Stated
    from store.records import Exchange

Claims = dict[tuple[str, str], list[Any]]
"""The stated values by subject and kind."""


def stated(exchanges: Iterable[Exchange], operation: str) -> list[Stated]:
    """All that is stated of some exchanges of one operation, candidates included."""
    shapes, samples = Shapes(), {}
    for exchange in exchanges:
        observation = Observation(exchange, operation.replace("{id}", "{}"))
        shapes.observe(observation)
        samples.setdefault(exchange.identity.value, Samples()).observe(observation)
    whole = {
        Shapes.family: shapes.of_operation(operation, settled=True),
        Samples.family: Samples.pooled(samples.items()),
    }
    return list(mine(OperationScene("shop", operation, whole, {})))


def claims(exchanges: Iterable[Exchange], operation: str) -> Claims:
    """What is claimed, each claim checked: it can be written, says something, and holds for all."""
    found: Claims = {}
    kept = list(exchanges)
    for one in stated(kept, operation):
        clause = one.clause
        json.dumps(clause.kind.value)
        assert clause.statement
        if one.doubt:
            continue
        assert one.evidence.held >= 1
        assert one.evidence.broken == 0
        for exchange in kept:
            assert clause.hold(Places(exchange, operation)) != "no", (clause.key, clause.kind.value)
        found.setdefault((clause.subject.text, clause.kind.name), []).append(clause.kind.value)
    return found
