"""Causes: why an operation answers an error, by what the traffic shows and not by the number alone.

For each status the exchanges are asked one question after the other; a cause is claimed if it explains most
of them.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from contract.clause import Clause
from contract.kinds import Cause
from contract.place import Places
from contract.subject import Subject
from inference.conduct.entities import named
from inference.samples import Samples
from inference.stated import Stated, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_CAUSED, MIN_CAUSED_SHARE
from inference.values.frames import exchange_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.journal import Event
    from inference.samples import Sample
    from inference.scene import Scene

_SLOW = 3.0
"""How many times as long as usual an answer takes where the producer is said to be overloaded."""

_AUTHENTICATION = ("www-authenticate",)
_LIMITS = ("ratelimit", "x-ratelimit", "x-rate-limit", "retry-after")


def causes(scene: Scene) -> Iterator[Stated]:
    """One `cause` for each error status of an operation that the traffic explains."""
    history = _History(scene)
    for operation, statuses in sorted(history.errors.items()):
        for status, events in sorted(statuses.items()):
            cause, explained = _cause(scene, history, operation, status, events)
            if not cause:
                continue
            tally = Tally()
            for event in events:
                tally.add(event.at, event.id)
            few = len(events) < MIN_CAUSED
            yield Stated(
                clause=Clause(
                    producer=scene.producer,
                    operation=operation,
                    subject=Subject(("response", str(status))),
                    kind=Cause(cause),
                ),
                evidence=evidence_of({"": tally}, explained, len(events) - explained),
                doubt=f"{len(events)} such answers, {MIN_CAUSED} needed" if few else "",
                reasons=(f"explains {explained} of {len(events)} such answers",),
            )


class _History:
    """All calls of all consumers of a producer, and what was known of each entity when."""

    def __init__(self, scene: Scene) -> None:
        self.errors: dict[str, dict[int, list[Event]]] = defaultdict(lambda: defaultdict(list))
        self.fine: dict[str, list[float]] = defaultdict(list)
        self.seen: dict[object, int] = {}
        self.gone: dict[object, int] = {}
        self.done: dict[tuple[str, object], int] = {}
        events = [event for journal in scene.journals.values() for event in journal.events()]
        for event in sorted(events, key=lambda event: (event.at, event.id)):
            operation = scene.operation(event.route)
            if event.status >= 400:
                self.errors[operation][event.status].append(event)
            elif event.status >= 200:
                self._note(operation, event)

    def _note(self, operation: str, event: Event) -> None:
        self.fine[operation].append(event.duration)
        entity = tuple(named(operation, event).values())
        if event.method == "DELETE":
            self.gone.setdefault(entity[-1:], event.at)
        for value in (*entity, *event.shown.values()):
            self.seen.setdefault(value, event.at)
        for what in (event.key, entity, event.request):
            if what:
                self.done.setdefault((operation, what), event.at)


def _cause(
    scene: Scene, history: _History, operation: str, status: int, events: list[Event]
) -> tuple[str, int]:
    """The first cause that explains most of some answers, and how many."""
    samples = scene.scenes[operation].of(Samples).of(status)
    asked: list[tuple[str, float]] = []
    if status in {400, 422}:
        asked.append(("validation", _share(samples, _names_the_request) * len(events)))
    if status == 401:
        asked.append(
            ("authentication", _share(samples, lambda one: _has(one, _AUTHENTICATION)) * len(events))
        )
    if status in {404, 410}:
        asked.append(("missing", sum(1 for event in events if _is_missing(history, operation, event))))
    if status in {409, 412, 422, 423}:
        asked.append(("conflict", sum(1 for event in events if _was_done(history, operation, event))))
    if status == 429:
        limited = max(
            _share(samples, lambda one: _has(one, _LIMITS)) * len(events),
            sum(1 for event in events if event.retry_after >= 0),
        )
        asked.append(("limit", limited))
    if status in {500, 502, 503, 504}:
        usual = median(history.fine[operation]) if history.fine[operation] else 0.0
        slow = sum(1 for event in events if event.retry_after >= 0 or event.duration > _SLOW * usual > 0)
        asked.append(("overload", slow))
    for cause, explained in asked:
        if explained >= MIN_CAUSED_SHARE * len(events):
            return cause, round(explained)
    return "", 0


def _share(samples: list[Sample], test: Callable[[Sample], bool]) -> float:
    return sum(map(test, samples)) / len(samples) if samples else 0.0


def _has(sample: Sample, names: tuple[str, ...]) -> bool:
    return any(name.startswith(names) for name, _ in sample.response_headers)


def _names_the_request(sample: Sample) -> bool:
    """Whether an answer names a field or a parameter of its request."""
    places = Places(exchange_of(sample, "POST /", 400), "POST /")
    names = set(places.request["query"]) | _names(places.request.get("body"))
    said = sample.response_body.decode("utf-8", "replace")
    return any(len(name) > 2 and name in said for name in names) or b'"errors"' in sample.response_body


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return {str(name) for name in value}.union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _is_missing(history: _History, operation: str, event: Event) -> bool:
    """Whether nobody was ever shown what was asked for before, or it was deleted since."""
    entity = tuple(named(operation, event).values())
    if not entity:
        return False
    last = entity[-1]
    seen = history.seen.get(last)
    return seen is None or seen > event.at or history.gone.get((last,), event.at) < event.at


def _was_done(history: _History, operation: str, event: Event) -> bool:
    """Whether the same was done before: with this key, to this entity, or with this request."""
    entity = tuple(named(operation, event).values())
    return any(
        history.done.get((operation, what), event.at) < event.at
        for what in (event.key, entity, event.request)
        if what
    )
