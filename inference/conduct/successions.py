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
from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Evidence, Level
from contract.clause import Clause
from contract.kinds import ComesAfter
from contract.operation import parse
from contract.subject import Subject
from inference.deliveries import Deliveries
from inference.scene import of_view
from inference.sequences import OWN_KEY
from inference.stated import Stated, depends
from inference.thresholds import CHANCE, MAX_BEGUN_OFTEN, MAX_CHAIN_BREAKS, MIN_CHAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.scene import Scene
    from inference.tally import Tally

_MESSAGE = Subject(("response", "message"))

Pair = tuple[str, str]
"""What comes first, and what after: two operations."""


class _First(NamedTuple):
    """When the first message about a thing came (Unix ns), and how many there were."""

    at: int
    of: int


@dataclass(slots=True)
class _Given:
    """The deliveries of one operation to one consumer.

    What was first of each thing stands by what tells things apart, which are sampled up to their `ceilings`
    (`inference/kept.py`).
    """

    all: Tally
    ceilings: dict[str, int] = field(default_factory=dict)
    things: dict[str, dict[int, _First]] = field(default_factory=dict)


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
        for first, after, by in _pairs(given):
            _count(found[first, after][by], consumer, given[first], given[after], by)
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
            found[consumer][operation] = given = _Given(deliveries.all)
            for by, things in deliveries.sequences.by_name().items():
                given.ceilings[by] = things.ceiling
                given.things[by] = {
                    digest: _First(min(known).at, len(known)) for digest, known in things.entries.items()
                }
    return found


def _pairs(given: Mapping[str, _Given]) -> Iterator[tuple[str, str, str]]:
    """The operations that are about the same things, each way round, and what tells those apart."""
    for first, after in permutations(sorted(given), 2):
        before, behind = given[first].things, given[after].things
        for by in sorted(before.keys() & behind.keys()):
            if not before[by].keys().isdisjoint(behind[by]):
                yield first, after, by


def _count(steps: _Steps, consumer: str, first: _Given, after: _Given, by: str) -> None:
    """Look at the things that are sampled of both; not at those that may have been met before the record."""
    before, ceiling = first.things[by], min(first.ceilings[by], after.ceilings[by])
    longest, alone = 0, []
    for digest, later in after.things[by].items():
        if digest >= ceiling:
            continue
        earlier = before.get(digest)
        if earlier is None:
            alone.append(later.at)
            continue
        steps.expected += later.of / (later.of + earlier.of)
        steps.often += earlier.of > 1
        lag = later.at - earlier.at
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
