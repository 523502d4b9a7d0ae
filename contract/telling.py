"""Rules for when values of a form show that the form is meant: `cafe` is hexadecimal and says nothing.

Each rule is given distinct texts, all of the form. The numbers in them are facts about forms (how many
pairs of letters are countries), not about traffic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from contract.codes import DOMAINS, MAJOR_CURRENCIES
from contract.grammar import Test, matches

Rule = Callable[[Collection[str]], bool]


def always(values: Collection[str]) -> bool:
    """One text of the form says enough."""
    del values
    return True


def many(least: int) -> Rule:
    """Short codes are words by chance: so many different ones are not."""
    return lambda values: len(values) >= least


def share(test: Test, *, of: float) -> Rule:
    """A share of the values is like this."""
    return lambda values: sum(map(bool, map(test, values))) >= of * len(values)


def some(test: Test) -> Rule:
    """At least one value is like this."""
    return lambda values: any(map(test, values))


def each(test: Test) -> Rule:
    """All values are like this."""
    return lambda values: all(map(test, values))


def both(*rules: Rule) -> Rule:
    """All of some rules."""
    return lambda values: all(rule(values) for rule in rules)


LETTER = re.compile("[A-Za-z]", re.ASCII).search
_DIGIT = re.compile("[0-9]", re.ASCII).search
_RANDOM = re.compile("(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])", re.ASCII | re.DOTALL).match
MIXED_HEX = both(some(LETTER), some(_DIGIT))
"""All digits are a number, all letters a word."""

LONG = each(lambda text: len(text) >= 16)
_STEP = matches(r".*/\w.*")


def currencies(values: Collection[str]) -> bool:
    """ALL, TOP and TRY are currencies, too: three, or two with one that everybody knows."""
    return len(values) >= 3 or (len(values) == 2 and not MAJOR_CURRENCIES.isdisjoint(values))


def languages(values: Collection[str]) -> bool:
    """A fourth of all pairs of letters are languages."""
    return len(values) >= 5 or (len(values) >= 2 and any("-" in value for value in values))


def is_known_domain(text: str) -> bool:
    """`shop.example.com`, not `order.created` or `readme.md`."""
    return text.rpartition(".")[2].lower() in DOMAINS


is_common_uri = matches(r"(?:[^:]+://|mailto:|urn:|tel:|data:).*")
"""`a:b` is a URI, too, and says nothing."""

has_words = matches(".*[a-z]{2}[a-z0-9]*-(?:[a-z0-9]+-)*[a-z]{2}.*")
"""`winter-sale`, not `ord-1234`."""


def are_links(values: Collection[str]) -> bool:
    """A lone slash is a separator."""
    return all("/" in value for value in values) and any(map(_STEP, values))


def are_moments(values: Collection[str]) -> bool:
    """Numbers of this size may be anything: many, and none after 2033, when the first digits become 20."""
    return len(values) >= 5 and all(value[0] == "1" for value in values)


def looks_encoded(marks: str) -> Rule:
    """Long, of letters of both cases and digits, and one of them with a character that is neither."""
    return both(LONG, some(lambda text: any(mark in text for mark in marks)), share(_RANDOM, of=0.9))
