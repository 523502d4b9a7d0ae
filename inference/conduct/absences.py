"""Absences: consumers that were away, and were given afterwards what was published meanwhile.

They rely on it that messages wait. What is always late, or is fetched by the minute, is no absence: what
waited must have waited much longer than is usual for that consumer and operation.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import CatchUp
from contract.kinds.across import duration
from contract.subject import Subject
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import AWAY_FACTOR, MIN_AWAY_NS, MIN_BACKLOG, MIN_CATCH_UPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.intake import Intake, Taken
    from inference.scene import Scene

_MESSAGE = Subject(("response", "message"))


class _Return(NamedTuple):
    """What a consumer found of one operation when it came back.

    The longest that one had waited, and how long it took to be given all (ns).
    """

    consumer: str
    taken: list[Taken]
    waited: int
    took: int


def catch_ups(scene: Scene) -> Iterator[Stated]:
    """One for each operation that consumers came back to."""
    by_operation: dict[str, list[_Return]] = defaultdict(list)
    for consumer, intake in scene.intakes.items():
        for backlog in _backlogs(intake):
            by_route: dict[str, list[Taken]] = defaultdict(list)
            for one in backlog:
                by_route[scene.operation(one.route)].append(one)
            for operation, taken in by_route.items():
                waited = max(one.at - one.published for one in taken)
                took = taken[-1].at - taken[0].at
                by_operation[operation].append(_Return(consumer, taken, waited, took))
    for operation, returns in sorted(by_operation.items()):
        yield _stated(scene, operation, returns)


def _stated(scene: Scene, operation: str, returns: list[_Return]) -> Stated:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for one in returns:
        for taken in one.taken:
            tallies[one.consumer].add(taken.at, taken.id)
    longest, most = max(one.waited for one in returns), max(returns, key=lambda one: len(one.taken))
    count = sum(len(one.taken) for one in returns)
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=_MESSAGE,
            kind=CatchUp(round(longest / 1e6, 1), len(returns)),
        ),
        evidence=evidence_of(tallies, count),
        doubt="" if len(returns) >= MIN_CATCH_UPS else f"{len(returns)} seen, {MIN_CATCH_UPS} needed",
        reasons=(
            f"{count} messages had waited when consumers came back",
            f"the most were {len(most.taken)}, given within {duration(most.took / 1e6)}",
        ),
        dependence={
            name: depends(name, Level.USED, "was away, and read what had waited", tally)
            for name, tally in tallies.items()
        },
    )


def _backlogs(intake: Intake) -> Iterator[list[Taken]]:
    """What was waiting each time that the consumer came back."""
    stretches = [
        [one for one in taken if one.is_delivery and one.published and one.before <= 0]
        for taken in intake.stretches()
    ]
    lags: dict[str, list[int]] = defaultdict(list)
    for one in (one for taken in stretches for one in taken):
        lags[one.route].append(one.at - one.published)
    long = {route: max(MIN_AWAY_NS, AWAY_FACTOR * median(known)) for route, known in lags.items()}
    for taken in stretches:
        for number, (last, first) in enumerate(pairwise(taken), 1):
            if first.at - last.at >= MIN_AWAY_NS:
                backlog = list(_waiting(taken[number:], last.at))
                late = max((first.at - one.published - long[one.route] for one in backlog), default=-1)
                if len(backlog) >= MIN_BACKLOG and late >= 0:
                    yield backlog


def _waiting(taken: list[Taken], left: int) -> Iterator[Taken]:
    """What was published after a consumer left and before it came back, up to the first that came later."""
    for one in taken:
        if one.published >= taken[0].at:
            return
        if one.published > left:
            yield one
