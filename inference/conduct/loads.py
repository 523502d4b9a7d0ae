"""Loads: how many messages a consumer takes before it acknowledges one, and how many at once.

Each is a limit only if something waited for it. The most that was ever in flight is one where the next came
at once when room was made, many times, and never before; the largest batch, where what it left behind came
with the next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Batch, InFlight
from contract.subject import Subject
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import (
    MAX_SHORT_CUTS,
    MIN_CUTS,
    MIN_REFILLED,
    MIN_REFILLS,
    REFILL_NS,
    REFILL_SHARE,
    WAITED_NS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contract.kinds.up_to import UpTo
    from inference.intake import Intake, Taken
    from inference.scene import Scene

_MESSAGE = Subject(("response", "message"))
_BATCHED = frozenset({"kafka", "redis"})
"""Protocols of which one reply carries several messages. Others send each as soon as they can."""


class _Limit(NamedTuple):
    """The most that a consumer took, and when it was shown to be a limit; of which routes."""

    most: int
    shown: Tally
    routes: frozenset[str]


def in_flight(scene: Scene) -> Iterator[Stated]:
    """One for each operation whose consumers are given no more than they work on."""
    words = "came when one was acknowledged, not before"
    yield from _stated(scene, _in_flight, InFlight, MIN_REFILLS, words)


def batches(scene: Scene) -> Iterator[Stated]:
    """One for each operation that consumers read in batches of a bounded size."""
    yield from _stated(scene, _batch, Batch, MIN_CUTS, "full ones left something for the next")


def _stated(
    scene: Scene, limit_of: Callable[[Intake], _Limit | None], kind: type[UpTo], least: int, words: str
) -> Iterator[Stated]:
    by_operation: dict[str, dict[str, _Limit]] = defaultdict(dict)
    for consumer, intake in scene.intakes.items():
        limit = limit_of(intake)
        for route in limit.routes if limit is not None else ():
            by_operation[scene.operation(route)][consumer] = limit  # type: ignore[assignment]  # not None here
    for operation, limits in sorted(by_operation.items()):
        sure = {name: one for name, one in limits.items() if one.shown.count >= least}
        told = sure or limits
        most = min(one.most for one in told.values())
        count = sum(one.shown.count for one in told.values())
        yield Stated(
            clause=Clause(
                producer=scene.producer, operation=operation, subject=_MESSAGE, kind=kind(most, count)
            ),
            evidence=evidence_of({name: one.shown for name, one in told.items()}, count),
            doubt="" if sure else f"{count} seen, {least} of one consumer needed",
            reasons=(f"{count} {words}",),
            dependence={
                name: depends(name, Level.REQUESTED, f"takes up to {one.most:,}", one.shown)
                for name, one in told.items()
            },
        )


def _in_flight(intake: Intake) -> _Limit | None:
    """The most deliveries that were not acknowledged at one time; None if nothing waited for room.

    Kafka's commits say what is done with, not what is under way.
    """
    stretches = [
        [one for one in taken if one.is_delivery and one.answered and one.answer != "auto"]
        for taken in intake.stretches()
    ]
    handled = [one.answered - one.at for taken in stretches for one in taken]
    if not handled:
        return None
    soon = max(REFILL_SHARE * median(handled), REFILL_NS)
    shown: dict[int, Tally] = defaultdict(Tally)
    reached = Counter[int]()
    for taken in stretches:
        for level, one, freed in _levels(taken):
            reached[level] += 1
            # what was given back comes again at once, whatever the limit
            if one.before <= 0 and _waited(one, freed) and one.at - freed <= soon:
                shown[level].add(one.at, one.id)
    most = max(reached)
    if not shown[most].count or shown[most].count < MIN_REFILLED * reached[most]:
        return None
    return _Limit(most, shown[most], _routes(stretches))


def _waited(one: Taken, until: int) -> bool:
    """Whether a message could have come before, as far as is known when it was published."""
    return 0 < one.published <= until - WAITED_NS


def _levels(taken: list[Taken]) -> Iterator[tuple[int, Taken, int]]:
    """Each delivery with how many were under way then, and when the last one before was acknowledged."""
    answers = sorted(one.answered for one in taken)
    done = 0
    for number, one in enumerate(taken, 1):
        while done < len(answers) and answers[done] <= one.at:
            done += 1
        yield number - done, one, answers[done - 1] if done else 0


def _batch(intake: Intake) -> _Limit | None:
    """The largest batch; None if none was full, or smaller ones left something behind as well."""
    stretches = [
        [one for one in taken if one.protocol in _BATCHED and one.one and one.is_delivery and one.before <= 0]
        for taken in intake.stretches()
    ]
    most, cut = 0, Counter[int]()
    shown: dict[int, Tally] = defaultdict(Tally)
    for taken in stretches:
        for batch, following in _batches(taken):
            most = max(most, len(batch), len(following))
            if following and _waited(following[0], batch[0].at):
                cut[len(batch)] += 1
                shown[len(batch)].add(batch[0].at, batch[0].id)
    if not cut[most] or cut.total() - cut[most] > MAX_SHORT_CUTS * cut.total():
        return None
    return _Limit(most, shown[most], _routes(stretches))


def _batches(taken: list[Taken]) -> Iterator[tuple[list[Taken], list[Taken]]]:
    """What came of one partition in one reply, and in the next."""
    by_place = sorted(taken, key=lambda one: (one.channel, one.partition, one.at, one.number, one.published))
    for _, of_one in groupby(by_place, lambda one: (one.channel, one.partition)):
        replies = [list(reply) for _, reply in groupby(of_one, lambda one: one.at)]
        yield from pairwise([*replies, []])


def _routes(stretches: Iterable[list[Taken]]) -> frozenset[str]:
    return frozenset(one.route for taken in stretches for one in taken)
