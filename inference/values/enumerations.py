"""Enumerations: a few values that are all there are.

They are counted over all traffic (`inference/scalars.py`). Few values alone say little: a hundred orders of
one customer show one city. So different things must have been seen, in different exchanges; each value often
enough that a further one is unlikely (Good-Turing); and the latest new one some time ago.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.blank import is_blank
from contract.kinds import Enum
from inference.statistics import unseen_mass
from inference.thresholds import (
    ENUM_PER_VALUE,
    ENUM_UNSEEN,
    FIRST_HALF,
    MAX_ENUM,
    MIN_ALWAYS,
    MIN_ENUM,
    MIN_ENUM_EXCHANGES,
)
from inference.values.columns import FREE_NAMES

if TYPE_CHECKING:
    from inference.stated import Stated
    from inference.tally import Tally
    from inference.values.columns import Field

Seen = dict[Any, "Tally"]

_DATA = frozenset(
    """
    uri uri-reference uuid ulid date date-time date-time-local iso-date-time text-date http-date
    time time-local email ipv4 ipv6 jwt md5 sha1 sha256 sha512 base64 base64url hex phone duration
    country country-3 language hostname decimal numeric digits
    """.split()  # noqa: SIM905  # a list of words reads better than a list of strings
)
"""Formats whose values are not enumerated: they are data, or the format says it better."""

_IDENTIFIERS = frozenset({"id", "uuid", "sku", "slug", "token", "hash", "etag"})


def enumeration(field: Field) -> Stated | None:
    """The enumeration of a place, claimed or with the reason why not; None where values are many."""
    counted = field.node.scalars.values() if field.node and field.node.scalars else None
    seen = {
        value: tally
        for value, tally in (counted or {}).items()
        if not (isinstance(value, str) and is_blank(value))
    }
    if not seen:
        return None
    total = sum(tally.count for tally in seen.values())
    times = [tally.first for tally in seen.values()]
    return field.answers.state(
        field.subject,
        Enum.from_value(list(seen)),
        held=total,
        exchanges=field.exchanges,
        doubt=next(filter(None, (doubt(field, seen, total) for doubt in _DOUBTS)), ""),
        reasons=(
            f"{len(seen)} different among {total:,} values of {field.objects:,} different things",
            f"the latest new one came {(max(times) - min(times)) / 1e9:,.0f} s after the first",
        ),
    )


def _too_few(field: Field, seen: Seen, total: int) -> str:
    del total
    if len(seen) > MAX_ENUM:
        return f"{len(seen)} different values, at most {MAX_ENUM} are an enumeration"
    if field.objects < MIN_ENUM:
        return f"seen of {field.objects} different things, {MIN_ENUM} needed"
    if len(field.exchanges) < MIN_ENUM_EXCHANGES:
        return f"seen in {len(field.exchanges)} different exchanges, {MIN_ENUM_EXCHANGES} needed"
    return ""


def _no_text(field: Field, seen: Seen, total: int) -> str:
    """Numbers and booleans: one alone may be a constant, several numbers are a range."""
    del total
    kinds = {type(value) for value in seen}
    if kinds == {str}:
        return ""
    if len(seen) > 1:
        return "both are possible" if kinds == {bool} else "numbers are a range"
    if min(field.objects, len(field.exchanges)) < MIN_ALWAYS:
        return (
            f"seen in {len(field.exchanges)} different exchanges, {MIN_ALWAYS} needed for one number or flag"
        )
    return ""


def _data(field: Field, seen: Seen, total: int) -> str:
    del total
    if field.subject.section == "path":
        return "the values of a path name things"
    name = field.name.lower()
    long = any(isinstance(value, str) and (len(value) > 40 or value.count(" ") > 3) for value in seen)
    if long or field.format in _DATA or name in _IDENTIFIERS or name in FREE_NAMES:
        return "the values are data: identifiers, dates, or what people write"
    return ""


def _unsaturated(field: Field, seen: Seen, total: int) -> str:
    number = len(seen)
    if number == 1:
        return ""
    if total < ENUM_PER_VALUE * number:
        return f"{total} values of {number} kinds, {ENUM_PER_VALUE * number} needed"
    once = sum(1 for tally in seen.values() if tally.count == 1)
    if unseen_mass(once, total) > ENUM_UNSEEN:
        return f"{once} of {number} values came only once: more are likely to come"
    newest = max(tally.first for tally in seen.values())
    later = sum(1 for row, _ in field.cells if _at(field, row) > newest)
    return "a new value came lately" if later < FIRST_HALF * len(field.cells) else ""


def _at(field: Field, row: int) -> int:
    return field.answers.samples[field.frame.exchanges[row]].tally.first


_DOUBTS = (_too_few, _no_text, _data, _unsaturated)
