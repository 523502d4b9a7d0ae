"""Overtaking: whether a consumer finishes one message after the other, or works on several at once.

Where each message is done before the next one comes, they are done in order whoever works on them, and that
says nothing. So the order is held against a null, as that of delivery is (`inference/sequences.py`): that
the times which handling takes are dealt out at random.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import HandlingOrder
from contract.subject import Subject
from inference.sequences import Delivered, Things
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_OVERTAKEN, MIN_REVERSALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.intake import Intake
    from inference.scene import Scene

_MESSAGE = Subject(("response", "message"))


class _Steps:
    """Acknowledgements of one consumer, each held against the one before."""

    def __init__(self, intake: Intake) -> None:
        things = Things()
        self.tally = Tally()
        self.routes: set[str] = set()
        for number, taken in enumerate(intake.stretches()):
            told = [one for one in taken if one.is_delivery and one.answered and one.answer != "auto"]
            things.entries[number] = [Delivered(one.answered, 0, one.at) for one in told]
            for one in told:
                self.tally.add(one.at, one.id)
                self.routes.add(one.route)
        steps = [one.published < two.published for one, two in things.steps()]
        self.in_order = sum(steps)
        self.overtaken = len(steps) - self.in_order
        self.expected = things.reversals()


def handling_order(scene: Scene) -> Iterator[Stated]:
    """One for each operation whose deliveries overlap: what consumers of it show."""
    by_operation: dict[str, dict[str, _Steps]] = defaultdict(dict)
    for consumer, intake in scene.intakes.items():
        steps = _Steps(intake)
        if steps.expected or steps.overtaken:
            for route in steps.routes:
                by_operation[scene.operation(route)][consumer] = steps
    for operation, by_consumer in sorted(by_operation.items()):
        yield _stated(scene, operation, by_consumer)


def _stated(scene: Scene, operation: str, by_consumer: dict[str, _Steps]) -> Stated:
    freely = {name: one for name, one in by_consumer.items() if one.overtaken >= MIN_OVERTAKEN}
    told = freely or by_consumer
    in_order, overtaken, expected = (
        sum(getattr(one, name) for one in told.values()) for name in ("in_order", "overtaken", "expected")
    )
    doubt = ""
    if not freely and overtaken:
        doubt = f"{overtaken} of {in_order + overtaken} were out of order"
    elif not freely and expected < MIN_REVERSALS:
        doubt = f"handling at random would reverse {expected:.1f}, {MIN_REVERSALS} needed"
    how = "any" if freely else "kept"
    held, broken = (overtaken, 0) if freely else (in_order, overtaken)
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=_MESSAGE,
            kind=HandlingOrder(how, in_order + overtaken),
        ),
        evidence=evidence_of({name: one.tally for name, one in told.items()}, held, broken),
        doubt=doubt,
        reasons=(
            f"{overtaken} of {in_order + overtaken} were out of order, at random it would be {expected:.1f}",
        ),
        dependence={
            name: depends(name, Level.REQUESTED, "acknowledges so", one.tally) for name, one in told.items()
        },
    )
