"""Repeats of what succeeded: whether they have a second effect, and whether idempotency keys prevent it.

Two answers are about the same entity if all identifying fields that both show are equal. A key that comes
with another request and is refused for it (409, 422) is honoured, too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Level
from contract.clause import Clause
from contract.kinds import IdempotencyKey, Replay
from contract.subject import Subject
from inference.journal import KEY_HEADERS, identifies
from inference.samples import Samples
from inference.stated import Stated, depends, evidence_of
from inference.tally import Tally
from inference.thresholds import MIN_REPEATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.journal import Event
    from inference.scene import Scene

_REFUSED = frozenset({409, 422})


@dataclass(slots=True)
class _Repeats:
    """Repeats of one operation: how many had no second effect, how many had one, and over how long (ns)."""

    same: int = 0
    other: int = 0
    longest: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, consumer: str, first: Event, again: Event, *, same: bool) -> None:
        """Count one repeat."""
        self.same += same
        self.other += not same
        if same:
            self.longest = max(self.longest, again.at - first.at)
        self.tallies.setdefault(consumer, Tally()).add(again.at, again.id)


def repeated(scene: Scene) -> Iterator[Stated]:
    """`replay` by status of the answer that is repeated, `idempotency-key` by operation."""
    found = _Found()
    for consumer, journal in scene.journals.items():
        first: dict[tuple[str, object], Event] = {}
        for event in journal.events():
            operation = scene.operation(event.route)
            whole = journal.knows(event.key) if event.key else journal.knows_repeats(event)
            if whole and not scene.is_safe(operation):
                _look(found, first, consumer, operation, event)
    for (operation, status), replays in sorted(found.replays.items()):
        yield _replay(scene, operation, status, replays)
    for operation, keys in sorted(found.keys.items()):
        yield _key(scene, operation, keys, found.senders[operation])


@dataclass(slots=True)
class _Found:
    """Replays by operation and status, keys by operation, and who sends keys."""

    replays: dict[tuple[str, int], _Repeats] = field(default_factory=lambda: defaultdict(_Repeats))
    keys: dict[str, _Repeats] = field(default_factory=lambda: defaultdict(_Repeats))
    senders: dict[str, dict[str, Tally]] = field(default_factory=lambda: defaultdict(dict))


def _look(
    found: _Found, first: dict[tuple[str, object], Event], consumer: str, operation: str, event: Event
) -> None:
    """Hold one call against the first with the same key or content that succeeded."""
    if event.key:
        found.senders[operation].setdefault(consumer, Tally()).add(event.at, event.id)
    before = first.get((operation, event.key or event.request))
    if before is None:
        if 200 <= event.status < 300:
            first[operation, event.key or event.request] = event
        return
    same = _same_effect(before, event)
    if same is None:
        return
    if event.key:
        found.keys[operation].add(consumer, before, event, same=same)
    if event.request == before.request and event.status not in _REFUSED:
        found.replays[operation, before.status].add(consumer, before, event, same=same)


def _same_effect(before: Event, again: Event) -> bool | None:
    """Whether a repeat had no effect of its own; None where the answers do not say."""
    if again.key and again.status in _REFUSED:
        return True
    if not 200 <= again.status < 300:
        return None
    if again.answer == before.answer:
        return True
    names = [name for name in before.shown.keys() & again.shown.keys() if identifies(name)]
    return all(before.shown[name] == again.shown[name] for name in names) if names else None


def _replay(scene: Scene, operation: str, status: int, found: _Repeats) -> Stated:
    same = found.same >= found.other
    held, broken = (found.same, found.other) if same else (found.other, found.same)
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=Subject(("response", str(status))),
            kind=Replay(same),
        ),
        evidence=evidence_of(found.tallies, held, broken),
        doubt=_doubt(held, broken),
        reasons=(f"{held} repeats of the same request, compared by answer and identifying fields",),
        dependence={
            name: depends(name, Level.USED, "sent the same again", tally)
            for name, tally in found.tallies.items()
        },
    )


def _key(scene: Scene, operation: str, found: _Repeats, senders: dict[str, Tally]) -> Stated:
    honoured = found.same >= found.other
    held, broken = (found.same, found.other) if honoured else (found.other, found.same)
    header = next(
        (
            name
            for status in scene.scenes[operation].of(Samples).statuses
            for sample in scene.scenes[operation].of(Samples).of(status)
            for name, _ in sample.request_headers
            if name in KEY_HEADERS
        ),
        KEY_HEADERS[0],
    )
    bases = {
        name: "sent the same key again" if name in found.tallies else "sends a key with each call"
        for name in senders
    }
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=Subject(("request", "header", header)),
            kind=IdempotencyKey(honoured, round(found.longest / 1e9, 3)),
        ),
        evidence=evidence_of(found.tallies, held, broken),
        doubt=_doubt(held, broken),
        reasons=(f"{held} calls with a key that was sent before",),
        dependence={
            name: depends(name, Level.USED, bases[name], found.tallies.get(name, tally))
            for name, tally in senders.items()
        },
    )


def _doubt(held: int, broken: int) -> str:
    if held + broken < MIN_REPEATS:
        return f"{held + broken} repeats, {MIN_REPEATS} needed"
    return f"{broken} of {held + broken} repeats were otherwise" if broken else ""
