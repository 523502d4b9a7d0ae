"""Evolution: which schemas messages are written with, who is sent which, and what later ones took away.

Whether a schema can be read by those who know the one before it is told by what was sent: a field that was
always there under the one, of one type, and never under a later one, is gone for them. What was only added
is not told: nobody relied on it before.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause, Direction
from contract.kinds import Schemas
from inference.markings import Markings
from inference.scene import of_view
from inference.stated import Stated, depends, evidence_of
from inference.thresholds import MIN_LOST, MIN_PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.markings import Written
    from inference.scene import OperationScene

_READS = {Direction.REQUEST: (Level.REQUESTED, "writes"), Direction.RESPONSE: (Level.EXPOSED, "is sent")}


def schemas(scene: OperationScene) -> Iterator[Stated]:
    """One for an operation whose payloads name their schemas."""
    marked = scene.of(Markings)
    if not marked.schemas:
        return
    ids = sorted(marked.schemas, key=lambda one: (marked.schemas[one].tally.first, one))
    lost = {
        name
        for earlier, later in combinations(ids, 2)
        for name in _lost(marked.schemas[earlier], marked.schemas[later])
    }
    count = sum(one.tally.count for one in marked.schemas.values())
    level, verb = _READS[marked.subject.direction]
    links = {}
    for consumer, view in sorted(scene.views.items()):
        theirs = of_view(view, Markings)
        known = [one for one in ids if one in theirs.schemas]
        if known:
            links[consumer] = depends(consumer, level, f"{verb} {', '.join(known)}", theirs.all)
    yield Stated(
        clause=Clause(
            producer=scene.producer,
            operation=scene.operation,
            subject=marked.subject,
            kind=Schemas(tuple(ids), tuple(sorted(lost))),
        ),
        evidence=evidence_of({one: marked.schemas[one].tally for one in ids}, count),
        doubt="" if count >= MIN_PROTOCOL else f"{count} seen, {MIN_PROTOCOL} needed",
        reasons=tuple(f"{marked.schemas[one].tally.count} messages with {one}" for one in ids),
        dependence=links,
    )


def _lost(earlier: Written, later: Written) -> set[str]:
    """The fields that all messages of the one have, of one type, and none of the other has so."""
    if min(earlier.tally.count, later.tally.count) < MIN_LOST:
        return set()
    always = {field for field, count in earlier.fields.items() if count == earlier.tally.count}
    return {field[0] for field in always if field not in later.fields and later.counts(field)}
