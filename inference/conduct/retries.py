"""Retries: after which errors consumers send a request again, how long they wait, and when they give up."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import Retry, UnsafeRetry
from contract.kinds.across import duration
from contract.operation import parse
from contract.subject import Subject
from inference.conduct.attempts import Attempt, attempts, failed, repeats, status_of
from inference.stated import Stated, depends, evidence_of
from inference.statistics import fisher
from inference.tally import Tally
from inference.thresholds import (
    CHANCE,
    MAX_STEADY_SPREAD,
    MIN_BACKOFF_RATIO,
    MIN_GIVE_UPS,
    MIN_RETRIES,
    MIN_RETRY_SHARE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.journal import Event
    from inference.scene import Scene

_NOT_IDEMPOTENT = frozenset({"POST", "PATCH"})
_EARLY, _LATE = 0.9, 1.5
"""A wait that heeds Retry-After is not much shorter than it, and not much longer."""


@dataclass(slots=True)
class _Habit:
    """What one consumer does after one status of an operation."""

    retried: list[Attempt] = field(default_factory=list)
    left: list[Attempt] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    @property
    def most(self) -> int:
        """The longest episode, in attempts."""
        return max((one.number + 1 for one in self.retried), default=1)

    @property
    def gives_up(self) -> int | None:
        """After how many attempts it gives up, if it was seen to, always after as many."""
        ends = Counter(one.number for one in self.left if one.number > 1)
        if len(ends) == 1 and ends.total() >= MIN_GIVE_UPS and max(ends) == self.most:
            return self.most
        return None

    def backoff(self) -> tuple[str, float]:
        """How the waits go on, and the median first one (s)."""
        asked = [one for one in self.retried if one.event.retry_after >= 0]
        first = median(
            [one.wait for one in self.retried if one.number == 1] or [one.wait for one in self.retried]
        )
        if len(asked) >= MIN_RETRIES and _heeded(asked):
            return "retry-after", first
        waits: dict[int, list[float]] = defaultdict(list)
        for one in self.retried:
            waits[one.number].append(one.wait)
        levels = [median(found) for _, found in sorted(waits.items())]
        if len(levels) > 1 and all(two >= MIN_BACKOFF_RATIO * one for one, two in pairwise(levels)):
            return "exponential", first
        steady = all(_spread(found) <= MAX_STEADY_SPREAD for found in waits.values() if len(found) > 1)
        return "constant" if steady else "jitter", first


def retries(scene: Scene) -> Iterator[Stated]:
    """One `retry` for each status of an operation that consumers try again after."""
    found: dict[tuple[str, Subject], dict[str, tuple[_Habit, str]]] = defaultdict(dict)
    for consumer in scene.journals:
        for operation, status, habit, fine in _retried(repeats(scene, consumer)):
            found[operation, _subject(status, habit)][consumer] = habit, _doubt(habit, fine)
    for (operation, subject), habits_of in sorted(found.items(), key=lambda one: (one[0][0], str(one[0][1]))):
        certain = {consumer: habit for consumer, (habit, doubt) in habits_of.items() if not doubt}
        shown = certain or {consumer: habit for consumer, (habit, _) in habits_of.items()}
        doubt = "" if certain else min(doubt for _, doubt in habits_of.values())
        yield _stated(scene, operation, subject, shown, doubt)


def unsafe_retries(scene: Scene) -> Iterator[Stated]:
    """One `unsafe-retry` for each operation of which consumers repeat failed calls without a key."""
    found: dict[str, list[_Repeated]] = defaultdict(list)
    for consumer in scene.journals:
        keyless = {
            operation: [run for run in runs if not run[0].key]
            for operation, runs in repeats(scene, consumer).items()
            if parse(operation).verb in _NOT_IDEMPOTENT and not scene.is_safe(operation)
        }
        for operation, status, habit, fine in _retried(keyless):
            found[operation].append(_Repeated(consumer, status, habit, _as_usual(habit, fine)))
    for operation, repeated in sorted(found.items()):
        told = [one for one in repeated if not one.doubt] or repeated
        yield _unsafe(scene, operation, told)


class _Repeated(NamedTuple):
    """What one consumer does after one status, without a key; why that may not be for the error."""

    consumer: str
    status: int
    habit: _Habit
    doubt: str


def _unsafe(scene: Scene, operation: str, repeated: list[_Repeated]) -> Stated:
    tallies: dict[str, Tally] = defaultdict(Tally)
    statuses: dict[str, set[int]] = defaultdict(set)
    for one in repeated:
        tallies[one.consumer].merge(one.habit.tally)
        statuses[one.consumer].add(one.status)
    total = sum(tally.count for tally in tallies.values())
    ends = total + sum(len(one.habit.left) for one in repeated)
    after = _statuses(set().union(*statuses.values()))
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=Subject(("request",)),
            kind=UnsafeRetry(parse(operation).verb),
        ),
        evidence=evidence_of(tallies, total),
        doubt=min(one.doubt for one in repeated) or _few(total),
        reasons=(f"the same body was sent again without a key after {total} of {ends} such ends ({after})",),
        dependence={
            name: depends(
                name, Level.PROVEN, f"repeats it without a key after {_statuses(statuses[name])}", tally
            )
            for name, tally in tallies.items()
        },
    )


def _statuses(statuses: set[int]) -> str:
    return ", ".join(str(status or "no answer") for status in sorted(statuses))


def _retried(
    by_operation: Mapping[str, list[list[Event]]],
) -> Iterator[tuple[str, int, _Habit, tuple[int, ...]]]:
    """What one consumer's runs show by operation and status, beside its successes.

    Those are of the same operation, or of all of them where it has none.
    """
    habits = {operation: _habits(runs) for operation, runs in by_operation.items()}
    anywhere = tuple(map(sum, zip(*(fine for _, fine in habits.values()), strict=True)))
    for operation, (by_status, fine) in habits.items():
        for status, habit in sorted(by_status.items()):
            if habit.retried:
                yield operation, status, habit, fine if any(fine) else anywhere


def _habits(runs: list[list[Event]]) -> tuple[dict[int, _Habit], tuple[int, int]]:
    """By status what followed it; and how many successes were repeated, of how many."""
    habits: dict[int, _Habit] = defaultdict(_Habit)
    again = once = 0
    for run in runs:
        for one in attempts(run):
            if not failed(one.event):
                again += one.next is not None
                once += one.next is None
                continue
            habit = habits[status_of(one.event)]
            if one.next is None:
                habit.left.append(one)
            else:
                habit.retried.append(one)
                habit.tally.add(one.next.at, one.next.id)
    return habits, (again, once)


def _doubt(habit: _Habit, fine: tuple[int, ...]) -> str:
    """Why repeats are not called retries: too few, too rare, or as usual as after successes."""
    retried, left = len(habit.retried), len(habit.left)
    if retried >= MIN_RETRIES and retried < MIN_RETRY_SHARE * (retried + left) and habit.gives_up is None:
        return f"repeated after {retried} of {retried + left} errors"
    return _few(retried) or _as_usual(habit, fine)


def _few(retried: int) -> str:
    return "" if retried >= MIN_RETRIES else f"{retried} repeats, {MIN_RETRIES} needed"


def _as_usual(habit: _Habit, fine: tuple[int, ...]) -> str:
    """Why repeats are not for the error: successes are repeated as well, or none were seen."""
    retried, left = len(habit.retried), len(habit.left)
    again, once = fine
    if not again + once:
        few = retried < 2 * MIN_RETRIES
        return f"nothing ever succeeded to compare with; {2 * MIN_RETRIES} repeats needed" if few else ""
    usual = again / (again + once)
    if usual >= retried / (retried + left) or fisher(retried, left, again, once) >= CHANCE:
        return f"it repeats {usual:.0%} of its successful calls as well"
    return ""


def _subject(status: int, habit: _Habit) -> Subject:
    if status == 0:
        return Subject(("response",))
    if habit.retried and habit.backoff()[0] == "retry-after":
        return Subject(("response", str(status), "header", "retry-after"))
    return Subject(("response", str(status)))


def _stated(scene: Scene, operation: str, subject: Subject, habits: dict[str, _Habit], doubt: str) -> Stated:
    leader = max(sorted(habits), key=lambda name: len(habits[name].retried))
    backoff, first = habits[leader].backoff()
    retried = sum(len(habit.retried) for habit in habits.values())
    left = sum(len(habit.left) for habit in habits.values())
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=subject,
            kind=Retry(max(habit.most for habit in habits.values()), backoff, round(first * 1_000, 1)),
        ),
        evidence=evidence_of({name: habit.tally for name, habit in habits.items()}, retried),
        doubt=doubt,
        reasons=(
            f"sent again after {retried} of {retried + left} such ends, soon and unlike after successes",
        ),
        dependence={
            name: depends(name, Level.PROVEN, _basis(habit), habit.tally) for name, habit in habits.items()
        },
    )


def _basis(habit: _Habit) -> str:
    backoff, first = habit.backoff()
    waits = {
        "retry-after": "waiting as long as Retry-After asks",
        "exponential": f"waiting longer each time, from {duration(first * 1_000)} on",
        "jitter": f"waiting at random, about {duration(first * 1_000)}",
        "constant": f"waiting {duration(first * 1_000)}",
    }[backoff]
    end = f"; gives up after {habit.gives_up}" if habit.gives_up else ""
    return f"repeats it, up to {habit.most} attempts, {waits}{end}"


def _heeded(asked: list[Attempt]) -> bool:
    """Whether the waits are those that the answers asked for; a wait that is always the same is told so."""
    near = sum(
        1 for one in asked if _EARLY * one.event.retry_after <= one.wait <= _LATE * one.event.retry_after + 1
    )
    never_sooner = sum(1 for one in asked if one.wait >= _EARLY * one.event.retry_after)
    return near >= 0.8 * len(asked) and never_sooner >= 0.95 * len(asked)


def _spread(waits: list[float]) -> float:
    """The median distance from the median, as a share of it."""
    middle = median(waits)
    return median([abs(wait - middle) for wait in waits]) / middle if middle else 0.0
