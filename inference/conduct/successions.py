"""Successions: messages about a thing that a consumer is given only after another message about it.

An order is paid after it was created, on another channel. What tells things apart must be the same in both
(`inference/sequences.py`). What comes often comes first by its number alone, so it must come once of each
thing, and the succession is held against a null: that the messages about a thing are dealt out in any order.
Of `a` before `b` before `c` that `a` comes before `c` is not told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import permutations
from math import exp
from typing import TYPE_CHECKING

from contract.claim import Evidence, Level
from contract.clause import Clause
from contract.kinds import ComesAfter
from contract.operation import parse
from contract.subject import Subject
from inference.deliveries import Deliveries
from inference.scene import of_view
from inference.sequences import OWN_KEY, Things
from inference.stated import Stated, depends
from inference.thresholds import CHANCE, MAX_BEGUN_OFTEN, MAX_CHAIN_BREAKS, MIN_CHAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.scene import Scene
    from inference.tally import Tally

_MESSAGE = Subject(("response", "message"))

Pair = tuple[str, str]
"""What comes first, and what after: two operations."""


@dataclass(slots=True)
class _Given:
    """The deliveries of one operation to one consumer, and the things that they are about by each name."""

    all: Tally
    things: dict[str, Things]


@dataclass(slots=True)
class _Steps:
    """Things of which both were given: in this order, or the other way round; `alone` lacked the first.

    `often` had several of the first, `expected` is how many would not be in order if it were all chance.
    """

    held: int = 0
    often: int = 0
    turned: int = 0
    alone: int = 0
    expected: float = 0.0
    consumers: dict[str, Tally] = field(default_factory=dict)

    @property
    def broken(self) -> int:
        """Things that say otherwise."""
        return self.turned + self.alone

    def doubt(self, among: int) -> str:
        """Why it is not claimed, with so many candidates."""
        if self.turned:
            return f"{self.turned} of {self.held + self.broken} came the other way round"
        if self.alone > MAX_CHAIN_BREAKS * (self.held + self.alone):
            return f"{self.alone} of {self.held + self.alone} came without it"
        if self.often > MAX_BEGUN_OFTEN * (self.held + self.turned):
            return f"{self.often} of {self.held + self.turned} had several, so it is not what they begin with"
        if exp(-self.expected) * among >= CHANCE:
            return f"in any order {self.expected:.1f} would come first, which is too few to tell"
        return ""


def successions(scene: Scene) -> Iterator[Stated]:
    """`comes-after`: one for each pair of operations that consumers are given in one order."""
    found: dict[Pair, dict[str, _Steps]] = defaultdict(lambda: defaultdict(_Steps))
    for consumer, given in _by_consumer(scene).items():
        for (first, after), by in sorted(_pairs(given).items()):
            for name in by:
                _count(found[first, after][name], consumer, given[first], given[after], name)
    best = {pair: _best(by) for pair, by in found.items()}
    doubts = {pair: steps.doubt(len(best)) for pair, (_, steps) in best.items()}
    sure = {pair for pair, doubt in doubts.items() if not doubt}
    for pair, (by, steps) in sorted(best.items()):
        first, after = pair
        told = pair in sure and not any((first, one) in sure and (one, after) in sure for one in scene.scenes)
        if told or (doubts[pair] and steps.held >= MIN_CHAIN and steps.turned < steps.held / 10):
            yield _stated(scene, pair, by, steps, doubts[pair])


def _by_consumer(scene: Scene) -> dict[str, dict[str, _Given]]:
    """What each consumer was given, by operation."""
    found: dict[str, dict[str, _Given]] = defaultdict(dict)
    for operation, one in scene.scenes.items():
        if not parse(operation).is_event:
            continue
        for consumer, view in one.views.items():
            deliveries = of_view(view, Deliveries)
            things: dict[str, Things] = defaultdict(Things)
            for (by, _), part in sorted(deliveries.sequences.groups.items()):
                things[by].merge(part)
            if things:
                found[consumer][operation] = _Given(deliveries.all, things)
    return found


def _pairs(given: Mapping[str, _Given]) -> dict[Pair, set[str]]:
    """The operations that are about the same things, each way round, and what tells those apart."""
    about: dict[tuple[str, int], list[str]] = defaultdict(list)
    for operation, one in given.items():
        for by, things in one.things.items():
            for digest in things.entries:
                about[by, digest].append(operation)
    found: dict[Pair, set[str]] = defaultdict(set)
    for (by, _), operations in about.items():
        for pair in permutations(operations, 2):
            found[pair].add(by)
    return found


def _count(steps: _Steps, consumer: str, first: _Given, after: _Given, by: str) -> None:
    """Look at the things that are sampled of both; not at those that may have been met before the record."""
    before, behind = first.things[by], after.things[by]
    ceiling = min(before.ceiling, behind.ceiling)
    longest, alone = 0, []
    for digest, later in behind.entries.items():
        if digest >= ceiling:
            continue
        at, earlier = min(later).at, before.entries.get(digest)
        if earlier is None:
            alone.append(at)
            continue
        steps.expected += len(later) / (len(later) + len(earlier))
        steps.often += len(earlier) > 1
        lag = at - min(earlier).at
        steps.held += lag > 0
        steps.turned += lag < 0
        longest = max(longest, lag)
    steps.alone += sum(at > first.all.first + longest for at in alone)
    steps.consumers[consumer] = after.all


def _best(by: Mapping[str, _Steps]) -> tuple[str, _Steps]:
    """What tells most things apart; the key that publishers give comes first, as in `key-order`."""
    name = min(by, key=lambda one: (one != OWN_KEY, by[one].broken > 0, -by[one].held, one))
    return name, by[name]


def _stated(scene: Scene, pair: Pair, by: str, steps: _Steps, doubt: str) -> Stated:
    first, after = pair
    every = [tally for _, tally in sorted(steps.consumers.items())]
    return Stated(
        clause=Clause(producer=scene.producer, operation=after, subject=_MESSAGE, kind=ComesAfter(first, by)),
        evidence=Evidence(
            held=steps.held,
            broken=steps.broken,
            first_seen=min(one.first for one in every),
            last_seen=max(one.last for one in every),
            examples=(min(every, key=lambda one: (one.first, one.example)).example,),
        ),
        doubt=doubt,
        reasons=(
            f"{steps.held} different {by} of which both came to a consumer, in this order",
            f"in any order {steps.expected:.1f} of them would have come the other way round",
        ),
        dependence={
            name: depends(name, Level.EXPOSED, "was sent both", tally)
            for name, tally in sorted(steps.consumers.items())
        },
    )
