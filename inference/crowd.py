"""Crowd: words side by side. Values of one parameter are alike in what stands at and below them.

Evidence in log-odds, as in `inference/words.py`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from math import log
from typing import TYPE_CHECKING

from inference import lexicon
from inference.segments import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.subtrees import Answer, Subtree, Token
    from inference.words import Learned

_COMPARED = 8
"""Others that one token is compared with: more would cost more than they tell."""

_CROWD = 6
_LARGE_CROWD = 20
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Z]{2})?")
_LOCALES = 3
_VERSION = re.compile(r"v\d++(?:[._]\d++)*+(?:(?:alpha|beta)\d*)?")
_CHANGES = frozenset({"PUT", "PATCH", "DELETE"})
_ALIKE = 0.5
"""From this likeness on two answers are taken for answers of one operation."""


class Crowd:
    """The places below one template, by label, compared."""

    def __init__(self, siblings: dict[str, Subtree], learned: Learned) -> None:
        self._siblings = siblings
        self._learned = learned
        self._words = [label for label in siblings if PARAMETER not in label]
        self._spoken = sum(siblings[word].spoken for word in self._words)
        self._echoed = sum(siblings[word].echoed for word in self._words)
        self._having: defaultdict[Token, list[str]] = defaultdict(list)
        for label in sorted(siblings):
            for token in siblings[label].tokens:
                if len(self._having[token]) <= _COMPARED:
                    self._having[token].append(label)
        self._inner = sum(any(token.level for token in subtree.tokens) for subtree in siblings.values())
        self._locales = {word for word in self._words if _LOCALE.fullmatch(word)}

    def of_all(self) -> float:
        """What the crowd says about each word in it: there are many unusual ones, alike in what is below."""
        unusual = [
            word for word in self._words if not lexicon.is_common(word) and not lexicon.is_reserved(word)
        ]
        inner = [[token for token in self._siblings[word].tokens if token.level] for word in unusual]
        alike = [
            sum(len(self._having[token]) > 1 for token in tokens) * 2 >= len(tokens)
            for tokens in inner
            if tokens
        ]
        uniform = sum(alike) / len(alike) if len(alike) >= _CROWD else 0.0
        many = 2.0 if len(unusual) >= _LARGE_CROWD else 1.0 if len(unusual) > _CROWD else 0.0
        return many + 2.0 * max(0.0, uniform - 0.3)

    def of_word(self, word: str) -> float:
        """What one word's exchanges, and those beside it, say."""
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
                agree += 0.7 if not known else float(max(known) >= _ALIKE)
                differ += bool(known) and max(known) < _ALIKE
        odds = self._of_inner(agree, differ, inner) + _of_direct(direct) + self._of_echo(word)
        return (
            odds
            + _of_methods(word, self._siblings[word])
            + 3.0 * (word in self._locales and len(self._locales) >= _LOCALES)
        )

    def _likeness(self, word: str, token: Token, answer: Answer) -> tuple[list[float], int]:
        others = [label for label in self._having[token] if label != word]
        likes = [answer.likeness(self._siblings[label].tokens[token]) for label in others]
        return [like for like in likes if like is not None], len(others)

    def _of_inner(self, agree: float, differ: float, inner: int) -> float:
        """What stands below a word: how much of it is below others too, with answers that agree."""
        if not inner:
            return 0.0
        share = agree / inner
        odds = (
            1.2 * min(3.0, agree)
            + 1.2 * min(6.0, max(0.0, agree - 3)) * share**2
            + 1.5 * share
            - 0.3 * min(6.0, differ)
        )
        if agree >= 3 and share >= 0.6:
            odds += 2.0
        return odds - 0.5 * (not agree and self._inner > 1)

    def _of_echo(self, word: str) -> float:
        """Whether a word came back as a value; silence says the more the oftener its siblings did."""
        own = self._siblings[word]
        if own.echoed:
            weight = 0.3 if word in lexicon.STATES else 1.0  # `"status": "active"` answers `/alerts/active`
            return weight * (2.0 + own.echoed / max(own.spoken, 1))
        others = self._spoken - own.spoken
        rate = (self._echoed + 1.0) / (others + 3.0)
        most = (
            3.0 if others else 1.2
        )  # alone, the silence of several answers of one operation is one piece of evidence
        return max(-most, own.spoken * min(0.0, log(max(0.03, 1 - rate) / 0.97)))


def _of_direct(likes: Sequence[float]) -> float:
    if not likes:
        return 0.0
    return 1.5 if max(likes) >= 0.6 else -1.5 if max(likes) < 0.4 else 0.0


def _of_methods(word: str, subtree: Subtree) -> float:
    """Things are changed and removed, actions are posted to; an API group is followed by its version."""
    below = [token.label for token in subtree.tokens if token.level == 1]
    odds = -3.0 if below and all(_VERSION.fullmatch(label) for label in below) else 0.0
    if not _CHANGES.isdisjoint(subtree.methods):
        return odds + 0.8
    return odds - 0.8 * (set(subtree.methods) == {"POST"} and ":" not in word)
