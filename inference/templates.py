"""Templates: which words of a trie of paths are fixed and which are values of one parameter.

Decided from the root down, over places merged by the decisions above them, so that a word below `{owner}` is judged by all owners
together. Each word's evidence is weighed in log-odds (`_Judge`); what one round learns about words (this one is a value elsewhere,
that one fixed) is evidence in the next. The result is a function of the trie alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inference.evidence import Sample, word_hash
from inference.lexicon import COMMON, RESERVED, VALUES, is_plural
from inference.segments import PARAMETER

if TYPE_CHECKING:
    from inference.paths import Place

_ROUNDS = 3
_VERSION = re.compile(r"v\d+(?:[._]\d+)*(?:alpha|beta|rc)?\d*|\d+(?:\.\d+)*|\d{4}-\d\d.*|latest|stable|unstable", re.IGNORECASE)
_PREFIXES = frozenset({"api", "apis", "rest", "rpc", "services", "ws", "public", "internal", "json", "_api"})
_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+")
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass
class Branch:
    """A place in the tree of templates. `fixed` and `variable` are the places below, by label; a `variable` label holds `{}`.

    `methods` counts exchanges that ended here, `slashed` those of them with a final slash. `rest` says that the last segment is a
    parameter that takes several segments. `worded` says that words, not only machine-made values, were seen for the last parameter.
    """

    fixed: dict[str, Branch] = field(default_factory=dict)
    variable: dict[str, Branch] = field(default_factory=dict)
    methods: Counter[str] = field(default_factory=Counter)
    slashed: int = 0
    rest: bool = False
    worded: bool = False


class _Facts:
    """What the subtree of one place says about the place's own last segment."""

    __slots__ = ("echoed", "joined", "methods", "samples", "spoken", "tokens", "visits")

    def __init__(self) -> None:
        self.visits = 0
        self.spoken = 0
        self.echoed = 0
        self.joined = 0
        self.tokens: set[tuple[int, str]] = set()
        self.methods: Counter[str] = Counter()
        self.samples: dict[str, list[Sample]] = {}


def decide(root: Place) -> Branch:
    """The tree of templates that best explains a trie of paths."""
    facts: dict[int, _Facts] = {}
    _gather(root, 0, facts)
    delivered: set[int] = set()
    for place in root.walk():
        for visits in place.visits.values():
            for kept in visits.samples:
                delivered.update(kept.values)
    words = _Words()
    for _ in range(_ROUNDS):
        judge = _Judge(facts, delivered, words)
        tree = judge.branch([root], ())
        words = judge.learned
    return tree


def _gather(place: Place, depth: int, facts: dict[int, _Facts]) -> _Facts:
    own = facts[id(place)] = _Facts()
    _count(place, depth, own, direct=True)
    for label, child in place.below.items():
        below = _gather(child, depth + 1, facts)
        if not label:
            own.methods.update(below.methods)
        for method in below.methods:
            own.tokens.add((1, f"{method} {label}"))
        own.tokens.add((1, label))
        own.tokens.update((level + 1, token) for level, token in below.tokens if level < 3)
        own.visits += below.visits
    stack = [child for child in place.below.values()]
    while stack:
        child = stack.pop()
        _count(child, depth, own, direct=False)
        stack.extend(child.below.values())
    return own


def _count(place: Place, depth: int, facts: _Facts, *, direct: bool) -> None:
    bit = 1 << (depth - 1) if depth else 0
    for method, visits in place.visits.items():
        if direct:
            facts.methods[method] += visits.count
            facts.samples[method] = visits.samples
            facts.visits += visits.count
        for kept in visits.samples:
            facts.spoken += kept.spoken and kept.status < 400
            facts.echoed += bool(kept.echoed & bit)
            facts.joined += bool(kept.joined & bit)


class _Words:
    """In how many different templates a word was taken for a value, and in how many for fixed."""

    def __init__(self) -> None:
        self.value: Counter[str] = Counter()
        self.fixed: Counter[str] = Counter()


