"""What is to be redacted, in the form that is quick to ask.

One pass of an Aho-Corasick automaton over the bytes finds whether any name or pattern could occur at all; most
traffic ends there, at two microseconds a kilobyte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ahocorasick_rs

from proxy.redaction.names import SecretNames
from proxy.redaction.patterns import CARD, PATTERNS, Pattern

if TYPE_CHECKING:
    from proxy.config import RedactionConfig


UNKNOWN = "secret"
"""The kind of a value that only its name gave away."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a text might hold: something under a secret name, and values of these patterns."""

    names: bool = False
    patterns: tuple[Pattern, ...] = ()

    def __bool__(self) -> bool:
        return self.names or bool(self.patterns)


NOTHING = Suspicion()


class Rules:
    """Names and patterns, built in and configured."""

    def __init__(self, config: RedactionConfig) -> None:
        self.names = SecretNames(config.names, config.keep_names)
        self.patterns = (
            *PATTERNS,
            *(Pattern(kind, re.compile(text), ()) for kind, text in config.patterns.items()),
        )
        self._keep_places = tuple(_glob(place) for place in config.keep_places)
        self._keeps_any = bool(config.keep_names or config.keep_places)
        self._always = tuple(
            pattern for pattern in self.patterns if not pattern.literals and pattern is not CARD
        )
        self._patterns_by_literal = _index(self.patterns)
        self._name_literals = self.names.literals
        literals = {*self._patterns_by_literal, *self._name_literals, *_OPAQUE}
        self._literals = sorted(literal.encode() for literal in literals)
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            self._literals, implementation=ahocorasick_rs.Implementation.DFA
        )

    def suspect(self, data: bytes) -> Suspicion:
        """What `data` might hold; nothing that the rules would redact goes unsuspected."""
        lowered = data.lower()
        hit = self._automaton.find_matches_as_indexes(lowered)
        digits = _THIRTEEN_DIGITS in data.translate(_DIGITS, b" -")
        if not hit and not digits and not self._always:
            return NOTHING
        return self._details(lowered, digits=digits)

    def keeps(self, name: str, place: str) -> bool:
        """Whether the configuration says that what stands under this name, or at this place, stays as it is."""
        return self.names.keeps(name) or any(glob.fullmatch(place) for glob in self._keep_places)

    def names_in(self, data: bytes, shortest: int) -> bool:
        """Whether a literal of a secret name of at least `shortest` characters stands in `data`."""
        hits = self._automaton.find_matches_as_indexes(data.lower(), overlapping=True)
        found = (self._literals[index].decode() for index, _, _ in hits)
        return any(len(literal) >= shortest and literal in self._name_literals for literal in found)

    @property
    def keeps_any(self) -> bool:
        """Whether there are exceptions at all."""
        return self._keeps_any

    def kind_of(self, value: str, *, cut: bool = False) -> str:
        """What a value looks like: the kind of the pattern that all of it fits, else `UNKNOWN`."""
        for pattern in self.suspect(value.encode("utf-8", "surrogatepass")).patterns:
            if (0, len(value)) in pattern.find(value, cut=cut):
                return pattern.kind
        return UNKNOWN

    def _details(self, lowered: bytes, *, digits: bool) -> Suspicion:
        hits = self._automaton.find_matches_as_indexes(lowered, overlapping=True)
        found = {self._literals[index].decode() for index, _, _ in hits}
        if found & _OPAQUE:
            return Suspicion(names=True, patterns=self.patterns)
        suspected = {
            id(pattern) for literal in found for pattern in self._patterns_by_literal.get(literal, ())
        }
        suspected.update(id(pattern) for pattern in self._always)
        if digits:
            suspected.add(id(CARD))
        return Suspicion(
            names=not self._name_literals.isdisjoint(found),
            patterns=tuple(pattern for pattern in self.patterns if id(pattern) in suspected),
        )


_OPAQUE = frozenset({"\\u", "\0"})
"""Escapes and UTF-16 hide any literal, so that text with these is always looked at."""

_DIGITS = bytes(0x30 if chr(byte).isdigit() and byte < 0x80 else 0x78 for byte in range(256))
_THIRTEEN_DIGITS = b"0" * 13
"""The shortest card number, after `_DIGITS` has made all digits zeros and spaces and hyphens are gone."""


def _index(patterns: tuple[Pattern, ...]) -> dict[str, list[Pattern]]:
    index: dict[str, list[Pattern]] = {}
    for pattern in patterns:
        for literal in pattern.literals:
            index.setdefault(literal, []).append(pattern)
    return index


def _glob(place: str) -> re.Pattern[str]:
    """A place in which `*` stands for anything."""
    return re.compile(re.escape(place).replace(r"\*", ".*"), re.DOTALL)
