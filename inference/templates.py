"""Templates: which words of a trie of paths are fixed and which are values of one parameter.

Decided from the root down, over places merged by the decisions above them, so that a word below `{owner}` is judged by all owners
together. Each word's evidence is weighed in log-odds of being a value (`_Judge`). What one round learns about words (this one is a
value elsewhere, that one fixed) and about collections (those below `labels` have names) is evidence in the next. The result is a function of the
trie alone, whatever the order in which it grew.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING

from inference import lexicon
from inference.evidence import word_hash
from inference.segments import PARAMETER, TAIL
from inference.subtrees import Answer, Subtree, Token, names, survey

if TYPE_CHECKING:
    from inference.paths import Place

Prefix = tuple[str, ...]

_ROUNDS = 4
_CONFIDENT = 1.0
_MAX_ENDS = 8
VERSION = re.compile(r"v\d+(?:[._]\d+)*(?:alpha|beta|rc)?\d*|\d+(?:\.\d+)*|\d{4}-\d\d.*|latest|stable|unstable|beta", re.IGNORECASE)
_VERSION_WORD = re.compile(r"v\d+(?:[._]\d+)*(?:alpha|beta)?\d*")
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Z]{2})?")
_PREFIXES = frozenset({"api", "apis", "rest", "rpc", "services", "ws", "public", "internal", "json", "_api"})
_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+")
_SNAKE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_FILE = re.compile(r".+\.[A-Za-z][A-Za-z0-9]{0,4}")
_CHANGES = frozenset({"PUT", "PATCH", "DELETE"})


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


@dataclass
class _Learned:
    """What a round found out: the templates below which a word is a value, or fixed; those in which a collection
    (the end of a prefix, from its last fixed label on) has names; words that are values one after the other; first words of long values."""

    values: defaultdict[str, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    fixed: defaultdict[str, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    named: defaultdict[Prefix, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    pairs: defaultdict[tuple[str, str], set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    openings: set[str] = field(default_factory=set)

    def is_value(self, word: str) -> bool:
        """Whether a word was seen as a value, or as the beginning of one, and never fixed."""
        return (word in self.values and word not in self.fixed) or word in self.openings


def decide(root: Place) -> Branch:
    """The tree of templates that best explains a trie of paths."""
    subtrees = survey(root)
    labels = names(root)
    delivered: set[int] = set()
    for place in root.walk():
        for visits in place.visits.values():
            for kept in visits.samples:
                delivered.update(kept.values)
    learned = _Learned()
    for _ in range(_ROUNDS):
        judge = _Judge(subtrees, labels, delivered, learned)
        tree = judge.branch([root], ())
        if judge.found == learned:
            break
        learned = judge.found
    return tree


def walk(branch: Branch, prefix: Prefix = ()) -> Iterator[tuple[Prefix, Branch]]:
    """Every place of a tree with the labels that lead to it."""
    yield prefix, branch
    for below in (branch.fixed, branch.variable):
        for label, child in below.items():
            yield from walk(child, (*prefix, label))


class _Judge:
    """Decides a whole tree in one round, with what the round before had learned."""

    def __init__(self, subtrees: dict[int, Subtree], labels: dict[int, str], delivered: set[int], learned: _Learned) -> None:
        self._subtrees = subtrees
        self._labels = labels
        self._delivered = delivered
        self._learned = learned
        self.found = _Learned()

    def branch(self, places: Sequence[Place], prefix: Prefix) -> Branch:
        """The tree below places that share a template."""
        branch = Branch()
        groups: dict[str, list[Place]] = {}
        for place in places:
            for method, visits in place.visits.items():
                branch.methods[method] += visits.count
            for label, child in sorted(place.below.items()):
                groups.setdefault(label, []).append(child)
        for child in groups.pop("", []):
            for method, visits in child.visits.items():
                branch.methods[method] += visits.count
                branch.slashed += visits.count
        if not groups:
            return branch
        siblings = {label: self._subtree(children) for label, children in groups.items()}
        if self._takes_rest(groups, siblings, prefix):
            branch.variable[PARAMETER] = self._rest(groups)
            return branch
        values = self._values(places, groups, siblings, prefix)
        targets = _targets(values)
        merged: dict[str, list[Place]] = {}
        for label in sorted(groups):
            merged.setdefault(targets.get(label, label), []).extend(groups[label])
        for label, children in merged.items():
            below = self.branch(children, (*prefix, label))
            below.worded = label in targets.values()
            (branch.variable if PARAMETER in label else branch.fixed)[label] = below
        return branch

    def _subtree(self, places: Sequence[Place]) -> Subtree:
        first, *others = (self._subtrees[id(place)] for place in places)
        return first.merged(others) if others else first

    def _takes_rest(self, groups: dict[str, list[Place]], siblings: dict[str, Subtree], prefix: Prefix) -> bool:
        """Whether all that follows is one value: it came back as one, and its first segment never did alone."""
        if not prefix:
            return False
        longer = sum(subtree.longer for subtree in siblings.values())
        joined = sum(subtree.joined for subtree in siblings.values())
        alone = sum(subtree.echoed for subtree in siblings.values() if subtree.longer)
        deep = [label for label, children in groups.items() if any(place.below for place in children)]
        if longer and joined * 2 >= longer and alone * 3 <= longer:
            self.found.openings.update(label for label in deep if PARAMETER not in label)
            return True
        if deep and set(groups) <= self._learned.openings:
            return True
        return _is_file_tree(groups)

    def _rest(self, groups: dict[str, list[Place]]) -> Branch:
        branch = Branch(rest=True, worded=True)
        for children in groups.values():
            for child in children:
                for place in child.walk():
                    for method, visits in place.visits.items():
                        branch.methods[method] += visits.count
        return branch

    def _values(self, places: Sequence[Place], groups: dict[str, list[Place]], siblings: dict[str, Subtree], prefix: Prefix) -> set[str]:
        """The labels among words that are values of one parameter."""
        words = [label for label in groups if PARAMETER not in label]
        crowd = _Crowd(siblings, self._learned)
        locales = {word for word in words if _LOCALE.fullmatch(word)}
        bias = self._bias(places, groups, prefix) + 2.0 * max(0.0, crowd.uniform() - 0.3)
        before = {word: [above for above in places if word in above.below] for word in words}
        odds = {
            word: bias
            + self._of_word(word, before[word], prefix)
            + self._of_traffic(word, siblings[word], prefix, len(groups[word]))
            + crowd.odds(word)
            + (3.0 if word in locales and len(locales) > 2 else 0.0)
            for word in words
        }
        sure = [word for word in words if abs(odds[word]) > _CONFIDENT and not lexicon.is_reserved(word)]
        if len(sure) > 1:
            lean = sum(1 if odds[word] > 0 else -1 for word in sure) / len(sure)
            odds = {word: own + lean for word, own in odds.items()}
        for word in words:
            self._learn(word, odds[word], before[word], prefix)
        return {word for word in words if odds[word] > 0}

    def _learn(self, word: str, odds: float, before: Sequence[Place], prefix: Prefix) -> None:
        if odds > _CONFIDENT:
            self.found.values[word].add(prefix)
            if prefix:
                self.found.named[_collection(prefix)].add(prefix)
            if prefix and PARAMETER in prefix[-1]:
                for place in before:
                    self.found.pairs[self._labels[id(place)], word].add(prefix)
        elif odds < -_CONFIDENT:
            self.found.fixed[word].add(prefix)

    def _of_word(self, word: str, before: Sequence[Place], prefix: Prefix) -> float:
        """What the word says by itself, and by where else it was seen."""
        own = self._of_habit(word, prefix)
        if any(self._learned.pairs.get((self._labels[id(place)], word), set()) - {prefix} for place in before):
            return max(own, 0.0) + 3.0  # both were values elsewhere, one after the other: `octocat`, `search`
        return own

    def _bias(self, places: Sequence[Place], groups: dict[str, list[Place]], prefix: Prefix) -> float:
        """What the place itself says, before any word is looked at."""
        parent = prefix[-1] if prefix else ""
        if all(VERSION.fullmatch(label) or label.lower() in _PREFIXES for label in prefix):
            odds = -5.0
        elif PARAMETER in parent:
            odds = -2.5
        elif lexicon.is_collection(parent):
            odds = 1.0
        elif parent.lower() in lexicon.SEARCHES:
            odds = -2.5
        else:
            odds = -0.8
        unusual = sum(1 for label in groups if PARAMETER not in label and not lexicon.is_common(label) and not lexicon.is_reserved(label))
        odds += 2.0 if unusual >= 20 else 1.0 if unusual >= 8 else 0.0
        if parent and self._learned.named.get(_collection(prefix), set()) - {prefix}:
            odds += 1.5
        if parent and PARAMETER not in parent:
            odds -= 0.7 * (PARAMETER in groups)
            if any(kept.listed for place in places for visits in place.visits.values() for kept in visits.samples):
                odds += 0.7
        return odds

    def _of_habit(self, word: str, prefix: Prefix) -> float:
        tail = TAIL.fullmatch(word)
        stem = tail["stem"] if tail else word
        odds = _of_looks(stem, prefix)
        if tail and tail["tail"].startswith(":"):
            odds += 1.5  # a verb of its own acts on one thing, as in AIP-136 of Google's API guidelines
        if word_hash(stem) in self._delivered or word_hash(word) in self._delivered:
            odds += 0.5 if lexicon.is_common(stem) else 1.5
        odds += 1.5 * min(2, len(self._learned.values.get(word, set()) - {prefix}))
        odds -= 1.5 * min(2, len(self._learned.fixed.get(word, set()) - {prefix}))
        return odds

    @staticmethod
    def _of_traffic(word: str, subtree: Subtree, prefix: Prefix, places: int) -> float:
        """What the exchanges at and below a word say: echoes, methods, and in how many places it recurs."""
        odds = 0.0
        if subtree.echoed:
            odds += 2.0 + subtree.echoed / max(subtree.spoken, 1)
        if subtree.tokens and all(_VERSION_WORD.fullmatch(token.label) for token in subtree.tokens if token.level == 1):
            odds -= 3.0 * any(token.level == 1 for token in subtree.tokens)
        if not _CHANGES.isdisjoint(subtree.methods):
            odds += 0.8
        elif set(subtree.methods) == {"POST"} and ":" not in word:
            odds -= 0.8
        if places > 2:
            weight = 0.5 if prefix and PARAMETER in prefix[-1] else 0.1
            odds -= min(3.0, places * weight)
        return odds


def _of_looks(word: str, prefix: Prefix) -> float:
    odds = 0.0
    if lexicon.is_pronoun(word):
        return -12.0
    if lexicon.is_reserved(word):
        odds -= 4.0
    elif word.lower() in lexicon.VALUES:
        odds += 1.5
    elif lexicon.is_common(word):
        odds -= 2.5
    elif lexicon.is_plural(word):
        odds -= 0.7
    if VERSION.fullmatch(word) and len(prefix) <= 2:
        odds -= 3.0
    elif _CAMEL.fullmatch(word):
        odds -= 1.5
    elif _SNAKE.fullmatch(word):
        odds -= 1.0
    elif _FILE.fullmatch(word):
        odds += 3.0
    elif any(character.isdigit() for character in word) or "." in word:
        odds += 1.5
    elif "-" in word or word != word.lower():
        odds += 0.5
    return odds


class _Crowd:
    """The places side by side, compared: how much of what stands at and below one stands, with like answers, at and below others, too."""

    _CROWD = 6
    """So many make a crowd."""
    _COMPARED = 8
    """Others that one token is compared with."""

    def __init__(self, siblings: dict[str, Subtree], learned: _Learned) -> None:
        self._siblings = siblings
        self._learned = learned
        self._having: defaultdict[Token, list[str]] = defaultdict(list)
        for label in sorted(siblings):
            for token in siblings[label].tokens:
                having = self._having[token]
                if len(having) <= self._COMPARED:
                    having.append(label)
        self._words = [label for label in siblings if PARAMETER not in label]
        self._inner = Counter(any(token.level for token in subtree.tokens) for subtree in siblings.values())[True]

    def odds(self, word: str) -> float:
        """In log-odds of being a value."""
        agree = differ = 0.0
        direct: list[float] = []
        inner = 0
        for token, answer in self._siblings[word].tokens.items():
            if token.level and self._learned.is_value(token.label):
                continue
            known, others = self._likeness(word, token, answer)
            if not token.level:
                direct.extend(known)
                continue
            inner += 1
            if others:
                agree += 0.7 if not known else float(max(known) >= 0.5)
                differ += bool(known) and max(known) < 0.5
        return self._of_inner(agree, differ, inner) + self._of_direct(direct) + self._of_silence(word)

    def uniform(self) -> float:
        """The share of the words that interfaces are not made of below which stands what stands below others, 0 for a few."""
        words = [word for word in self._words if not lexicon.is_common(word) and not lexicon.is_reserved(word)]
        inner = [[token for token in self._siblings[word].tokens if token.level] for word in words]
        alike = [sum(len(self._having[token]) > 1 for token in tokens) * 2 >= len(tokens) for tokens in inner if tokens]
        return sum(alike) / len(alike) if len(alike) >= self._CROWD else 0.0

    def _of_silence(self, word: str) -> float:
        """What it says that a word never came back: much where its siblings always did."""
        own = self._siblings[word]
        if own.echoed or not own.spoken:
            return 0.0
        spoken = sum(self._siblings[label].spoken for label in self._words if label != word)
        echoed = sum(self._siblings[label].echoed for label in self._words if label != word)
        rate = (echoed + 1.0) / (spoken + 3.0)
        return max(-3.0, own.spoken * min(0.0, log((1 - rate) / 0.97)))

    def _likeness(self, word: str, token: Token, answer: Answer) -> tuple[list[float], int]:
        others = [label for label in self._having[token] if label != word]
        likes = [answer.likeness(self._siblings[label].tokens[token]) for label in others]
        return [like for like in likes if like is not None], len(others)

    def _of_inner(self, agree: float, differ: float, inner: int) -> float:
        if not inner:
            return 0.0
        share = agree / inner
        odds = 1.2 * min(3.0, agree) + 1.2 * min(6.0, max(0.0, agree - 3)) * share**2 + 1.5 * share - 0.3 * min(6.0, differ)
        odds += 2.0 if agree >= 3 and share >= 0.6 else 0.0
        return odds - (0.5 if not agree and self._inner > 1 else 0.0)

    @staticmethod
    def _of_direct(likes: Sequence[float]) -> float:
        if not likes:
            return 0.0
        return 1.5 if max(likes) >= 0.6 else -1.5 if max(likes) < 0.4 else 0.0


def _collection(prefix: Prefix) -> Prefix:
    """The end of a prefix from its last fixed label on: `repos`, or `repos, {}`."""
    fixed = max((index for index, label in enumerate(prefix) if PARAMETER not in label), default=0)
    return prefix[fixed:]


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
            if _FILE.fullmatch(label) and not TAIL.fullmatch(label) and PARAMETER not in label:
                files += 1
                depths.add(depth)
    return files >= 3 and len(depths) >= 2 and files >= 0.6 * leaves


def _targets(values: set[str]) -> dict[str, str]:
    """The parameter each value belongs to. Where there are many different ends, they are no verbs but part of the values."""
    targets = {word: parameter(word) for word in values}
    if len(set(targets.values())) > _MAX_ENDS:
        return dict.fromkeys(values, PARAMETER)
    return targets


def parameter(word: str) -> str:
    """The label of the parameter that a word is a value of."""
    tail = TAIL.fullmatch(word)
    return PARAMETER + tail["tail"] if tail else PARAMETER
