"""Visibility: how soon reads show what was written, and what was made.

All clocks are one, that of the recording side: a read that begins after a write was answered may be expected
to show it, whoever reads. A read that does not is stale. How long the longest staleness lasted, is the delay.
Only things are looked at of which the journals have all reads: one that is missing may be the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Evidence
from contract.clause import Clause
from contract.kinds import EffectWithin, ReadYourWrites
from contract.subject import ITEM, Subject
from inference.conduct.entities import named, noun_of_id, noun_of_path
from inference.journal import identifies
from inference.stated import Stated
from inference.statistics import quantile, rule_of_three
from inference.thresholds import AT_ONCE_MS, MAX_CHAIN_BREAKS, MIN_SETTLED, MIN_VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from contract.clause import Kind
    from inference.journal import Event, Mark
    from inference.scene import Located, Scene

Entity = tuple[str, str]
"""What it is, and its id."""

_PAGING = frozenset("limit page offset cursor size per_page page_size sort order after before".split())  # noqa: SIM905  # reads better


@dataclass(slots=True)
class _Shown:
    """Writes by one operation as seen by reads of another (ns).

    `first` are the delays of first reads, `late` those after which a stale read was followed by a right one.
    `never` counts writes that no later read showed.
    """

    first: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    never: int = 0
    stale: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, written: int, reads: list[tuple[Event, bool]]) -> None:
        """Note one write, answered at an instant, and the reads after it, each with whether it shows it."""
        right = next((number for number, (_, shows) in enumerate(reads) if shows), None)
        if right is None:
            self.never += 1
            self.stale += len(reads)
            return
        read = reads[right][0]
        self.stale += right
        self.first.append(reads[0][0].at - written)
        self.late.append(read.at - written if right else 0)
        self.examples.append((read.at, read.id))


_Pair = tuple[str, str]
"""The operation that writes, and the one that reads."""


def visibility(scene: Scene) -> Iterator[Stated]:
    """What reads show of writes, by pair of operations."""
    events = sorted(
        (
            (scene.operation(event.route), consumer, event)
            for consumer, journal in scene.journals.items()
            for event in journal.events()
        ),
        key=lambda entry: (entry[2].at, entry[2].id),
    )
    for (writing, reading), shown in sorted(_own_writes(scene, events).items()):
        yield from _stated(scene, writing, Subject(("response", "200")), reading, shown, ReadYourWrites)
    for (writing, reading), shown in sorted(_made(scene, events).items()):
        yield from _stated(scene, writing, Subject(("response", "200")), reading, shown, EffectWithin)
    for (writing, place), shown in sorted(_listed(scene, events).items(), key=str):
        yield from _stated(scene, writing, place[1], place[0], shown, EffectWithin)


_Events = list[tuple[str, str, "Event"]]


def _known(scene: Scene, value: Mark) -> bool:
    """Whether all that any consumer did with an entity is in its journal."""
    return all(journal.knows(value) for journal in scene.journals.values())


def _own_writes(scene: Scene, events: _Events) -> dict[_Pair, _Shown]:
    """Of each write (PUT, PATCH) what the same consumer was shown of its fields until the next write."""
    by_entity: dict[tuple[str, tuple[Mark, ...]], _Events] = defaultdict(list)
    for operation, consumer, event in events:
        names = named(operation, event)
        whole = any(_known(scene, value) for value in event.path.values())
        if whole and names and event.method in {"GET", "PUT", "PATCH", "POST", "DELETE"}:
            path = operation.partition(" ")[2]
            by_entity[path, tuple(names.values())].append((operation, consumer, event))
    fields = _settled(by_entity)
    writes: dict[_Pair, list[_Write]] = defaultdict(list)
    for _, steps in sorted(by_entity.items(), key=str):
        known: dict[str, Mark] = {}
        for number, (operation, consumer, event) in enumerate(steps):
            if _writes(event):
                after = [
                    (op, read) for op, who, read in _until_written(steps[number + 1 :]) if who == consumer
                ]
                for reading, kept in fields.get(operation, {}).items():
                    reads = [read for op, read in after if op == reading and read.at >= event.ended]
                    wanted = {name: event.sent[name] for name in sorted(kept & event.sent.keys())}
                    if reads and wanted and any(known.get(name) != value for name, value in wanted.items()):
                        write = _Write(event, wanted, reads, known=bool(known.keys() & wanted.keys()))
                        writes[operation, reading].append(write)
                known |= event.sent
            elif event.method == "GET" and event.status == 200:
                known |= event.shown
    return {pair: _told(of_pair) for pair, of_pair in writes.items()}


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that changed something as far as is known, and the reads until the next; `known`: for sure."""

    event: Event
    wanted: Mapping[str, Mark]
    reads: list[Event]
    known: bool


