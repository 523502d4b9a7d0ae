"""How differences between two periods are told: sections, headlines, who depends on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from contract.claim import Level
from contract.clause import Direction
from contract.ledger.leaving import left_of
from reports.doubts import READING, doubts
from reports.periods import State
from reports.reasons import depends
from reports.words import between, clipped, count, listed, verb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.periods import Change, Comparison, Observed


class Section(NamedTuple):
    """Differences of one state. `slug` names the section in links."""

    slug: str
    title: str
    about: str
    changes: tuple[Change, ...]


_SECTIONS = {
    State.GONE: ("Gone", "It held before, and was seen not to hold afterwards."),
    State.CHANGED: ("Changed", "Both periods say something about it, and not the same."),
    State.NEW: ("New", "It holds now, and was seen not to hold before."),
    State.CHANCE: ("May be chance", "The periods differ by no more than luck would make of one contract."),
    State.UNSEEN_AFTER: ("Not seen enough afterwards", "It held before. It may hold still, or be gone."),
    State.UNSEEN_BEFORE: ("Not seen enough before", "It holds now. It may be new, or have held all along."),
}
TOLD_IN_FULL = frozenset({State.GONE.value, State.CHANGED.value, State.NEW.value})
"""The sections that are differences for certain."""


def sections(comparison: Comparison) -> tuple[Section, ...]:
    """The differences as people read them; empty sections are left out."""
    found = (Section(state.value, *words, comparison.of(state)) for state, words in _SECTIONS.items())
    return tuple(section for section in found if section.changes)


def headline(change: Change) -> str:
    """The difference as one sentence without a full stop."""
    before = change.state in {State.GONE, State.UNSEEN_AFTER}
    if change.place is None:
        return "was not called again" if before else "is called now"
    said = clipped(change.lead.clause.statement)
    if change.before and change.after:
        return f"{clipped(change.after[0].clause.statement)}; before, {said}"
    inside = len({claim.clause.subject for claim in change.claims} - {change.place})
    more = f", with {count(inside, 'place')} inside" if inside else ""
    if change.state is State.GONE:
        return f"no longer true: {said}{more}"
    return f"{said}{more}"


def consequences(change: Change) -> Iterator[str]:
    """Full sentences: why this is told, which way it goes, and who depends on it how."""
    yield change.why
    if change.relation is not None:
        yield f"What is said now is {change.relation.value}{_in_words(change)}."
    yield from (f"{depends(link)}." for link in change.harmed)
    request = change.place is not None and change.place.direction is Direction.REQUEST
    yield from (f"{link.consumer} has left: {left_of(link)}; before, {link.basis}." for link in change.left)
    weak = [link for link in change.dependence if link not in {*change.harmed, *change.left}]
    if weak and request:
        yield f"Sent by {listed([link.consumer for link in weak])}."
    elif weak and change.loosens and change.place is not None:
        names = listed([link.consumer for link in weak if link.level is Level.EXPOSED])
        if names:
            needs = verb(len(weak), "whether it needs it", "whether they need it")
            yield f"Sent to {names}; {needs} cannot be seen."


def _in_words(change: Change) -> str:
    return {
        "wider": ": it allows what was ruled out before",
        "narrower": ": it rules out what was allowed before",
        "incompatible": ": each allows what the other rules out",
    }.get(change.relation.value if change.relation else "", "")


def period(observed: Observed) -> str:
    """A period as it was asked for, and what it saw: `7d..: 2026-03-02 09:00 to 10:00 UTC, 440 observed`."""
    if observed.map.window is None:
        return f"{observed.name}: nothing observed"
    seen = count(sum(one.observations for p in observed.map.producers for one in p.operations), "exchange")
    return f"{observed.name}: {between(*observed.map.window)}, {seen}"


def comparison_doubts(comparison: Comparison) -> tuple[str, ...]:
    """What may be missing or wrong in either period; the last one always holds."""
    after = comparison.after.map
    return (*further_doubts(comparison), *doubts(after.capture, after.window))


def further_doubts(comparison: Comparison) -> tuple[str, ...]:
    """What may be wrong beyond what may be missing of the later period."""
    before = comparison.before.map
    independent = (
        "The chances take observations to be independent. Those of one session are not, so a small one is a "
        "reason to look, no proof; and consumers who ask for other things get other answers."
    )
    earlier = (one for one in doubts(before.capture, before.window) if one != READING)
    return (*(f"Before: {doubt}" for doubt in earlier), independent)
