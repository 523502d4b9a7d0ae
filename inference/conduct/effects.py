"""Reads that have an effect: counters that step on with each call, however much time lies between.

Told from data that changes by itself: there the steps grow with the time between two calls, here they do not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from contract.clause import Clause
from contract.kinds import EffectfulRead
from contract.subject import Subject
from inference.stated import Stated, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_EFFECT_STEPS, MIN_GAP_RATIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event, Mark
    from inference.scene import Scene


def effectful_reads(scene: Scene) -> Iterator[Stated]:
    """One for each reading operation of which a field steps on by the same with every call."""
    reads: dict[str, dict[int, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for journal in scene.journals.values():
        for event in journal.events():
            operation = scene.operation(event.route)
            if scene.is_safe(operation) and 200 <= event.status < 300:
                reads[operation][event.request].append(event)
    for operation, targets in sorted(reads.items()):
        found: Counter[str] = Counter()
        tally = Tally()
        for events in targets.values():
            ordered = sorted(events, key=lambda event: (event.at, event.id))
            for name, steps in _steps(ordered).items():
                found[name] += steps
                for event in ordered:
                    tally.add(event.at, event.id)
        if not found:
            continue
        name, steps = found.most_common(1)[0]
        yield Stated(
            clause=Clause(
                producer=scene.producer,
                operation=operation,
                subject=Subject(("request",)),
                kind=EffectfulRead(),
            ),
            evidence=evidence_of({"": tally}, steps),
            doubt="" if steps >= MIN_EFFECT_STEPS else f"{steps} steps, {MIN_EFFECT_STEPS} needed",
            reasons=(f"{name} stepped on by the same in each of {steps} calls, at any distance in time",),
        )


def _steps(events: list[Event]) -> dict[str, int]:
    """The fields that step on by one and the same number with every call, and how often they did."""
    if len(events) < 4:
        return {}
    gaps = sorted(two.at - one.at for one, two in pairwise(events))
    if gaps[-1] < MIN_GAP_RATIO * max(1, gaps[0]):
        return {}  # calls at one distance cannot tell what goes by time from what goes by calls
    found = {}
    for name in events[0].shown:
        values = [_number(event.shown.get(name, "")) for event in events]
        deltas = {two - one for one, two in pairwise(values) if one is not None and two is not None}
        if None not in values and len(deltas) == 1 and min(deltas) > 0:
            found[name] = len(values) - 1
    return found


def _number(value: Mark) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
