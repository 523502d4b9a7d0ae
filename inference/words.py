"""Words: what a word says by itself, and by where else it was seen, about whether it is a value.

All evidence is in log-odds (natural units, positive for a value), so that independent pieces add. The
figures are judgement, held in place by `benchmarks/paths.py`; their order of magnitude matters, not their
digits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inference import lexicon
from inference.evidence import word_hash
from inference.segments import PARAMETER, TAIL

if TYPE_CHECKING:
    from collections.abc import Iterable

Prefix = tuple[str, ...]
"""The labels of a template down to some place."""

VERSION = re.compile(
    r"v\d++(?:[._]\d++)*+(?:(?:alpha|beta|rc)\d*)?|\d+(?:\.\d+)*|\d{4}-\d\d.*",
    re.IGNORECASE,
)
"""A segment that names a version of the interface."""

CONFIDENT = 1.0
"""Odds from which on a decision is evidence for others."""

FILE = re.compile(r".+\.[A-Za-z][A-Za-z0-9]{0,4}")
"""A name with an extension."""

IN_CHANNEL = -3.0
"""What the place says of each part of a channel's name: people chose it, but for tenants, regions and ids."""

_PREFIXES = frozenset({"api", "apis", "rest", "rpc", "services", "ws", "public", "internal", "json", "_api"})
_SERVICE = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Z]\w*", re.ASCII)
"""A gRPC service with its package. Below it stand its methods."""
_METHOD = re.compile(r"[A-Z]\w*", re.ASCII)
_CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+")
_CODE = re.compile(r"[A-Z]{2,6}")
_SNAKE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_LAST_VERSION = 2
_HAPPENED = re.compile(r"(?:\w+[-_])?(?:[a-z]{2,}ed|sent|paid|made|done|lost|new|begun|gone|sold|built)")
_ENOUGH = 2
_NEVER = -12.0


@dataclass
class Learned:
    """What a round of decisions found out.

    `values` and `fixed` are the templates below which a word is a value, or fixed; `named` those in which a
    collection (`collection`) has names; `pairs` those in which one word follows another, both values;
    `openings` the first words of values of several segments.
    """

    values: defaultdict[str, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    fixed: defaultdict[str, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    named: defaultdict[Prefix, set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    pairs: defaultdict[tuple[str, str], set[Prefix]] = field(default_factory=lambda: defaultdict(set))
    openings: set[str] = field(default_factory=set)

    def add(self, word: str, odds: float, before: Iterable[str], prefix: Prefix) -> None:
        """Note a decision, where it is confident. `before` are the labels that the word followed."""
        if odds > CONFIDENT:
            self.values[word].add(prefix)
            if prefix:
                self.named[collection(prefix)].add(prefix)
            if prefix and PARAMETER in prefix[-1]:
                for other in before:
                    self.pairs[other, word].add(prefix)
        elif odds < -CONFIDENT:
            self.fixed[word].add(prefix)

    def is_value(self, word: str) -> bool:
        """Whether a word was seen as a value, or as the beginning of one, and never fixed."""
        return (word in self.values and word not in self.fixed) or word in self.openings


def collection(prefix: Prefix) -> Prefix:
    """The end of a prefix from its last fixed label on: `repos`, or `repos, {}`."""
    fixed = max((index for index, label in enumerate(prefix) if PARAMETER not in label), default=0)
    return prefix[fixed:]


def of_place(prefix: Prefix, learned: Learned) -> float:
    """What the place says: a collection holds values, the root and what follows a value hold fixed words."""
    parent = prefix[-1] if prefix else ""
    if all(VERSION.fullmatch(label) or label.lower() in _PREFIXES for label in prefix):
        odds = -5.0
    elif PARAMETER in parent or parent.lower() in lexicon.SEARCHES:
        odds = -2.5
    elif lexicon.is_collection(parent):
        odds = 1.0
    else:
        odds = -0.8
    named_elsewhere = bool(parent) and bool(learned.named.get(collection(prefix), set()) - {prefix})
    return odds + 1.5 * named_elsewhere


def of_event(word: str) -> float:
    """What a word says that names what has happened: it is a kind of event, though payloads repeat it."""
    return -3.0 if _HAPPENED.fullmatch(word) else 0.0


def of_word(word: str, before: Iterable[str], prefix: Prefix, learned: Learned, delivered: set[int]) -> float:
    """What a word says by its looks, by having been delivered as a name, and by what it is elsewhere.

    `before` are the labels that it follows, `delivered` hashes of the names and identifiers in bodies.
    """
    tail = TAIL.fullmatch(word)
    stem = tail["stem"] if tail else word
    odds = of_looks(stem, prefix)
    if tail and tail["tail"].startswith(":"):
        odds += 1.5  # a verb of its own acts on one thing (custom methods, google.aip.dev/136)
    if word_hash(stem) in delivered or word_hash(word) in delivered:
        odds += 0.5 if lexicon.is_common(stem) else 1.5
    odds += 1.5 * min(_ENOUGH, len(learned.values.get(word, set()) - {prefix}))
    if not lexicon.is_reserved(stem):  # of those it is known already
        odds -= 1.5 * min(_ENOUGH, len(learned.fixed.get(word, set()) - {prefix}))
    if any(learned.pairs.get((other, word), set()) - {prefix} for other in before):
        return (
            max(odds, 0.0) + 3.0
        )  # both were values elsewhere, one after the other: a repository may be called `search`
    return odds


def of_looks(word: str, prefix: Prefix) -> float:
    """What a word says by its looks alone."""
    if lexicon.is_pronoun(word) or (prefix and _SERVICE.fullmatch(prefix[-1]) and _METHOD.fullmatch(word)):
        return _NEVER
    return _of_meaning(word) + _of_form(word, prefix)


def _of_meaning(word: str) -> float:
    if lexicon.is_reserved(word):
        return -4.0
    if word.lower() in lexicon.VALUES:
        return 1.5
    if lexicon.is_common(word):
        return -2.5
    return -0.7 if lexicon.is_plural(word) else 0.0


def _of_form(word: str, prefix: Prefix) -> float:
    if VERSION.fullmatch(word) and len(prefix) <= _LAST_VERSION:
        return -3.0
    if _CODE.fullmatch(word):
        return 2.0
    if _CAMEL.fullmatch(word) or _SNAKE.fullmatch(word):
        return -2.5 if lexicon.is_action(word) else -1.2
    if FILE.fullmatch(word):
        return 3.0
    if "." in word or any(character.isdigit() for character in word):
        return 1.5
    return 0.5 if "-" in word or word != word.lower() else 0.0
