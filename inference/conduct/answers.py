"""Timing of answers: how long they stay fresh, and whether larger ones take longer."""

from __future__ import annotations

import re
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Freshness, LatencyGrowth, Stalls
from contract.kinds.across import duration
from contract.subject import Subject
from inference.samples import Samples
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import (
    MAX_STALLED,
    MIN_FRESH,
    MIN_GROWTH_ANSWERS,
    MIN_GROWTH_CORRELATION,
    MIN_GROWTH_FACTOR,
    MIN_HEEDED,
    MIN_STALLS,
    STALL_FACTOR,
    STALL_NS,
)
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.claim import Dependence
    from inference.journal import Event
    from inference.samples import Sample
    from inference.scene import Scene

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})", re.IGNORECASE)
_AGAIN = re.compile(r"no-cache|must-revalidate|proxy-revalidate", re.IGNORECASE)
_SLICES = 3
"""Parts of the period in each of which size must explain the time: a slow hour explains nothing else."""


def freshness(scene: Scene) -> Iterator[Stated]:
    """One for each operation and status whose answers all have the same lifetime."""
    for operation, one in scene.scenes.items():
        samples = one.of(Samples)
        for status in sorted(samples.statuses):
            found = [_lifetime(sample) for sample in samples.of(status)]
            lifetimes = {lifetime for lifetime in found if lifetime is not None}
            count = sum(sample.tally.count for sample in samples.of(status))
            if len(lifetimes) != 1 or None in found:
                continue
            age, again = lifetimes.pop()
            heeding = dict(_heeding(scene, operation, status, age))
            tally = Tally()
            for sample in samples.of(status):
                tally.merge(sample.tally)
            yield Stated(
                clause=Clause(
                    producer=scene.producer,
                    operation=operation,
                    subject=Subject(("response", str(status), "header", "cache-control")),
                    kind=Freshness(float(age), again),
                ),
                evidence=evidence_of({"": tally}, count),
                doubt="" if count >= MIN_FRESH else f"{count} answers, {MIN_FRESH} needed",
                reasons=(f"Cache-Control says so in all {count} answers",),
                dependence=heeding,
            )


def latency_growth(scene: Scene) -> Iterator[Stated]:
    """One for each operation and status where size explains how long answers take, at all times alike."""
    calls: dict[tuple[str, int], list[Event]] = {}
    for journal in scene.journals.values():
        for event in journal.events():
            if event.outcome is Outcome.COMPLETE and event.duration > 0 and event.status:
                calls.setdefault((scene.operation(event.route), event.status), []).append(event)
    for (operation, status), events in sorted(calls.items()):
        ordered = sorted(events, key=lambda event: (event.at, event.id))
        slope = _growth(ordered)
        if slope is None:
            continue
        tally = Tally()
        for event in ordered:
            tally.add(event.at, event.id)
        yield Stated(
            clause=Clause(
                producer=scene.producer,
                operation=operation,
                subject=Subject(("response", str(status), "latency")),
                kind=LatencyGrowth(float(f"{slope:.3g}")),
            ),
            evidence=evidence_of({"": tally}, len(ordered)),
            reasons=(f"size explains it in each of {_SLICES} parts of the period",),
        )


def stalls(scene: Scene) -> Iterator[Stated]:
    """One for each operation and status of which some answers begin in time and end late."""
    calls: dict[tuple[str, int], list[Event]] = {}
    for journal in scene.journals.values():
        for event in journal.events():
            if event.status and event.wait >= 0 and event.duration >= event.wait:
                calls.setdefault((scene.operation(event.route), event.status), []).append(event)
    for (operation, status), events in sorted(calls.items()):
        usual = median(event.duration - event.wait for event in events)
        late = [
            event for event in events if event.duration - event.wait > max(STALL_FACTOR * usual, STALL_NS)
        ]
        share = len(late) / len(events)
        if len(events) < MIN_GROWTH_ANSWERS or len(late) < MIN_STALLS or share > MAX_STALLED:
            continue
        tally = Tally()
        for event in late:
            tally.add(event.at, event.id)
        longest = max(event.duration - event.wait for event in late) / 1e6
        yield Stated(
            clause=Clause(
                producer=scene.producer,
                operation=operation,
                subject=Subject(("response", str(status), "latency")),
                kind=Stalls(float(f"{share:.2g}"), round(longest, 1)),
            ),
            evidence=evidence_of({"": tally}, len(late), len(events) - len(late)),
            reasons=(f"{len(late)} of {len(events)} answers ended {STALL_FACTOR} times later than usual",),
        )


def _lifetime(sample: Sample) -> tuple[int, bool] | None:
    for name, value in sample.response_headers:
        if name == "cache-control":
            match = _MAX_AGE.search(value)
            return (int(match[1]), _AGAIN.search(value) is not None) if match else None
    return None


def _heeding(scene: Scene, operation: str, status: int, age: int) -> Iterator[tuple[str, Dependence]]:
    """The consumers that ask again, and never before the lifetime is over."""
    for consumer, journal in scene.journals.items():
        runs: dict[int, list[Event]] = {}
        received = Tally()
        for event in journal.events():
            if event.status == status and scene.operation(event.route) == operation:
                if journal.knows_repeats(event):
                    runs.setdefault(event.request, []).append(event)
                received.add(event.at, event.id)
        gaps = [(two.at - one.ended) / 1e9 for run in runs.values() for one, two in pairwise(run)]
        if len(gaps) >= MIN_HEEDED and age > 0 and min(gaps) >= 0.95 * age:
            basis = f"asks again after {duration(min(gaps) * 1_000)} at the earliest, {len(gaps)} times"
            yield consumer, depends(consumer, Level.PROVEN, basis, received)
        elif received.count:
            yield consumer, depends(consumer, Level.EXPOSED, "was sent it", received)


def _growth(events: list[Event]) -> float | None:
    """Milliseconds a kilobyte, if larger answers take longer in each part of the period."""
    if len(events) < MIN_GROWTH_ANSWERS:
        return None
    size = len(events) // _SLICES
    parts = [events[at * size : (at + 1) * size] for at in range(_SLICES)]
    fits = [_fit(part) for part in (*parts, events)]
    if any(correlation < MIN_GROWTH_CORRELATION for _, correlation in fits):
        return None
    slope = fits[-1][0]
    sizes = sorted(event.size / 1024 for event in events)
    times = sorted(event.duration / 1e6 for event in events)
    low, high = sizes[len(sizes) // 10], sizes[-len(sizes) // 10]
    middle = times[len(times) // 2]
    return slope if slope * (high - low) >= MIN_GROWTH_FACTOR * middle else None


def _fit(events: list[Event]) -> tuple[float, float]:
    """The slope of time (ms) by size (KB), and Pearson's correlation; 0 where all are of one size."""
    sizes = [event.size / 1024 for event in events]
    times = [event.duration / 1e6 for event in events]
    mean_size, mean_time = sum(sizes) / len(sizes), sum(times) / len(times)
    across = sum((s - mean_size) * (t - mean_time) for s, t in zip(sizes, times, strict=True))
    var_size = sum((s - mean_size) ** 2 for s in sizes)
    var_time = sum((t - mean_time) ** 2 for t in times)
    if var_size <= 0 or var_time <= 0:
        return 0.0, 0.0
    return across / var_size, across / sqrt(var_size * var_time)
