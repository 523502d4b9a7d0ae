"""Values compared across places: when two are the same, which is smaller, what one is made of the other."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from contract.content import lexical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CENT = 0.005
"""Sums of prices are rounded to a hundredth; half of that is no difference."""

_SLUG = re.compile(r"[^a-z0-9]+")


def same(one: Any, two: Any) -> bool:
    """Whether two scalars are the same value: 1 is not true, and 42 is "42", as text stands for it."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, str) is isinstance(two, str):
        return bool(one == two)
    text, number = (one, two) if isinstance(one, str) else (two, one)
    return bool(text == str(number) or lexical(text) == number)


@lru_cache(maxsize=16_384)
def moment(text: str) -> float | None:
    """The Unix time (s) of a date or date-time (ISO 8601, IMF-fixdate of RFC 9110); None if it is none.

    Without a zone it is taken for UTC.
    """
    if len(text) < 8:
        return None
    try:
        if text[:4].isdigit() and text[4] == "-":
            when = datetime.fromisoformat(text)
        elif text[3:5] == ", ":
            when = parsedate_to_datetime(text)
        else:
            return None
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def rank(value: Any) -> float | None:
    """What a value is ordered by: a number itself, a date its time; None for what has no order."""
    if isinstance(value, str):
        return moment(value)
    return None if isinstance(value, bool) or value is None else float(value)


def close(one: float, two: float, terms: int = 1) -> bool:
    """Whether two sums are the same up to the rounding of each of their terms."""
    return abs(one - two) <= CENT * max(1, terms) + 1e-9 * max(abs(one), abs(two))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


DERIVATIONS: Mapping[str, Callable[[Any], str]] = {
    "text": _text,
    "lowercase": lambda value: _text(value).lower(),
    "uppercase": lambda value: _text(value).upper(),
    "slug": lambda value: _SLUG.sub("-", _text(value).lower()).strip("-"),
    "date": lambda value: _text(value)[:10],
    "initial": lambda value: _text(value)[:1].upper(),
    "last four": lambda value: _text(value)[-4:],
}
"""The ways in which one field is made of another, by name."""
