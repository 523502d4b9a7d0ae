"""Timing of single consumers: how long they wait, how often they ask, at which period."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Polling, Rate, Timeout
from contract.kinds.across import duration
from contract.subject import Subject
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import (
    LEAST_PERIOD,
    MAX_HANG_UP_SPREAD,
    MAX_PERIOD_SPREAD,
    MIN_HANG_UPS,
    MIN_PERIODS,
    MIN_RATED_CALLS,
    MIN_RATED_SECONDS,
)
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.clause import Kind
    from inference.journal import Event
    from inference.scene import Scene

ByOperation = dict[str, dict[str, list["Event"]]]
"""Calls by operation and consumer, in the order of time."""


def timeouts(scene: Scene) -> Iterator[Stated]:
    """One for each operation where consumers hang up after a fixed time."""
    for operation, by_consumer in _calls(scene).items():
        found: dict[str, tuple[float, Tally]] = {}
        few = 0
        for consumer, events in by_consumer.items():
            hung_up = [e for e in events if e.outcome is Outcome.CLIENT_CLOSED and e.duration > 0]
            patience = _patience(hung_up, [e for e in events if e.outcome is Outcome.COMPLETE])
            if patience is not None and len(hung_up) >= MIN_HANG_UPS:
                found[consumer] = patience, _tally(hung_up)
            elif patience is not None:
                few = max(few, len(hung_up))
        if found:
            status = _usual_status(by_consumer)
            subject = Subject(("response", status, "latency") if status else ("response", "latency"))
            shortest = min(patience for patience, _ in found.values())
            bases = {name: f"hung up after {duration(patience)}" for name, (patience, _) in found.items()}
            yield _stated(
                scene,
                operation,
                subject,
                Timeout(round(shortest, 1)),
                {name: tally for name, (_, tally) in found.items()},
                bases,
            )


def polling(scene: Scene) -> Iterator[Stated]:
    """One for each operation that consumers ask at a steady period."""
    for operation, by_consumer in _calls(scene).items():
        found: dict[str, tuple[float, Tally]] = {}
        for consumer, events in by_consumer.items():
            journal = scene.journals[consumer]
            period, polls = _period([event for event in events if journal.knows_repeats(event)])
            if period is not None:
                found[consumer] = period, _tally(polls)
        status = _usual_status(by_consumer)
        if found and status:
            bases = {name: f"asks about every {duration(period)}" for name, (period, _) in found.items()}
            yield _stated(
                scene,
                operation,
                Subject(("response", status, "body")),
                Polling(round(min(period for period, _ in found.values()), 1)),
                {name: tally for name, (_, tally) in found.items()},
                bases,
            )


def rates(scene: Scene) -> Iterator[Stated]:
    """One for each operation that a consumer calls often enough to speak of a rate."""
    for operation, by_consumer in _calls(scene).items():
        found: dict[str, tuple[float, int, Tally]] = {}
        for consumer, events in by_consumer.items():
            seconds = Counter(event.at // 10**9 for event in events)
            often = len(events) >= MIN_RATED_CALLS and len(seconds) >= MIN_RATED_SECONDS
            # A journal that left calls out tells a rate that is too low.
            if often and scene.journals[consumer].complete and max(seconds.values()) > 1:
                found[consumer] = median(seconds.values()), max(seconds.values()), _tally(events)
        if found:
            usual, peak = max((peak, usual) for usual, peak, _ in found.values())[::-1]
            bases = {
                name: f"calls it {usual:g} times a second when active, up to {peak}"
                for name, (usual, peak, _) in found.items()
            }
            yield _stated(
                scene,
                operation,
                Subject(("request",)),
                Rate(float(usual), float(peak)),
                {name: tally for name, (_, _, tally) in found.items()},
                bases,
                Level.REQUESTED,
            )


def _calls(scene: Scene) -> ByOperation:
    found: ByOperation = defaultdict(lambda: defaultdict(list))
    for consumer, journal in scene.journals.items():
        for event in journal.events():
            found[scene.operation(event.route)][consumer].append(event)
    return dict(sorted(found.items()))


def _patience(hung_up: list[Event], answered: list[Event]) -> float | None:
    """After how many ms a consumer hangs up, if always after as many, and not all at one moment."""
    if len({event.at // 10**9 for event in hung_up}) < 2:
        return None
    waits = [event.duration / 1e6 for event in hung_up]
    middle = median(waits)
    near = sum(1 for wait in waits if abs(wait - middle) <= MAX_HANG_UP_SPREAD * middle)
    slower = sum(1 for event in answered if event.duration / 1e6 > middle * (1 + MAX_HANG_UP_SPREAD))
    return middle if near >= 0.9 * len(waits) and slower <= 0.05 * len(answered) else None


def _period(events: list[Event]) -> tuple[float | None, list[Event]]:
    """The period (ms) at which the same requests are repeated after successes, and the calls that show it."""
    runs: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event.method in {"GET", "HEAD"} and 200 <= event.status < 400:
            runs[event.request].append(event)
    gaps: list[float] = []
    idle: list[float] = []
    polls: list[Event] = []
    for run in runs.values():
        if len(run) > 2:
            polls += run
            gaps += [(two.at - one.at) / 1e6 for one, two in pairwise(run)]
            idle += [(two.at - one.ended) / 1e6 for one, two in pairwise(run)]
    if len(gaps) < MIN_PERIODS:
        return None, []
    middle = median(gaps)
    spread = min(_spread(gaps), _spread(idle))
    longest = median(event.duration / 1e6 for event in polls)
    steady = spread <= MAX_PERIOD_SPREAD and middle >= LEAST_PERIOD and middle > 1.5 * longest
    return (middle if steady else None), polls


def _spread(values: list[float]) -> float:
    """The median distance from the median, as a share of it; and of the outer quarters, halved."""
    middle = median(values)
    if middle <= 0:
        return 1.0
    distances = sorted(abs(value - middle) / middle for value in values)
    return max(median(distances), distances[round(0.8 * (len(distances) - 1))] / 2)


def _usual_status(by_consumer: dict[str, list[Event]]) -> str:
    counted = Counter(
        event.status for events in by_consumer.values() for event in events if 200 <= event.status < 300
    )
    return str(max(counted, key=lambda status: (counted[status], -status))) if counted else ""


def _tally(events: Iterable[Event]) -> Tally:
    tally = Tally()
    for event in events:
        tally.add(event.at, event.id)
    return tally


def _stated(
    scene: Scene,
    operation: str,
    subject: Subject,
    kind: Kind,
    tallies: dict[str, Tally],
    bases: dict[str, str],
    level: Level = Level.PROVEN,
) -> Stated:
    return Stated(
        clause=Clause(producer=scene.producer, operation=operation, subject=subject, kind=kind),
        evidence=evidence_of(tallies, sum(tally.count for tally in tallies.values())),
        reasons=tuple(f"{name} {basis}" for name, basis in sorted(bases.items())),
        dependence={name: depends(name, level, bases[name], tally) for name, tally in tallies.items()},
    )
