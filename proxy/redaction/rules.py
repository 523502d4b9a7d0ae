"""What is to be redacted, in the form that is quick to ask.

One pass of an Aho-Corasick automaton over the bytes finds whether any name or pattern could occur at all;
most traffic ends there, at two microseconds a kilobyte.
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
_NAMES = Suspicion(names=True)


class Rules:
    """Names and patterns, built in and configured."""

    def __init__(self, config: RedactionConfig) -> None:
        self.names = SecretNames(config.names, config.keep_names)
        self.patterns = (
            *PATTERNS,
            *(Pattern(kind, re.compile(text), ()) for kind, text in config.patterns.items()),
        )
        self.keeps_any = bool(config.keep_names or config.keep_places)
        self._keep_places = tuple(_glob(place) for place in config.keep_places)
        self._always = tuple(
            pattern for pattern in self.patterns if not pattern.literals and pattern is not CARD
        )
        by_literal: dict[str, Suspicion] = dict.fromkeys(self.names.literals, _NAMES)
        for pattern in self.patterns:
            for literal in pattern.literals:
                known = by_literal.get(literal, NOTHING)
                by_literal[literal] = Suspicion(known.names, (*known.patterns, pattern))
        by_literal.update(dict.fromkeys(_OPAQUE, Suspicion(names=True, patterns=self.patterns)))
        self._literals = tuple(by_literal)
        self._suspicions = tuple(by_literal.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [literal.encode() for literal in by_literal], implementation=ahocorasick_rs.Implementation.DFA
        )

    def suspect(self, data: bytes) -> Suspicion:
        """What `data` might hold; nothing that the rules would redact goes unsuspected."""
        lowered = data.lower()
        digits = _THIRTEEN_DIGITS in data.translate(_DIGITS, b" -+")
        if not self._automaton.find_matches_as_indexes(lowered) and not digits and not self._always:
            return NOTHING
        hits = {index for index, _, _ in self._automaton.find_matches_as_indexes(lowered, overlapping=True)}
        suspicions = [self._suspicions[index] for index in hits]
        found = {id(pattern): pattern for one in suspicions for pattern in one.patterns}
        found.update((id(pattern), pattern) for pattern in self._always)
        if digits:
            found[id(CARD)] = CARD
        patterns = tuple(found.values())
        if (
            len(patterns) > 1
        ):  # in the order of the table, whatever the order of the hits, so that tokens are stable
            patterns = tuple(pattern for pattern in self.patterns if id(pattern) in found)
        return Suspicion(any(one.names for one in suspicions), patterns)

    def has_name(self, data: bytes, shortest: int) -> bool:
        """Whether a literal of a secret name of at least `shortest` characters stands in `data`."""
        hits = {
            index for index, _, _ in self._automaton.find_matches_as_indexes(data.lower(), overlapping=True)
        }
        return any(
            self._suspicions[index] is _NAMES and len(self._literals[index]) >= shortest for index in hits
        )

    def keeps(self, name: str, place: str) -> bool:
        """Whether the configuration keeps what stands under this name or at this place."""
        return self.names.keeps(name) or any(glob.fullmatch(place) for glob in self._keep_places)

    def kind_of(self, value: str, *, cut: bool = False) -> str:
        """What a value looks like: the kind of the pattern that all of it fits, else `UNKNOWN`."""
        for pattern in self.suspect(value.encode("utf-8", "surrogatepass")).patterns:
            if (0, len(value)) in pattern.find(value, cut=cut):
                return pattern.kind
        return UNKNOWN


_OPAQUE = frozenset({"\\u", "\0"})
"""Escapes and UTF-16 hide any literal, so that text with these is always looked at."""

_DIGITS = bytes(0x30 if chr(byte).isdigit() and byte < 0x80 else 0x78 for byte in range(256))
_THIRTEEN_DIGITS = b"0" * 13
"""The shortest card number, after `_DIGITS` has made all digits zeros and what may separate them is gone."""


def _glob(place: str) -> re.Pattern[str]:
    """A place in which `*` stands for anything."""
    return re.compile(re.escape(place).replace(r"\*", ".*"), re.DOTALL)