def _told(writes: list[_Write]) -> _Shown:
    """What the reads say; what is written mostly may have stood there before."""
    usual, _ = Counter(str(write.wanted) for write in writes).most_common(1)[0]
    shown = _Shown()
    for write in writes:
        if write.known or str(write.wanted) != usual:
            reads = [(read, write.wanted.items() <= read.shown.items()) for read in write.reads]
            shown.add(write.event.ended, reads)
    return shown


def _writes(event: Event) -> bool:
    return event.method in {"PUT", "PATCH"} and 200 <= event.status < 300


def _until_written(steps: _Events) -> Iterator[tuple[str, str, Event]]:
    """The successful reads until something else is done."""
    for step in steps:
        if step[2].method != "GET":
            return
        if step[2].status == 200:
            yield step


def _settled(
    by_entity: Mapping[tuple[str, tuple[Mark, ...]], _Events],
) -> dict[str, dict[str, set[str]]]:
    """By write and read the fields that reads show as they were written, sooner or later."""
    said: dict[tuple[str, str, str], Counter[bool]] = defaultdict(Counter)
    for steps in by_entity.values():
        for number, (operation, _, event) in enumerate(steps):
            if not _writes(event):
                continue
            last = {reading: read for reading, _, read in _until_written(steps[number + 1 :])}
            for reading, read in last.items():
                for name in event.sent.keys() & read.shown.keys():
                    said[operation, reading, name][event.sent[name] == read.shown[name]] += 1
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (operation, reading, name), counts in said.items():
        if counts[True] >= MIN_SETTLED * counts.total():
            found[operation][reading].add(name)
    return found


def _made(scene: Scene, events: _Events) -> dict[_Pair, _Shown]:
    """Of each thing made (POST) when reads by its id found it, whoever read."""
    reads: dict[Entity, _Events] = defaultdict(list)
    made: dict[Entity, tuple[str, Event]] = {}
    for operation, consumer, event in events:
        names = named(operation, event)
        if event.method == "GET" and names and operation.endswith("}"):
            index = max(names, key=int)
            reads[noun_of_path(operation, int(index)), str(names[index])].append((operation, consumer, event))
        elif event.method == "POST" and event.status in {200, 201, 202}:
            noun = noun_of_path(operation)
            for name, value in event.shown.items():
                if name in {"id", "location"} or (identifies(name) and noun_of_id(name) == noun):
                    made.setdefault((noun, str(value)), (operation, event))
    found: dict[_Pair, _Shown] = defaultdict(_Shown)
    whole = (entity for entity in sorted(made) if _known(scene, entity[1]))
    for entity, (operation, event) in ((entity, made[entity]) for entity in whole):
        after = [(op, read) for op, _, read in reads.get(entity, []) if read.at >= event.ended]
        earlier = any(read.status == 200 and read.ended <= event.at for _, _, read in reads.get(entity, []))
        if earlier or not after:
            continue
        for reading in sorted({op for op, _ in after}):
            shows = [(read, read.status < 300) for op, read in after if op == reading and _says(read)]
            if shows:
                found[operation, reading].add(event.ended, shows)
    return found


