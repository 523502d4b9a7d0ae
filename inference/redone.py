"""Effects of what came again: whether the call that a message leads to is made once more when it comes again.

The value that ties the two (`inference/aftermath.py`) must have been brought by one message only, which came
again after the call was made. What is called more than once anyway, without anything coming again, says
nothing: the calls are held against those for messages that came once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Deduplicates, RepeatsEffect
from contract.subject import Subject
from inference.stated import Stated, depends, evidence_of
from inference.statistics import fisher
from inference.tally import Tally
from inference.thresholds import (
    CHANCE,
    MAX_AFTERMATH_NS,
    MIN_DEDUPLICATED,
    MIN_EFFECTS_AGAIN,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.clause import Kind
    from inference.abroad import Abroad
    from inference.scene import Located

_MESSAGE = Subject(("response", "message"))


@dataclass(slots=True)
class _Calls:
    """Calls of one consumer for messages that came again, and for those that came once."""

    repeated: Tally = field(default_factory=Tally)
    single: Tally = field(default_factory=Tally)
    repeated_anyway: int = 0
    single_anyway: int = 0

    def note(self, delivered: list[int], calls: Tally) -> None:
        """Note the calls for one message, if they came after its first delivery, and before any other."""
        first, *later = delivered
        if calls.first < first or (later and calls.first >= later[0]):
            return
        if not later:
            self.repeated_anyway += calls.count > 1
            self.single_anyway += calls.count <= 1
        elif later[0] <= calls.last <= later[-1] + MAX_AFTERMATH_NS:
            self.repeated.add(calls.last, calls.example)
        else:
            self.single.add(calls.last, calls.example)

    @property
    def repeats(self) -> bool:
        """Whether what comes again is done again, more than other things are."""
        chance = fisher(self.repeated.count, self.single.count, self.repeated_anyway, self.single_anyway)
        return self.repeated.count >= MIN_EFFECTS_AGAIN and chance < CHANCE

    @property
    def deduplicates(self) -> bool:
        """Whether it never is."""
        return not self.repeated.count and self.single.count >= MIN_DEDUPLICATED


def redone(
    abroad: Abroad, producer: str, source: Located, other: str, target: Located, consumers: Iterable[str]
) -> Iterator[Stated]:
    """What consumers do about a message that comes again, who call another producer for each."""
    calls = {consumer: _calls(abroad, producer, source, other, target, consumer) for consumer in consumers}

    def stated(kind: Kind, by: dict[str, Tally], sure: Iterable[str], against: int, needed: str) -> Stated:
        held = sum(tally.count for tally in by.values())
        return Stated(
            clause=Clause(producer=producer, operation=source[0], subject=_MESSAGE, kind=kind),
            evidence=evidence_of(by, held, against),
            doubt="" if sure else f"{held} seen, {needed}",
            reasons=(
                f"so it was for {held} of {held + against} messages that came again after the first call",
            ),
            dependence={
                name: depends(name, Level.USED, f"calls {target[0]} of {other} for it", by[name])
                for name in sure
            },
        )

    repeating = {name: one.repeated for name, one in calls.items() if one.repeated.count}
    if repeating:
        sure = [name for name in repeating if calls[name].repeats]
        against = sum(calls[name].single.count for name in repeating)
        needed = f"{MIN_EFFECTS_AGAIN} of one consumer needed, and more than where nothing came again"
        yield stated(RepeatsEffect(target[0]), repeating, sure, against, needed)
    single = {name: one.single for name, one in calls.items() if one.single.count and name not in repeating}
    if single:
        sure = [name for name in single if calls[name].deduplicates]
        yield stated(Deduplicates(target[0]), single, sure, 0, f"{MIN_DEDUPLICATED} of one consumer needed")


def _calls(
    abroad: Abroad, producer: str, source: Located, other: str, target: Located, consumer: str
) -> _Calls:
    """The calls of one consumer by whether what they are for came again."""
    found = _Calls()
    receipts = abroad.receipts.get((consumer, producer, source[0]))
    theirs = abroad.flows[consumer][other].traces
    for digest, delivered in receipts.again().items() if receipts is not None else ():
        made = Tally()
        for (route, subject, _), tally in theirs[digest].uses.items() if digest in theirs else ():
            if abroad.locate(other, route, subject) == target:
                made.merge(tally)
        if made.count:
            found.note(delivered, made)
    return found
