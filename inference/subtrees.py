"""Subtrees: what everything below a place of the trie says about the place's own last segment.

`survey` reads a trie once, from the leaves up. All that `inference/templates.py` weighs about a word is here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from inference.events import is_event
from inference.evidence import unpack
from inference.segments import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.evidence import Sample
    from inference.places import Place

MAX_LEVELS = 4
"""How deep below a place others are compared with it: owner, repository, collection, item, action."""

FAILED = 400
"""From this status on an answer describes the failure, not the resource."""


@dataclass(slots=True)
class Answer:
    """What successful answers looked like: the union of their field paths, how many were arrays, objects."""

    shape: set[int] = field(default_factory=set)
    arrays: int = 0
    objects: int = 0

    def add(self, other: Answer) -> None:
        """Count what another counted."""
        self.shape |= other.shape
        self.arrays += other.arrays
        self.objects += other.objects

    def likeness(self, other: Answer) -> float | None:
        """How alike two answers are, 0 to 1 (Jaccard of field paths), None where one of them says nothing."""
        if not (self.arrays + self.objects and other.arrays + other.objects):
            return None
        if (self.arrays > self.objects) != (other.arrays > other.objects):
            return 0.0
        if not self.shape or not other.shape:
            return None
        return len(self.shape & other.shape) / len(self.shape | other.shape)


class Token(NamedTuple):
    """Something found below a place: a method on a word, so many levels down (0 is the place itself)."""

    level: int
    method: str
    label: str


@dataclass(slots=True)
class Subtree:
    """The evidence below one place.

    `visits` counts exchanges, `events` those that stand for messages, `methods` those that ended here. Of
    the samples of successful exchanges with a body, `spoken` counts all, `echoed` those in which the
    place's segment came back as a value, `joined` those in which it did so together with all that
    followed, of `longer` ones that had something to follow. `tokens` is what stands below, with the
    answers given there.
    """

    visits: int = 0
    events: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    spoken: int = 0
    echoed: int = 0
    longer: int = 0
    joined: int = 0
    tokens: dict[Token, Answer] = field(default_factory=dict)

    def merged(self, others: Iterable[Subtree]) -> Subtree:
        """One subtree of this and others."""
        out = Subtree()
        for one in (self, *others):
            out.visits += one.visits
            out.events += one.events
            out.methods.update(one.methods)
            out.spoken += one.spoken
            out.echoed += one.echoed
            out.longer += one.longer
            out.joined += one.joined
            for token, answer in one.tokens.items():
                out.tokens.setdefault(token, Answer()).add(answer)
        return out


def names(root: Place) -> dict[int, str]:
    """The label of every place of a trie, by the `id` of the place."""
    found = {id(root): ""}
    for place in root.walk():
        found.update((id(child), label) for label, child in place.below.items())
    return found


def survey(root: Place) -> dict[int, Subtree]:
    """The subtree of every place of a trie, by the `id` of the place."""
    found: dict[int, Subtree] = {}
    _survey(root, [], found)
    return found


def _survey(place: Place, above: list[Subtree], found: dict[int, Subtree]) -> Subtree:
    own = found[id(place)] = Subtree()
    line = [*above, own]
    for method, visits in place.visits.items():
        own.methods[method] += visits.count
        own.events += visits.count * is_event(method)
        answer = own.tokens.setdefault(Token(0, method, ""), Answer())
        for kept in visits.samples:
            _account(kept, line)
            if kept.status < FAILED and kept.spoken:
                answer.shape.update(unpack(kept.shape))
                answer.arrays += kept.listed
                answer.objects += bool(kept.shape) and not kept.listed
    own.visits += own.methods.total()
    for label, child in place.below.items():
        below = _survey(child, line, found)
        own.visits += below.visits
        own.events += below.events
        if not label:
            own.methods.update(below.methods)
        for token, answer in below.tokens.items():
            if token.level == 0 and PARAMETER not in label:
                own.tokens.setdefault(Token(1, token.method, label), Answer()).add(answer)
            elif token.level and token.level < MAX_LEVELS:
                own.tokens.setdefault(token._replace(level=token.level + 1), Answer()).add(answer)
        if label and PARAMETER not in label and not below.methods:
            own.tokens.setdefault(Token(1, "", label), Answer())
    return own


def _account(kept: Sample, line: list[Subtree]) -> None:
    """Count one sample for its place and all above: segment *i* belongs to the place on level *i* + 1."""
    if kept.status >= FAILED or not kept.spoken:
        return
    for index, subtree in enumerate(line[1:]):
        subtree.spoken += 1
        subtree.echoed += kept.echoed >> index & 1
        if index < len(line) - 2:
            subtree.longer += 1
            subtree.joined += kept.joined >> index & 1
