"""Attempts: the same request sent several times by one consumer, and how each ended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from inference.thresholds import MAX_RETRY_WAIT
from store.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event
    from inference.scene import Scene

PASSING = frozenset({0, 408, 409, 423, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})
"""Statuses after which the same request may succeed (0: no answer); others say that it will not."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call, and the repeat that followed it soon, if one did. `number` counts from 1 in its episode."""

    event: Event
    next: Event | None
    number: int

    @property
    def wait(self) -> float:
        """Seconds between the end of this attempt and the start of the next; 0 if there is none."""
        return max(0, self.next.at - self.event.ended) / 1e9 if self.next else 0.0


def failed(event: Event) -> bool:
    """Whether a call ended so that trying again could help."""
    return event.status in PASSING or (event.status >= 500 and event.status != 501)


def status_of(event: Event) -> int:
    """The status as consumers saw it: none where they hung up before the answer was complete."""
    return 0 if event.outcome is Outcome.CLIENT_CLOSED else event.status


def repeats(scene: Scene, consumer: str) -> dict[str, list[list[Event]]]:
    """By operation the runs of one request in the order of time: same key, or same target and body.

    A run of which the journal may have left some out says nothing of what follows what, and is no run.
    """
    found: dict[str, dict[object, list[Event]]] = defaultdict(lambda: defaultdict(list))
    journal = scene.journals[consumer]
    for event in journal.events():
        if journal.knows(event.key) if event.key else journal.knows_repeats(event):
            found[scene.operation(event.route)][event.key or event.request].append(event)
    return {operation: list(runs.values()) for operation, runs in sorted(found.items())}


def attempts(run: list[Event]) -> Iterator[Attempt]:
    """The attempts of one run. One that comes much later is the first of a new episode."""
    number = 1
    for event, following in pairwise([*run, None]):
        if event is None:
            return
        soon = following is not None and following.at - event.ended <= _patience(event)
        yield Attempt(event, following if soon else None, number)
        number = number + 1 if soon and failed(event) else 1


def _patience(event: Event) -> float:
    """How long after a call a repeat still belongs to it (ns)."""
    asked = 2 * event.retry_after if event.retry_after > 0 else 0.0
    return max(MAX_RETRY_WAIT, asked) * 1e9
