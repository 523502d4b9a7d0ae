"""Reactions: what a consumer does with an entity next depends on the status that it was shown.

It goes on asking until the status is a certain one, or it calls an operation after a certain one alone. Both
are differences between what follows one value and what follows the others, tested by Fisher's exact test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.claim import Dependence, Level
from contract.subject import Subject
from inference.lives import is_status
from inference.statistics import fisher
from inference.tally import Tally
from inference.thresholds import CHANCE, MIN_REACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event, Journal, Mark
    from inference.scene import Scene

_Place = tuple[str, Subject]


@dataclass(frozen=True, slots=True)
class Reaction:
    """That a consumer acts by the values of a place."""

    consumer: str
    operation: str
    subject: Subject
    dependence: Dependence


@dataclass(slots=True)
class _Shown:
    """What followed the values of one place: by value, what was called next on the entity (`""`: nothing)."""

    next: dict[Mark, Counter[str]]
    tally: Tally


def reactions(scene: Scene) -> Iterator[Reaction]:
    """One for each consumer and status place whose values decide what it does next."""
    for consumer, journal in scene.journals.items():
        if not journal.events():
            continue
        for (operation, subject), shown in sorted(
            _shown(scene, journal).items(), key=lambda entry: (entry[0][0], str(entry[0][1]))
        ):
            basis = _basis(operation, shown)
            if basis:
                tally = shown.tally
                yield Reaction(
                    consumer,
                    operation,
                    subject,
                    Dependence(
                        consumer=consumer,
                        level=Level.PROVEN,
                        basis=basis,
                        count=tally.count,
                        first_seen=tally.first,
                        last_seen=tally.last,
                    ),
                )


def _shown(scene: Scene, journal: Journal) -> dict[_Place, _Shown]:
    """What each status was followed by, where the journal has all that was done with the entity.

    The last call on an entity is left out near the end of the record: what was to follow may lie beyond. How
    near is the longest time that anything was followed in.
    """
    by_entity: dict[Mark, list[Event]] = defaultdict(list)
    events = journal.events()
    for event in events:
        named = set(event.path.values())
        if event.method == "POST" and "id" in event.shown:
            named.add(event.shown["id"])
        for entity in filter(journal.knows, named):
            by_entity[entity].append(event)
    found: dict[_Place, _Shown] = {}
    longest: Counter[_Place] = Counter()
    open_ends: list[tuple[_Place, Event, Mark]] = []
    for _, steps in sorted(by_entity.items(), key=lambda entry: str(entry[0])):
        for number, event in enumerate(steps):
            following = steps[number + 1] if number + 1 < len(steps) else None
            for place, value in _statuses(scene, event):
                if following is None:
                    open_ends.append((place, event, value))
                    continue
                longest[place] = max(longest[place], following.at - event.ended)
                _note(found, place, value, scene.operation(following.route), event)
    for place, event, value in open_ends:
        if event.ended + longest[place] < events[-1].at:
            _note(found, place, value, "", event)
    return found


def _statuses(scene: Scene, event: Event) -> Iterator[tuple[_Place, Mark]]:
    if not 200 <= event.status < 300:
        return
    operation = scene.operation(event.route)
    for name, value in event.shown.items():
        if is_status(name.rpartition(".")[2]):
            yield (operation, Subject(("response", str(event.status), "body", *name.split(".")))), value


def _note(found: dict[_Place, _Shown], place: _Place, value: Mark, following: str, event: Event) -> None:
    shown = found.get(place)
    if shown is None:
        shown = found[place] = _Shown(defaultdict(Counter), Tally())
    shown.next[value][following] += 1
    shown.tally.add(event.at, event.id)


def _basis(operation: str, shown: _Shown) -> str:
    """In words, what a consumer does after which value alone; `""` if chance explains it."""
    calls = sorted({call for following in shown.next.values() for call in following if call})
    tests = len(calls) * len(shown.next)
    found: list[str] = []
    for call in calls:
        by_value = {value: (following[call], following.total()) for value, following in shown.next.items()}
        for value, (did, met) in sorted(by_value.items(), key=lambda entry: str(entry[0])):
            others_did = sum(d for v, (d, _) in by_value.items() if v != value)
            others_met = sum(m for v, (_, m) in by_value.items() if v != value)
            if min(met, others_met) < MIN_REACTIONS:
                continue
            chance = tests * fisher(did, met - did, others_did, others_met - others_did)
            if chance >= CHANCE:
                continue
            if call == operation and not did and 2 * others_did > others_met:
                found.append(f"goes on asking until it is {value}")
            elif call != operation and not others_did and 2 * did > met:
                found.append(f"calls {call} after {value} alone")
    return "; ".join(found)
