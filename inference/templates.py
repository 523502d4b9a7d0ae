"""Templates: which words of a trie of paths are fixed and which are values of one parameter.

Decided from the root down, over places merged by the decisions above them, so that a word below `{owner}`
is judged by all owners together. What one round learns about words and collections is evidence in the next:
that is how an operation seen once comes out like its relatives. The result is a function of the trie alone,
whatever the order in which it grew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.operation import parse
from inference import lexicon, words
from inference.crowd import Crowd
from inference.evidence import unpack
from inference.segments import PARAMETER, TAIL
from inference.subtrees import Subtree, names, survey
from inference.words import Learned, Prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from inference.places import Place

_ROUNDS = 4
"""Decisions settle in two or three rounds."""

_MAX_ENDS = 8
"""More different ends of the values in one place (`:cancel`, `.json`) are part of the values."""

_FEW_FILES = 3
_DECLARED = 20.0


@dataclass
class Branch:
    """A place in the tree of templates.

    `fixed` and `variable` are the places below, by label; a `variable` label holds `{}`. `methods` counts
    exchanges that ended here, `slashed` those with a final slash. `rest` says that the last segment is a
    parameter that takes several segments. `worded` says that words, not only machine-made values, were seen
    for the last parameter.
    """

    fixed: dict[str, Branch] = field(default_factory=dict)
    variable: dict[str, Branch] = field(default_factory=dict)
    methods: Counter[str] = field(default_factory=Counter)
    slashed: int = 0
    rest: bool = False
    worded: bool = False

    def count(self, place: Place) -> int:
        """Count the exchanges that ended at a place of the trie; returns how many."""
        total = 0
        for method, visits in place.visits.items():
            self.methods[method] += visits.count
            total += visits.count
        return total


def decide(root: Place, declared: Iterable[str] = ()) -> Branch:
    """The tree of templates that best explains a trie of paths, given the keys of declared operations."""
    trie = _Trie(
        survey(root),
        names(root),
        _hints(declared),
        {
            value
            for place in root.walk()
            for visits in place.visits.values()
            for kept in visits.samples
            for value in unpack(kept.values)
        },
    )
    learned = Learned()
    for _ in range(_ROUNDS):
        judge = _Judge(trie, learned)
        tree = judge.branch([root], ())
        if judge.found == learned:
            break
        learned = judge.found
    return tree


def fold_values(place: Place, branch: Branch) -> None:
    """Fold the words that a branch takes for values into their parameters, all the way down."""
    for label in sorted(place.below):
        if label and label not in branch.fixed and label not in branch.variable:
            place.fold_into(label, parameter(label) if parameter(label) in branch.variable else PARAMETER)
    for label, child in place.below.items():
        below = branch.fixed.get(label) or branch.variable.get(label)
        if below is not None:
            fold_values(child, below)


def walk(branch: Branch, prefix: Prefix = ()) -> Iterator[tuple[Prefix, Branch]]:
    """Every place of a tree with the labels that lead to it."""
    yield prefix, branch
    for below in (branch.fixed, branch.variable):
        for label, child in below.items():
            yield from walk(child, (*prefix, label))


def parameter(word: str) -> str:
    """The label of the parameter that a word is a value of."""
    tail = TAIL.fullmatch(word)
    return PARAMETER + tail["tail"] if tail else PARAMETER


@dataclass(frozen=True, slots=True)
class _Trie:
    """What is known before any decision.

    Subtrees and labels by the `id` of a place; what is declared below a prefix; hashes of names delivered.
    """

    subtrees: dict[int, Subtree]
    labels: dict[int, str]
    hints: dict[Prefix, set[str]]
    delivered: set[int]

    def subtree(self, places: Sequence[Place]) -> Subtree:
        """The subtree of several places as one."""
        first, *others = (self.subtrees[id(place)] for place in places)
        return first.merged(others) if others else first


class _Judge:
    """Decides a whole tree in one round, with what the round before had learned."""

    def __init__(self, trie: _Trie, learned: Learned) -> None:
        self._trie = trie
        self._learned = learned
        self.found = Learned()

    def branch(self, places: Sequence[Place], prefix: Prefix) -> Branch:
        """The tree below places that share a template."""
        branch = Branch()
        groups: dict[str, list[Place]] = {}
        for place in places:
            branch.count(place)
            for label in sorted(place.below):
                groups.setdefault(label, []).append(place.below[label])
        branch.slashed = sum(branch.count(child) for child in groups.pop("", []))
        if not groups:
            return branch
        siblings = {label: self._trie.subtree(children) for label, children in groups.items()}
        if prefix and self._takes_rest(groups, siblings):
            branch.variable[PARAMETER] = _rest(groups)
            return branch
        targets = _targets(
            self._values(
                places, siblings, {label: len(children) for label, children in groups.items()}, prefix
            )
        )
        merged: dict[str, list[Place]] = {}
        for label in sorted(groups):
            merged.setdefault(targets.get(label, label), []).extend(groups[label])
        for label, children in merged.items():
            below = self.branch(children, (*prefix, label))
            below.worded = label in targets.values() or any(place.full for place in places)
            (branch.variable if PARAMETER in label else branch.fixed)[label] = below
        return branch

    def _takes_rest(self, groups: dict[str, list[Place]], siblings: dict[str, Subtree]) -> bool:
        """Whether all that follows is one value: it came back as one, not in parts, or is a tree of files."""
        longer = sum(subtree.longer for subtree in siblings.values())
        joined = sum(subtree.joined for subtree in siblings.values())
        alone = sum(subtree.echoed for subtree in siblings.values() if subtree.longer)
        deep = {label for label, children in groups.items() if any(place.below for place in children)}
        if longer and joined * 2 >= longer and alone * 3 <= longer:
            self.found.openings.update(label for label in deep if PARAMETER not in label)
            return True
        return bool(deep and set(groups) <= self._learned.openings) or _is_file_tree(groups)

    def _values(
        self,
        places: Sequence[Place],
        siblings: dict[str, Subtree],
        recurrence: dict[str, int],
        prefix: Prefix,
    ) -> set[str]:
        """The labels among words that are values of one parameter."""
        crowd = Crowd(siblings, self._learned)
        channel = _is_channel(siblings.values())
        place = words.IN_CHANNEL if channel and prefix else words.of_place(prefix, self._learned)
        bias = place + crowd.of_all() + _of_company(places, siblings, prefix)
        odds: dict[str, float] = {}
        before: dict[str, list[str]] = {}
        for word in siblings:
            if PARAMETER in word:
                continue
            before[word] = [self._trie.labels[id(place)] for place in places if word in place.below]
            odds[word] = (
                bias
                + words.of_word(word, before[word], prefix, self._learned, self._trie.delivered)
                + crowd.of_word(word)
                + words.of_event(word) * channel
                + _of_declared(word, self._trie.hints.get(prefix, set()))
                - _of_recurrence(recurrence[word], prefix)
            )
        lean = _lean(odds)
        for word, own in odds.items():
            self.found.add(word, own + lean, before[word], prefix)
        return {word for word, own in odds.items() if own + lean > 0}


def _hints(declared: Iterable[str]) -> dict[Prefix, set[str]]:
    """What declared operations have below each prefix: words, and `{}` for parameters."""
    hints: dict[Prefix, set[str]] = {}
    for key in declared:
        prefix: Prefix = ()
        for part in parse(key).segments:
            label = PARAMETER if "{" in part else part
            hints.setdefault(prefix, set()).add(label)
            prefix = (*prefix, label)
    return hints


def _of_declared(word: str, hints: set[str]) -> float:
    """What is declared decides: a declared word is fixed, another is a value where there is a parameter."""
    if word in hints:
        return -_DECLARED
    return _DECLARED if PARAMETER in hints else 0.0


def _of_company(places: Sequence[Place], siblings: dict[str, Subtree], prefix: Prefix) -> float:
    """A collection that lists things has things below; beside machine-made identifiers, words are none."""
    if not prefix or PARAMETER in prefix[-1]:
        return 0.0
    listed = any(
        kept.listed for place in places for visits in place.visits.values() for kept in visits.samples
    )
    return 0.7 * listed - 0.7 * (PARAMETER in siblings)


def _of_recurrence(places: int, prefix: Prefix) -> float:
    """What recurs below many values is fixed; below many collections it may be a common name."""
    return min(3.0, places * (0.5 if prefix and PARAMETER in prefix[-1] else 0.1)) if places > 2 else 0.0


def _is_channel(siblings: Iterable[Subtree]) -> bool:
    """Whether these are parts of the names of channels, not of paths."""
    visits = events = 0
    for subtree in siblings:
        visits += subtree.visits
        events += subtree.events
    return 2 * events > visits


def _lean(odds: dict[str, float]) -> float:
    """Which way the words we are sure of lean: 1 where all are values, -1 where all are fixed."""
    sure = [
        own > 0 for word, own in odds.items() if abs(own) > words.CONFIDENT and not lexicon.is_reserved(word)
    ]
    return 2 * sum(sure) / len(sure) - 1 if len(sure) > 1 else 0.0


def _targets(values: set[str]) -> dict[str, str]:
    """The parameter each value belongs to."""
    targets = {word: parameter(word) for word in values}
    return targets if len(set(targets.values())) <= _MAX_ENDS else dict.fromkeys(values, PARAMETER)


def _rest(groups: dict[str, list[Place]]) -> Branch:
    """One parameter for all that follows."""
    branch = Branch(rest=True, worded=True)
    for children in groups.values():
        for child in children:
            for place in child.walk():
                branch.count(place)
    return branch


def _is_file_tree(groups: dict[str, list[Place]]) -> bool:
    """Whether what follows are names of files at different depths."""
    depths: set[int] = set()
    files = leaves = 0
    stack = [(label, place, 1) for label, places in groups.items() for place in places]
    while stack:
        label, place, depth = stack.pop()
        stack.extend((name, child, depth + 1) for name, child in place.below.items())
        if place.visits:
            leaves += 1
            if words.FILE.fullmatch(label) and not TAIL.fullmatch(label) and PARAMETER not in label:
                files += 1
                depths.add(depth)
    return files >= _FEW_FILES and len(depths) > 1 and files >= 0.6 * leaves
