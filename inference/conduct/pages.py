"""Pages: how consumers walk through a list.

A walk is a run of calls of one operation that differ in one parameter alone. What the parameter is, its
values say: the number after that of the page before, the number of items that were sent so far, a value that
the page before gave. Where a link was followed, value flow knows it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.claim import Dependence, Evidence, Level
from contract.clause import Clause
from contract.kinds import Pagination
from contract.subject import Subject
from inference.conduct.passages import TARGET
from inference.stated import Stated
from inference.tally import Tally
from inference.thresholds import MAX_CHAIN_BREAKS, MIN_FULL_PAGES, MIN_PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.journal import Event, Journal, Mark
    from inference.scene import Scene

_LOOK_BACK = 6
"""Calls among which the page before is searched: several walks may be under way at once."""

_ALWAYS = 1 - MAX_CHAIN_BREAKS

_Place = tuple[str, str]
"""An operation and the name of a query parameter."""


@dataclass(slots=True)
class _Walks:
    """All walks by one parameter: pages asked for by style, and the ends that were seen."""

    steps: Counter[str] = field(default_factory=Counter)
    asked: int = 0
    started: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    seen: list[Event] = field(default_factory=list)
    tallies: dict[str, dict[str, Tally]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, style: str, consumer: str, event: Event) -> None:
        """Count one page."""
        self.steps[style] += 1
        self.tallies[style].setdefault(consumer, Tally()).add(event.at, event.id)

    def ends(self, style: str) -> str:
        """In words, how many pages looked like a last one."""
        if style == "cursor":
            ((name, _),) = self.fields.most_common(1)
            return f"; {sum(name not in page.shown for page in self.seen)} pages came without {name}"
        if style == "page":
            ((length, _),) = self.lengths.most_common(1)
            return f"; {sum(page.items < length for page in self.seen)} pages had fewer than {length} items"
        return ""


def pages(scene: Scene) -> Iterator[Stated]:
    """One statement for each parameter (or link) by which consumers walk."""
    walks: dict[_Place, _Walks] = defaultdict(_Walks)
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for consumer, journal in scene.journals.items():
        by_operation: dict[str, list[Event]] = defaultdict(list)
        for event in journal.events():
            if event.method == "GET" and 200 <= event.status < 300:
                by_operation[scene.operation(event.route)].append(event)
        for operation, events in sorted(by_operation.items()):
            for name in sorted({name for event in events for name in event.query}):
                if _walk(walks[operation, name], consumer, journal, name, events):
                    names[operation][name] += 1
    linked = _links(scene)
    for place, found in sorted(walks.items()):
        style, doubt = _style(found)
        if style and place[0] not in linked:
            subject = Subject(("request", "query", place[1]))
            yield _stated(scene, place[0], subject, style, doubt, found)
    for operation, (source, followed) in sorted(linked.items()):
        doubt = "" if followed.steps["link"] >= MIN_PAGES else _few(followed.steps["link"])
        varying = [name for name, _ in names[operation].most_common(1)]
        subject = (
            Subject(("request", "query", varying[0])) if varying and source.section == "body" else source
        )
        yield _stated(scene, operation, subject, "link", doubt, followed)


def _walk(walks: _Walks, consumer: str, journal: Journal, name: str, events: list[Event]) -> bool:
    """Note each page that one consumer asked for by a parameter; whether it begins without it and goes on.

    Where pages of a list may have been left out of the journal, none of them shows which came before it.
    """
    groups: dict[object, list[Event]] = defaultdict(list)
    for event in events:
        rest = sorted((key, str(value)) for key, value in event.query.items() if key != name)
        groups[str((sorted(event.path.items()), rest))].append(event)
    varies = False
    for group in groups.values():
        values = {event.query.get(name) for event in group}
        varies = varies or (None in values and len(values) > 2)
        if not (journal.complete or any(map(journal.knows, group[0].path.values()))):
            continue
        walks.seen += group
        for number, event in enumerate(group):
            value = event.query.get(name)
            if value is None:
                continue
            walks.asked += 1
            for style in ("page", "offset"):
                walks.started[style] += value in {"0", "1"} if style == "page" else value == "0"
            before = group[max(0, number - _LOOK_BACK) : number]
            full = max(page.items for page in group)
            for style in _styles(walks, name, value, before, full):
                walks.add(style, consumer, event)
    return varies


def _styles(walks: _Walks, name: str, value: Mark, before: Iterable[Event], full: int) -> set[str]:
    """In which ways a value goes on from one of the calls before; a full page has `full` items."""
    found: set[str] = set()
    for page in reversed(list(before)):
        if page.items < 0:
            continue
        number, last = _number(value), _number(page.query.get(name, "0"))
        if number is not None and last is not None:
            first = name not in page.query and number in {1, 2}
            if "page" not in found and (number == last + 1 or first):
                found.add("page")
                walks.lengths[page.items if page.items == full else 0] += 1
            if page.items > 0 and number == last + page.items:
                found.add("offset")
        if "cursor" not in found and page.query.get(name) != value:
            fields = [key for key, shown in page.shown.items() if shown == value]
            if fields:
                found.add("cursor")
                walks.fields.update(fields)
    return found


def _number(value: Mark) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _style(walks: _Walks) -> tuple[str, str]:
    """The style in which all pages were asked for, and why it is not claimed; `""` if there is none."""
    for style in ("page", "offset", "cursor"):
        steps = walks.steps[style]
        if steps < 2 or steps < _ALWAYS * (walks.asked - walks.started[style]):
            continue
        if style == "page" and not _are_full(walks):
            continue
        if style == "cursor" and max(walks.fields.values()) < _ALWAYS * steps:
            continue
        return style, "" if steps >= MIN_PAGES else _few(steps)
    return "", ""


def _are_full(walks: _Walks) -> bool:
    """Whether the pages that another one followed were full, as those are, and not empty."""
    full = walks.lengths.total() - walks.lengths[0]
    return full >= MIN_FULL_PAGES * walks.lengths.total()


def _few(steps: int) -> str:
    return f"only {steps} pages were asked for after another, {MIN_PAGES} needed"


def _links(scene: Scene) -> dict[str, tuple[Subject, _Walks]]:
    """Operations whose answers hold links to themselves that were followed, with the place of the link."""
    sources: dict[str, Counter[Subject]] = defaultdict(Counter)
    followed: dict[str, _Walks] = defaultdict(_Walks)
    for consumer, flows in scene.flows.items():
        for _, trace in sorted(flows.traces.items()):
            for place, tally in sorted(trace.uses.items()):
                target = scene.locate(place[:2])
                if target is None or target[1] != TARGET:
                    continue
                origins = {
                    scene.locate(source[:2]) for source, at in trace.sources.items() if at <= tally.first
                }
                mine = [one[1] for one in origins if one is not None and one[0] == target[0]]
                sources[target[0]].update(mine)
                if mine:
                    walks = followed[target[0]]
                    walks.steps["link"] += 1
                    walks.tallies["link"].setdefault(consumer, Tally()).merge(tally)
    return {
        operation: (min(sources[operation], key=lambda s: (-sources[operation][s], str(s))), walks)
        for operation, walks in followed.items()
        if walks.steps["link"] >= 2
    }


def _stated(scene: Scene, operation: str, subject: Subject, style: str, doubt: str, walks: _Walks) -> Stated:
    whole = Tally()
    for tally in walks.tallies[style].values():
        whole.merge(tally)
    steps = walks.steps[style]
    asked = max(0, walks.asked - walks.started[style]) or steps
    return Stated(
        clause=Clause(producer=scene.producer, operation=operation, subject=subject, kind=Pagination(style)),
        evidence=Evidence(
            held=steps,
            broken=max(0, asked - steps),
            first_seen=whole.first,
            last_seen=whole.last,
            examples=(whole.example,),
        ),
        doubt=doubt,
        reasons=(
            f"{steps} of {asked} pages went on from one before, the rest of the request being equal"
            + walks.ends(style),
        ),
        dependence={
            consumer: Dependence(
                consumer=consumer,
                level=Level.USED,
                basis=f"walks from page to page by {style}",
                count=tally.count,
                first_seen=tally.first,
                last_seen=tally.last,
            )
            for consumer, tally in sorted(walks.tallies[style].items())
        },
    )
