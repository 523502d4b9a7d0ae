"""Who used an operation, or a place in it, in which window: from summaries, without raw traffic.

How strongly a window shows dependence is told as maps tell it (`contract_map`): calling, sending and asking
for are seen in the window itself. That a value came back is decided over all of the time, since it may have
been received in one window and sent in another, and then counted in the windows in which it was sent.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from contract.changes.facts import anonymous, numbered
from contract.changing.track import Presence, Sighting, Track, Usage
from contract.claim import Level
from contract.clause import Direction
from contract.subject import Subject
from inference.abroad import Abroad
from inference.asks import Asks
from inference.flow import Flows
from inference.names import Names
from inference.scene import Scene
from inference.serial import decode
from inference.shapes import Shapes
from inference.statuses import Statuses
from inference.tally import Tally
from inference.use import uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from inference.scene import Located
    from inference.use import Use
    from store.records import Summary
    from store.store import Store

_REFUSED = frozenset({"404", "405", "410", "501"})
"""Statuses of an operation that is not there: RFC 9110 sections 15.5.5, 15.5.6, 15.5.11 and 15.6.2."""


def usage(
    store: Store, producer: str, operation: str, place: Subject | None, *, until: int | None = None
) -> Usage:
    """Who used what, when.

    Args:
        store: a store whose batches have been folded.
        producer: whose interface it is.
        operation: a key; `""` for all of the producer.
        place: a place of the operation, None for all of it.
        until: Unix ns; windows that begin later are left out.

    Raises:
        StoreError: the store failed.
    """
    names = Names.of(store, {producer: [operation]} if operation else None)
    sought = _Sought(names, producer, operation, place)
    tracks: dict[str, Track] = defaultdict(Track)
    presence = []
    documents = _documents(store, sought) if place is not None else {}
    families = {Statuses.family, Shapes.family, Asks.family}
    summaries = store.summaries(producer=producer, families=families, until=until)
    for window, of_window in groupby(summaries, key=lambda one: one.window_start):
        if window:
            answers = there = last = 0
            for consumer, seen in _by_consumer(of_window, sought):
                seen.asks.resolve(documents)
                _follow(tracks[consumer], seen, sought)
                found = _presence(seen, sought)
                answers, there, last = answers + found[0], there + found[1], max(last, found[2])
            presence.append(Presence(window, answers, there, last))
    if place is not None and place.direction is Direction.RESPONSE:
        for consumer, basis, sighting in _returned(store, sought, until):
            tracks[consumer].seen[Level.USED].append(sighting)
            tracks[consumer].basis[Level.USED] = basis
    for track in tracks.values():
        for sightings in track.seen.values():
            sightings.sort(key=lambda one: one.last)
    return Usage(tracks=dict(tracks), presence=tuple(presence))


class _Sought:
    """What is looked for, and how to tell whether a route or a place is it."""

    def __init__(self, names: Names, producer: str, operation: str, place: Subject | None) -> None:
        self.names = names
        self.producer = producer
        self.operation = operation
        self.latency = place is not None and place.parts[-1] == "latency"
        self.place = None if self.latency else place
        self.scene = Scene(producer=producer, operations=names.operations[producer], scenes={}, consumers={})
        self._key = anonymous(operation)

    def is_route(self, route: str) -> bool:
        """Whether a route is one of the operation."""
        return not self.operation or anonymous(self.scene.operation(route)) == self._key

    def is_place(self, located: Located) -> bool:
        """Whether a place in some operation is the one, or lies inside it."""
        key, subject = located
        if anonymous(key) != self._key or self.place is None:
            return False
        return numbered(key, subject).under(numbered(self.operation, self.place))


@dataclass(slots=True)
class _Seen:
    """What one consumer did in one window: all its calls, and those of the operation."""

    calls: Tally = field(default_factory=Tally)
    statuses: Statuses = field(default_factory=Statuses)
    shapes: Shapes = field(default_factory=Shapes)
    asks: Asks = field(default_factory=Asks)


def _by_consumer(summaries: Iterable[Summary], sought: _Sought) -> Iterator[tuple[str, _Seen]]:
    found: dict[str, _Seen] = defaultdict(_Seen)
    for summary in summaries:
        seen = found[sought.names.consumer_of(summary.consumer)]
        mine = sought.is_route(summary.route)
        if summary.family == Statuses.family:
            part = Statuses.from_state(decode(summary))
            seen.calls.merge(_all(part))
            if mine:
                seen.statuses.merge(part)
        elif mine and sought.place is not None:
            if summary.family == Shapes.family:
                shapes = Shapes.from_state(decode(summary))
                if seen.shapes.places:
                    shapes.merge(seen.shapes)
                seen.shapes = shapes
            else:
                seen.asks.merge(Asks.from_state(decode(summary)))
    yield from found.items()


def _follow(track: Track, seen: _Seen, sought: _Sought) -> None:
    """Add a window to a consumer's track."""
    _note(track.calls, seen.calls)
    place = sought.place
    if place is None:
        basis = "called it" if sought.operation else "called the interface"
        level = Level.EXPOSED if sought.latency else Level.REQUESTED  # whether it may be slower, nobody sees
        _level(track, level, basis, _all(seen.statuses))
        return
    met = _met(seen, sought)
    if place.direction is Direction.REQUEST:
        _level(track, Level.REQUESTED, "sends it", met)
        return
    media = frozenset(seen.statuses.media.get(".".join(place.parts[:2]), {}))
    asked = seen.asks.selected(place) or (seen.asks.request_for(place, media) if met is not None else None)
    if asked is not None:
        _level(track, Level.REQUESTED, *asked)
    _level(track, Level.EXPOSED, "was sent it", met)


