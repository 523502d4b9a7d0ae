"""Numbering: what the numbers of a partition or stream tell. Gaps in what is given, and what is committed.

A partition of Kafka numbers all that is in it, and a consumer of JetStream is one of one stream; where that
is given only some subjects, gaps are meant. What several members of a group were given counts together. A
commit acknowledges all that came before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Acknowledgement, Gaps, Handling
from contract.subject import Subject
from inference.buckets import Buckets
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_ACKNOWLEDGED, MIN_LATENCY, MIN_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.claim import Dependence
    from inference.intake import Intake, Taken
    from inference.scene import Scene

_MESSAGE = Subject(("response", "message"))


class _Steps:
    """From one number to the next, and how many of them left numbers out."""

    def __init__(self) -> None:
        self.count = 0
        self.gaps = 0
        self.tallies: dict[str, Tally] = defaultdict(Tally)

    def add(self, consumer: str, taken: list[Taken]) -> None:
        """Count the steps of one partition."""
        numbers = sorted({one.number for one in taken})
        self.count += len(numbers) - 1
        self.gaps += sum(two - one > 1 for one, two in pairwise(numbers))
        for one in taken:
            self.tallies[consumer].add(one.at, one.id)


def gaps(scene: Scene) -> Iterator[Stated]:
    """One for each operation whose messages are numbered."""
    by_operation: dict[str, _Steps] = defaultdict(_Steps)
    for consumer, intake in scene.intakes.items():
        for taken in intake.stretches():
            for of_one in _by_partition(taken).values():
                for operation in {scene.operation(one.route) for one in of_one}:
                    by_operation[operation].add(consumer, of_one)
    for operation, steps in sorted(by_operation.items()):
        if steps.count:
            how = "some" if steps.gaps else "none"
            yield Stated(
                clause=Clause(
                    producer=scene.producer,
                    operation=operation,
                    subject=_MESSAGE,
                    kind=Gaps(how, steps.count),
                ),
                evidence=evidence_of(steps.tallies, steps.gaps or steps.count),
                doubt=""
                if steps.gaps or steps.count >= MIN_ONCE
                else f"{steps.count} seen, {MIN_ONCE} needed",
                reasons=(f"{steps.gaps} of {steps.count} steps from number to number left some out",),
            )


def _by_partition(taken: list[Taken]) -> dict[tuple[str, int], list[Taken]]:
    """Deliveries by what numbers them. What a group of JetStream leaves out it may not have asked for."""
    found: dict[tuple[str, int], list[Taken]] = defaultdict(list)
    for one in taken:
        if one.is_delivery and one.one and one.number >= 0:
            if one.protocol == "kafka":
                found[one.channel, one.partition].append(one)
            elif one.protocol == "nats":
                found["", -1].append(one)
    streamed = sorted({one.number for one in found.get(("", -1), ())})
    if any(two - one > 1 for one, two in pairwise(streamed)):
        del found["", -1]
    return found


class _Committed:
    """Deliveries of one operation: when they were committed, and those that were not."""

    def __init__(self) -> None:
        self.lags = Buckets()
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.left = 0


def commits(scene: Scene) -> Iterator[Stated]:
    """`acknowledgement` and `handling` where acknowledgements are told by number."""
    by_operation: dict[str, _Committed] = defaultdict(_Committed)
    for consumer, intake in scene.intakes.items():
        _look(scene, consumer, intake, by_operation)
    for operation, found in sorted(by_operation.items()):
        if not found.tallies:
            continue
        total, links = found.lags.total, _links(found)
        p50, p99 = (found.lags.quantile(q) / 1e6 for q in (0.5, 0.99))
        for kind, needed in (
            (Acknowledgement(("commit",)), MIN_ACKNOWLEDGED),
            (Handling(p50_ms=p50, p99_ms=p99, n=total), MIN_LATENCY),
        ):
            yield Stated(
                clause=Clause(producer=scene.producer, operation=operation, subject=_MESSAGE, kind=kind),
                evidence=evidence_of(found.tallies, total, found.left),
                doubt="" if total >= needed else f"{total} seen, {needed} needed",
                reasons=(f"{total} of {total + found.left} deliveries were committed",),
                dependence=links,
            )


def _links(found: _Committed) -> dict[str, Dependence]:
    return {
        name: depends(name, Level.REQUESTED, "commits what it was given", tally)
        for name, tally in found.tallies.items()
    }


def _look(scene: Scene, consumer: str, intake: Intake, by_operation: dict[str, _Committed]) -> None:
    for taken in intake.stretches():
        parts: dict[tuple[str, int], tuple[list[Taken], list[Taken]]] = defaultdict(lambda: ([], []))
        for one in taken:
            if one.number >= 0 and (not one.is_delivery or (one.protocol == "kafka" and one.one)):
                parts[one.channel, one.partition][one.is_delivery].append(one)
        for acknowledged, delivered in parts.values():
            lags = _lags(delivered, acknowledged)
            longest = max((lag for lag in lags if lag is not None), default=0)
            for one, lag in zip(delivered, lags, strict=True):
                found = by_operation[scene.operation(one.route)]
                if lag is not None:
                    found.lags.add(lag)
                    found.tallies[consumer].add(one.at, one.id)
                elif acknowledged and one.at + 2 * longest < taken[-1].at:  # later ones may still be
                    found.left += 1


def _lags(delivered: list[Taken], acknowledged: list[Taken]) -> list[int | None]:
    """How long each delivery waited for the first commit at or beyond it; None if there was none."""
    moments = [one.at for one in acknowledged]
    reached = list(accumulate((one.number for one in acknowledged), max))
    lags: list[int | None] = []
    for one in delivered:
        at = max(bisect_left(reached, one.number), bisect_left(moments, one.at))
        lags.append(moments[at] - one.at if at < len(moments) else None)
    return lags