def _says(read: Event) -> bool:
    """Whether an answer says that a thing is there, or that it is not."""
    return 200 <= read.status < 300 or read.status in {404, 410}


def _listed(scene: Scene, events: _Events) -> dict[tuple[str, Located], _Shown]:
    """Of each thing made when lists had it: by value flow, which knows the ids in lists.

    A list that is filtered may leave it out for other reasons than that it is late.
    """
    lists: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for operation, consumer, event in events:
        whole = scene.journals[consumer].knows_repeats(event)
        if whole and event.method == "GET" and event.status == 200:
            lists[operation, consumer].append(event)
    made = _made_values(scene)
    found: dict[tuple[str, Located], _Shown] = defaultdict(_Shown)
    for consumer, flows in scene.flows.items():
        for digest, trace in sorted(flows.traces.items()):
            if digest not in made:
                continue
            written, writing = made[digest]
            for place, at in sorted(trace.sources.items()):
                located = scene.locate(place[:2])
                if located is None or ITEM not in located[1].parts or at <= written:
                    continue
                reads = _same_list(lists[located[0], consumer], written, at)
                if reads:
                    items = Subject(located[1].parts[: located[1].parts.index(ITEM) + 1])
                    found[writing, (located[0], items)].add(written, reads)
    return found


def _made_values(scene: Scene) -> dict[int, tuple[int, str]]:
    """The ids that answers to POST brought, by hash: when first, and by which operation."""
    made: dict[int, tuple[int, str]] = {}
    for flows in scene.flows.values():
        for digest, trace in flows.traces.items():
            for place, at in trace.sources.items():
                operation = scene.operation(place[0])
                if operation.startswith("POST ") and place[1].endswith(".body.id"):
                    made[digest] = min((at, operation), made.get(digest, (at, operation)))
    return made


def _same_list(events: list[Event], written: int, at: int) -> list[tuple[Event, bool]]:
    """The list that showed something at an instant, and those of the same request since it was written."""
    shown = next((event for event in events if event.ended == at), None)
    if shown is None or shown.at < written or shown.query.keys() - _PAGING:
        return []
    same = [
        event
        for event in events
        if written <= event.at < shown.at and event.query == shown.query and event.path == shown.path
    ]
    return [*((event, False) for event in same), (shown, True)]


def _stated(
    scene: Scene,
    writing: str,
    subject: Subject,
    reading: str,
    shown: _Shown,
    kind: Callable[[str, float], Kind],
) -> Iterator[Stated]:
    held = len(shown.first)
    if not held:
        return
    soonest = sorted(shown.first)
    late = quantile(sorted(shown.late), 0.99) / 1e6
    doubt = ""
    if held < MIN_VISIBLE:
        doubt = f"only {held} writes were read again, {MIN_VISIBLE} needed"
    elif shown.never > MAX_CHAIN_BREAKS * held:
        doubt = f"{shown.never} of {held + shown.never} writes were not shown by any later read"
    sooner = soonest[min(held, MIN_VISIBLE) - 1] / 1e6
    within = max(late, 0.0 if sooner <= AT_ONCE_MS else sooner)
    examples = sorted(shown.examples)
    yield Stated(
        clause=Clause(
            producer=scene.producer,
            operation=reading,
            subject=subject,
            kind=kind(writing, round(within, 1)),
        ),
        evidence=Evidence(
            held=held,
            broken=shown.never,
            first_seen=examples[0][0],
            last_seen=examples[-1][0],
            examples=tuple(dict.fromkeys((examples[0][1], examples[-1][1]))),
        ),
        doubt=doubt,
        reasons=(
            (
                f"the first reads came {soonest[0] / 1e6:.3g} ms and more after {held} writes, "
                f"half of them within {quantile(soonest, 0.5) / 1e6:.3g} ms; {shown.stale} reads were stale; "
                f"a later one is below {rule_of_three(held):.0%} at 95 %"
            ),
        ),
    )
