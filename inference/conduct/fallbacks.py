"""Fallbacks: what a consumer calls after an error, and does not call after other answers.

What counts is the next call about the same entity, or the very next one if it is hardly ever made otherwise:
that a new customer comes after one whose order failed is no fallback. Where the journal left calls out, only
what it has of an entity as a whole is looked at, and an error whose next call may be missing counts neither
way. A repeat of the same request is a
retry. The difference between what follows the error and what follows other answers is tested by Fisher's
exact test, corrected for the number of calls that could have followed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Fallback
from contract.subject import Subject
from inference.journal import identifies
from inference.stated import Stated, depends, evidence_of
from inference.statistics import fisher
from inference.tally import Tally
from inference.thresholds import CHANCE, FALLBACK_WITHIN, MIN_FALLBACK_SHARE, MIN_FALLBACKS, MIN_RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event, Journal, Mark
    from inference.scene import Scene

_LOOK_AHEAD = 8
"""Calls after an error among which the one about the same entity is searched."""


@dataclass(slots=True)
class _After:
    """What followed the answers of one status: by operation how often, with the calls that did."""

    total: int = 0
    next: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, operation: str, following: Event) -> None:
        """Count a call that followed."""
        self.next[operation] += 1
        self.tallies.setdefault(operation, Tally()).add(following.at, following.id)


_ByStatus = dict[int, _After]


def fallbacks(scene: Scene) -> Iterator[Stated]:
    """One `fallback` for each error status and operation that is called instead."""
    found: dict[tuple[str, int, str], dict[str, Tally]] = defaultdict(dict)
    totals: Counter[tuple[str, int]] = Counter()
    for consumer, journal in scene.journals.items():
        for operation, after in _after(scene, journal).items():
            for status in (status for status in after if status >= 400):
                totals[operation, status] += after[status].total
                for instead in _instead(after, status):
                    found[operation, status, instead][consumer] = after[status].tallies[instead]
    for (operation, status, instead), tallies in sorted(found.items()):
        count = sum(tally.count for tally in tallies.values())
        yield Stated(
            clause=Clause(
                producer=scene.producer,
                operation=operation,
                subject=Subject(("response", str(status))),
                kind=Fallback("" if instead == operation else instead),
            ),
            evidence=evidence_of(tallies, count, totals[operation, status] - count),
            reasons=(
                f"called after {count} of {totals[operation, status]} such errors, unlike after others",
            ),
            dependence={
                name: depends(
                    name, Level.PROVEN, f"calls {'it again' if instead == operation else instead} then", tally
                )
                for name, tally in tallies.items()
            },
        )


def _after(scene: Scene, journal: Journal) -> dict[str, _ByStatus]:
    """By operation and status what one consumer called next.

    Where the journal left calls out, errors count by the one name that has most to tell of their entities:
    an entity that goes by another may not be there as a whole.
    """
    events = journal.events()
    found: dict[str, dict[str, _ByStatus]] = defaultdict(lambda: defaultdict(lambda: defaultdict(_After)))
    calls = Counter(scene.operation(event.route) for event in events)
    strangers: dict[str, list[tuple[_After, Event]]] = defaultdict(list)
    for index, event in enumerate(events):
        if not event.status:
            continue
        soon = [
            one
            for one in events[index + 1 : index + 1 + _LOOK_AHEAD]
            if 0 <= one.at - event.ended <= FALLBACK_WITHIN * 1e9
        ]
        for name, marks in _whole(journal, event).items():
            after = found[scene.operation(event.route)][name][event.status]
            after.total += 1
            about = next((one for one in soon if not marks.isdisjoint(_entities(one).values())), None)
            following = about or (soon[0] if soon and journal.complete else None)
            if following is None or following.request == event.request:
                continue
            operation = scene.operation(following.route)
            if about:
                after.add(operation, following)
            elif event.status >= 400:
                strangers[operation].append((after, following))
    for operation, followed in strangers.items():
        if len(followed) >= MIN_RESERVED * calls[operation]:
            for after, following in followed:
                after.add(operation, following)
    return {operation: max(by_name.values(), key=_told) for operation, by_name in found.items()}


def _whole(journal: Journal, event: Event) -> dict[str, set[Mark]]:
    """The entities of a call of which the journal has every mention, by name; all as one if it has all."""
    entities = _entities(event)
    if journal.complete:
        return {"": set(entities.values())}
    return {name: {value} for name, value in entities.items() if journal.knows(value)}


def _told(by_status: _ByStatus) -> int:
    """How many calls followed errors."""
    return sum(after.next.total() for status, after in by_status.items() if status >= 400)


def _entities(event: Event) -> dict[str, Mark]:
    """What a request is about: its path parameters, and what it sends under identifying names."""
    sent = {**event.query, **event.sent}
    return {**event.path, **{name: value for name, value in sent.items() if identifies(name)}}


def _instead(after: dict[int, _After], status: int) -> list[str]:
    """The operations that follow one status much more often than they follow the others."""
    mine = after[status]
    others = [one for number, one in after.items() if number != status]
    rest = sum(one.total for one in others)
    candidates = len(mine.next) * len(after)
    found = []
    for operation, count in sorted(mine.next.items()):
        if count < MIN_FALLBACKS or count < MIN_FALLBACK_SHARE * mine.total:
            continue
        usual = sum(one.next[operation] for one in others)
        more = not rest or usual / rest < count / mine.total
        if rest and more and candidates * fisher(count, mine.total - count, usual, rest - usual) < CHANCE:
            found.append(operation)
    return found