def _level(track: Track, level: Level, basis: str, tally: Tally | None) -> None:
    if tally is not None and tally.count:
        _note(track.seen[level], tally)
        track.basis[level] = basis


def _note(sightings: list[Sighting], tally: Tally) -> None:
    if tally.count:
        sightings.append(Sighting(tally.first, tally.last, tally.count))


def _met(seen: _Seen, sought: _Sought) -> Tally | None:
    place = sought.place
    if place is None or len(place.parts) == 2 or place.parts[-1] == "content-type":
        return seen.statuses.met(place) if place is not None else None
    in_path = place.section == "path"
    shapes = seen.shapes.of_operation(sought.operation, settled=False) if in_path else seen.shapes
    return shapes.met(place)


def _presence(seen: _Seen, sought: _Sought) -> tuple[int, int, int]:
    """In how many answers it could have been, and was, and last when."""
    place, statuses = sought.place, seen.statuses
    if not sought.operation or (place is not None and place.direction is Direction.REQUEST):
        return 0, 0, 0
    if place is None:
        served = Tally()
        for status, tally in statuses.statuses.items():
            if status not in _REFUSED:
                served.merge(tally)
        return _all(statuses).count, served.count, served.last
    whole = _all(statuses) if len(place.parts) == 2 else statuses.met(Subject(place.parts[:2]))
    met = _met(seen, sought)
    answers = whole.count if whole else 0
    return answers, min(met.count, answers) if met else 0, met.last if met else 0


def _all(statuses: Statuses) -> Tally:
    total = Tally()
    for tally in statuses.statuses.values():
        total.merge(tally)
    return total


def _documents(store: Store, sought: _Sought) -> dict[str, str]:
    """What the hashes of GraphQL documents stand for: each was sent with its hash at some time."""
    found: dict[str, str] = {}
    for summary in store.summaries(producer=sought.producer, families={Asks.family}):
        if sought.is_route(summary.route):
            found |= Asks.from_state(decode(summary)).documents()
    return found


def _returned(store: Store, sought: _Sought, until: int | None) -> Iterator[tuple[str, str, Sighting]]:
    """Values of the place that came back: who sent them, how that is known, and when."""
    whole = _whole(_flows(store, sought, until))
    values: dict[str, dict[int, frozenset[Located]]] = {}
    bases: dict[str, str] = {}
    for consumer, flows in whole.items():
        found = [one for one in uses(flows, sought.scene.locate) if sought.is_place(one.source)]
        values[consumer] = _values(flows, found, sought)
        bases[consumer] = "; ".join(one.basis for one in found)
    for consumer, part in _flows(store, sought, until):
        tally = _sent(part, values[consumer], sought)
        if tally.count:
            yield consumer, bases[consumer], Sighting(tally.first, tally.last, tally.count)
    abroad = Abroad.of(store, sought.names, None, until)
    for consumer in whole:  # of another producer it is only known when first and when last
        for use in abroad.uses(sought.producer, consumer):
            if sought.is_place(use.source):
                yield consumer, use.basis, Sighting(use.tally.first, use.tally.last, use.tally.count)


def _flows(store: Store, sought: _Sought, until: int | None) -> Iterator[tuple[str, Flows]]:
    for summary in store.summaries(producer=sought.producer, families={Flows.family}, until=until):
        yield sought.names.consumer_of(summary.consumer), Flows.from_state(decode(summary))


def _whole(parts: Iterable[tuple[str, Flows]]) -> dict[str, Flows]:
    """The flows of each consumer as one.

    A merge costs as much as both sides are large, and there may be thousands of windows: so those of like
    size are merged with each other, as in a binary counter.
    """
    levels: dict[str, list[Flows | None]] = defaultdict(list)
    for consumer, part in parts:
        counter, carry, at = levels[consumer], part, 0
        while at < len(counter) and (other := counter[at]) is not None:
            other.merge(carry)
            carry, counter[at] = other, None
            at += 1
        counter[at : at + 1] = [carry]
    whole: dict[str, Flows] = {}
    for consumer, counter in levels.items():
        total = whole[consumer] = Flows()
        for one in counter:
            if one is not None:
                total.merge(one)
    return whole


def _values(flows: Flows, found: Iterable[Use], sought: _Sought) -> dict[int, frozenset[Located]]:
    """By hash the values that stood at the place and came back, and where to."""
    targets = frozenset(one.target for one in found)
    if not targets:
        return {}
    return {
        digest: targets
        for digest, trace in flows.traces.items()
        if any(
            located is not None and sought.is_place(located)
            for located in (sought.scene.locate(spot[:2]) for spot in trace.sources)
        )
    }


def _sent(part: Flows, values: Mapping[int, frozenset[Located]], sought: _Sought) -> Tally:
    total = Tally()
    for digest in part.traces.keys() & values.keys():
        for spot, tally in part.traces[digest].uses.items():
            if sought.scene.locate(spot[:2]) in values[digest]:
                total.merge(tally)
    return total
