"""Restrictions: what the keywords of a JSON Schema (2020-12) say about values, apart from their types.

`enum`, `const`, `format`, `contentEncoding`, `pattern`, and the bounds of numbers, texts and arrays, with the
dialects of OpenAPI (draft 4's boolean `exclusiveMinimum`, `format: byte`). Each keyword concerns values of
some types only. As in views, what can only be read in part allows more than the schema does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from contract.content import json_type
from contract.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

NUMBERS = frozenset({"integer", "number"})

_FORMATS = {
    **{
        name: name
        for name in (
            "base64url",
            "date",
            "date-time",
            "date-time-local",
            "duration",
            "email",
            "hostname",
            "http-date",
            "ipv4",
            "ipv6",
            "time",
            "time-local",
            "uri",
            "uuid",
        )
    },
    "byte": "base64",
    "guid": "uuid",
    "url": "uri",
}
"""Declared formats (JSON Schema, section 7.3; the OpenAPI format registry) that say something about texts."""

Amount = int | float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest amount, both allowed; None: no bound."""

    least: Amount | None = None
    most: Amount | None = None

    @property
    def said(self) -> bool:
        """Whether there is a bound, and something between them."""
        if self.least is None or self.most is None:
            return self.least is not None or self.most is not None
        return self.least <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """What is said of the values at a place, of each type for itself.

    `values` are the scalars allowed, null aside; None: any. All `formats` and `patterns` hold of texts, and
    `lengths` bound their characters; `numbers` bounds numbers, `sizes` the items of arrays, which are
    `distinct` or not.
    """

    values: tuple[Any, ...] | None = None
    formats: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    numbers: Bounds = Bounds()
    lengths: Bounds = Bounds()
    sizes: Bounds = Bounds()
    distinct: bool = False


NONE = Restrictions()
"""Nothing is said."""


def own(schema: dict[str, Any], types: frozenset[str]) -> Restrictions:
    """What a schema's own keywords say, where they leave some types."""
    whole = NUMBERS & types == {"integer"}
    return Restrictions(
        values=_values(schema, types),
        formats=_formats(schema),
        patterns=frozenset([schema["pattern"]] if isinstance(schema.get("pattern"), str) else []),
        numbers=Bounds(_edge(schema, "minimum", whole=whole), _edge(schema, "maximum", whole=whole)),
        lengths=Bounds(_count(schema.get("minLength")), _count(schema.get("maxLength"))),
        sizes=Bounds(_count(schema.get("minItems")), _count(schema.get("maxItems"))),
        distinct=schema.get("uniqueItems") is True,
    )


def both(one: Restrictions, two: Restrictions) -> Restrictions:
    """What two say together."""
    values = one.values
    if one.values is not None and two.values is not None:
        allowed = set(map(_identity, two.values))
        values = tuple(value for value in one.values if _identity(value) in allowed)
    return Restrictions(
        values=two.values if values is None else values,
        formats=one.formats | two.formats,
        patterns=one.patterns | two.patterns,
        numbers=_narrowed(one.numbers, two.numbers),
        lengths=_narrowed(one.lengths, two.lengths),
        sizes=_narrowed(one.sizes, two.sizes),
        distinct=one.distinct or two.distinct,
    )


def either(branches: Iterable[tuple[frozenset[str], Restrictions]]) -> Restrictions:
    """What holds in all of some branches, each with its types: of other types a branch says nothing."""
    known = list(branches)
    scalars = [said for types, said in known if types - {"null"}]
    texts = [said for types, said in known if "string" in types]
    numbers = [said for types, said in known if types & NUMBERS]
    arrays = [said for types, said in known if "array" in types]
    return Restrictions(
        values=_united([said.values for said in scalars]),
        formats=_shared(_widened(said.formats) for said in texts),
        patterns=_shared(said.patterns for said in texts),
        numbers=_spanned([said.numbers for said in numbers]),
        lengths=_spanned([said.lengths for said in texts]),
        sizes=_spanned([said.sizes for said in arrays]),
        distinct=bool(arrays) and all(said.distinct for said in arrays),
    )


def _values(schema: dict[str, Any], types: frozenset[str]) -> tuple[Any, ...] | None:
    """The scalars of `enum` or `const`; None where nothing is listed, or what is has other types."""
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(listed, list) or any(isinstance(value, dict | list) for value in listed):
        return None
    values = [int(one) if isinstance(one, float) and one.is_integer() else one for one in listed]
    fitting = tuple(value for value in values if value is not None and json_type(value) in types)
    return fitting if fitting or set(types) == {"null"} else None


def _formats(schema: dict[str, Any]) -> frozenset[str]:
    named = schema.get("format")
    encoding = schema.get("contentEncoding")
    found = {_FORMATS.get(named) if isinstance(named, str) else None}
    if encoding in ("base64", "base64url"):  # may be unhashable
        found.add(encoding)
    return frozenset(name for name in found if name is not None)


def _edge(schema: dict[str, Any], keyword: str, *, whole: bool) -> Amount | None:
    """A bound of numbers: the stricter of the including and the excluding one.

    What is excluded of fractions cannot be said: the bound itself is let in.
    """
    least = keyword == "minimum"
    exclusive = schema.get("exclusiveMinimum" if least else "exclusiveMaximum")
    included, excluded = _number(schema.get(keyword)), _number(exclusive)
    if exclusive is True:
        included, excluded = None, included
    if excluded is not None and whole:
        excluded = (excluded // 1) + 1 if least else -((-excluded) // 1) - 1
    given = [bound for bound in (included, excluded) if bound is not None]
    return (max if least else min)(given, default=None)


def _number(value: object) -> Amount | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _count(value: object) -> int | None:
    count = _number(value)
    return count if isinstance(count, int) and count >= 0 else None


def _identity(value: object) -> Hashable:
    return (isinstance(value, bool), value)


def _narrowed(one: Bounds, two: Bounds) -> Bounds:
    return Bounds(_chosen(max, [one.least, two.least]), _chosen(min, [one.most, two.most]))


def _spanned(bounds: list[Bounds]) -> Bounds:
    """From the least to the greatest of all, where all have one."""
    if not bounds:
        return Bounds()
    lows, highs = [one.least for one in bounds], [one.most for one in bounds]
    return Bounds(
        None if None in lows else _chosen(min, lows),
        None if None in highs else _chosen(max, highs),
    )


def _chosen(choose: Callable[..., Amount], bounds: list[Amount | None]) -> Amount | None:
    given = [bound for bound in bounds if bound is not None]
    return choose(given) if given else None


def _united(lists: list[tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    if not lists or any(values is None for values in lists):
        return None
    return tuple({_identity(value): value for values in lists for value in values or ()}.values())


def _widened(formats: frozenset[str]) -> frozenset[str]:
    """Formats with all that include them."""
    return formats.union(*(FORMATS[name].within for name in formats))


def _shared(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    known = list(sets)
    return frozenset.intersection(*known) if known else frozenset()