class _Judge:
    """Weighs the evidence about words, in log-odds of being a value."""

    def __init__(self, facts: dict[int, _Facts], delivered: set[int], words: _Words) -> None:
        self._facts = facts
        self._delivered = delivered
        self._words = words
        self.learned = _Words()

    def branch(self, places: Sequence[Place], prefix: tuple[str, ...]) -> Branch:
        """The tree below places that share a template."""
        branch = Branch()
        groups: dict[str, list[Place]] = {}
        for place in places:
            for method, visits in place.visits.items():
                branch.methods[method] += visits.count
            for label, child in place.below.items():
                groups.setdefault(label, []).append(child)
        for child in groups.pop("", []):
            for method, visits in child.visits.items():
                branch.methods[method] += visits.count
                branch.slashed += visits.count
        values = self._values(places, groups, prefix)
        merged: dict[str, list[Place]] = {}
        worded = set()
        for label in sorted(groups):
            if label in values:
                target = PARAMETER
                self.learned.value[label] += 1
                worded.add(target)
            else:
                target = label
                if PARAMETER not in label:
                    self.learned.fixed[label] += 1
            merged.setdefault(target, []).extend(groups[label])
        for label, children in merged.items():
            below = self.branch(children, (*prefix, label))
            below.worded = label in worded
            (branch.variable if PARAMETER in label else branch.fixed)[label] = below
        return branch

    def _values(self, places: Sequence[Place], groups: dict[str, list[Place]], prefix: tuple[str, ...]) -> set[str]:
        words = [label for label in groups if PARAMETER not in label]
        if not words:
            return set()
        bias = self._bias(places, groups, prefix)
        tokens = {label: self._tokens(groups[label]) for label in groups}
        values = set()
        for word in sorted(words):
            odds = bias + self._of_word(word, prefix) + self._of_traffic(groups[word], len(places)) + self._of_siblings(word, tokens)
            if odds > 0:
                values.add(word)
        return values

    def _tokens(self, places: Iterable[Place]) -> set[tuple[int, str]]:
        return set().union(*(self._facts[id(place)].tokens for place in places))

    def _bias(self, places: Sequence[Place], groups: dict[str, list[Place]], prefix: tuple[str, ...]) -> float:
        if all(_VERSION.fullmatch(label) or label.lower() in _PREFIXES for label in prefix):
            odds = -5.0
        elif PARAMETER in prefix[-1]:
            odds = -2.5
        elif is_plural(prefix[-1]):
            odds = 1.0
        else:
            odds = -0.8
        words = sum(1 for label in groups if PARAMETER not in label and label.lower() not in COMMON and label not in RESERVED)
        odds += 2.0 if words >= 20 else 1.0 if words >= 8 else 0.0
        if PARAMETER in groups and PARAMETER not in prefix[-1:]:
            odds -= 0.5
        listed = any(kept.listed for place in places for visits in place.visits.values() for kept in visits.samples)
        return odds + (0.7 if listed else 0.0)

    def _of_word(self, word: str, prefix: tuple[str, ...]) -> float:
        lower = word.lower()
        odds = 0.0
        if word in RESERVED:
            odds -= 5.0
        elif lower in VALUES:
            odds += 1.5
        elif _is_common(word):
            odds -= 2.5
        elif is_plural(word):
            odds -= 0.7
        if _CAMEL.fullmatch(word):
            odds -= 1.5
        elif any(character.isdigit() for character in word) or "." in word:
            odds += 1.5
        elif "-" in word or word != lower:
            odds += 0.5
        if word_hash(word) in self._delivered:
            odds += 1.5
        odds += min(2.0, self._words.value[word] * 1.0) - min(2.0, self._words.fixed[word] * 1.0)
        return odds

    def _of_traffic(self, places: Sequence[Place], bindings: int) -> float:
        facts = [self._facts[id(place)] for place in places]
        spoken = sum(fact.spoken for fact in facts)
        echoed = sum(fact.echoed for fact in facts)
        methods = {method for fact in facts for method in fact.methods}
        odds = 0.0
        if echoed:
            odds += 2.0 + min(1.0, echoed / max(spoken, 1))
        elif spoken:
            odds -= 0.4 * min(3, spoken)
        if methods & {"PUT", "PATCH", "DELETE"}:
            odds += 0.8
        elif methods == {"POST"}:
            odds -= 0.8
        if bindings >= 3 and len(places) >= 3:
            odds -= min(3.0, len(places) * 0.5)
        return odds

    def _of_siblings(self, word: str, tokens: dict[str, set[tuple[int, str]]]) -> float:
        own = tokens[word]
        if not own:
            return 0.0
        best = max((len(own & other) / len(own) for label, other in tokens.items() if label != word and other), default=0.0)
        return 2.5 * best - 0.3
        

def _is_common(word: str) -> bool:
    pieces = _PIECES.findall(word)
    return word.lower() in COMMON or (bool(pieces) and all(piece.lower() in COMMON or piece.lower() in RESERVED for piece in pieces))


def walk(branch: Branch, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Branch]]:
    """Every place of a tree with the labels that lead to it."""
    yield prefix, branch
    for below in (branch.fixed, branch.variable):
        for label, child in below.items():
            yield from walk(child, (*prefix, label))
