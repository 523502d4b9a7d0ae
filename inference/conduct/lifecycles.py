"""Lifecycles: which value follows which in a status field of one entity, whoever was shown it.

All sightings of an entity, by all consumers, at all places that speak of the same kind of thing, are put into
the order of time. A lifecycle is claimed only if that order is real. A field that flips back and forth has
no direction: seen backwards in time its changes look the same (detailed balance), so that of two values each
is the first and the other the last in half of the entities. That is the null it is tested against.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import Lifecycle
from contract.subject import ITEM, VALUE, Subject, parse
from inference.conduct.entities import noun_of, noun_of_id, noun_of_path
from inference.conduct.reactions import reactions
from inference.lives import Lives, Sighting, is_status
from inference.stated import Stated
from inference.statistics import binomial_tail, rule_of_three
from inference.thresholds import (
    CHANCE,
    COMMON_BITS,
    MAX_LIFE_STATES,
    MAX_RETURNS,
    MIN_CHANGED,
    MIN_SAME_ENTITIES,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from inference.conduct.reactions import Reaction
    from inference.lives import Showing, Word
    from inference.scene import Scene

Status = tuple[str, str]
"""What kind of thing, and the field that says how it stands."""


@dataclass(slots=True)
class _Course:
    """One entity: its sightings by value, and the value that it was made with."""

    sightings: dict[Word, Sighting] = field(default_factory=dict)
    made: Word | None = None

    def see(self, word: Word, seen: Sighting, *, replayed: bool, made: bool) -> None:
        """Note a sighting; of an answer that may be replayed only the first counts."""
        began = min(seen.ended, seen.began) if replayed else seen.began
        copy = Sighting(seen.ended, began, seen.count, seen.example)
        if word in self.sightings:
            self.sightings[word].merge(copy)
        else:
            self.sightings[word] = copy
        if made:
            self.made = word

    def before(self, one: Word, two: Word) -> bool:
        """Whether one value was certainly seen before another was for the last time."""
        return self.sightings[one].ended < self.sightings[two].began

    def words(self) -> list[Word]:
        """The values in the order in which they were seen, one that returned twice; no doubtful steps."""
        points = [(seen.ended, str(word), word) for word, seen in self.sightings.items()]
        for word, seen in self.sightings.items():
            if any(
                self.before(other, word) and known.ended > seen.ended
                for other, known in self.sightings.items()
                if other != word
            ):
                points.append((seen.began, str(word), word))
        return [word for _, _, word in sorted(points, key=lambda point: point[:2])]

    def steps(self) -> list[tuple[Word, Word]]:
        """The changes that are certain."""
        return [(one, two) for one, two in pairwise(self.words()) if one != two and self.before(one, two)]


@dataclass(slots=True)
class _Group:
    """All entities of one kind, by hash, and how often each place showed them."""

    courses: dict[int, _Course] = field(default_factory=lambda: defaultdict(_Course))
    places: Counter[tuple[str, Showing]] = field(default_factory=Counter)


def lifecycles(scene: Scene) -> Iterator[Stated]:
    """One statement for each status field of each kind of thing that changes."""
    lives = merged(scene)
    groups = _groups(scene, lives)
    reacting = list(reactions(scene)) if groups else []
    for _, group in sorted(groups.items()):
        stated = _stated(scene, group, reacting)
        if stated is not None:
            yield stated


def merged(scene: Scene) -> Lives:
    """The lives that all consumers together were shown."""
    whole = Lives()
    for _, by_family in sorted(scene.consumers.items()):
        lives = by_family.get(Lives.family)
        if isinstance(lives, Lives):
            whole.merge(lives)
    return whole


def _groups(scene: Scene, lives: Lives) -> dict[Status, _Group]:
    nouns = frozenset(map(noun_of_path, scene.scenes))
    same = _same(scene, lives, nouns)
    groups: dict[Status, _Group] = defaultdict(_Group)
    for digest, life in sorted(lives.lives.items()):
        for (showing, word), seen in sorted(life.sightings.items(), key=lambda entry: entry[1].ended):
            status = _status(scene, showing, nouns)
            if status is None:
                continue
            group = groups[same.get(status, status)]
            operation = scene.operation(showing.route)
            made = operation.startswith("POST ") and not showing.by.startswith("path.")
            group.courses[digest].see(word, seen, replayed=made, made=made)
            group.places[operation, showing] += seen.count
    return groups


def _status(scene: Scene, showing: Showing, nouns: frozenset[str]) -> Status | None:
    """What a place shows the status of; None where the id is that of something else.

    A payment that is known by its order_id alone must not be taken for the order.
    """
    operation = scene.operation(showing.route)
    if showing.by.startswith("path."):
        return noun_of_path(operation, int(showing.by[5:])), showing.field
    noun, of = noun_of(operation, parse(showing.subject)), noun_of_id(showing.by)
    return None if of != noun and of in nouns else (noun, showing.field)


def _same(scene: Scene, lives: Lives, nouns: frozenset[str]) -> dict[Status, Status]:
    """Kinds of things that go by several names: those that have the same specific ids in common."""
    shared: Counter[tuple[Status, Status]] = Counter()
    for life in lives.lives.values():
        if life.bits >= COMMON_BITS:
            found = {_status(scene, showing, nouns) for showing, _ in life.sightings}
            known = sorted(status for status in found if status is not None)
            shared.update((one, two) for one in known for two in known if one < two and one[1] == two[1])
    root: dict[Status, Status] = {}
    for (one, two), count in sorted(shared.items()):
        if count >= MIN_SAME_ENTITIES:
            root[two] = root.get(one, one)
    return root


def _stated(scene: Scene, group: _Group, reacting: Iterable[Reaction]) -> Stated | None:
    changed = {digest: course for digest, course in group.courses.items() if course.steps()}
    operation, showing = min(group.places, key=lambda place: _rank(place, group.places[place]))
    if len(changed) < 2:
        return None
    counts = Counter(step for course in changed.values() for step in course.steps())
    skipped = _skipped(counts, changed.values())
    kept = {step: count for step, count in counts.items() if step not in skipped}
    doubt, reasons = _tested(showing, changed, counts)
    if doubt and not is_status(showing.field):
        return None
    subject = parse(showing.subject).within(showing.field)
    tallies = sorted((s.ended, s.example) for course in changed.values() for s in course.sightings.values())
    return Stated(
        clause=Clause(
            producer=scene.producer,
            operation=operation,
            subject=subject,
            kind=_lifecycle(kept, group.courses.values()),
        ),
        evidence=Evidence(
            held=sum(kept.values()),
            broken=0,
            first_seen=tallies[0][0],
            last_seen=max(s.began for course in changed.values() for s in course.sightings.values()),
            examples=tuple(dict.fromkeys((tallies[0][1], tallies[-1][1]))),
        ),
        doubt=doubt,
        reasons=(*reasons, *_missed(kept), *_told(skipped)),
        dependence={
            one.consumer: one.dependence
            for one in reacting
            if (one.operation, one.subject) in _subjects(group.places)
        },
    )


def _subjects(places: Iterable[tuple[str, Showing]]) -> set[tuple[str, Subject]]:
    return {(operation, parse(showing.subject).within(showing.field)) for operation, showing in places}


def _rank(place: tuple[str, Showing], count: int) -> tuple[object, ...]:
    """The place that stands for all: a read of one thing by its id, not wrapped, seen most."""
    operation, showing = place
    parts = parse(showing.subject).parts
    return (
        not operation.startswith("GET "),
        ITEM in parts or VALUE in parts,
        not showing.by.startswith("path."),
        len(parts),
        -count,
        place,
    )


def _tested(
    showing: Showing, changed: Mapping[int, _Course], counts: Counter[tuple[Word, Word]]
) -> tuple[str, tuple[str, ...]]:
    """Why the order is not claimed (`""`: it is), and what was tested."""
    words = {word for course in changed.values() for word in course.sightings}
    if len(changed) < MIN_CHANGED:
        return f"only {len(changed)} entities changed, {MIN_CHANGED} needed", ()
    if len(words) > MAX_LIFE_STATES:
        return f"{len(words)} different values: no status", ()
    steps = sum(counts.values())
    back = sum(min(count, counts[two, one]) for (one, two), count in counts.items()) // 2
    chance = _chance(changed.values())
    reason = (
        f"{len(changed)} entities changed {steps} times, {back} of these back to where they came from; "
        f"a field without direction would do so with probability {chance:.2g} ({showing.field})"
    )
    if back > MAX_RETURNS * steps:
        return f"{back} of {steps} changes were taken back: it has no direction", (reason,)
    if chance >= CHANCE:
        return f"chance gives as much direction with probability {chance:.2g}", (reason,)
    return "", (reason,)


def _chance(courses: Iterable[_Course]) -> float:
    """The probability that a field without direction shows as much, however its directions are chosen."""
    votes: Counter[tuple[Word, Word]] = Counter()
    for course in courses:
        words = course.words()
        if words[0] != words[-1]:
            votes[words[0], words[-1]] += 1
    pairs = {frozenset(pair) for pair in votes}
    agreeing = sum(max(votes[one, two], votes[two, one]) for one, two in map(tuple, pairs))
    return min(1.0, 2.0 ** len(pairs) * binomial_tail(agreeing, sum(votes.values()), 0.5))


def _skipped(counts: Counter[tuple[Word, Word]], courses: Iterable[_Course]) -> dict[tuple[Word, Word], Word]:
    """Steps that are two in truth, of which the value between was not seen; with that value.

    How many entities passed a value unseen is estimated from how many were seen there once and twice
    (Chao, Scandinavian Journal of Statistics 1984).
    """
    once: Counter[Word] = Counter()
    twice: Counter[Word] = Counter()
    for course in courses:
        for word, seen in course.sightings.items():
            once[word] += seen.count == 1
            twice[word] += seen.count == 2
    skipped: dict[tuple[Word, Word], Word] = {}
    for (one, three), count in sorted(counts.items(), key=repr):
        for two in sorted({two for start, two in counts if start == one} - {three}, key=str):
            unseen = once[two] * (once[two] - 1) / (2 * (twice[two] + 1))
            through = min(counts[one, two], counts[two, three])
            if through and (three, one) not in counts and count <= min(unseen, through):
                skipped[one, three] = two
                break
    return skipped


def _lifecycle(steps: Mapping[tuple[Word, Word], int], courses: Iterable[_Course]) -> Lifecycle:
    """The steps in the order in which they are taken, and both ends."""
    entered, left = {two for _, two in steps}, {one for one, _ in steps}
    states = {word for course in courses for word in course.sightings}
    made = {course.made for course in courses if course.made is not None}
    order = _in_order(steps)
    return Lifecycle(
        tuple(sorted(steps, key=lambda step: (order[step[0]], order[step[1]]))),
        tuple(sorted(made or left - entered, key=lambda word: (order.get(word, 0), str(word)))),
        tuple(sorted(states - left, key=lambda word: (order.get(word, len(order)), str(word)))),
    )


def _in_order(steps: Mapping[tuple[Word, Word], int]) -> dict[Word, int]:
    """The states by how many steps they are from the start, as far as there is one."""
    states = sorted({word for step in steps for word in step}, key=str)
    entered = {two for one, two in steps if (two, one) not in steps}
    order: list[Word] = [word for word in states if word not in entered] or states[:1]
    for word in order:
        order += sorted({two for one, two in steps if one == word} - set(order), key=str)
    order += [word for word in states if word not in order]
    return {word: place for place, word in enumerate(order)}


def _missed(steps: Mapping[tuple[Word, Word], int]) -> Iterator[str]:
    """How likely steps are that were never seen."""
    departures: Counter[Word] = Counter()
    for (one, _), count in steps.items():
        departures[one] += count
    for word, count in sorted(departures.items(), key=lambda entry: str(entry[0])):
        ways = ", ".join(sorted(str(two) for one, two in steps if one == word))
        yield (
            f"from {word} to {ways} alone in {count} changes: "
            f"any other way below {rule_of_three(count):.0%} of them at 95 %"
        )


def _told(skipped: Mapping[tuple[Word, Word], Word]) -> Iterator[str]:
    for (one, three), two in skipped.items():
        yield f"{one} → {three} is taken for {one} → {two} → {three}: {two} is short, and was often missed"
