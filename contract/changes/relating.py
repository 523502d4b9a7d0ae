"""How what one side says of an aspect relates to what the other says: one small function an aspect."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any

from contract.changes import unions, wire
from contract.clause import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contract.changes.facts import Place

_SCALARS = frozenset({"boolean", "integer", "number", "string"})
_WITHIN = {"int32": {"int64"}, "float": {"double"}}
"""Formats whose values are all values of another."""


def relate(aspect: str, old: Any, new: Any, *, textual: bool) -> Relation:
    """How the newer statement relates to the older one; None says nothing, and so allows everything.

    Args:
        aspect: what the statements are about.
        old: the older one.
        new: the newer one.
        textual: whether HTTP writes the values as text, so that a string may be anything.
    """
    if old == new:
        return Relation.SAME
    if aspect in unions.WORDS:
        return unions.relate(old, new)
    if aspect == "type":
        return _types(old, new, textual=textual)
    if aspect in _ALWAYS_SAID:
        return Relation.INCOMPATIBLE
    if old is None or new is None:
        return Relation.NARROWER if old is None else Relation.WIDER
    return _RELATE.get(aspect, _incomparable)(old, new)


def said(aspect: str, old: Place, new: Place) -> tuple[Any, Any]:
    """What two places say of an aspect; None where it is nothing."""
    before, after = old.facts.get(aspect), new.facts.get(aspect)
    return (
        unions.compared(before, after, (old.whole, new.whole)) if aspect in unions.WORDS else (before, after)
    )


def _types(old: frozenset[str] | None, new: frozenset[str] | None, *, textual: bool) -> Relation:
    def allowed(types: frozenset[str] | None) -> frozenset[str] | None:
        if types is None:
            return None
        types |= {"integer"} if "number" in types else frozenset()
        return types | _SCALARS if textual and "string" in types else types

    before, after = allowed(old), allowed(new)
    if before is None or after is None:
        return Relation.of(before is None, after is None)
    return Relation.of(after <= before, before <= after)


def _subset(old: frozenset[str], new: frozenset[str]) -> Relation:
    return Relation.of(new <= old, old <= new)


def _superset(old: frozenset[str], new: frozenset[str]) -> Relation:
    """More patterns allow fewer texts."""
    return Relation.of(new >= old, old >= new)


def _floor(old: Any, new: Any) -> Relation:
    return Relation.NARROWER if new > old else Relation.WIDER


def _ceiling(old: Any, new: Any) -> Relation:
    return Relation.NARROWER if new < old else Relation.WIDER


def _greatest(old: tuple[float, bool], new: tuple[float, bool]) -> Relation:
    """A bound that is shut out itself is below one that is not."""
    return _ceiling((old[0], not old[1]), (new[0], not new[1]))


def _format(old: str, new: str) -> Relation:
    return Relation.of(old in _WITHIN.get(new, ()), new in _WITHIN.get(old, ()))


def _multiple(old: float, new: float) -> Relation:
    before, after = _exact(old), _exact(new)
    return Relation.of(bool(before) and after % before == 0, bool(after) and before % after == 0)


def _exact(number: float) -> Fraction:
    """A number as it is written: 0.1 is ten times 0.01."""
    return Fraction(str(number)) if isinstance(number, int) or isfinite(number) else Fraction()


def _flag(old: bool, new: bool) -> Relation:  # noqa: FBT001  # two values of one aspect
    """What true lets stand, false forbids."""
    return Relation.of(new <= old, old <= new)


def _distinct(old: bool, new: bool) -> Relation:  # noqa: FBT001  # as above
    return _flag(new, old)


def _keywords(old: dict[str, Any], new: dict[str, Any]) -> Relation:
    """More keywords allow less; those that both have are compared one by one."""
    return _all(_keyword(name, old, new) for name in old.keys() | new.keys())


def _all(relations: Iterable[Relation]) -> Relation:
    """The relation of what fulfils several statements together."""
    found = set(relations)
    return Relation.of(
        found <= {Relation.SAME, Relation.NARROWER},
        found <= {Relation.SAME, Relation.WIDER},
    )


def _keyword(name: str, old: dict[str, Any], new: dict[str, Any]) -> Relation:
    before, after = (side.get(name, _IMPLIED.get(name)) for side in (old, new))
    if before == after:
        return Relation.SAME
    if before is None:
        return Relation.NARROWER
    if after is None:
        return Relation.WIDER
    return _RELATE_KEYWORD.get(name, _incomparable)(before, after)


def _demands(old: dict[str, list[str]], new: dict[str, list[str]]) -> Relation:
    """What else must be there where something is."""

    def holds(more: dict[str, list[str]], less: dict[str, list[str]]) -> bool:
        return all(set(names) <= set(more.get(name, ())) for name, names in less.items())

    return Relation.of(holds(new, old), holds(old, new))


def _tuple(old: tuple[list[Any], Any], new: tuple[list[Any], Any]) -> Relation:
    """Place by place; behind the end of either stands what it says of all other items."""
    (before, others), (after, rest) = old, new
    return _all(_schema(*pair) for pair in _aligned(before, others, after, rest))


def _aligned(before: list[Any], others: Any, after: list[Any], rest: Any) -> Iterator[tuple[Any, Any]]:
    for index in range(max(len(before), len(after))):
        yield (
            before[index] if index < len(before) else others,
            after[index] if index < len(after) else rest,
        )


def _by_name(old: dict[str, Any], new: dict[str, Any]) -> Relation:
    """Schemas that hold together, by name; where one is missing, anything may stand."""
    return _all(_schema(old.get(name, True), new.get(name, True)) for name in old.keys() | new.keys())


def _not(old: Any, new: Any) -> Relation:
    """What more is ruled out, less is let in."""
    return _schema(new, old)


def _schema(old: Any, new: Any) -> Relation:
    """Schemas as they are written: the same, other types, or one of them lets all or nothing through."""
    if old == new:
        return Relation.SAME
    if _is_type(old) and _is_type(new):
        before, after = (
            frozenset([one["type"]] if isinstance(one["type"], str) else one["type"]) for one in (old, new)
        )
        return _types(before, after, textual=False)
    return Relation.of(old is True or new is False, new is True or old is False)


def _is_type(schema: Any) -> bool:
    """Whether a schema names types, and says nothing else."""
    if not isinstance(schema, dict) or schema.keys() != {"type"}:
        return False
    named = schema["type"]
    return isinstance(named, str) or (isinstance(named, list) and all(isinstance(one, str) for one in named))


def _incomparable(old: Any, new: Any) -> Relation:
    del old, new
    return Relation.INCOMPATIBLE


_ALWAYS_SAID = frozenset({"default", "encoding"})
"""Where nothing is said here, that is a statement of its own."""

_IMPLIED = {"minContains": 1}
"""What a keyword says where it is missing (JSON Schema 2020-12, Validation, section 6.4)."""

_RELATE_KEYWORD: dict[str, Callable[[Any, Any], Relation]] = {
    "minContains": _floor,
    "maxContains": _ceiling,
    "dependentRequired": _demands,
    "dependentSchemas": _by_name,
    "not": _not,
    "prefixItems": _tuple,
}

_RELATE: dict[str, Callable[[Any, Any], Relation]] = {
    "nullable": _flag,
    "open": _flag,
    "allowEmptyValue": _flag,
    "format": _format,
    "enum": _subset,
    "x-extensible-enum": _subset,
    "pattern": _superset,
    "minimum": _floor,
    "maximum": _greatest,
    **dict.fromkeys(("minLength", "minItems", "minProperties"), _floor),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties"), _ceiling),
    "multipleOf": _multiple,
    "uniqueItems": _distinct,
    "keyword": _keywords,
    "encoded": wire.encoded,
    "symbols": wire.symbols,
    "together": wire.together,
}
